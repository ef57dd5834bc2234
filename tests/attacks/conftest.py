"""What is attacked, each made once for all files that attack it; and a person before whom no guard
stands.
"""

import shutil
from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from identity.models.accounts import Person
from storage import database as doors
from storage.database import transaction
from storage.vault import Vault
from tests.attacks.trying import Trial
from tests.factories.identity import ALL_KINDS, ALL_ROLES, CODES, make_organisation, make_person
from tests.factories.kept import Kept, KeptOnServer
from tests.factories.office import furnished
from tests.factories.pages import Reader
from tests.factories.trading import make_cast
from tests.factories.walk import walked
from webapp.factory import create_app
from webapp.settings import prepare_keys, settings_from


@pytest.fixture(scope="session")
def town(sqlite_template, tmp_path_factory):
    """The application over a database of its own, which goes back to any stage of the walk."""
    place = _opened(sqlite_template, tmp_path_factory.mktemp("walk"))
    place.walk = walked(Vault(place.files), place.kept)
    yield place
    place.trial.end()
    doors.current_database().dispose()


@pytest.fixture(scope="session")
def office(sqlite_template, tmp_path_factory):
    """The same with one stage, at which everything apart from lots is there in every state."""
    place = _opened(sqlite_template, tmp_path_factory.mktemp("office"))
    place.kept.keep("office", furnished())
    yield place
    place.trial.end()
    doors.current_database().dispose()


@pytest.fixture
def town_on_postgresql(postgresql_url, tmp_path):
    """The same town on the other engine, without the means to try its doors one by one."""
    place = _app_over(KeptOnServer(postgresql_url), tmp_path)
    place.walk = walked(Vault(place.files), place.kept)
    yield place
    doors.current_database().dispose()
    place.kept.drop()


@pytest.fixture
def office_on_postgresql(postgresql_url, tmp_path):
    """The same office on the other engine."""
    place = _app_over(KeptOnServer(postgresql_url), tmp_path)
    place.kept.keep("office", furnished())
    yield place
    doors.current_database().dispose()
    place.kept.drop()


@pytest.fixture
def everybody(app):
    """A browser of a person with every role, signed in; everybody administers."""
    make_cast(1)
    make_organisation(CODES[3], "什么都是有限公司", *ALL_KINDS)
    make_person("everybody", CODES[3], *ALL_ROLES)
    with transaction() as (db, _):
        db.execute(sa.update(Person).values(is_administrator=True))
    return Reader(app.test_client(), "everybody")


def _opened(template, folder):
    kept = Kept(folder / "zhaobiao.db")
    shutil.copy(template, kept.path)
    place = _app_over(kept, folder)
    place.trial = Trial(place.app, kept)
    return place


def _app_over(kept, folder):
    settings = settings_from({"ZHAOBIAO_VAR": str(folder / "var"), "DATABASE_URL": kept.url})
    prepare_keys(settings)
    app = create_app(settings)
    app.testing = False
    return SimpleNamespace(app=app, kept=kept, files=settings.files)
