"""Both databases for every test that asks for one: migrated once, copied for each test."""

import itertools
import os
import shutil
from pathlib import Path

import hypothesis
import pytest
import sqlalchemy as sa

from storage import database as doors
from storage.database import Database
from storage.migrations import upgrade
from tests import engines
from webapp.factory import create_app
from webapp.settings import prepare_keys, settings_from

# Speed is measured in bench/, never asserted: a busy machine must not fail a property.
hypothesis.settings.register_profile("house", deadline=None)
hypothesis.settings.load_profile("house")

pytest_plugins = ["tests.attacks.counting", "tests.compiled"]

_numbers = itertools.count()
# Where whole programs and browsers are run: begun first, so that no worker is left alone with them.
_LONG = ("journeys", "deploy", "demo", "browser", "live", "leaks", "webapp", "attacks", "storage")
# Outside data stands beside the checkout and is not copied into the project.
OUTSIDE = Path(__file__).parents[1].parent / "shared" / "data"


def pytest_addoption(parser):
    parser.addoption("--all", action="store_true", help="run the long matrices too")


def pytest_collection_modifyitems(config, items):
    if not config.getoption("--all"):
        long = [item for item in items if "slow" in item.keywords]
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if "slow" not in item.keywords]
    items.sort(key=_turn)


def _turn(item):
    room = item.path.relative_to(Path(__file__).parent).parts[0]
    return _LONG.index(room) if room in _LONG else len(_LONG)


@pytest.fixture(scope="session")
def outside_data():
    """The folder of outside data; without it the test is skipped, or fails where all must run."""
    if OUTSIDE.is_dir():
        return OUTSIDE
    if os.environ.get("REQUIRE_BROWSER") == "1":
        pytest.fail(f"there is no outside data at {OUTSIDE}")
    pytest.skip(f"there is no outside data at {OUTSIDE}")


@pytest.fixture(scope="session")
def postgresql_server():
    with engines.postgresql() as url:
        yield url


@pytest.fixture(scope="session")
def s3_server():
    with engines.s3() as endpoint:
        yield endpoint


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory):
    path = tmp_path_factory.mktemp("template") / "template.db"
    database = Database(f"sqlite:///{path}")
    upgrade(database)
    with database.writer.connect() as connection:
        connection.connection.dbapi_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.dispose()
    return path


@pytest.fixture(scope="session")
def postgresql_template(postgresql_server):
    _administer(postgresql_server, "CREATE DATABASE template_zhaobiao")
    database = Database(_named(postgresql_server, "template_zhaobiao"))
    upgrade(database)
    database.dispose()
    return "template_zhaobiao"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request, tmp_path):
    """URL of a fresh, migrated database; once for each engine."""
    if request.param == "sqlite":
        return _sqlite_copy(request, tmp_path)
    return _postgresql_copy(request)


@pytest.fixture
def sqlite_url(request, tmp_path):
    return _sqlite_copy(request, tmp_path)


@pytest.fixture
def postgresql_url(request):
    return _postgresql_copy(request)


@pytest.fixture
def database(database_url):
    """The program's database, open, on each engine in turn."""
    opened = doors.open_database(database_url)
    yield opened
    opened.dispose()


@pytest.fixture
def sqlite_database(sqlite_url):
    opened = doors.open_database(sqlite_url)
    yield opened
    opened.dispose()


def _sqlite_copy(request, tmp_path):
    path = tmp_path / "zhaobiao.db"
    shutil.copy(request.getfixturevalue("sqlite_template"), path)
    return f"sqlite:///{path}"


def _postgresql_copy(request):
    server = request.getfixturevalue("postgresql_server")
    template = request.getfixturevalue("postgresql_template")
    name = f"test_{next(_numbers)}"
    # Files are copied as they are: where nothing is kept for a crash, this is five times faster.
    _administer(server, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    request.addfinalizer(lambda: _administer(server, f"DROP DATABASE {name} WITH (FORCE)"))
    return _named(server, name)


def _administer(server, statement):
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()


def _named(server, name):
    return sa.make_url(server).set(database=name).render_as_string(hide_password=False)


@pytest.fixture
def settings(sqlite_url, tmp_path):
    return settings_from({"ZHAOBIAO_VAR": str(tmp_path / "var"), "DATABASE_URL": sqlite_url})


@pytest.fixture
def app(settings):
    """The web application on SQLite."""
    prepare_keys(settings)
    application = create_app(settings)
    application.testing = False
    yield application
    doors.current_database().dispose()


@pytest.fixture
def client(app):
    return app.test_client()
