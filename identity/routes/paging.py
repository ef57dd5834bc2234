"""Lists that go on: twenty rows a page, the page's number in the address."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from flask import request

PAGE = 20
_MOST_PAGES = 10_000
Row = TypeVar("Row")


@dataclass(frozen=True)
class Page(Generic[Row]):
    """One page of a list, numbered from 1, and whether another follows."""

    rows: Sequence[Row]
    number: int
    has_more: bool


def asked_page() -> int:
    """The number of the page that is asked for; the first for anything unreadable."""
    number = request.args.get("page", 1, type=int)
    return min(max(number, 1), _MOST_PAGES)


def window() -> dict[str, int]:
    """Limit and offset for the query of the page that is asked for, one row more than shown."""
    return {"limit": PAGE + 1, "offset": (asked_page() - 1) * PAGE}


def page_of(rows: Sequence[Row], size: int = PAGE) -> Page[Row]:
    """The page out of the rows that were found: one row more than `size` says that it goes on."""
    return Page(rows[:size], asked_page(), len(rows) > size)
