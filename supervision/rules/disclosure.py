"""What of the evidence of a tender may leave in a bundle: one table by kind of fact and audience.

What is not in it is withheld, and so is every kind that it does not name. Where the table says
`_notice`, `_opening`, `_sheets` …, trading and evaluation decide (their rules/disclosure.py). The
name of a stream is told too: that of a bidder's holds its credit code, so it is listed only with
the opening table; a lot that ended without an opening never tells who bid.
Source: 招标投标法 第22条、第37条、第44条; 电子招标投标办法 第21条、第27条、第32条;
财政部令第87号 第69条; domain.md 3.1, 3.2.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from evaluation.rules import disclosure as evaluation
from evaluation.states import MeetingState
from identity.rules.permissions import Viewer
from identity.states import Permission
from kernel.errors import Problem
from trading.rules.disclosure import Audience, Matter, Stage, may_know_at


class StreamKind(StrEnum):
    """What a stream of a tender is about. BELOW: whatever else hangs under a lot (guarantees)."""

    TENDER = "tender"
    LOT = "lot"
    BIDDER = "bidder"
    GONE_BIDDER = "gone_bidder"
    BELOW = "below"
    DRAW = "draw"
    MEETING = "meeting"
    BLIND = "blind"


@dataclass(frozen=True)
class Scene:
    """Where that stands which a stream belongs to; a tender's own stream has the stage of a lot."""

    lot: Stage
    meeting: MeetingState | None = None


Condition = Callable[[Audience, Scene], bool]


@dataclass(frozen=True)
class Row:
    """When each audience may know."""

    public: Condition
    party: Condition
    regulator: Condition

    def allows(self, audience: Audience, scene: Scene) -> bool:
        """Whether this audience may know now."""
        condition: Condition = getattr(self, audience.value)
        return condition(audience, scene)


def _never(_audience: Audience, _scene: Scene) -> bool:
    return False


def _notice(audience: Audience, scene: Scene) -> bool:
    return may_know_at(audience, Matter.NOTICE, scene.lot)


def _close(audience: Audience, scene: Scene) -> bool:
    return may_know_at(audience, Matter.SEALED_SET, scene.lot)


def _opening(audience: Audience, scene: Scene) -> bool:
    return may_know_at(audience, Matter.OPENING_TABLE, scene.lot)


def _window_over(_audience: Audience, scene: Scene) -> bool:
    return "lot.window_ended" in scene.lot.told


def _candidates(_audience: Audience, scene: Scene) -> bool:
    return bool(scene.lot.told & {"lot.candidates_published", "lot.awarded"})


def _awarded(_audience: Audience, scene: Scene) -> bool:
    """The result is fixed; only then is the committee named. Source: 招标投标法 第37条."""
    return "lot.awarded" in scene.lot.told


def _reported(_audience: Audience, scene: Scene) -> bool:
    """The report, which its members signed, has come or is in the archive."""
    kinds = {"lot.report_received", "report.archived", "lot.candidates_published", "lot.awarded"}
    return bool(scene.lot.told & kinds)


def _of_meeting(matter: evaluation.Matter) -> Condition:
    """What evaluation decides; it knows no public, and the agency's part goes for the party."""
    audiences = {
        Audience.PARTY: evaluation.Audience.AGENCY,
        Audience.REGULATOR: evaluation.Audience.REGULATOR,
    }

    def condition(audience: Audience, scene: Scene) -> bool:
        if scene.meeting is None or audience not in audiences:
            return False
        return evaluation.may_know(audiences[audience], matter, scene.meeting)

    return condition


_progress = _of_meeting(evaluation.Matter.PROGRESS)
_sheets = _of_meeting(evaluation.Matter.SHEETS)
_identities = _of_meeting(evaluation.Matter.IDENTITIES)
_ranking = _of_meeting(evaluation.Matter.RANKING)

_NOTICE = Row(_notice, _notice, _notice)
_CLOSE = Row(_close, _close, _close)
_OPENING = Row(_opening, _opening, _opening)
# A statement tells sizes, digests and seals of the envelopes; identities and manifests follow
# from them for whoever has the files. The public gets the commitment (security.md A.1, 9).
_SIGNED_BY_BIDDER = Row(_never, _opening, _opening)
_DRAW = Row(_awarded, _opening, _opening)
_DRAWN = Row(_awarded, _reported, _opening)
_COMMITTEE = Row(_awarded, _reported, _progress)
_SHEETS = Row(_awarded, _reported, _sheets)
_RANKING = Row(_awarded, _ranking, _ranking)

FACTS: Mapping[str, Row] = {
    "tender.registered": _NOTICE,
    "tender_notice.published": _NOTICE,
    "rehearsal.moved": _NOTICE,
    # The estimate in it is shown to no bidder before the opening.
    "lot.registered": Row(_opening, _notice, _notice),
    "lot.published": _NOTICE,
    "lot.suspended": _NOTICE,
    "lot.resumed": _NOTICE,
    "lot.terminated": _NOTICE,
    "alert.raised": Row(_never, _never, _notice),
    "amendment.published": _NOTICE,
    "enquiry.answered": _NOTICE,
    # They name who asked or objected: before the opening that would tell who means to bid.
    "enquiry.asked": Row(_never, _never, _opening),
    "objection.raised": Row(_never, _opening, _opening),
    "objection.answered": Row(_never, _opening, _opening),
    "opening_key.registered": _NOTICE,
    "opening_key.rehearsed": _NOTICE,
    "lot.closed": _CLOSE,
    "lot.failed": _CLOSE,
    "lot.window_ended": _CLOSE,
    "lot.archived": _CLOSE,
    "opening_key.published": Row(_window_over, _window_over, _window_over),
    "lot.opened": _OPENING,
    "bid.opened": _OPENING,
    "lot.confirmed": _OPENING,
    "opening_record.sealed": _OPENING,
    "lot.evaluation_begun": _OPENING,
    # It names who signed: the committee is named when the result is fixed.
    "report.archived": Row(_awarded, _opening, _opening),
    "lot.candidates_published": _OPENING,
    "lot.awarded": _OPENING,
    # It ranks everybody; the public learns candidates and winner only (87号令 69).
    "lot.report_received": Row(_never, _opening, _opening),
    "award.reasoned": Row(_never, _opening, _opening),
    "award.choice_awaited": Row(_never, _opening, _opening),
    "bid.awarded": Row(_never, _awarded, _awarded),
    "bid.not_awarded": Row(_never, _awarded, _awarded),
    "guarantee.ordered": _SIGNED_BY_BIDDER,
    "guarantee.approved": _SIGNED_BY_BIDDER,
    "guarantee.refused": _SIGNED_BY_BIDDER,
    "guarantee.issued": _SIGNED_BY_BIDDER,
    "guarantee.lapsed": _SIGNED_BY_BIDDER,
    "guarantee.disclosed": _SIGNED_BY_BIDDER,
    "bid.submitted": _SIGNED_BY_BIDDER,
    "bid.withdrawn": _SIGNED_BY_BIDDER,
    "bid.released": _SIGNED_BY_BIDDER,
    "bid.release_found_wrong": _SIGNED_BY_BIDDER,
    "draw.opened": _DRAW,
    "draw.nonce_committed": _DRAW,
    "draw.frozen": _DRAW,
    "draw.nonce_revealed": _DRAW,
    "draw.repeated": _DRAW,
    "draw.stalled": _DRAW,
    "draw.seeded": _DRAWN,
    "draw.successor_called": _DRAWN,
    "draw.seat_vacated": _DRAWN,
    "draw.supplemented": _DRAW,
    "call.accepted": _DRAWN,
    "call.lapsed": _DRAWN,
    # The reason why somebody does not come is their own affair.
    "call.refused": Row(_never, _never, _opening),
    "meeting.convened": _COMMITTEE,
    "meeting.commitment_signed": _COMMITTEE,
    "meeting.committed": _COMMITTEE,
    "meeting.ballot_undecided": _COMMITTEE,
    "meeting.chair_elected": _COMMITTEE,
    # Who voted for whom: the counts stand in the two facts above.
    "meeting.chair_voted": Row(_never, _never, _progress),
    "score_sheet.revealed": _COMMITTEE,
    "score_sheet.locked": _COMMITTEE,
    "score_sheet.committed": _SHEETS,
    # Its reason speaks of bids. Source: 招标投标法 第44条.
    "score_sheet.changed": Row(_never, _reported, _sheets),
    "meeting.revealed": _SHEETS,
    "meeting.locked": _SHEETS,
    "meeting.bids_blinded": Row(_awarded, _reported, _identities),
    "evaluation.ranked": _RANKING,
    "meeting.ranked": _RANKING,
    "meeting.report_begun": _RANKING,
    "meeting.reported": _RANKING,
    "meeting.failed": _RANKING,
}

STREAMS: Mapping[StreamKind, Row] = {
    StreamKind.TENDER: _NOTICE,
    StreamKind.LOT: _NOTICE,
    StreamKind.BIDDER: _OPENING,
    # Who withdrew told the tenderer (招标投标法 第29条) and stands in no published table.
    StreamKind.GONE_BIDDER: _SIGNED_BY_BIDDER,
    StreamKind.BELOW: _SIGNED_BY_BIDDER,
    StreamKind.DRAW: _DRAW,
    StreamKind.MEETING: _DRAW,
    StreamKind.BLIND: _DRAW,
}

_REPORT = Row(_never, _reported, _reported)
READERS = (Audience.PUBLIC, Audience.PARTY, Audience.REGULATOR)


def may_read(audience: Audience, kind: str, scene: Scene) -> bool:
    """Whether a fact of this kind is disclosed to this audience; else only its leaf goes out."""
    return kind in FACTS and FACTS[kind].allows(audience, scene)


def may_list(audience: Audience, kind: StreamKind, scene: Scene) -> bool:
    """Whether this audience may know the name of such a stream and how many facts it has."""
    return STREAMS[kind].allows(audience, scene)


def may_have_report(audience: Audience, scene: Scene) -> bool:
    """Whether this audience gets the signed report itself; the public gets its digest."""
    return _REPORT.allows(audience, scene)


def audience_of(viewer: Viewer, agency: str, procuring_entity: str) -> Audience:
    """To whom this viewer belongs on a tender of these two organisations."""
    if viewer.may(Permission.SUPERVISE):
        return Audience.REGULATOR
    is_side = viewer.organisation in (agency, procuring_entity)
    return Audience.PARTY if is_side and viewer.may(Permission.RUN_TENDER) else Audience.PUBLIC


def audience_problems(own: Audience, asked: Audience) -> list[Problem]:
    """Why somebody who belongs to `own` may not have what is for `asked`: only less is given."""
    if READERS.index(asked) <= READERS.index(own):
        return []
    return [
        Problem(
            "bundle.audience",
            "您可以获取的证据包范围是“%(own)s”，不能要求“%(asked)s”。",
            "电子招标投标办法 第21条",
            "for",
            {"own": own.value, "asked": asked.value},
        )
    ]
