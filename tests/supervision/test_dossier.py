"""The bundle of a whole tender: what each audience gets at each stage, and what never leaves."""

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from evidence.actions.streams import record
from kernel.errors import NotFound
from storage import database as doors
from storage.database import snapshot, transaction
from storage.vault import Vault
from supervision.rules.disclosure import READERS
from tests.factories import bundles as made
from tests.factories import dossier
from tests.factories.hall import Hall
from tests.factories.identity import CODES
from tests.factories.trading import make_cast, make_open_lot, make_tender, move_to
from trading import queries
from trading.actions.closing import close_lot
from trading.actions.suspension import suspend_lot
from trading.states import LotEvent, LotState

ROOT = Path(__file__).parents[2]
PUBLIC, PARTY, REGULATOR = READERS
STAGES = (
    "before the close",
    "with bids",
    "closed",
    "window",
    "opened",
    "convened",
    "scored",
    "ranked",
    "reported",
    "awarded",
)


@pytest.fixture(scope="module")
def played(sqlite_template, tmp_path_factory):
    folder = tmp_path_factory.mktemp("dossier")
    shutil.copy(sqlite_template, folder / "zhaobiao.db")
    opened = doors.open_database(f"sqlite:///{folder / 'zhaobiao.db'}")
    result = dossier.play(Vault(folder / "files"))
    yield result
    opened.dispose()


def streams_in(content):
    """Names of the streams, with whether all below them is there too."""
    listed = json.loads(made.members_in(content)["bundle.json"])["streams"]
    return {each["name"]: each["whole"] for each in listed}


def kinds_in(content):
    """Kinds of the facts that can be read."""
    return {json.loads(line["fact"])["kind"] for line in lines_in(content) if "fact" in line}


def lines_in(content):
    members = made.members_in(content)
    listed = json.loads(members["bundle.json"])["streams"]
    return [line for each in listed for line in made.lines_of(members, each["file"])]


@pytest.mark.parametrize("audience", READERS)
@pytest.mark.parametrize("stage", STAGES)
def test_every_audience_gets_a_valid_bundle_at_every_stage(played, judged, stage, audience):
    code, result = judged(played.bundles[stage, audience])

    assert (code, result["verdict"], result["problems"]) == (0, "valid", [])
    assert (result["bundle"]["scope"], result["bundle"]["audience"]) == ("tender", audience.value)


def test_nothing_is_left_unchecked_that_a_regulator_may_have(played, judged):
    _, result = judged(played.bundles["awarded", REGULATOR])

    assert "withheld_facts" not in result["checked"]
    assert {
        name: result["checked"][name]
        for name in (
            "archives",
            "bid_signatures",
            "blind_maps",
            "close_roots",
            "draw_nonces",
            "draw_seeds",
            "expert_commitments",
            "locked_sheets",
            "opening_key_halves",
            "opening_keys",
            "opening_rows",
            "rankings",
            "releases",
            "sheet_signatures",
        )
    } == {
        "archives": 1,
        "bid_signatures": 7,
        "blind_maps": 1,
        "close_roots": 1,
        "draw_nonces": 3,
        "draw_seeds": 1,
        "expert_commitments": 5,
        "locked_sheets": 5,
        "opening_key_halves": 1,
        "opening_keys": 1,
        "opening_rows": 4,
        "rankings": 1,
        "releases": 3,
        "sheet_signatures": 6,
    }


def test_a_tender_is_exported_from_both_databases(database, tmp_path, judged):
    vault = Vault(tmp_path / "files")
    bundles = dossier.play(vault).bundles

    for audience in READERS:
        assert judged(bundles["awarded", audience])[0] == 0


@pytest.mark.parametrize("audience", READERS)
def test_before_the_close_a_bundle_with_bids_is_that_without(played, audience):
    assert played.bundles["before the close", audience] == played.bundles["with bids", audience]


@pytest.mark.parametrize("audience", READERS)
@pytest.mark.parametrize("stage", ["closed", "window"])
def test_before_the_opening_nobody_learns_who_bid(played, stage, audience):
    content = played.bundles[stage, audience]

    assert set(streams_in(content)) == {f"lot:{played.lot}", f"tender:{played.tender}"}
    assert "lot.closed" in kinds_in(content)
    for number in range(10, 15):
        assert CODES[number].encode() not in content
        assert f"临江建设{number}有限公司".encode() not in content


def test_after_the_opening_the_public_reads_results_and_no_statement(played):
    content = played.bundles["opened", PUBLIC]

    assert {"lot.opened", "bid.opened", "opening_key.published"} <= kinds_in(content)
    assert not kinds_in(content) & {"bid.submitted", "bid.released", "bid.withdrawn"}
    for secret in (b"manifest_sha256", b"parts_sha256", b"bid-submission/v1", b"bid-release/v1"):
        assert secret not in content
        assert secret in played.bundles["opened", PARTY]


def test_who_withdrew_is_known_to_the_tenderer_and_not_to_the_public(played):
    gone = CODES[14].encode()

    assert gone not in played.bundles["awarded", PUBLIC]
    assert gone in played.bundles["opened", PARTY]


def test_all_streams_below_a_lot_are_there_only_after_the_opening(played):
    lot = f"lot:{played.lot}"
    whole = {key: streams_in(content)[lot] for key, content in played.bundles.items()}

    assert not whole["closed", PARTY]
    assert not whole["closed", REGULATOR]
    assert whole["opened", PARTY]
    assert whole["opened", REGULATOR]
    assert not whole["awarded", PUBLIC]  # the one who withdrew is left out


def test_the_estimate_is_told_to_the_public_only_after_the_opening(played):
    estimate = b"estimate_fen"

    assert estimate not in played.bundles["window", PUBLIC]
    assert estimate in played.bundles["opened", PUBLIC]
    assert estimate in played.bundles["before the close", PARTY]


@pytest.mark.parametrize("stage", STAGES[:-1])
def test_before_the_result_the_public_learns_no_expert(played, stage):
    content = played.bundles[stage, PUBLIC]

    assert not any(name.startswith(("draw:", "meeting:", "blind:")) for name in streams_in(content))
    for expert in played.evaluation.experts:
        assert expert.encode() not in content
    assert any(e.encode() in played.bundles["awarded", PUBLIC] for e in played.evaluation.experts)


@pytest.mark.parametrize("stage", ["convened", "scored", "ranked"])
def test_the_party_learns_no_expert_before_the_report(played, stage):
    content = played.bundles[stage, PARTY]

    assert not any(expert.encode() in content for expert in played.evaluation.keys)
    assert any(e.encode() in played.bundles["reported", PARTY] for e in played.evaluation.keys)


def test_a_regulator_sees_who_sits_and_no_sheet_before_the_lock(played):
    before, after = (kinds_in(played.bundles[stage, REGULATOR]) for stage in ("scored", "ranked"))

    assert {"meeting.convened", "meeting.commitment_signed", "draw.seeded"} <= before
    locked = {"score_sheet.committed", "score_sheet.changed", "meeting.locked"}
    locked |= {"meeting.bids_blinded", "evaluation.ranked"}
    assert not before & locked
    assert locked <= after


def test_why_an_expert_changed_a_sheet_never_reaches_the_public(played):
    assert "复核后更正".encode() not in played.bundles["awarded", PUBLIC]
    assert "复核后更正".encode() in played.bundles["awarded", PARTY]


@pytest.mark.parametrize("audience", READERS)
def test_the_report_goes_to_party_and_regulator_and_its_digest_to_all(played, audience):
    told = "awarded" if audience is PUBLIC else "reported"  # the fact names who signed
    members = made.members_in(played.bundles[told, audience])
    name = f"files/evaluation-{played.lot}.pdf"
    digest = hashlib.sha256(dossier.PDF).hexdigest()

    assert any(digest.encode() in content for content in members.values())
    assert members.get(name) == (None if audience is PUBLIC else dossier.PDF)
    if audience is not PUBLIC:
        rows = json.loads(members["archives.json"])
        assert [(row["file"], row["sha256"]) for row in rows] == [(name, digest)]


def closed(vault, bidders):
    """A lot that closed with so many bids."""
    hall = Hall(vault, bidders).ready().all_bid().close()
    made.sequence()
    return hall


def failed_at_the_opening(vault):
    """A lot of which only two of four bids could be opened."""
    hall = closed(vault, 4)
    hall.all_release(2).end_window().publish().open()
    return hall


@pytest.mark.parametrize("archived", [False, True], ids=["failed", "and archived"])
@pytest.mark.parametrize("audience", READERS)
@pytest.mark.parametrize("play", [lambda v: closed(v, 2), failed_at_the_opening])
def test_a_lot_that_failed_before_its_opening_never_tells_who_bid(
    sqlite_database, tmp_path, judged, play, audience, archived
):
    vault = Vault(tmp_path / "files")
    hall = play(vault)
    assert hall.state() is LotState.FAILED
    if archived:
        dossier.move(hall.lot, LotEvent.ARCHIVED)
    made.sequence()

    content = dossier.bundle(hall.lot.rpartition("-")[0], audience, vault)

    assert judged(content)[0] == 0
    assert "lot.failed" in kinds_in(content)
    for number in range(10, 14):
        assert CODES[number].encode() not in content
        assert f"临江建设{number}有限公司".encode() not in content


def test_a_suspended_lot_is_told_as_far_as_it_had_come(sqlite_database, tmp_path):
    vault = Vault(tmp_path / "files")
    hall = Hall(vault).ready().all_bid().close()
    hall.all_release().end_window().publish().open()
    suspend(hall.lot)
    made.sequence()

    assert "lot.opened" in kinds_in(dossier.bundle(hall.lot.rpartition("-")[0], PUBLIC, vault))


def suspend(lot):
    with transaction(lock=[f"lot:{lot}"]) as (db, now):
        suspend_lot(db, lot, actor="platform", data={"ground": "投诉"}, now=now)


def test_lots_of_one_tender_are_told_each_as_far_as_it_has_come(sqlite_database, tmp_path, judged):
    vault = Vault(tmp_path / "files")
    make_cast(1)
    running = make_open_lot(start=made.START, lots=2)
    standing = f"{running[:-2]}02"
    suspend(standing)
    with snapshot() as db:
        deadline = queries.lot_by_code(db, running).deadline
    move_to(running, deadline)
    with transaction(lock=[f"lot:{running}"]) as (db, now):
        close_lot(db, running, now=now)
    made.sequence()

    content = dossier.bundle(running.rpartition("-")[0], PUBLIC, vault)

    facts = {line["fact"] for line in lines_in(content) if "fact" in line}
    kinds = {(json.loads(fact)["subject"][-2:], json.loads(fact)["kind"]) for fact in facts}
    assert judged(content)[0] == 0
    assert {("01", "lot.failed"), ("02", "lot.suspended")} <= kinds
    assert ("02", "lot.failed") not in kinds


def test_a_kind_of_fact_that_nobody_decided_about_is_withheld(sqlite_database, tmp_path):
    vault = Vault(tmp_path / "files")
    make_cast(1)
    lot = make_open_lot(start=made.START)
    name = f"lot:{lot}"
    with transaction(lock=[name]) as (db, now):
        record(
            db,
            stream=name,
            kind="lot.something_new",
            actor="platform",
            subject=name,
            data={"secret": "甲公司"},
            now=now,
        )
    made.sequence()

    for audience in READERS:
        content = dossier.bundle(lot.rpartition("-")[0], audience, vault)
        assert "甲公司".encode() not in content
        assert b"withheld" in content


def test_a_tender_that_is_not_published_is_unknown_to_the_public(sqlite_database, tmp_path):
    make_cast(1)
    tender = make_tender()
    made.sequence()
    vault = Vault(tmp_path / "files")

    with pytest.raises(NotFound) as refused:
        dossier.bundle(tender, PUBLIC, vault)

    assert refused.value.code == "tender.not_found"
    assert "tender.registered" in kinds_in(dossier.bundle(tender, PARTY, vault))
