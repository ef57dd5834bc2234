"""Behind proxies the asker's address is what the outermost trusted one saw, and nothing else."""

import pytest

from storage.database import open_database
from webapp.factory import create_app
from webapp.settings import prepare_keys, settings_from
from webapp.throttle import BY_ADDRESS

PROXY = {"REMOTE_ADDR": "10.0.0.1"}


def site(folder, url, proxies):
    given = {"ZHAOBIAO_VAR": str(folder / "var"), "DATABASE_URL": url}
    settings = settings_from({**given, "ZHAOBIAO_PROXIES": proxies})
    prepare_keys(settings)
    return create_app(settings)


@pytest.fixture
def ask(sqlite_url, tmp_path):
    """Function that tries to sign in from behind the proxy; its status."""
    apps = {}

    def tries(proxies, forwarded, number=0):
        app = apps.setdefault(proxies, None) or site(tmp_path, sqlite_url, proxies)
        apps[proxies] = app
        body = {"username": f"nobody{number}"}  # counted before it is seen to be incomplete
        headers = {"X-Forwarded-For": forwarded}
        answer = app.test_client().post(
            "/api/v1/tokens", json=body, headers=headers, environ_base=PROXY
        )
        return answer.status_code

    yield tries
    open_database(sqlite_url).dispose()


def exhaust(ask, proxies, forwarded):
    answers = [ask(proxies, forwarded, number) for number in range(BY_ADDRESS.amount)]
    assert set(answers) == {422}
    assert ask(proxies, forwarded) == 429


@pytest.mark.attack("outages")
def test_one_who_guesses_behind_the_proxy_shuts_nobody_else_out(ask):
    exhaust(ask, "1", "203.0.113.7")

    assert ask("1", "203.0.113.8") == 422


@pytest.mark.attack("web")
def test_an_address_that_the_asker_made_up_does_not_count(ask):
    exhaust(ask, "1", "198.51.100.1, 203.0.113.7")

    assert ask("1", "198.51.100.2, 203.0.113.7") == 429


@pytest.mark.attack("web")
def test_without_a_proxy_in_the_settings_nobody_names_an_address_of_their_own(ask):
    exhaust(ask, "0", "203.0.113.7")

    assert ask("0", "203.0.113.8") == 429
