"""Witnesses of the log, shown another history: they keep the old head, and do not keep silent."""

import json
import subprocess
import sys
import threading

import pytest
import requests
import sqlalchemy as sa
from werkzeug.serving import make_server

from client import log
from client.cosigning import cosign_kept
from client.keys import KeyFolder
from client.session import Platform
from client.witness import watch_log
from evidence import queries
from evidence.actions.cosigning import cosigners_of
from evidence.actions.succession import SUBJECT
from evidence.actions.tree import append_pending
from evidence.models.streams import Fact
from evidence.models.tree import Cosignature, Cosigner, Entry, Head, Node
from evidence.rules import checkpoints
from evidence.rules.succession import KeyOf, succession
from identity.states import OrganisationKind, Role
from storage import database as doors
from storage.keys import signing_key
from tests.attacks.test_split_views import rewrite, without_triggers
from tests.evidence.test_log import write
from tests.factories import bundles as made
from tests.factories.identity import CODES, make_organisation, make_person, token
from tests.journeys.town import ROOT
from webapp.renewing import renew

pytestmark = pytest.mark.attack("witnesses")


def cosigned(site):
    """(size, lines) of every head that somebody co-signed."""
    with site.database.snapshot() as db:
        rows = db.scalars(sa.select(Cosignature).order_by(Cosignature.size)).all()
        return [(row.size, row.line) for row in rows]


@pytest.fixture
def witness(site):
    """The platform as the witness's program reaches it."""
    make_organisation(CODES[1], "临江市公证处", OrganisationKind.WITNESS)
    make_person("notary", CODES[1], Role.WITNESS)
    return Platform(site.url, token("notary"))


class Site:
    """A platform on a port of its own, whose log grows when it is told to, and lies when told to."""

    def __init__(self, app, settings, url):
        self.app, self.settings, self.url = app, settings, url
        self.database = doors.current_database()
        self.key = signing_key(settings.keys, "checkpoint")

    def grow(self, facts=3):
        write(self.database, *[f"person:{number}" for number in range(facts)])
        with self.database.transaction() as (db, _):
            append_pending(db, self.settings.log_origin, self.key)
        return self

    def rewrite(self, position=0):
        rewrite(self.database, position, self.settings.log_origin, self.key)
        return self

    def change(self, act):
        without_triggers(self.database, act)
        return self

    def platform(self):
        return Platform(self.url)


@pytest.fixture
def site(app, settings):
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield Site(app, settings, f"http://127.0.0.1:{server.server_port}")
    server.shutdown()
    thread.join()
    server.server_close()


def size_in(keys):
    note, key = keys.kept(log.KEPT), keys.kept(log.KEY)
    return log.read_head(note, key).size


def test_a_witness_keeps_every_head_that_goes_on_from_the_last(site, tmp_path, capsys, tried):
    sizes = []
    for facts in (1, 1, 2, 3, 5, 8, 13):
        site.grow(facts)
        keys = KeyFolder(tmp_path / "witness")  # started anew each time
        watch_log(site.platform(), keys)
        watch_log(site.platform(), keys)
        sizes.append(size_in(keys))

    assert sizes == [1, 2, 4, 7, 12, 20, 33]
    assert (keys.kept(log.OTHER), capsys.readouterr().err) == (None, "")
    tried(7)


def test_before_the_first_head_there_is_nothing_to_keep(site, tmp_path, capsys):
    keys = KeyFolder(tmp_path)
    watch_log(site.platform(), keys)

    assert (keys.kept(log.KEPT), capsys.readouterr().err) == (None, "")


def test_a_witness_cosigns_each_head_that_it_saw_once(site, witness, tmp_path):
    keys, sizes = KeyFolder(tmp_path), []
    for _ in range(3):
        site.grow()
        for _ in range(2):  # started anew each time
            watch_log(witness, KeyFolder(tmp_path))
            sizes.append(cosign_kept(witness, KeyFolder(tmp_path)))

    with site.database.snapshot() as db:
        newest = queries.latest_head(db)
        (key,) = cosigners_of(db, newest)
    heads = [size for size in sizes if size]
    assert sizes[1::2] == [None] * 3
    assert [size for size, _ in cosigned(site)] == heads == sorted(set(heads))
    assert checkpoints.cosignature_time(newest.note + cosigned(site)[-1][1], key) is not None
    assert key.startswith(f"{keys.recall('cosigner')}+")


@pytest.mark.parametrize("lie", ["rewritten and grown", "another key", "wrong nodes"])
def test_a_witness_that_saw_two_histories_cosigns_no_more(site, witness, tmp_path, capsys, lie):
    for facts in (3, 5):
        site.grow(facts)
        watch_log(witness, KeyFolder(tmp_path))
        cosign_kept(witness, KeyFolder(tmp_path))
    before = cosigned(site)
    LIES[lie](site)

    for _ in range(2):
        watch_log(witness, KeyFolder(tmp_path))
        assert cosign_kept(witness, KeyFolder(tmp_path)) is None

    assert "ANOTHER HISTORY" in capsys.readouterr().err
    assert cosigned(site) == before


def test_a_platform_that_forgot_the_witness_is_told_its_key_again(site, witness, tmp_path):
    keys = KeyFolder(tmp_path)
    watch_log(site.grow().platform(), keys)
    cosign_kept(witness, keys)
    site.change(lambda connection: connection.execute(sa.delete(Cosigner)))
    watch_log(site.grow().platform(), keys)

    assert cosign_kept(witness, keys) == size_in(keys)


def replaced(site):
    """The log's key replaced by the command, and the log gone on by the new one."""
    assert site.app.test_cli_runner().invoke(renew, ["log"]).exit_code == 0
    site.key = signing_key(site.settings.keys, "checkpoint")
    return site.grow()


def test_a_witness_goes_on_with_the_key_that_follows_the_kept_one(site, tmp_path, capsys):
    watch_log(site.grow().platform(), KeyFolder(tmp_path))
    kept = KeyFolder(tmp_path).kept(log.KEY)
    replaced(replaced(site))

    for _ in range(2):
        watch_log(site.platform(), KeyFolder(tmp_path))

    keys = KeyFolder(tmp_path)
    assert capsys.readouterr().err == ""
    assert keys.kept(log.KEY) == site.platform().get("/log")["key"] != kept
    assert keys.kept(log.EARLIER).splitlines()[0] == kept


def by_a_stranger(kept, new):
    """A stranger's word in place of that of the kept key."""
    origin, _, old = checkpoints.parse_verifier_key(kept)
    row = succession(KeyOf.LOG, origin, made.OTHER_KEY, new, "2026-11-27T00:00:00.000000Z")
    row["statement"]["old"] = old.hex()
    return row


def of_receipts(kept, new):
    """Signed by both, but about something else."""
    row = by_a_stranger(kept, new)
    return row | {"statement": row["statement"] | {"what": "receipt"}}


@pytest.mark.parametrize("lie", [by_a_stranger, of_receipts, lambda *_: {}, lambda *_: []])
def test_a_witness_follows_no_key_that_the_kept_one_does_not_name(site, tmp_path, capsys, lie):
    watch_log(site.grow().platform(), KeyFolder(tmp_path))
    kept = KeyFolder(tmp_path).kept(log.KEY)
    replaced(site)
    told = sa.update(Fact).where(Fact.stream == SUBJECT)
    body = json.dumps({"data": lie(kept, site.key)})
    site.change(lambda connection: connection.execute(told.values(body=body)))

    watch_log(site.platform(), KeyFolder(tmp_path))

    assert "ANOTHER HISTORY" in capsys.readouterr().err
    assert KeyFolder(tmp_path).kept(log.KEY) == kept


def emptied(connection):
    for table in (Entry, Node, Head):
        connection.execute(sa.delete(table))


def gone_back(connection):
    connection.execute(sa.delete(Head).where(Head.size > 3))


def old_head_forgotten(connection):
    connection.execute(sa.delete(Head).where(Head.size <= 8))


def signed_by_another(connection):
    text = checkpoints.checkpoint_text("localhost/evidence", 9, bytes(32))
    line = checkpoints.signature_line("localhost/evidence", made.OTHER_KEY, text)
    note = checkpoints.note(text, line)
    connection.execute(sa.update(Head).where(Head.size > 8).values(note=note))


def unreadable(connection):
    connection.execute(sa.update(Head).values(note="no note"))


def wrong_nodes(connection):
    connection.execute(sa.update(Node).values(hash=bytes(32)))


LIES = {
    "rewritten": lambda site: site.rewrite(),
    "rewritten and grown": lambda site: site.rewrite(5).grow(),
    "rewritten at its end and grown": lambda site: site.rewrite(7).grow(4),
    "emptied": lambda site: site.change(emptied),
    "gone back": lambda site: site.change(gone_back),
    "old head forgotten": lambda site: site.grow().change(old_head_forgotten),
    "another key": lambda site: site.grow().change(signed_by_another),
    "unreadable": lambda site: site.change(unreadable),
    "wrong nodes": lambda site: site.grow().change(wrong_nodes),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_head_that_does_not_go_on_is_not_kept_and_told_also_after_a_restart(
    site, tmp_path, capsys, lie
):
    for facts in (3, 5):
        site.grow(facts)
        watch_log(site.platform(), KeyFolder(tmp_path))
    before = KeyFolder(tmp_path).kept(log.KEPT)

    LIES[lie](site)
    told = []
    for _ in range(2):
        watch_log(site.platform(), KeyFolder(tmp_path))
        told.append(capsys.readouterr().err)

    assert all("THE LOG SHOWS ANOTHER HISTORY" in text for text in told)
    assert KeyFolder(tmp_path).kept(log.KEPT) == before


def test_a_log_that_returns_to_its_first_history_has_not_been_honest(site, tmp_path, capsys):
    site.grow(8)
    keys = KeyFolder(tmp_path)
    watch_log(site.platform(), keys)
    with site.database.reader.connect() as connection:
        row = dict(connection.execute(sa.select(Head.root, Head.note)).one()._mapping)
    site.rewrite()
    watch_log(site.platform(), keys)
    other = keys.kept(log.OTHER)

    site.change(lambda connection: connection.execute(sa.update(Head).values(row)))
    capsys.readouterr()
    watch_log(site.platform(), KeyFolder(tmp_path))

    assert "two histories" in capsys.readouterr().err
    assert (keys.kept(log.OTHER), keys.kept(log.KEPT)) == (other, row["note"])


def test_a_platform_out_of_reach_is_no_lie(tmp_path, monkeypatch):
    monkeypatch.setattr("client.session.TRIES", 1)
    keys = KeyFolder(tmp_path)

    with pytest.raises(requests.ConnectionError):
        log.look_at_log(Platform("http://127.0.0.1:9"), keys)

    assert keys.kept(log.OTHER) is None


def test_two_witnesses_who_were_shown_two_histories_convict_the_log_with_their_folders(
    site, tmp_path, tried
):
    one, other = KeyFolder(tmp_path / "one"), KeyFolder(tmp_path / "other")
    site.grow(8)
    watch_log(site.platform(), one)
    site.rewrite(4)
    watch_log(site.platform(), other)

    heads = [word for keys in (one, other) for word in ("--head", keys.folder / log.KEPT)]
    command = [sys.executable, ROOT / "verifier/verify.py", "--log-key", one.folder / log.KEY]
    done = subprocess.run([*command, *heads], capture_output=True, text=True)

    problems = json.loads(done.stdout)["problems"]
    assert (done.returncode, [each["code"] for each in problems]) == (1, ["log.split_view"])
    tried()


@pytest.mark.parametrize(
    ("old", "new", "status"), [(3, 8, 200), (8, 3, 404), (4, 8, 404), (3, 9, 404), (0, 3, 422)]
)
def test_a_proof_is_given_between_two_heads_that_were_signed(site, old, new, status):
    site.grow(3).grow(5)
    address = f"{site.url}/api/v1/log/consistency?old={old}&new={new}"

    assert requests.get(address, timeout=10).status_code == status
