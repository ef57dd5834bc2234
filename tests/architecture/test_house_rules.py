"""Rules of the house that a machine can see in the source."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture import templates, translations
from tests.architecture.packages import APART, PROGRAM

ROOT = Path(__file__).parents[2]
SOURCES = sorted(path for package in PROGRAM + APART for path in (ROOT / package).rglob("*.py"))
LONGEST = 400  # lines
IDS = [str(path.relative_to(ROOT)) for path in SOURCES]


def python(path):
    return ast.parse(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", SOURCES, ids=IDS)
def test_a_file_says_what_it_is_for_and_stays_short(path):
    text = path.read_text(encoding="utf-8")
    assert ast.get_docstring(python(path))
    assert len(text.splitlines()) <= LONGEST


def test_no_file_of_tests_is_longer():
    tests = (ROOT / "tests").rglob("*.py")
    assert [path for path in tests if len(path.read_text("utf-8").splitlines()) > LONGEST] == []


def functions():
    for path in SOURCES:
        for node in ast.walk(python(path)):
            if isinstance(node, ast.FunctionDef):
                yield path, node


def test_no_function_is_longer_than_sixty_lines():
    long = [
        f"{path.relative_to(ROOT)}:{node.name}"
        for path, node in functions()
        if node.end_lineno - node.lineno > 60
    ]
    assert long == []


def calls(names):
    for path in SOURCES:
        for node in ast.walk(python(path)):
            called = node.func if isinstance(node, ast.Call) else None
            if isinstance(called, ast.Attribute) and called.attr in names:
                yield f"{path.relative_to(ROOT)}"


def test_only_the_door_commits():
    """The screens sort a table of their own in a temporary file; migrations are outside the door."""
    allowed = {"storage/migrations.py", "supervision/actions/screens.py"}
    assert set(calls({"commit"})) <= allowed


def test_nobody_reads_naive_time():
    assert set(calls({"utcnow", "utcfromtimestamp"})) == set()


def test_rules_read_no_clock_and_no_file():
    found = []
    for path in SOURCES:
        if path.parent.name != "rules":
            continue
        source = path.read_text(encoding="utf-8")
        found += [
            f"{path.name}: {word}"
            for word in ("datetime.now(", "date.today(", "open(", "os.environ")
            if word in source
        ]
    assert found == []


def test_nothing_is_silently_swallowed_or_left_for_later():
    found = []
    for path in SOURCES:
        source = path.read_text(encoding="utf-8")
        found += re.findall(r"except[^\n]*:\s*\n\s+pass\b", source)
        found += re.findall(r"\b(?:TODO|FIXME|XXX|raise NotImplementedError)\b", source)
    assert found == []


def test_templates_are_short_and_logic_free():
    paths = sorted((ROOT / "templates").rglob("*.html"))
    assert paths
    assert [f for p in paths for f in templates.faults(p, p.read_text(encoding="utf-8"))] == []


def test_a_template_with_an_inline_script_is_found():
    path = ROOT / "templates" / "x.html"
    assert templates.faults(path, "<script>alert(1)</script>") == [
        "templates/x.html: inline script"
    ]
    assert templates.faults(path, "<p>裸露文字</p>") == ["templates/x.html: text outside _()"]


def test_the_english_catalogue_is_complete():
    assert translations.main() == 0


def test_drawers_are_banned():
    names = {path.stem for path in SOURCES}
    assert names & {"utils", "helpers", "common", "manager", "misc", "shared"} == set()


def test_the_import_contracts_hold():
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout
