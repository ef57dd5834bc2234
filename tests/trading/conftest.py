"""Browsers of people of the cast, for pages; a hall in which bids are opened."""

import pytest

from identity.states import Role
from storage.vault import Vault
from tests.factories.hall import Hall
from tests.factories.identity import CODES, make_person
from tests.factories.pages import Reader
from tests.factories.trading import make_cast


@pytest.fixture
def reader(app):
    return lambda username=None: Reader(app.test_client(), username)


@pytest.fixture
def agent(app, reader):
    make_cast()
    make_person("officer", CODES[1], Role.PROCURING_OFFICER)
    return reader("agent")


@pytest.fixture
def hall(database, tmp_path):
    return Hall(Vault(tmp_path / "files"))
