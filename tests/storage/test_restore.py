"""A restore takes nothing that was altered, is of another, or would overwrite; and the drill elsewhere."""

import json
import os
import shutil

import pytest
import sqlalchemy as sa

from storage.database import Database, open_database
from tests import engines
from tests.storage.conftest import bucket_settings
from tests.storage.sites import Site, refusal, rows_of, stamp
from webapp.factory import create_app
from webapp.settings import settings_from


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
