"""README's "five minutes as each role" is true to the word, and both languages tell the same."""

import pytest

from tests.browser.conftest import needs_chromium
from tests.browser.guide.steps import CHINESE, ENGLISH, Reader, roles
from tests.journeys.program import Program

pytestmark = [*needs_chromium, pytest.mark.timeout(1200)]
TOLD = roles(ENGLISH)
HARMLESS = ("任何人", "见证机构", "交易中心")
"""What changes nothing is done in Chinese too; the rest was done in English."""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """What `bootstrap.py run` serves, when it has said that the city is complete."""
    program = Program(tmp_path_factory.mktemp("guide"), "127.0.0.1")
    try:
        yield program.wait_for_the_site().wait_for_the_city().url
    finally:
        program.stop()


@pytest.mark.parametrize("role", TOLD)
def test_what_the_readme_tells_a_role_to_do_can_be_done(site, browser, tmp_path, role):
    follow(site, browser, tmp_path, TOLD[role], ENGLISH)


@pytest.mark.parametrize("role", HARMLESS)
def test_what_the_chinese_readme_tells_can_be_done(site, browser, tmp_path, role):
    follow(site, browser, tmp_path, roles(CHINESE)[role], CHINESE)


def follow(site, browser, folder, sentences, language):
    context = browser.new_context(viewport={"width": 1366, "height": 800})
    reader = Reader(site, context, folder, language)
    for sentence in sentences:
        reader.do(sentence)
    context.close()

    assert sentences[-1].kind == "see"  # what it comes to is on the page
    assert reader.faults == []
