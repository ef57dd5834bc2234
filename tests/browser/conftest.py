"""Real Chromium for pages, and a stage: a meeting in a database of its own with a web process."""

import contextlib
import os
import shutil
from datetime import UTC, datetime

import pytest
from playwright.sync_api import sync_playwright

from evidence.actions.authority import open_authority
from identity.states import OrganisationKind, Role
from storage import database as doors
from storage.vault import Vault
from tests.factories.evaluation import Evaluation
from tests.factories.identity import CODES, PASSWORD, make_organisation, make_person
from tests.journeys.town import Town
from webapp.settings import prepare_keys, settings_from

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
REQUIRED = os.environ.get("REQUIRE_BROWSER") == "1"
needs_chromium = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM and not REQUIRED, reason="Chromium is not installed"),
]


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield chromium
        chromium.close()


class Stage:
    """A web process over a database that the test drives itself, through the actions."""

    def __init__(self, town):
        self.town, self.url, self.contexts = town, town.url, []
        self.evaluation = Evaluation(Vault(town.var / "files"), experts=6)
        make_organisation(CODES[46], "临江市监督管理局", OrganisationKind.REGULATOR)
        make_person("regulator", CODES[46], Role.REGULATOR)

    def page_for(self, browser, username, *, width=1366, language="zh", **options):
        """A page on which this person is signed in; what is wrong on its console is kept."""
        context = browser.new_context(viewport={"width": width, "height": 768}, **options)
        self.contexts.append(context)
        page = context.new_page()
        page.faults = []
        page.on("console", lambda m: page.faults.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda fault: page.faults.append(str(fault)))
        page.goto(f"{self.url}/sign-in?lang={language}")
        page.fill("#username", username)
        page.fill("#password", PASSWORD)
        page.click("main button.btn-primary")
        return page


@contextlib.contextmanager
def stage_in(folder, template, **environment):
    """A stage in this folder, over a copy of the migrated database."""
    town = Town(folder, **environment)
    settings = settings_from({"ZHAOBIAO_VAR": str(town.var)})
    town.var.mkdir()
    shutil.copy(template, town.var / "zhaobiao.db")
    prepare_keys(settings)
    open_authority(settings.authority, datetime.now(UTC))
    database = doors.open_database(settings.database_url)
    try:
        town.start("web")
        town.wait_until_ready()
        stage = Stage(town)
        yield stage
        for context in stage.contexts:  # an open socket would keep the server from ending
            context.close()
    finally:
        town.stop()
        database.dispose()
