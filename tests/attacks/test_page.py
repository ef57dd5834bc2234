"""docs/attacks.md says what the suite does: each class attacked, each fault kept out by a test."""

import re

import pytest

from tests.attacks import page
from tests.attacks.classes import CLASSES


@pytest.mark.parametrize(("key", "fault", "test"), page.found(), ids=lambda text: text[:40])
def test_what_was_found_names_its_class_and_a_test_that_exists(key, fault, test):
    path, _, name = test.partition("::")

    text = (page.ROOT / path).read_text(encoding="utf-8")

    assert key in {each.key for each in CLASSES}
    assert fault.endswith(".")
    assert re.search(rf"^def {name}\(|^test\([\"'`]{re.escape(name)}", text, re.MULTILINE)


def test_the_page_is_drawn_from_classes_and_faults_as_they_are():
    text = page.PAGE.read_text(encoding="utf-8")

    assert text == page.drawn(page.counts_of(text))


def test_every_class_was_attacked():
    counts = page.counts_of(page.PAGE.read_text(encoding="utf-8"))

    assert [key for key, (tests, cases) in counts.items() if not 0 < tests <= cases] == []
