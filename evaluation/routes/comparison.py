"""All sheets side by side: per bid criteria × experts, what stands out, and what I am asked.

Whoever calls has asked rules/disclosure.py whether sheets may be seen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from sqlalchemy.orm import Session

from evaluation import queries
from evaluation.models.meeting import Meeting
from evaluation.models.scoring import SheetVersion
from evaluation.rules.comparison import deviations, dissenting

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Opinion:
    """What one expert thinks of one item of one bid; `kind` is `warn`, `bad` or empty."""

    expert: str
    word: str
    ground: str = ""
    kind: str = ""
    others: str = ""
    share: str = ""


@dataclass(frozen=True)
class Line:
    """One item of a bid: the opinions in seat order, their mean, and the widest deviation."""

    item: Json
    opinions: Sequence[Opinion]
    mean: str = ""
    widest: str = ""


@dataclass(frozen=True)
class Grid:
    """One bid: its lines, and each expert's total as it counts."""

    bid: str
    lines: Sequence[Line]
    totals: Sequence[str]

    @property
    def asked(self) -> int:
        """How many opinions stand out."""
        return sum(bool(opinion.kind) for line in self.lines for opinion in line.opinions)


@dataclass(frozen=True)
class Question:
    """One opinion that its expert is asked to look at again."""

    bid: str
    item: Json
    opinion: Opinion


@dataclass(frozen=True)
class Compared:
    """The grids, who has answered by keeping what was asked about, and the sheets by expert."""

    grids: Sequence[Grid] = ()
    kept: Mapping[str, str] = field(default_factory=dict)
    sheets: Mapping[str, Json] = field(default_factory=dict)

    def questions(self, expert: str) -> list[Question]:
        """What this expert is asked about."""
        return [q for q in self._all() if q.opinion.expert == expert]

    @property
    def open(self) -> int:
        """How many questions nobody has answered."""
        return sum(q.opinion.expert not in self.kept for q in self._all())

    def _all(self) -> list[Question]:
        return [
            Question(grid.bid, line.item, opinion)
            for grid in self.grids
            for line in grid.lines
            for opinion in line.opinions
            if opinion.kind
        ]


def compared(db: Session, meeting: Meeting) -> Compared:
    """All sheets of a meeting, in seat order."""
    versions = queries.versions_by_seat(db, meeting.code)
    sheets = {expert: queries.sheet_of(own[-1]) for expert, own in versions.items()}
    items = meeting.lot.method["items"]
    # A committed sheet has every bid, in the order of the codes.
    bids = sorted(next(iter(sheets.values()))["checks"])
    kept = {expert: own[-1].reason for expert, own in versions.items() if _is_kept(own)}
    return Compared([_grid(bid, items, sheets) for bid in bids], kept, sheets)


def _is_kept(own: Sequence[SheetVersion]) -> bool:
    """A new version that says the same as the one before: the marks are kept, with a reason."""
    return len(own) > 1 and own[-1].sheet == own[-2].sheet


def _grid(bid: str, items: Sequence[Json], sheets: Mapping[str, Json]) -> Grid:
    lines = [
        _scored(bid, item, sheets) if item["kind"] == "scored" else _checked(bid, item, sheets)
        for item in items
    ]
    return Grid(bid, lines, [_total(sheet["marks"][bid], items) for sheet in sheets.values()])


def _scored(bid: str, item: Json, sheets: Mapping[str, Json]) -> Line:
    words = {expert: str(sheet["marks"][bid][item["code"]]) for expert, sheet in sheets.items()}
    marks = [Fraction(word) for word in words.values()]
    found = deviations(marks)
    opinions = [
        Opinion(
            expert,
            word,
            kind="warn" if each.is_asked else "",
            others=_figure(each.others),
            share=_percent(each.share),
        )
        for (expert, word), each in zip(words.items(), found, strict=True)
    ]
    shares = [each.share for each in found if each.share is not None]
    widest = _percent(max(shares, key=abs)) if shares else ""
    return Line(item, opinions, _figure(sum(marks, Fraction(0)) / len(marks)), widest)


def _checked(bid: str, item: Json, sheets: Mapping[str, Json]) -> Line:
    verdicts = {expert: sheet["checks"][bid][item["code"]] for expert, sheet in sheets.items()}
    asked = dissenting([verdict["pass"] for verdict in verdicts.values()])
    opinions = [
        Opinion(
            expert,
            "pass" if verdict["pass"] else "fail",
            str(verdict.get("ground", "")),
            kind="bad" if differs else "",
        )
        for (expert, verdict), differs in zip(verdicts.items(), asked, strict=True)
    ]
    return Line(item, opinions)


def _total(marks: Json, items: Sequence[Json]) -> str:
    weights = {i["code"]: Fraction(i.get("weight", "1")) for i in items if i["kind"] == "scored"}
    return _figure(sum((Fraction(marks[code]) * w for code, w in weights.items()), Fraction(0)))


def _figure(value: Fraction) -> str:
    return f"{float(round(value, 2)):.2f}"


def _percent(share: Fraction | None) -> str:
    return "—" if share is None else f"{float(round(share * 100, 2)):+.2f} %".replace("-", "−")
