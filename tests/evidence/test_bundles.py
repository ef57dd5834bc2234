"""What leaves the log in a bundle, and that nothing else does."""

import hashlib
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from evidence import queries
from evidence.actions.bundles import Keys
from evidence.actions.streams import record
from evidence.actions.tree import append_pending
from evidence.rules import checkpoints
from evidence.rules.streams import canonical
from kernel.errors import InvalidInput, NotFound, NotYet, Refusal
from storage.database import open_database, snapshot, transaction
from storage.keys import signing_key
from storage.vault import Vault
from tests.factories import bundles as made
from tests.factories.trading import Bidder, make_cast, make_open_lot
from verifier.bundle import Trust, check_bundle
from verifier.findings import Findings

ROOT = Path(__file__).parents[2]


@pytest.fixture
def vault(tmp_path):
    return Vault(tmp_path / "files")


@pytest.fixture
def judged(tmp_path):
    def judged(content):
        path = tmp_path / "bundle.zip"
        path.write_bytes(content)
        findings = Findings()
        check_bundle(path, Trust(), findings)
        return findings

    return judged


def write(stream, data=None, times=1, held_by=None):
    with transaction(lock=["lot:L"]) as (db, now):
        for _ in range(times):
            record(
                db,
                stream=stream,
                kind="test.done",
                actor="person:1",
                subject="lot:L",
                data=data or {},
                now=now,
                held_by=held_by,
            )


def export_one(stream, **more):
    return made.export(stream, [stream], scope="stream", **more)


def test_a_closed_lot_is_exported_and_accepted(database, vault, judged):
    played = made.play(vault)

    findings = judged(made.export(played.tender, played.streams))

    assert (findings.verdict, findings.problems) == ("valid", [])
    assert findings.checked["close_roots"] == 1
    assert findings.checked["bid_signatures"] == 6


def test_the_same_log_gives_the_same_bytes(database):
    write("lot:L", times=3)
    made.sequence()

    assert export_one("lot:L") == export_one("lot:L")


def test_there_is_no_bundle_before_the_first_checkpoint(database):
    write("lot:L")

    with pytest.raises(NotYet) as refused:
        export_one("lot:L")

    assert refused.value.code == "evidence.no_checkpoint"


def test_a_held_stream_answers_as_one_that_does_not_exist(database):
    write("lot:L")
    write("lot:L/bidder:1", held_by="lot:L")
    made.sequence()

    answers = []
    for stream in ("lot:L/bidder:1", "lot:L/bidder:2"):
        with pytest.raises(NotFound) as refused:
            export_one(stream)
        answers.append(str(refused.value).replace(stream, "STREAM"))

    assert answers[0] == answers[1]


def test_a_lot_with_bids_and_a_lot_without_give_the_same_bytes(database, vault):
    make_cast(2)
    lot = make_open_lot(start=made.START)
    bidders = [Bidder(f"bidder{number}").enrol() for number in (1, 2)]
    made.sequence()
    names = [f"lot:{lot}", f"tender:{lot.rpartition('-')[0]}"]
    before = made.export(lot.rpartition("-")[0], names)

    streams = [bidder.submit(lot, vault)[1].stream for bidder in bidders]

    made.sequence()
    with snapshot() as db:
        assert queries.held_count(db, f"lot:{lot}") == 2
    assert made.export(lot.rpartition("-")[0], [*names, *streams]) == before


def test_facts_after_the_checkpoint_are_not_in_it(database, judged):
    write("lot:L", times=2)
    made.sequence()
    write("lot:L", {"secret": "later"})

    content = export_one("lot:L")

    assert b"later" not in content
    assert judged(content).checked["facts"] == 2


def test_a_withheld_fact_shows_nothing_but_its_leaf(database, judged):
    write("tender:T", {"open": "yes"})
    write("tender:T", {"secret": "甲公司"})
    write("tender:T", {"open": "again"})
    made.sequence()
    with snapshot() as db:
        hidden = queries.facts_of(db, ["tender:T"])[1].fact

    content = export_one("tender:T", may_leave=lambda fact: "secret" not in fact.body)
    findings = judged(content)

    assert "甲公司".encode() not in content
    assert hidden.salt.hex().encode() not in content
    assert hidden.commitment.hex().encode() in content
    assert (findings.verdict, findings.checked["facts"]) == ("valid", 2)
    assert findings.not_checked == ["未向此范围公开的存证：只核对了承诺值与位置"]


def test_keys_of_withheld_statements_do_not_leave(database, vault):
    played = made.play(vault)

    content = made.export(
        played.tender, played.streams, may_leave=lambda fact: fact.kind != "bid.submitted"
    )

    members = made.members_in(content)
    withdrawn_by = json.loads(members["keys.json"])["statement"]
    assert len(withdrawn_by) == 1
    assert b"bid-submission/v1" not in content
    for name in ("standing", "bidder3"):
        assert played.receipts[name]["salt"].encode() not in content


def test_a_lot_without_its_bidders_says_what_was_not_counted(database, vault, judged):
    played = made.play(vault)

    findings = judged(export_one(f"lot:{played.lot}"))

    assert (findings.verdict, findings.problems) == ("valid", [])
    assert findings.not_checked == [f"lot:{played.lot}：投标存证流未全部公开，未重算截标的数量与根"]


def test_older_checkpoints_are_proved_to_be_prefixes(database, judged):
    for _ in range(3):
        write("lot:L", times=3)
        made.sequence()

    findings = judged(export_one("lot:L", since=[3, 6]))

    assert (findings.verdict, findings.checked["consistency_proofs"]) == ("valid", 2)
    with pytest.raises(InvalidInput) as refused:
        export_one("lot:L", since=[4])
    assert refused.value.code == "evidence.no_such_checkpoint"


@pytest.mark.attack("bundles")
def test_an_older_checkpoint_of_another_history_is_refused(database, judged):
    write("lot:L", times=3)
    made.sequence()
    write("lot:L", times=2)
    made.sequence()
    members = made.members_in(export_one("lot:L", since=[3]))
    text = checkpoints.checkpoint_text(made.ORIGIN, 3, bytes(32))
    line = checkpoints.signature_line(made.ORIGIN, made.LOG_KEY, text)
    rows = json.loads(members["consistency.json"])
    rows[0]["checkpoint"] = checkpoints.note(text, line)

    forged = made.resealed(members | {"consistency.json": canonical(rows)})

    problems = judged(made.packed(forged)).problems
    assert [problem.code for problem in problems] == ["tree.not_consistent"]


def test_a_log_of_another_key_is_not_exported(database):
    write("lot:L")
    made.sequence()
    keys = Keys(made.verifier_key(made.OTHER_KEY), made.RECEIPT_KEY)

    with pytest.raises(Refusal) as refused:
        export_one("lot:L", keys=keys)

    assert refused.value.code == "evidence.other_log_key"


def test_an_archive_is_tied_to_the_fact_of_its_digest(database, judged):
    content = b"%PDF-1.7 report"
    digest = hashlib.sha256(content).hexdigest()
    write("lot:L", {"sha256": digest})
    made.sequence()
    with snapshot() as db:
        leaf = queries.facts_of(db, ["lot:L"])[0].fact.commitment.hex()
    rows = [{"file": "files/report.pdf", "sha256": digest, "commitment": leaf}]
    attached = {"archives.json": canonical(rows), "files/report.pdf": content}

    honest = export_one("lot:L", attached=attached)
    other = export_one("lot:L", attached=attached | {"files/report.pdf": b"%PDF-1.7 other"})

    assert judged(honest).checked["archives"] == 1
    assert [problem.code for problem in judged(other).problems] == ["archive.digest"]


@pytest.mark.attack("bundles")
@pytest.mark.parametrize(
    "name", ["../x", "files/../x", "bundle.json", "files/", "streams/009.jsonl"]
)
def test_an_attachment_of_an_unknown_name_is_refused(database, name):
    with pytest.raises(InvalidInput) as refused:
        export_one("lot:L", attached={name: b""})

    assert refused.value.code == "bundle.member_name"


def test_a_long_stream_is_exported_with_few_statements(database, judged):
    write("lot:L", times=1000)
    made.sequence()
    started, statements = time.monotonic(), []
    sa.event.listen(database.reader, "before_cursor_execute", lambda *_: statements.append(1))

    content = export_one("lot:L")

    assert len(statements) < 30
    assert time.monotonic() - started < 10
    assert judged(content).checked["inclusion_proofs"] == 1000


@pytest.fixture
def command(app, settings):
    """The exporting command on a log that was signed with the program's own keys."""
    write("lot:L", {"n": 1})
    write("lot:L", {"secret": "甲公司"})
    with transaction() as (db, _):
        append_pending(db, settings.log_origin, signing_key(settings.keys, "checkpoint"))
    runner = app.test_cli_runner()
    return lambda *words: runner.invoke(args=["evidence", "export", *map(str, words)])


def verified(path):
    script = str(ROOT / "verifier" / "verify.py")
    done = subprocess.run([sys.executable, script, path], capture_output=True, check=False)
    return done.returncode, json.loads(done.stdout)


def test_the_command_writes_what_the_verifier_accepts(command, tmp_path):
    out = tmp_path / "lot.zip"

    done = command("lot:L", "--out", out, "--since", 2)

    assert (done.exit_code, done.stdout) == (0, "")
    code, result = verified(out)
    assert (code, result["verdict"], result["checked"]["facts"]) == (0, "valid", 2)
    assert result["bundle"]["audience"] == "operator"
    assert result["checked"]["consistency_proofs"] == 1


def test_the_command_withholds_kinds(command, tmp_path):
    out = tmp_path / "lot.zip"

    command("lot:L", "--out", out, "--withhold", "test.done")

    assert "甲公司".encode() not in out.read_bytes()
    assert verified(out)[1]["checked"]["withheld_facts"] == 2


@pytest.mark.parametrize(
    ("words", "code"), [(["lot:M"], 1), (["lot:L", "--since", "9"], 2), ([], 2)]
)
def test_a_refused_export_leaves_the_old_file(command, tmp_path, words, code):
    out = tmp_path / "lot.zip"
    out.write_bytes(b"old")

    done = command(*words, "--out", out)

    assert done.exit_code == code
    assert done.stderr
    assert [path.name for path in tmp_path.glob("*lot.zip*")] == ["lot.zip"]
    assert out.read_bytes() == b"old"


def test_a_folder_that_is_not_there_is_told(command, tmp_path):
    done = command("lot:L", "--out", tmp_path / "missing" / "lot.zip")

    assert done.exit_code == 2
    assert "无法写入" in done.stderr


def test_a_machine_without_keys_exports_nothing_and_makes_none(command, settings, tmp_path):
    for key in settings.keys.glob("*.key"):
        key.unlink()

    done = command("lot:L", "--out", tmp_path / "lot.zip")

    assert done.exit_code == 1
    assert "flask prepare" in done.stderr
    assert list(settings.keys.glob("*.key")) == []
    assert not (tmp_path / "lot.zip").exists()


def test_a_database_that_is_not_there_is_told(command, database_of_nothing, tmp_path):
    done = command("lot:L", "--out", tmp_path / "lot.zip")

    assert done.exit_code == 1
    assert "数据库" in done.stderr


@pytest.fixture
def database_of_nothing(command, tmp_path):
    opened = open_database(f"sqlite:///{tmp_path / 'nothing.db'}")
    yield opened
    opened.dispose()
