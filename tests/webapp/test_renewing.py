"""Keys of the program in place of others: nothing is lost, whenever it is cut off."""

import pytest
from cryptography.fernet import InvalidToken
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from evidence.actions import succession
from evidence.rules.succession import KeyOf
from identity import queries
from identity.actions import second_factor
from identity.states import OrganisationKind, Role
from storage import keys
from storage.database import snapshot, transaction
from tests.factories.identity import CODES, make_organisation, make_person, viewer
from tests.factories.second_factor import enrol
from webapp.renewing import renew

NAME = "second-factor"


@pytest.fixture
def site(app):
    """A site in which two people have a second factor; their secrets."""
    make_organisation(CODES[1], "临江市公共资源交易中心", OrganisationKind.TRADING_CENTRE)
    folder, known = app.extensions["settings"].keys, {}
    box = second_factor.cipher(keys.kept_ring(folder, NAME))
    for name in ("one", "two"):
        make_person(name, CODES[1], Role.OPERATOR)
        known[name], _ = enrol(name, box)
    return app, folder, known


def run(app, name):
    return app.test_cli_runner().invoke(renew, [name])


def read(names, box):
    with snapshot() as db:
        factors = {name: queries.second_factor_of(db, viewer(name).code) for name in names}
        return {name: second_factor.secret_of(factor, box) for name, factor in factors.items()}


def test_secrets_are_read_by_the_new_key_and_no_more_by_the_old(site):
    app, folder, known = site
    old = keys.kept_ring(folder, NAME)

    done = run(app, NAME)

    assert (done.exit_code, done.output) == (0, "locked anew: 2\n")
    assert len(keys.kept_ring(folder, NAME)) == 1
    assert read(known, second_factor.cipher(keys.kept_ring(folder, NAME))) == known
    with pytest.raises(InvalidToken):
        read(known, second_factor.cipher(old))


def locked(folder):
    keys.replace_secret(folder, NAME)
    with transaction() as (db, _):
        second_factor.lock_anew(db, second_factor.cipher(keys.kept_ring(folder, NAME)))


def old_kept_only(folder):
    (folder / f"{NAME}.old.key").write_bytes(keys.kept_secret(folder, NAME))


def replaced(folder):
    keys.replace_secret(folder, NAME)


@pytest.mark.attack("crashes")
@pytest.mark.parametrize("happened", [old_kept_only, replaced, locked])
def test_cut_off_anywhere_it_reads_everything_and_is_gone_on_with(site, happened):
    app, folder, known = site
    happened(folder)

    assert read(known, second_factor.cipher(keys.kept_ring(folder, NAME))) == known
    assert run(app, NAME).exit_code == 0
    assert read(known, second_factor.cipher(keys.kept_ring(folder, NAME))) == known
    assert [path.name for path in folder.glob(f"{NAME}*")] == [f"{NAME}.key"]


def test_another_session_key_ends_no_program_but_every_browser(site):
    app, folder, _ = site
    before = keys.kept_secret(folder, "session")

    assert run(app, "session").exit_code == 0

    assert keys.kept_secret(folder, "session") != before
    assert (folder / "session.key").stat().st_mode & 0o777 == 0o600


def test_a_key_that_nobody_knows_is_not_made(site):
    app, folder, _ = site

    assert run(app, "root").exit_code == 2

    assert not (folder / "root.key").exists()


@pytest.mark.parametrize(("name", "file"), [("log", "checkpoint"), ("receipt", "receipt")])
def test_where_a_key_is_not_kept_none_is_made_that_would_follow_nothing(site, name, file):
    """A web machine has the public half of the log's key only."""
    app, folder, _ = site
    keys.kept_secret(folder, file)
    keys.keep_public_half(folder, file)
    public = keys.public_half(folder, file)
    (folder / f"{file}.key").unlink()

    done = run(app, name)

    assert (done.exit_code, "keys.not_here" in done.output) == (1, True)
    assert keys.public_half(folder, file) == public
    assert sorted(path.name for path in folder.glob(f"{file}*")) == [f"{file}.pub"]
    with snapshot() as db:
        assert succession.successions(db) == []


def cut_off(folder, file):
    """Before the log was told."""
    keys.replace_secret(folder, file)


def told(folder, file):
    """Before the old key was forgotten."""
    keys.replace_secret(folder, file)
    new, old = map(Ed25519PrivateKey.from_private_bytes, keys.kept_ring(folder, file))
    with transaction(lock=[succession.SUBJECT]) as (db, _):
        succession.succeed(db, KeyOf("log" if file == "checkpoint" else file), "here", old, new)


@pytest.mark.attack("crashes")
@pytest.mark.parametrize("happened", [cut_off, told])
@pytest.mark.parametrize(("name", "file"), [("receipt", "receipt"), ("log", "checkpoint")])
def test_a_cut_off_succession_is_gone_on_with_and_told_once(site, happened, name, file):
    app, folder, _ = site
    keys.kept_secret(folder, file)
    keys.keep_public_half(folder, file)
    happened(folder, file)
    waiting = keys.kept_secret(folder, file)

    assert run(app, name).exit_code == 0

    with snapshot() as db:
        (row,) = succession.successions(db)
    public = keys.existing_key(folder, file).public_key().public_bytes_raw()
    assert keys.kept_secret(folder, file) == waiting
    assert row["statement"]["new"] == public.hex() == (folder / f"{file}.pub").read_bytes().hex()
    assert len(keys.kept_ring(folder, file)) == 1
