"""Counts the attacks of a run by class; `--attacks` writes docs/attacks.md when all were refused."""

from collections import Counter

import pytest

from tests.attacks import page
from tests.attacks.classes import BY_KEY


def pytest_addoption(parser):
    parser.addoption("--attacks", action="store_true", help="write docs/attacks.md (with --all)")


def pytest_configure(config):
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Counting(config), "counting-attacks")


def pytest_collection_modifyitems(items):
    for item in items:
        mark = item.get_closest_marker("attack")
        if mark and mark.args[0] not in BY_KEY:
            raise pytest.UsageError(f"{item.nodeid}: no class of attack {mark.args[0]!r}")
        if mark:
            item.user_properties.append(("attack", mark.args[0]))


@pytest.fixture
def tried(request):
    """Call it with the number of cases just tried; a test that never does counts as one."""

    def count(cases=1):
        request.node.user_properties.append(("tried", cases))

    return count


class Counting:
    """Adds up what the reports of all workers tell."""

    def __init__(self, config):
        self._config = config
        self.tests, self.cases, self.failed = Counter(), Counter(), 0

    def pytest_runtest_logreport(self, report):
        self.failed += report.failed
        told = [value for name, value in report.user_properties if name == "attack"]
        if report.when != "call" or not told or report.outcome != "passed":
            return
        self.tests[told[0]] += 1
        cases = [value for name, value in report.user_properties if name == "tried"]
        self.cases[told[0]] += sum(cases) if cases else 1

    def pytest_terminal_summary(self, terminalreporter):
        if self.cases:
            total = f"{sum(self.cases.values()):,} attacks in {sum(self.tests.values()):,} tests"
            terminalreporter.write_line(total)
        if self._config.getoption("--attacks") and not self.failed:
            page.write({key: (self.tests[key], self.cases[key]) for key in BY_KEY})
            terminalreporter.write_line(f"written: {page.PAGE}")
