"""Who attacks: a person before whom no guard stands."""

import pytest
import sqlalchemy as sa

from identity.models.accounts import Person
from storage.database import transaction
from tests.factories.identity import ALL_KINDS, ALL_ROLES, CODES, make_organisation, make_person
from tests.factories.pages import Reader
from tests.factories.trading import make_cast


@pytest.fixture
def everybody(app):
    """A browser of a person with every role, signed in; everybody administers."""
    make_cast(1)
    make_organisation(CODES[3], "什么都是有限公司", *ALL_KINDS)
    make_person("everybody", CODES[3], *ALL_ROLES)
    with transaction() as (db, _):
        db.execute(sa.update(Person).values(is_administrator=True))
    return Reader(app.test_client(), "everybody")
