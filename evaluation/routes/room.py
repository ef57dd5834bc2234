"""What the meeting room shows to a member of the committee, put together for its templates.

Everything is asked of rules/disclosure.py first: what may not be known is not even read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from evaluation import queries
from evaluation.forms import check_field, mark_field
from evaluation.models.meeting import Meeting, Member
from evaluation.models.scoring import ScoreSheet
from evaluation.queries import SeatProgress
from evaluation.routes.comparison import Compared, Question, compared
from evaluation.routes.files_api import all_blind_files
from evaluation.rules.disclosure import Audience, Matter, may_know
from evaluation.rules.scoring import is_mark
from evaluation.states import MeetingState
from trading.rules.files import BidFile

Json = Mapping[str, Any]
_OPEN = (MeetingState.SCORING, MeetingState.REVEALED)


@dataclass(frozen=True)
class Cell:
    """One control of the sheet: an item of one bid, with what was filled in so far."""

    bid: str
    field: str
    item: Json
    value: str
    ground: str

    @property
    def is_bad(self) -> bool:
        """Whether a mark was kept that may not be given: shown, never quietly taken."""
        is_scored = self.item["kind"] == "scored"
        return is_scored and self.value != "" and not is_mark(self.value, Decimal(self.item["max"]))


@dataclass(frozen=True)
class Row:
    """One bid of the sheet: its files, shown by number, and its cells in the order of the items."""

    bid: str
    files: Sequence[BidFile]
    cells: Sequence[Cell]


@dataclass(frozen=True)
class Criterion:
    """One item across all bids, as it is scored: its cells in the order of the bids."""

    item: Json
    cells: Sequence[Cell]


@dataclass(frozen=True)
class Room:
    """The room as one member sees it now."""

    meeting: Meeting
    me: Member
    seats: Sequence[SeatProgress]
    sheet: ScoreSheet
    rows: Sequence[Row]
    compared: Compared
    identities: Mapping[str, str]
    evaluation: Json | None
    paper: str | None
    archive: str | None

    @property
    def mine(self) -> SeatProgress:
        """My own seat."""
        return next(seat for seat in self.seats if seat.expert == self.me.expert_code)

    @property
    def questions(self) -> Sequence[Question]:
        """What I am asked to look at again."""
        return self.compared.questions(self.me.expert_code)

    @property
    def has_kept(self) -> bool:
        """Whether I have answered that I keep my marks."""
        return self.me.expert_code in self.compared.kept

    @property
    def is_chair(self) -> bool:
        """Whether I am the chair."""
        return self.meeting.chair == self.me.expert_code

    @property
    def is_open(self) -> bool:
        """Whether sheets are still filled in or changed."""
        return self.meeting.state in _OPEN

    @property
    def signs_here(self) -> bool:
        """Whether a statement is signed on the page in this state."""
        return self.is_open or self.meeting.state is MeetingState.CONVENED

    @property
    def committed(self) -> int:
        """How many sheets have been committed."""
        return sum(seat.version > 0 for seat in self.seats)

    @property
    def criteria(self) -> Sequence[Criterion]:
        """The sheet turned over: by item, then by bid."""
        by_item = zip(*(row.cells for row in self.rows), strict=True)
        return [Criterion(cells[0].item, cells) for cells in by_item]

    @property
    def valid(self) -> int:
        """How many bids the ranking holds."""
        return len(self.evaluation["result"]["ranking"]) if self.evaluation else 0


def room_of(db: Session, person: str, code: str) -> Room:
    """The room of a meeting for this person, who must sit in it. Raises NotFound."""
    place = queries.place_of(db, code, person)
    meeting, sheet, report = place.meeting, place.sheet, place.report
    side_by_side = compared(db, meeting) if _may(meeting, Matter.SHEETS) else Compared()
    is_filled = meeting.state in _OPEN and _may(meeting, Matter.BLIND_CODES)
    return Room(
        meeting=meeting,
        me=place.member,
        seats=queries.progress_of(db, meeting),
        sheet=sheet,
        rows=_rows(db, meeting, sheet, side_by_side) if is_filled else (),
        compared=side_by_side,
        identities=queries.names_of(db, meeting.code) if _may(meeting, Matter.IDENTITIES) else {},
        evaluation=queries.evaluation_of(db, code) if _may(meeting, Matter.RANKING) else None,
        paper=report.paper_code if report else None,
        archive=report.sha256 if report and _may(meeting, Matter.REPORT) else None,
    )


def _may(meeting: Meeting, matter: Matter) -> bool:
    return may_know(Audience.EXPERT, matter, meeting.state)


def _rows(db: Session, meeting: Meeting, sheet: ScoreSheet, known: Compared) -> list[Row]:
    filled = sheet.draft or known.sheets.get(sheet.expert_code) or _last(db, sheet)
    return [
        Row(bid, files, [_cell(filled, bid, item) for item in _items(meeting)])
        for bid, files in all_blind_files(db, meeting).items()
    ]


def _items(meeting: Meeting) -> list[Json]:
    return list(meeting.lot.method["items"])


def _last(db: Session, sheet: ScoreSheet) -> Json:
    """The last committed version, where nothing was saved since."""
    if not sheet.version:
        return {}
    versions = queries.versions_of(db, sheet.meeting_code, sheet.expert_code)
    return queries.sheet_of(versions[-1])


def _cell(filled: Json, bid: str, item: Json) -> Cell:
    if item["kind"] == "scored":
        mark = filled.get("marks", {}).get(bid, {}).get(item["code"], "")
        return Cell(bid, mark_field(bid, item["code"]), item, str(mark), "")
    verdict = filled.get("checks", {}).get(bid, {}).get(item["code"], {})
    chosen = {True: "pass", False: "fail"}.get(verdict.get("pass"), "")
    return Cell(bid, check_field(bid, item["code"]), item, chosen, str(verdict.get("ground", "")))
