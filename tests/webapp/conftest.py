"""Two who get letters, and a mail server that takes what is sent to them."""

import pytest

from identity.states import OrganisationKind, Role
from tests.factories.identity import CODES, make_organisation, make_person
from tests.factories.mail_server import Box, listening


@pytest.fixture
def box():
    made = Box()
    server, made.port = listening(made)
    yield made
    server.stop()


@pytest.fixture
def correspondents(database, tmp_path):
    make_organisation(CODES[0], "临江建设有限公司", OrganisationKind.BIDDER)
    make_organisation(CODES[1], "临江代理有限公司", OrganisationKind.AGENCY)
    make_person("bidder", CODES[0], Role.BIDDER)
    make_person("agent", CODES[1], Role.AGENT)
