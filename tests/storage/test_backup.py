"""The drill: back up, restore elsewhere, verify; and what is refused on the way."""

import hashlib
import json
import os
import shutil
import stat
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyrage
import pytest
import sqlalchemy as sa

from evidence import queries as evidence
from evidence.actions.authority import open_authority
from evidence.actions.streams import record
from storage.backup import place_of
from storage.database import Database, open_database, snapshot, transaction
from storage.vault import Vault
from tests import engines
from tests.factories.trading import Bidder, make_cast, make_open_lot, move_to
from tests.leaks.canaries import files_under
from tests.storage.conftest import bucket_settings
from trading import queries
from trading.actions.closing import close_lot
from webapp import backups
from webapp.factory import create_app
from webapp.settings import prepare_keys, settings_from
from webapp.worker import Worker

START = datetime(2026, 9, 1, 2, 0, tzinfo=UTC)


@dataclass
class Person:
    """Somebody who can open a backup."""

    identity: pyrage.x25519.Identity
    key_file: Path

    @property
    def recipient(self):
        return str(self.identity.to_public())


def person(folder, name):
    identity = pyrage.x25519.Identity.generate()
    path = folder / f"{name}.txt"
    path.write_text(f"# created: today\n# public key: {identity.to_public()}\n{identity}\n")
    return Person(identity, path)


class Site:
    """A small installation on which a lot with three bids has closed."""

    def __init__(self, folder, settings, *, is_played=True):
        self.settings = settings
        prepare_keys(settings)
        self.app = create_app(settings)
        self.vault = self.app.extensions["vault"]
        self.one, self.two, self.stranger = (person(folder, n) for n in ("one", "two", "stranger"))
        self.to = [word for who in (self.one, self.two) for word in ("--to", who.recipient)]
        self.lot = self.play() if is_played else None

    def play(self):
        names, lot = make_cast(3), make_open_lot(start=START)
        for name in names:
            Bidder(name).enrol().submit(lot, self.vault)
        with snapshot() as db:
            deadline = queries.lot_by_code(db, lot).deadline
        move_to(lot, deadline + timedelta(microseconds=1))
        with transaction(lock=[f"lot:{lot}"]) as (db, now):
            close_lot(db, lot, now=now)
        return self.sequenced(lot)

    def sequenced(self, lot):
        worker = Worker(self.settings)
        while worker.sweep():
            pass
        return lot

    def run(self, *words, app=None):
        runner = (app or self.app).test_cli_runner()
        done = runner.invoke(args=["storage", *(str(word) for word in words)])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done

    def back_up(self, out):
        done = self.run("backup", "--out", out, *self.to)
        assert done.exit_code == 0, done.output
        return done.output.split()[-1]

    def restore(self, out, into, *words, who=None):
        key = (who or self.one).key_file
        return self.run("restore", out, "--identity", key, "--into", into, *words)

    def rows(self):
        return rows_of(self.settings.database_url)


def rows_of(url):
    """Table → its rows as text, sorted: what must be the same after a restore."""
    database, found = Database(url), {}
    with database.reader.connect() as connection:
        metadata = sa.MetaData()
        metadata.reflect(connection)
        for table in metadata.sorted_tables:
            found[table.name] = sorted(map(repr, connection.execute(sa.select(table)).all()))
    database.dispose()
    return found


@pytest.fixture(scope="module")
def site(tmp_path_factory, sqlite_template):
    folder = tmp_path_factory.mktemp("site")
    (folder / "var").mkdir()
    shutil.copy(sqlite_template, folder / "var/zhaobiao.db")
    made = Site(folder, settings_from({"ZHAOBIAO_VAR": str(folder / "var")}))
    open_authority(made.settings.authority, START)
    yield made
    open_database(made.settings.database_url).dispose()


@pytest.fixture(scope="module")
def made(site, tmp_path_factory):
    """A folder with one backup, not to be changed."""
    out = tmp_path_factory.mktemp("backups") / "out"
    site.digest = site.back_up(out)
    return out


@pytest.fixture
def out(made, tmp_path):
    """A copy of it."""
    return shutil.copytree(made, tmp_path / "out")


def stamp(out):
    return next(path.parent for path in out.glob("*/manifest.json"))


def refusal(done):
    """The code of what a command refused."""
    assert done.exit_code == 1, done.output
    (line,) = [line for line in done.output.splitlines() if line.startswith("Error: ")]
    return line.split()[1].rstrip(":")


def contents(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.*")}


@pytest.mark.parametrize("who", ["one", "two"])
def test_each_recipient_alone_restores_all_and_the_verifier_accepts_it(site, made, tmp_path, who):
    into = tmp_path / "new"

    done = site.restore(made, into, who=getattr(site, who))

    tender = site.lot.rpartition("-")[0]
    assert done.exit_code == 0, done.output
    assert f"{tender}: bundle under checkpoint" in done.output
    assert rows_of(f"sqlite:///{into / 'zhaobiao.db'}") == site.rows()
    for name in ("keys", "authority", "files"):
        assert contents(into / name) == contents(site.settings.var / name)
        assert stat.S_IMODE((into / name).stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in (into / "keys").iterdir()} == {0o600}
    assert list(Vault(into / "files").digests()) == list(site.vault.digests())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new"]


def test_a_restored_site_runs_and_its_log_goes_on(site, made, tmp_path):
    into = tmp_path / "new"
    site.restore(made, into)
    settings = settings_from({"ZHAOBIAO_VAR": str(into)})
    client, worker = create_app(settings).test_client(), Worker(settings)

    shown = client.get(f"/tenders/{site.lot.rpartition('-')[0]}")
    with transaction() as (db, now):
        before = evidence.latest_head(db).size
        record(db, stream="x", kind="x.told", actor="test", subject="x", data={}, now=now)
    worker.sweep()
    with snapshot() as db:
        after = backups.head_of(db)
    open_database(site.settings.database_url)

    assert shown.status_code == 200
    assert after["size"] == before + 1


def test_nothing_of_the_installation_lies_open_in_a_backup(site, made):
    plain = [path.read_bytes() for path in (site.settings.var / "keys").iterdir()]
    plain += [site.vault.read(digest)[:64] for digest in site.vault.digests()]
    plain += [b"SQLite format 3", site.lot.encode(), "临江".encode()]

    raw = files_under(made)

    assert len(raw) == len(list(site.vault.digests())) + 4
    assert [name for name, content in raw.items() if any(each in content for each in plain)] == []


def test_the_next_backup_encrypts_only_what_is_new(site, tmp_path, monkeypatch):
    out = tmp_path / "out"
    site.back_up(out)
    before = {path: path.stat().st_mtime_ns for path in (out / "files").rglob("*.age")}
    digest = hashlib.sha256(b"new").hexdigest()
    with (tmp_path / "new").open("wb+") as file:
        file.write(b"new")
        file.seek(0)
        site.vault.put(file, limit=3)
    later = backups.make_backup
    monkeypatch.setattr(
        backups, "make_backup", lambda s, o, t, now: later(s, o, t, now + timedelta(hours=1))
    )

    done = site.run("backup", "--out", out, *site.to)

    after = {path: path.stat().st_mtime_ns for path in (out / "files").rglob("*.age")}
    assert f"{len(after)} files, 1 of them new" in done.output
    assert {path for path in after if path not in before} == {place_of(out, digest)}
    assert {path: after[path] for path in before} == before
    stamps = sorted(path.parent.name for path in out.glob("*/manifest.json"))
    old = site.restore(out, tmp_path / "old", "--made", stamps[0])
    new = site.restore(out, tmp_path / "newest")
    assert (old.exit_code, new.exit_code) == (0, 0)
    assert digest not in list(Vault(tmp_path / "old/files").digests())
    assert digest in list(Vault(tmp_path / "newest/files").digests())
    (site.vault._folder / digest[:2] / digest[2:]).unlink()


@pytest.mark.parametrize("to", ["none", "one", "one twice", "one and no key"])
def test_a_backup_to_fewer_than_two_recipients_is_refused(site, tmp_path, to):
    one = ["--to", site.one.recipient]
    words = {
        "none": [],
        "one": one,
        "one twice": one * 2,
        "one and no key": [*one, "--to", "age1x"],
    }

    done = site.run("backup", "--out", tmp_path / "out", *words[to])

    code = {"none": 2, "one and no key": "backup.no_recipient"}.get(to, "backup.one_recipient")
    assert (done.exit_code if to == "none" else refusal(done)) == code
    assert list(tmp_path.iterdir()) == []


def test_other_recipients_need_another_folder(site, out):
    before = files_under(out)
    to = ["--to", site.one.recipient, "--to", site.stranger.recipient]

    assert refusal(site.run("backup", "--out", out, *to)) == "backup.other_recipients"
    assert files_under(out) == before


def test_a_folder_of_something_else_takes_no_backup(site, tmp_path):
    (tmp_path / "letter.txt").write_text("mine")

    assert refusal(site.run("backup", "--out", tmp_path, *site.to)) == "backup.not_ours"
    assert os.listdir(tmp_path) == ["letter.txt"]


def test_a_stored_file_that_is_not_what_its_name_says_stops_the_backup(site, tmp_path):
    digest = hashlib.sha256(b"right").hexdigest()
    place = site.vault._folder / digest[:2] / digest[2:]
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(b"wrong")

    try:
        done = site.run("backup", "--out", tmp_path / "out", *site.to)
    finally:
        place.unlink()

    assert refusal(done) == "backup.damaged_file"
    assert list((tmp_path / "out").glob("*/manifest.json")) == []
    assert not place_of(tmp_path / "out", digest).exists()


def flip(path, at):
    raw = bytearray(path.read_bytes())
    raw[at if at >= 0 else len(raw) + at] ^= 1
    path.write_bytes(raw)


def a_file(out):
    return next((out / "files").rglob("*.age"))


def changed(out, **new):
    path = stamp(out) / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | new))


ALTERED = {
    "a bit of the database": lambda out: flip(stamp(out) / "database.age", -100),
    "a bit of a header": lambda out: flip(stamp(out) / "database.age", 300),
    "a bit of the keys": lambda out: flip(stamp(out) / "folders.tar.age", -1),
    "a bit of a stored file": lambda out: flip(a_file(out), -1),
    "the end of the database": lambda out: os.truncate(stamp(out) / "database.age", 70_000),
    "nothing but emptiness": lambda out: os.truncate(a_file(out), 0),
    "keys in place of the database": lambda out: shutil.copy(
        stamp(out) / "folders.tar.age", stamp(out) / "database.age"
    ),
    "one stored file for another": lambda out: shutil.copy(
        stamp(out) / "folders.tar.age", a_file(out)
    ),
    "a manifest of another format": lambda out: changed(out, format="zhaobiao-backup/v2"),
    "a manifest that is none": lambda out: (stamp(out) / "manifest.json").write_text("[]"),
    "a path in place of a digest": lambda out: changed(out, files=["../../../etc/passwd"]),
    "no parts": lambda out: changed(out, parts={}),
}


@pytest.mark.attack("hostile-files")
@pytest.mark.parametrize("what", ALTERED)
def test_an_altered_backup_is_refused_and_nothing_is_left(site, out, tmp_path, what):
    ALTERED[what](out)

    done = site.restore(out, tmp_path / "new")

    assert refusal(done) == "backup.altered"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out"]


OTHER = {
    "another head": (lambda out: changed(out, head=None), "backup.other_head"),
    "a stored file is gone": (lambda out: a_file(out).unlink(), "backup.missing"),
    "the database is gone": (lambda out: (stamp(out) / "database.age").unlink(), "backup.missing"),
    "no manifest": (lambda out: (stamp(out) / "manifest.json").unlink(), "backup.none"),
    "another engine": (lambda out: changed(out, engine="postgresql"), "backup.other_engine"),
}


@pytest.mark.attack("hostile-files")
@pytest.mark.parametrize("what", OTHER)
def test_an_incomplete_or_other_backup_is_refused(site, out, tmp_path, what):
    alter, code = OTHER[what]
    alter(out)

    assert refusal(site.restore(out, tmp_path / "new")) == code
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out"]


def test_a_key_that_is_not_the_recipients_opens_nothing(site, made, tmp_path):
    done = site.restore(made, tmp_path / "new", who=site.stranger)

    assert refusal(done) == "backup.wrong_identity"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["", "# only words\n", "age1notasecret\n"])
def test_a_file_without_a_key_opens_nothing(site, made, tmp_path, text):
    key = tmp_path / "key.txt"
    key.write_text(text)

    done = site.run("restore", made, "--identity", key, "--into", tmp_path / "new")

    assert refusal(done) == "backup.no_identity"
    assert list(tmp_path.iterdir()) == [key]


def test_a_target_that_is_not_empty_is_left_alone(site, made, tmp_path):
    (tmp_path / "zhaobiao.db").write_text("precious")

    assert refusal(site.restore(made, tmp_path)) == "backup.not_empty"
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [
        ("zhaobiao.db", "precious")
    ]


def test_an_empty_folder_is_a_target(site, made, tmp_path):
    (tmp_path / "new").mkdir()

    assert site.restore(made, tmp_path / "new").exit_code == 0


def test_a_manifest_that_is_not_the_one_of_the_protocol_is_refused(site, made, out, tmp_path):
    changed(out, made_at="2020-01-01T00:00:00+00:00")  # opens and fits, but is not what was kept

    assert refusal(site.restore(out, tmp_path / "a", "--manifest", site.digest)) == (
        "backup.other_manifest"
    )
    assert site.restore(made, tmp_path / "b", "--manifest", site.digest).exit_code == 0


@pytest.fixture
def twin(site, tmp_path):
    """The installation once more, to be spoilt; the first one's database is open again after."""
    var = tmp_path / "var"
    shutil.copytree(site.settings.var, var)
    yield var
    open_database(site.settings.database_url)


def spoil(var, statement):
    """Do to its database what its administrator could, who first removes what stands against it."""
    database = Database(f"sqlite:///{var / 'zhaobiao.db'}")
    with database.writer.connect() as connection:
        known = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        for (name,) in connection.exec_driver_sql(known).all():
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        assert connection.exec_driver_sql(statement).rowcount
        connection.commit()
    database.dispose()


def backed_up(site, var):
    app = create_app(settings_from({"ZHAOBIAO_VAR": str(var)}))
    return site.run("backup", "--out", var.parent / "out", *site.to, app=app)


@pytest.mark.attack("log")
def test_a_log_whose_leaves_do_not_give_its_root_is_not_backed_up(site, twin, tmp_path):
    spoil(twin, "UPDATE evidence_entry SET commitment = zeroblob(32) WHERE position = 0")

    assert refusal(backed_up(site, twin)) == "backup.broken_log"
    assert not list((tmp_path / "out").glob("*/*"))


@pytest.mark.attack("log")
def test_a_fact_rewritten_before_the_backup_is_found_by_the_verifier(site, twin, tmp_path):
    spoil(twin, "UPDATE fact SET body = replace(body, 'lot.', 'LOT.') WHERE kind = 'lot.published'")
    assert backed_up(site, twin).exit_code == 0

    done = site.restore(tmp_path / "out", tmp_path / "new")

    assert refusal(done) == "backup.not_verified"
    assert (tmp_path / "new/zhaobiao.db").exists()


@pytest.mark.attack("log")
def test_keys_that_did_not_sign_the_log_are_found_at_the_restore(site, twin, tmp_path):
    (twin / "keys/checkpoint.key").write_bytes(bytes(32))
    assert backed_up(site, twin).exit_code == 0

    assert refusal(site.restore(tmp_path / "out", tmp_path / "new")) == "evidence.other_log_key"


def site_on(url, folder, **more):
    given = {"ZHAOBIAO_VAR": str(folder / "var"), "DATABASE_URL": url}
    open_database(url)  # what makes the cast writes there
    return Site(folder, settings_from(given), **more)


@pytest.fixture
def on_postgresql(postgresql_url, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", f"{engines.postgresql_programs()}{os.pathsep}{os.environ['PATH']}")
    yield site_on(postgresql_url, tmp_path)
    open_database(postgresql_url).dispose()


@pytest.fixture
def empty_url(postgresql_url):
    url, name = sa.make_url(postgresql_url), "restored"
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    yield url.set(database=name).render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


def test_the_drill_on_postgresql(on_postgresql, empty_url, tmp_path):
    site, out = on_postgresql, tmp_path / "out"
    site.back_up(out)
    into = tmp_path / "new"

    unnamed = site.restore(out, into)
    filled = site.restore(out, into, "--database", site.settings.database_url)
    done = site.restore(out, into, "--database", empty_url)

    assert refusal(unnamed) == "backup.other_engine"
    assert refusal(filled) == "backup.database_not_empty"
    assert done.exit_code == 0, done.output
    assert "bundle under checkpoint" in done.output
    assert rows_of(empty_url) == site.rows()
    assert not (into / "zhaobiao.db").exists()


def test_without_a_fitting_pg_dump_the_backup_is_refused_and_says_so(
    postgresql_url, tmp_path, monkeypatch
):
    site, out = site_on(postgresql_url, tmp_path, is_played=False), tmp_path / "out"
    monkeypatch.setenv("PATH", str(tmp_path))
    assert refusal(site.run("backup", "--out", out, *site.to)) == "backup.no_program"

    old = tmp_path / "pg_dump"
    old.write_text("#!/bin/sh\necho 'aborting because of server version mismatch' >&2\nexit 1\n")
    old.chmod(0o755)
    failed = site.run("backup", "--out", out, *site.to)

    assert refusal(failed) == "backup.program_failed"
    open_database(postgresql_url).dispose()
    assert "version mismatch" in failed.output
    assert list(out.glob("*/*")) == []


def test_the_drill_with_files_in_a_bucket(
    site, in_bucket, bucket, s3_server, tmp_path, monkeypatch
):
    there = bucket_settings(s3_server, site.settings.var, DATABASE_URL=site.settings.database_url)
    for digest in site.vault.digests():
        with site.vault.open(digest) as file:
            in_bucket.put(file, limit=1 << 30)
    app = create_app(there)
    out = tmp_path / "out"

    backup = site.run("backup", "--out", out, *site.to, app=app)
    into, key = tmp_path / "new", site.one.key_file
    words = ["restore", out, "--identity", key, "--into", into, "--bucket", bucket.name]
    filled = site.run(*words, app=app)
    bucket.objects.all().delete()
    done = site.run(*words, app=app)

    assert backup.exit_code == 0, backup.output
    assert refusal(filled) == "backup.vault_not_empty"
    assert done.exit_code == 0, done.output
    assert list(in_bucket.digests()) == list(site.vault.digests())
    assert not (into / "files").exists()
