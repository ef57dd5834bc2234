"""The bundle of a tender as it is handed out: with its reports, by the site, by the command."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from evidence.actions.authority import kept_trust_pem, open_authority
from evidence.actions.tree import append_pending
from identity.states import OrganisationKind, Role
from kernel.errors import Refusal
from storage.base import real_now
from storage.database import snapshot, transaction
from storage.keys import signing_key
from storage.vault import Vault
from supervision.rules.disclosure import READERS
from tests.factories import bundles as made
from tests.factories import dossier
from tests.factories.hall import Hall
from tests.factories.identity import CODES, make_organisation, make_person, token
from tests.factories.trading import make_cast, make_open_lot, make_tender

ROOT = Path(__file__).parents[2]
PUBLIC, PARTY, REGULATOR = READERS


@pytest.fixture
def opened(sqlite_database, tmp_path):
    vault = Vault(tmp_path / "files")
    hall = Hall(vault).ready().all_bid().close()
    hall.all_release().end_window().publish().open()
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
