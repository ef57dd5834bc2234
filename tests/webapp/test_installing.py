"""A site for real tenders: begun without demo accounts, and never given any."""

import shutil

import pytest
import sqlalchemy as sa

from demo.__main__ import main as demo
from identity.models.accounts import Person
from identity.models.organisations import Organisation
from identity.states import Role
from storage.database import current_database, snapshot
from tests.factories.identity import CODES, PASSWORD, make_organisation
from webapp.factory import create_app
from webapp.settings import settings_from


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The folder of a site after its first upgrade."""
    folder = tmp_path_factory.mktemp("made") / "var"
    app = create_app(settings_from({"ZHAOBIAO_VAR": str(folder)}))
    assert run(app, "upgrade").exit_code == 0
    current_database().dispose()
    return folder


@pytest.fixture
def site(made, tmp_path, monkeypatch):
    """A machine after the first upgrade."""
    shutil.copytree(made, tmp_path / "var")
    monkeypatch.setenv("ZHAOBIAO_VAR", str(tmp_path / "var"))
    monkeypatch.setenv("ZHAOBIAO_WITNESS", str(tmp_path / "witness"))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    app = create_app()
    yield app
    current_database().dispose()


def run(app, *words, keys=""):
    done = app.test_cli_runner().invoke(args=list(words), input=keys)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


FOUND = ("found", "--code", CODES[0], "--name", "临江市公共资源交易中心", "--username", "wang")


def begun(site):
    return run(site, *FOUND, "--person", "王五", keys=f"{PASSWORD}\n{PASSWORD}\n")


def people():
    with snapshot() as db:
        return db.scalars(sa.select(Person.username)).all()


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*.*") if "db-" not in path.name}


def test_upgrade_makes_keys_authority_and_tables_once_and_nobody(site):
    settings = site.extensions["settings"]

    before = contents(settings.var)

    assert run(site, "upgrade").exit_code == 0

    assert contents(settings.var) == before
    assert people() == []
    assert sorted(path.name for path in settings.keys.iterdir()) == [
        "checkpoint.key",
        "checkpoint.pub",
        "receipt.key",
        "second-factor.key",
        "session.key",
    ]
    assert (settings.authority / "root.crt").exists()
    assert not settings.witness.exists()


def test_the_first_operator_signs_in_and_runs_the_centre(site):
    done = begun(site)

    assert done.exit_code == 0, done.output
    assert PASSWORD not in done.output
    app = create_app(settings_from())
    body = {"username": "wang", "password": PASSWORD}
    token = app.test_client().post("/api/v1/tokens", json=body).json["token"]
    held = {"Authorization": f"Bearer {token}"}
    assert app.test_client().get("/api/v1/health", headers=held).status_code == 200
    assert app.test_client().get("/centre/organisations", headers=held).status_code == 200
    with snapshot() as db:
        (person,) = db.scalars(sa.select(Person)).all()
        assert {each.role for each in person.roles} == {Role.OPERATOR}
        assert person.organisation.is_training is False


@pytest.mark.attack("permissions")
def test_a_second_first_operator_is_refused(site):
    begun(site)

    again = run(site, *FOUND[:-1], "other", "--person", "赵六", keys=f"{PASSWORD}\n{PASSWORD}\n")

    assert (again.exit_code, "site.begun" in again.output) == (1, True)
    assert people() == ["wang"]


@pytest.mark.parametrize(
    ("words", "keys", "code"),
    [
        ({}, "short\nshort\n", "account.password_length"),
        ({"--code": "123"}, f"{PASSWORD}\n{PASSWORD}\n", "credit_code.malformed"),
    ],
)
def test_a_site_is_not_begun_with_what_is_no_code_or_password(site, words, keys, code):
    given = dict(zip(FOUND[1::2], FOUND[2::2], strict=True)) | {"--person": "王五"} | words

    done = run(site, "found", *(word for pair in given.items() for word in pair), keys=keys)

    assert (done.exit_code, code in done.output) == (1, True), done.output
    with snapshot() as db:
        assert (people(), db.scalars(sa.select(Organisation.id)).all()) == ([], [])


@pytest.mark.attack("permissions")
@pytest.mark.parametrize("words", [[], ["--no-lot"], ["--witness"]])
def test_a_site_that_is_no_demo_gets_no_accounts_with_a_known_password(site, words, capsys):
    begun(site)
    make_organisation(CODES[1], "临江市建设局")

    assert demo(words) == 1

    assert "demo.not_a_demo" in capsys.readouterr().err
    assert people() == ["wang"]
