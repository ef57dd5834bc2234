"""Browsers of people of the cast, for pages."""

import pytest

from identity.states import Role
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
