"""How long browsers keep the files of pages: what is named by its digest for good."""

import pytest

from webapp.templating import asset


@pytest.mark.parametrize("name", ["style.css", "app.js", "icons.svg"])
def test_a_file_that_is_named_by_its_digest_is_kept_for_good(app, client, name):
    with app.test_request_context():
        address = asset(name)

    assert kept(client, address) == (200, "public, max-age=31536000, immutable")


@pytest.mark.parametrize("address", ["/static/dist/manifest.json", "/static/icons.json"])
def test_any_other_file_is_asked_for_again(client, address):
    assert kept(client, address) == (200, "no-cache")


def test_a_bundled_file_that_is_not_there_is_not_kept(client):
    assert kept(client, "/static/dist/style-AAAAAAAA.css") == (404, None)


def kept(client, address):
    """Status of an answer, and for how long browsers keep it."""
    with client.get(address) as answer:
        return answer.status_code, answer.headers.get("Cache-Control")
