"""Reads a table of bids of any length and yields its tenders, in bounded memory.

The rows of one tender may be scattered over the file, so the rows go through a temporary SQLite
file which groups them; memory stays bounded by the largest tender. Nothing is yielded before the
whole file has been read and found good. Bad input is InvalidInput with the line in `field`.
"""

import csv
import dataclasses
import itertools
import re
import sqlite3
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import IO

import numpy as np

from kernel.errors import InvalidInput
from supervision.rules.screens import Screens, rows_of
from supervision.rules.screens_subgroups import Subgroups, subgroups_of

COLUMNS = ("tender", "bidder", "price")
LONGEST_FIELD = 1_000
TENDERS_AT_ONCE = 2_000
_ROWS_AT_ONCE = 20_000
_NUMBER = re.compile(r"\+?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]{1,3})?|\+?\.[0-9]+")

_DUPLICATE = """
    SELECT tender, bidder, line FROM (
        SELECT tender, bidder, line,
               LAG(line) OVER (PARTITION BY tender, bidder ORDER BY line) AS before FROM bid)
    WHERE before IS NOT NULL ORDER BY line LIMIT 1"""
_GROUPED = """
    SELECT tender, bidder, price FROM bid
    JOIN (SELECT tender, MIN(line) AS first FROM bid GROUP BY tender) USING (tender)
    ORDER BY first, line"""


@dataclasses.dataclass(frozen=True)
class Bids:
    """The bids of one tender in file order: bidders, and their prices as they were written."""

    tender: str
    bidders: tuple[str, ...]
    prices: tuple[str, ...]

    def decimals(self) -> list[Decimal]:
        """The prices as exact decimals."""
        return [Decimal(price) for price in self.prices]


@dataclasses.dataclass(frozen=True)
class ScreenedTender:
    """The bids of one tender with their figures; subgroups of three and of four, if asked for."""

    bids: Bids
    screens: Screens
    subgroups: tuple[Subgroups, ...] = ()


def screened_tenders(
    source: IO[bytes], *, with_subgroups: bool = False
) -> Iterator[ScreenedTender]:
    """The screens of every tender of a CSV in UTF-8, in the order in which tenders first appear.

    Columns tender, bidder, price in any order, others are ignored; a byte-order mark is accepted.
    Raises InvalidInput, before the first tender, naming the line of the first fault.
    """
    groups = grouped_bids(source)
    while batch := list(itertools.islice(groups, TENDERS_AT_ONCE)):
        yield from _screened(batch, with_subgroups=with_subgroups)


def grouped_bids(source: IO[bytes]) -> Iterator[Bids]:
    """The bids of every tender together, tenders in the order of their first row."""
    with tempfile.TemporaryDirectory(prefix="screens-") as folder:
        db = sqlite3.connect(Path(folder) / "bids.sqlite")
        try:
            _fill(db, source)
            _index(db)
            rows = db.execute(_GROUPED)
            for tender, group in itertools.groupby(rows, key=lambda row: row[0]):
                _, bidders, prices = zip(*group, strict=True)
                yield Bids(tender, bidders, prices)
        finally:
            db.close()


def _screened(batch: list[Bids], *, with_subgroups: bool) -> list[ScreenedTender]:
    """Tenders with equally many bids are computed together and put back in their order."""
    by_size = defaultdict(list)
    for place, bids in enumerate(batch):
        by_size[len(bids.prices)].append(place)
    done: dict[int, ScreenedTender] = {}
    for places in by_size.values():
        prices = np.array([batch[place].prices for place in places]).astype(np.float64)
        groups = subgroups_of(prices) if with_subgroups else [[] for _ in places]
        for place, screens, group in zip(places, rows_of(prices), groups, strict=True):
            done[place] = ScreenedTender(batch[place], screens, tuple(group))
    return [done[place] for place in range(len(batch))]


def _fill(db: sqlite3.Connection, source: IO[bytes]) -> None:
    # The file is thrown away, so nothing needs to be safe on disk.
    db.executescript(
        "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA temp_store=FILE;"
        "PRAGMA cache_size=-32768;"
        "CREATE TABLE bid (line INTEGER PRIMARY KEY, tender TEXT, bidder TEXT, price TEXT);"
    )
    rows = _rows(source)
    while batch := list(itertools.islice(rows, _ROWS_AT_ONCE)):
        db.executemany("INSERT INTO bid VALUES (?, ?, ?, ?)", batch)
    db.commit()


def _index(db: sqlite3.Connection) -> None:
    """Make the index by which tenders are grouped; it finds out too if a bidder stands twice."""
    try:
        db.execute("CREATE UNIQUE INDEX bid_tender ON bid (tender, bidder)")
    except sqlite3.IntegrityError as error:
        tender, bidder, line = db.execute(_DUPLICATE).fetchone()
        raise _fault(line, f"投标人“{bidder}”在“{tender}”中出现两次。") from error


def _rows(source: IO[bytes]) -> Iterator[tuple[int, str, str, str]]:
    """Line, tender, bidder, price of every row; the line is the one on which the row ends."""
    reader = csv.reader(_lines(source), strict=True)
    places = _places(reader)
    try:
        for row in reader:
            if row:
                yield (reader.line_num, *_row(row, places, reader.line_num))
    except csv.Error as error:
        raise _fault(reader.line_num, f"不是合格的 CSV({error})。") from error


def _places(reader: Iterator[list[str]]) -> list[int]:
    try:
        header = [name.strip() for name in next(reader, [])]
    except csv.Error as error:
        raise _fault(1, f"不是合格的 CSV({error})。") from error
    for column in COLUMNS:
        if header.count(column) != 1:
            raise _fault(1, f"第一行应当恰有一列“{column}”。")
    return [header.index(column) for column in COLUMNS]


def _row(row: list[str], places: list[int], line: int) -> tuple[str, str, str]:
    if len(row) <= max(places):
        raise _fault(line, "列数不足。")
    tender, bidder, price = (row[place].strip() for place in places)
    if not tender or not bidder:
        raise _fault(line, "项目或投标人为空。")
    if max(len(tender), len(bidder), len(price)) > LONGEST_FIELD:
        raise _fault(line, f"字段超过 {LONGEST_FIELD} 个字符。")
    if not _NUMBER.fullmatch(price):
        raise _fault(line, f"报价“{price[:40]}”不是不小于零的数。")
    if not _is_in_range(float(price), price):
        raise _fault(line, f"报价“{price[:40]}”过大或过小。")
    return tender, bidder, price


def _is_in_range(value: float, written: str) -> bool:
    if value == 0:
        return not any(digit in "123456789" for digit in re.split("[eE]", written)[0])
    return 1e-300 < value < 1e300


def _lines(source: IO[bytes]) -> Iterator[str]:
    """The lines as text; a line that is not UTF-8 is refused with its number."""
    for number, line in enumerate(iter(lambda: source.readline(1_000_000), b""), start=1):
        if len(line) == 1_000_000:
            raise _fault(number, "这一行过长。")
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise _fault(number, f"第 {error.start + 1} 个字节不是 UTF-8 编码。") from error


def _fault(line: int, reason: str) -> InvalidInput:
    return InvalidInput(
        "screens.bad_table",
        "第 %(line)s 行:%(reason)s",
        field=f"line {line}",
        line=line,
        reason=reason,
    )
