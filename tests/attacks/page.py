"""docs/attacks.md: drawn from the classes, what was found, and what a run counted."""

import re
from pathlib import Path

from tests.attacks.classes import CLASSES

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/attacks.md"
FOUND = Path(__file__).with_name("found.tsv")
HEAD = """# Attacks

What the platform's own makers tried against it. The suite writes this page from what it counted
(`python3 bootstrap.py test --attacks`, with `--all` for the long matrices); counted is only what was
refused as it should be. The same attacks run with every change. What is *not* promised stands in
[trust.md](trust.md); how to check the rest oneself in [check-it-yourself.md](check-it-yourself.md).

| class | what is tried | tests | cases | found |
| --- | --- | ---: | ---: | ---: |
"""
_ROW = re.compile(
    r"\| \[[^]]+\]\(#(?P<key>[a-z-]+)\) \| .* \| (?P<tests>[\d,]+) \| (?P<cases>[\d,]+) \| \d+ \|"
)


def found():
    """(class, fault, test) for every fault that attacking found, in the order of the file."""
    lines = FOUND.read_text(encoding="utf-8").splitlines()
    return [tuple(line.split("\t")) for line in lines if line and not line.startswith("#")]


def drawn(counts):
    """The page; `counts` maps each class's key to (tests, cases)."""
    faults = found()
    rows = "".join(_row(each, counts[each.key], faults) for each in CLASSES)
    tests, cases = (sum(column) for column in zip(*counts.values(), strict=True))
    total = f"| | all | {tests:,} | {cases:,} | {len(faults)} |\n"
    return HEAD + rows + total + "\n## Found and mended\n" + "".join(_faults(faults))


def counts_of(text):
    """The counts that a page tells."""
    rows = [_ROW.fullmatch(line) for line in text.splitlines()]
    return {r["key"]: (_number(r["tests"]), _number(r["cases"])) for r in rows if r}


def write(counts):
    PAGE.write_text(drawn(counts), encoding="utf-8")


def _row(each, count, faults):
    mended = sum(key == each.key for key, _, _ in faults)
    tests, cases = count
    link = f"[{each.title}](#{each.key})"
    return f"| {link} | {each.tried} | {tests:,} | {cases:,} | {mended} |\n"


def _faults(faults):
    for each in CLASSES:
        yield f'\n<a id="{each.key}"></a>\n\n### {each.title}\n\n'
        mine = [(fault, test) for key, fault, test in faults if key == each.key]
        yield "".join(f"- {fault} `{test}`\n" for fault, test in mine) or "Nothing yet.\n"


def _number(text):
    return int(text.replace(",", ""))
