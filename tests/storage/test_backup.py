"""The drill: back up, restore elsewhere, verify; and what is refused on the way."""

import hashlib
import os
import stat
from datetime import timedelta

import pytest

from evidence import queries as evidence
from evidence.actions.streams import record
from storage.backup import place_of
from storage.database import open_database, snapshot, transaction
from storage.vault import Vault
from tests.leaks.canaries import files_under
from tests.storage.sites import contents, refusal, rows_of
from webapp import backups
from webapp.factory import create_app
from webapp.settings import settings_from
from webapp.worker import Worker


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
