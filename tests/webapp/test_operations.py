"""docs/operations.md says what is so: settings, commands, figures, and which keys can be replaced."""

import ast
import re
from pathlib import Path

import pytest

from storage.database import current_database
from tests.factories.identity import CODES, make_organisation, make_person, token
from tests.factories.pages import Reader
from webapp import settings as source
from webapp.factory import create_app
from webapp.settings import ROOT, prepare_keys, settings_from

TEXT = (ROOT / "docs/operations.md").read_text("utf-8")
ROW = re.compile(r"^\| `([A-Z0-9_]+)` \| (`[^`]*`|unset) \|", re.MULTILINE)


def read_by_the_code():
    """Variable → its default as the program has it, None where there is none."""
    found = {}
    for node in ast.walk(ast.parse(Path(source.__file__).read_text("utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "given.get":
            name, *default = node.args
            found[name.value] = ast.unparse(default[0]) if default else None
    return found


def as_written(default):
    """A default of the code as the table has it."""
    if default in (None, "''"):
        return "unset"
    known = {"ROOT / 'var'": "var", "ROOT / 'witness'": "witness"}
    url = "f\"sqlite:///{var / 'zhaobiao.db'}\""
    text = known.get(default, "sqlite:///var/zhaobiao.db" if default == url else default[1:-1])
    return f"`{text}`"


def test_the_table_of_settings_is_that_of_the_code():
    code = {name: as_written(default) for name, default in read_by_the_code().items()}

    assert len(code) > 12
    assert dict(ROW.findall(TEXT)) == code


def test_no_variable_is_read_elsewhere_that_the_table_does_not_have():
    outside = set()
    for package in ("kernel", "storage", "evidence", "outbox", "identity", "trading", "webapp"):
        for path in (ROOT / package).rglob("*.py"):
            names = re.findall(r"os\.environ(?:\.get\(|\[)\"([A-Z0-9_]+)", path.read_text("utf-8"))
            outside |= set(names)

    assert outside == {"DATABASE_URL"}  # the journey's own platform: which engine


def test_every_command_that_the_text_names_is_one(app):
    named = {tuple(words.split()) for words in re.findall(r"flask ((?:storage )?[a-z]+)", TEXT)}
    commands = app.cli.commands

    assert len(named) >= 6
    for words in named:
        assert words[0] in commands, words
        assert words[0] != "storage" or words[1] in commands["storage"].commands


def test_every_figure_that_the_text_names_is_told(sqlite_url, tmp_path):
    given = {"ZHAOBIAO_VAR": str(tmp_path / "var"), "DATABASE_URL": sqlite_url}
    given |= {"ZHAOBIAO_METRICS_TOKEN": "t", "ZHAOBIAO_SMTP_URL": "smtp://127.0.0.1:9"}
    settings = settings_from(given)
    prepare_keys(settings)
    client = create_app(settings).test_client()
    held = {"Authorization": "Bearer t"}
    client.get("/metrics", headers={})

    told = client.get("/metrics", headers=held).text
    current_database().dispose()

    named = set(re.findall(r"`((?:zhaobiao|process)_[a-z_]+)`", TEXT))
    ours = set(re.findall(r"# TYPE (zhaobiao_[a-z_]+)", told))
    assert {name for name in named if f"# TYPE {name} " not in told} == set()
    assert ours <= named


@pytest.fixture
def person(app):
    make_organisation(CODES[0], "临江某单位")
    make_person("somebody", CODES[0])


def test_a_new_session_key_signs_browsers_out_and_leaves_programs_in(app, person):
    settings, held = app.extensions["settings"], {"Authorization": f"Bearer {token('somebody')}"}
    browser = Reader(app.test_client(), "somebody")
    browser.get("/desk")

    (settings.keys / "session.key").unlink()
    prepare_keys(settings)
    again = create_app(settings)
    client = again.test_client()
    client.set_cookie("session", browser.client.get_cookie("session").value)

    assert client.get("/desk").status_code == 401
    assert again.test_client().get("/api/v1/me", headers=held).status_code == 200
    Reader(again.test_client(), "somebody").get("/desk")
