"""Emptying: a demo installation, never one that has a tender which is no rehearsal."""

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from demo.people import make_demo_people
from demo.reset import empty
from identity.states import OrganisationKind
from kernel.errors import Refusal
from storage.database import snapshot
from storage.migrations import upgrade
from tests.factories.identity import CODES, make_organisation
from tests.factories.trading import make_cast, make_tender
from trading.models.tendering import Tender
from webapp.serve import alone
from webapp.settings import settings_from


@pytest.fixture
def settings(database, database_url, tmp_path):
    return settings_from(
        {
            "ZHAOBIAO_VAR": str(tmp_path / "var"),
            "ZHAOBIAO_WITNESS": str(tmp_path / "witness"),
            "DATABASE_URL": database_url,
        }
    )


def tables(database):
    return set(sa.inspect(database.reader).get_table_names())


def test_a_tender_that_is_no_rehearsal_keeps_everything(database, settings):
    make_demo_people()
    make_organisation(CODES[1], "临江市建设局", OrganisationKind.PROCURING_ENTITY)
    tender = make_tender(agent="agency")

    with pytest.raises(Refusal) as refusal:
        empty(database, settings)

    assert refusal.value.code == "demo.real_tender"
    with snapshot() as db:
        assert db.scalars(sa.select(Tender.code)).all() == [tender]


def test_an_installation_without_the_demo_accounts_is_left_alone(database, settings):
    make_cast(1)

    with pytest.raises(Refusal) as refusal:
        empty(database, settings)

    assert refusal.value.code == "demo.not_a_demo"


def test_a_demo_is_emptied_with_its_files_and_keys_and_can_begin_anew(database, settings):
    make_demo_people()
    for folder in (settings.files, settings.keys, settings.witness):
        folder.mkdir(parents=True)

    empty(database, settings)

    assert tables(database) == set()
    assert not any(f.exists() for f in (settings.files, settings.keys, settings.witness))
    upgrade(database)
    assert len(make_demo_people()) > 10


def test_emptying_must_be_said_twice_and_the_site_be_stopped(app):
    runner = CliRunner()
    commands = app.cli.commands["demo"]
    with app.app_context():
        assert runner.invoke(commands, ["reset"]).exit_code == 2
        with alone(app.extensions["settings"].var / "serving.lock"):
            running = runner.invoke(commands, ["reset", "--yes"])
    assert running.exit_code == 1
    assert "stop it first" in running.output
