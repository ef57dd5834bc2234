"""The bundle of a whole tender: what each audience gets at each stage, and what never leaves."""

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from evidence.actions.authority import kept_trust_pem, open_authority
from evidence.actions.streams import record
from evidence.actions.tree import append_pending
from identity.states import OrganisationKind, Role
from kernel.errors import NotFound, Refusal
from storage import database as doors
from storage.base import real_now
from storage.database import snapshot, transaction
from storage.keys import signing_key
from storage.vault import Vault
from supervision.rules.disclosure import READERS
from tests.factories import bundles as made
from tests.factories import dossier
from tests.factories.hall import Hall
from tests.factories.identity import CODES, make_organisation, make_person, token
from tests.factories.trading import make_cast, make_open_lot, make_tender, move_to
from trading import queries
from trading.actions.closing import close_lot
from trading.actions.suspension import suspend_lot
from trading.states import LotEvent, LotState
from verifier import verify

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


@pytest.fixture
def judged(tmp_path, capsys):
    """(exit code, result) of the verifier on these bytes."""

    def judged(content):
        path = tmp_path / "bundle.zip"
        path.write_bytes(content)
        keys = ["--log-key", made.verifier_key(), "--receipt-key", made.receipt_key()]
        code = verify.main([str(path), *keys])
        return code, json.loads(capsys.readouterr().out)

    return judged


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
    for bidder in hall.bidders[:2]:
        hall.release(bidder)
    hall.end_window().publish().open()
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
    for bidder in hall.bidders:
        hall.release(bidder)
    hall.end_window().publish().open()
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


@pytest.fixture
def opened(sqlite_database, tmp_path):
    vault = Vault(tmp_path / "files")
    hall = Hall(vault).ready().all_bid().close()
    for bidder in hall.bidders:
        hall.release(bidder)
    hall.end_window().publish().open()
    return hall.lot, vault


def test_a_report_that_is_not_in_the_vault_is_said_to_be_missing(opened, judged, tmp_path):
    lot, vault = opened
    digest = dossier.archive_report(lot, vault)
    made.sequence()
    vault._path(digest).unlink()

    content = dossier.bundle(lot.rpartition("-")[0], PARTY, vault)

    code, result = judged(content)
    assert "archives.json" not in made.members_in(content)
    assert (code, "archives" in result["checked"]) == (0, False)
    assert f"lot:{lot}：存证所载的评标报告不在证据包中，只有其摘要" in result["not_checked"]


def test_a_damaged_report_does_not_leave_under_our_signature(opened):
    lot, vault = opened
    digest = dossier.archive_report(lot, vault)
    made.sequence()
    vault._path(digest).write_bytes(b"something else")

    with pytest.raises(Refusal) as refused:
        dossier.bundle(lot.rpartition("-")[0], PARTY, vault)

    assert refused.value.code == "bundle.damaged_file"


def test_a_report_that_the_checkpoint_does_not_cover_waits(opened):
    lot, vault = opened
    made.sequence()
    dossier.archive_report(lot, vault)
    before = dossier.bundle(lot.rpartition("-")[0], PARTY, vault)
    made.sequence()
    after = dossier.bundle(lot.rpartition("-")[0], PARTY, vault)

    assert dossier.PDF not in before
    assert dossier.PDF in after


def test_the_root_of_the_authority_goes_with_the_reports(opened, judged, tmp_path):
    lot, vault = opened
    dossier.archive_report(lot, vault)
    made.sequence()
    folder = tmp_path / "authority"
    assert kept_trust_pem(folder) is None
    with snapshot() as db:
        authority = open_authority(folder, real_now(db))

    content = dossier.bundle(lot.rpartition("-")[0], PARTY, vault, trust_pem=kept_trust_pem(folder))

    assert made.members_in(content)["trust.pem"] == authority.trust_pem
    assert judged(content)[0] == 0


@pytest.fixture
def site(app, settings):
    """A published tender on a site whose log is signed with the program's own keys."""
    make_cast(2)
    make_organisation(CODES[40], "临江市监管局", OrganisationKind.REGULATOR)
    for username, code, role in (
        ("officer", CODES[1], Role.PROCURING_OFFICER),
        ("regulator", CODES[40], Role.REGULATOR),
    ):
        make_person(username, code, role)
    make_organisation(CODES[41], "另一代理公司", OrganisationKind.AGENCY)
    make_person("stranger", CODES[41], Role.AGENT)
    tender = make_open_lot(start=made.START).rpartition("-")[0]
    sign(settings)
    return app, tender


def sign(settings):
    with transaction() as (db, _):
        append_pending(db, settings.log_origin, signing_key(settings.keys, "checkpoint"))


def fetch(site, who, query=""):
    app, tender = site
    headers = {"Authorization": f"Bearer {token(who)}"} if who else {}
    return app.test_client().get(f"/api/v1/tenders/{tender}/bundle{query}", headers=headers)


def audience_in(answer):
    return json.loads(made.members_in(answer.data)["bundle.json"])["audience"]


@pytest.mark.parametrize(
    ("who", "audience"),
    [
        (None, "public"),
        ("bidder1", "public"),
        ("stranger", "public"),
        ("agent", "party"),
        ("officer", "party"),
        ("regulator", "regulator"),
    ],
)
def test_who_asks_gets_the_bundle_of_their_audience(site, who, audience):
    answer = fetch(site, who)

    assert (answer.status_code, answer.mimetype) == (200, "application/zip")
    assert audience_in(answer) == audience


@pytest.mark.parametrize(
    ("who", "asked", "status"),
    [
        (None, "public", 200),
        (None, "party", 403),
        ("bidder1", "regulator", 403),
        ("agent", "public", 200),
        ("agent", "regulator", 403),
        ("regulator", "party", 200),
        ("regulator", "operator", 422),
    ],
)
def test_one_may_ask_for_less_and_not_for_more(site, who, asked, status):
    answer = fetch(site, who, f"?for={asked}")

    assert answer.status_code == status
    if status == 200:
        assert audience_in(answer) == asked
    if status == 403:
        assert answer.json["error"]["code"] == "bundle.audience"


def test_a_tender_that_does_not_exist_answers_as_one_that_is_not_published(site, settings):
    app, _ = site
    hidden = make_tender()
    sign(settings)

    answers = [fetch((app, code), None) for code in (hidden, "TD0000000000")]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert {answer.json["error"]["code"] for answer in answers} == {"tender.not_found"}
    assert fetch((app, hidden), "agent").status_code == 200


@pytest.fixture
def command(site):
    app, tender = site
    runner = app.test_cli_runner()
    return tender, lambda *words: runner.invoke(args=["supervision", "bundle", *map(str, words)])


@pytest.mark.parametrize(
    ("words", "audience"),
    [([], "party"), (["--for", "public"], "public"), (["--for", "regulator"], "regulator")],
)
def test_the_command_writes_what_the_verifier_accepts(command, tmp_path, words, audience):
    tender, run = command
    out = tmp_path / "evidence.zip"

    done = run(tender, "--out", out, *words)

    assert (done.exit_code, done.stdout) == (0, "")
    script = str(ROOT / "verifier" / "verify.py")
    checked = subprocess.run([sys.executable, script, out], capture_output=True, check=False)
    result = json.loads(checked.stdout)
    assert (checked.returncode, result["verdict"]) == (0, "valid")
    assert result["bundle"]["audience"] == audience


@pytest.mark.parametrize(
    ("words", "code"),
    [(["TD0000000000"], 1), (["{tender}", "--for", "operator"], 2), ([], 2)],
)
def test_a_refused_bundle_leaves_the_old_file(command, tmp_path, words, code):
    tender, run = command
    out = tmp_path / "evidence.zip"
    out.write_bytes(b"old")

    done = run(*(word.format(tender=tender) for word in words), "--out", out)

    assert (done.exit_code, out.read_bytes()) == (code, b"old")
    assert done.stderr
    assert [path.name for path in tmp_path.glob("*evidence*")] == ["evidence.zip"]
