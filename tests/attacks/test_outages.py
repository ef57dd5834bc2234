"""Parts that go away while people work: what is refused then, what goes on."""

import shutil

import pytest

from storage import keys
from tests import engines
from tests.factories.identity import CODES, PASSWORD, make_organisation, make_person
from webapp.factory import create_app
from webapp.settings import prepare_keys, settings_from
from webapp.throttle import BY_NAME

pytestmark = pytest.mark.attack("outages")


@pytest.fixture
def counted(sqlite_url, tmp_path):
    """(client of a site that counts in Valkey, the running Valkey)."""
    with engines.valkey() as url:
        given = {"ZHAOBIAO_VAR": str(tmp_path / "var"), "DATABASE_URL": sqlite_url}
        settings = settings_from(given | {"REDIS_URL": url})
        prepare_keys(settings)
        client = create_app(settings).test_client()
        make_organisation(CODES[0], "甲")
        make_person("agent", CODES[0])
        yield client, url


def sign_in(client, password=PASSWORD):
    body = {"username": "agent", "password": password}
    return client.post("/api/v1/tokens", json=body).status_code


def test_nobody_is_locked_out_while_the_counter_is_away_and_guessing_stays_limited(counted, tried):
    client, url = counted
    assert sign_in(client) == 201
    engines.shut_down_valkey(url)

    guesses = [sign_in(client, "wrong") for _ in range(BY_NAME.amount - 1)]

    assert sign_in(client) == 201
    assert set(guesses) == {403}
    assert sign_in(client) == 429
    tried(BY_NAME.amount + 1)


def test_a_machine_without_the_key_of_the_log_makes_none(settings, tmp_path):
    prepare_keys(settings)
    elsewhere = tmp_path / "web-keys"
    elsewhere.mkdir()
    shutil.copy(settings.keys / "checkpoint.pub", elsewhere)

    public = keys.public_half(elsewhere, "checkpoint")

    assert public == keys.existing_key(settings.keys, "checkpoint").public_key().public_bytes_raw()
    assert [path.name for path in elsewhere.iterdir()] == ["checkpoint.pub"]
    with pytest.raises(FileNotFoundError):
        keys.existing_key(elsewhere, "checkpoint")
