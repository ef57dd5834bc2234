"""A log with two histories: rewritten in the database, or shown differently to two watchers.

The platform that lies here has its database, its log key and its receipt key.
"""

import json
import subprocess
import sys

import pytest
import sqlalchemy as sa

from evidence import queries
from evidence.actions.tree import append_pending
from evidence.models.streams import Fact
from evidence.models.tree import Entry, Head, Node
from evidence.rules import checkpoints, streams, tree
from storage.append_only import APPEND_ONLY
from storage.database import snapshot
from storage.vault import Vault
from tests.evidence.test_log import write
from tests.factories import bundles as made
from tests.verifier.conftest import ROOT

pytestmark = pytest.mark.attack("log")


@pytest.fixture
def played(sqlite_database, tmp_path):
    return made.play(Vault(tmp_path / "files"))


def newest():
    with snapshot() as db:
        return queries.latest_head(db)


def without_triggers(database, act):
    """Do this as somebody who owns the database does."""
    with database.writer.begin() as connection:
        for table in APPEND_ONLY:
            for verb in ("update", "delete"):
                connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS append_only_{table}_{verb}")
        act(connection)


def rewrite(database, position, origin=made.ORIGIN, key=made.LOG_KEY):
    """Put another fact at this leaf and make everything above fit, heads signed anew."""

    def act(connection):
        leaves = list(connection.scalars(sa.select(Entry.commitment).order_by(Entry.position)))
        row = connection.execute(sa.select(Fact).where(Fact.commitment == leaves[position])).one()
        body = streams.canonical(json.loads(row.body) | {"actor": "PS0000000000"})
        leaf = streams.commitment(row.salt, body)
        old, leaves[position] = leaves[position], leaf
        for table in (Fact, Entry):
            where = table.commitment == old
            connection.execute(sa.update(table).where(where).values(commitment=leaf))
        connection.execute(
            sa.update(Fact).where(Fact.commitment == leaf).values(body=body.decode())
        )
        connection.execute(sa.delete(Node))
        nodes = tree.new_nodes({}, 0, leaves)
        rows = [{"level": level, "position": at, "hash": value} for level, at, value in nodes]
        connection.execute(sa.insert(Node), rows)
        for size in list(connection.scalars(sa.select(Head.size))):
            root = tree.root_of(leaves[:size])
            text = checkpoints.checkpoint_text(origin, size, root)
            line = checkpoints.signature_line(origin, key, text)
            new = {"root": root, "note": checkpoints.note(text, line)}
            connection.execute(sa.update(Head).where(Head.size == size).values(new))

    without_triggers(database, act)


def verify(folder, *arguments):
    """(exit code, what the verifier's own process says)."""
    command = [sys.executable, ROOT / "verifier/verify.py", "--log-key", made.verifier_key()]
    done = subprocess.run([*command, *map(str, arguments)], capture_output=True, text=True)
    return done.returncode, json.loads(done.stdout)


def kept(folder, name, note):
    path = folder / f"{name}.note"
    path.write_text(note, "utf-8")
    return path


def bundle(folder, played, since=()):
    path = folder / "bundle.zip"
    path.write_bytes(made.export(played.tender, played.streams, since=since))
    return path


def codes(result):
    return {problem["code"] for problem in result["problems"]}


def later(database):
    """Something more happens on the platform, so that the log grows."""
    write(database, "person:PS0000000000")
    with database.transaction() as (db, _):
        assert append_pending(db, made.ORIGIN, made.LOG_KEY) == 1


def test_a_head_that_was_kept_is_the_beginning_of_an_honest_log(played, sqlite_database, tmp_path):
    head = newest()
    old = kept(tmp_path, "old", head.note)
    later(sqlite_database)

    code, result = verify(tmp_path, bundle(tmp_path, played, (head.size,)), "--head", old)
    unasked, other = verify(tmp_path, bundle(tmp_path, played), "--head", old)

    assert (code, result["checked"]["kept_heads"], codes(result)) == (0, 1, set())
    assert unasked == 0
    assert any(f"--since {head.size}" in text for text in other["not_checked"])


@pytest.mark.parametrize("part", [0, 2, -1], ids=["first leaf", "early leaf", "last leaf"])
def test_a_history_rewritten_without_triggers_is_seen_by_who_kept_a_head(
    played, sqlite_database, tmp_path, part, tried
):
    head = newest()
    old = kept(tmp_path, "old", head.note)
    rewrite(sqlite_database, part % head.size)

    same, told = verify(tmp_path, bundle(tmp_path, played), "--head", old)
    later(sqlite_database)
    code, result = verify(tmp_path, bundle(tmp_path, played, (head.size,)), "--head", old)

    assert (same, code) == (1, 1)
    assert "log.split_view" in codes(told) & codes(result)
    tried(2)


def test_a_rewritten_log_that_keeps_the_old_head_shows_that_it_is_no_continuation(
    played, sqlite_database, tmp_path
):
    head = newest()
    rewrite(sqlite_database, 0)
    without_triggers(
        sqlite_database,
        lambda connection: connection.execute(
            sa.update(Head).where(Head.size == head.size).values(root=head.root, note=head.note)
        ),
    )
    later(sqlite_database)

    code, result = verify(tmp_path, bundle(tmp_path, played, (head.size,)))

    assert code == 1
    assert "tree.not_consistent" in codes(result)


def other_view(head):
    """What the log signs for another watcher: as many leaves, another root."""
    text = checkpoints.checkpoint_text(made.ORIGIN, head.size, bytes(32))
    return checkpoints.note(text, checkpoints.signature_line(made.ORIGIN, made.LOG_KEY, text))


def test_two_watchers_who_were_shown_two_histories_prove_it_with_two_heads(played, tmp_path, tried):
    head = newest()
    one, other = kept(tmp_path, "one", head.note), kept(tmp_path, "other", other_view(head))

    alone = [verify(tmp_path, "--head", each) for each in (one, other)]
    code, result = verify(tmp_path, "--head", one, "--head", other)
    with_bundle = verify(tmp_path, bundle(tmp_path, played), "--head", other)

    assert [each[0] for each in alone] == [0, 0]
    assert (code, codes(result)) == (1, {"log.split_view"})
    assert (with_bundle[0], codes(with_bundle[1])) == (1, {"log.split_view"})
    tried(2)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda note: note.replace("\n\n", "\n"), 2),
        (lambda note: note.replace(made.ORIGIN, "other.invalid/log"), 1),
        (lambda note: note[:-10] + "AAAAAAAA=\n", 1),
        (lambda note: "", 2),
    ],
)
def test_a_kept_head_that_the_log_did_not_sign_convicts_nobody(played, tmp_path, change, code):
    head = newest()
    forged = kept(tmp_path, "forged", change(other_view(head)))

    exit_code, result = verify(tmp_path, bundle(tmp_path, played), "--head", forged)

    assert exit_code == code
    assert "log.split_view" not in {each["code"] for each in result.get("problems", ())}
