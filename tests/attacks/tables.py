"""Tables of attacks, kept by hand: three columns, the third with `*` for all that is not named."""

from collections import defaultdict
from pathlib import Path


def rows(name):
    """(first, second, names of the third) of every line."""
    text = Path(__file__).with_name(name).read_text("utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(first, second, names.split()) for first, second, names in map(_columns, lines)]


def expected(name, everywhere):
    """(first, one of the third) → the second; a place that two rows name is a fault of the table.

    `everywhere`: first → all that its third column may name.
    """
    found, rest = {}, {}
    for first, second, names in rows(name):
        for place in names:
            if place == "*":
                assert first not in rest, f"{first} has two rows for the rest"
                rest[first] = second
                continue
            assert place in everywhere[first], f"{first} knows no {place}"
            assert (first, place) not in found, f"{first} has two answers in {place}"
            found[first, place] = second
    filled = {(f, place): code for f, code in rest.items() for place in everywhere[f]}
    return filled | found


def samples(name, everywhere):
    """Of every row one that it names, and of the whole an even spread: {place: [first column]}."""
    answers, by_row = expected(name, everywhere), defaultdict(list)
    for (first, place), code in answers.items():
        by_row[first, code].append(place)
    chosen = defaultdict(set)
    for number, ((first, _), places) in enumerate(sorted(by_row.items())):
        chosen[places[number % len(places)]].add(first)
    return chosen


def _columns(line):
    return line.split("\t")
