"""JSON endpoints of the bids' files for the committee: by blind code and number, nothing else.

A file's own name is told only with the bidders' names, after the lock: rules/disclosure.py.
"""

from typing import Any

from flask import Response
from flask_openapi3 import APIBlueprint, Tag
from sqlalchemy.orm import Session

from evaluation import queries
from evaluation.forms import BlindBidPath, BlindFilePath
from evaluation.models.meeting import Meeting
from evaluation.rules.disclosure import Audience, Matter, may_know
from identity.forms import sends_file
from identity.guard import requires, viewer
from identity.rules.permissions import Viewer
from identity.states import Permission
from storage.database import snapshot
from trading import queries as trading
from trading.routes.serving import send_bid_file
from trading.rules.files import BidFile, file_with, numbered

api = APIBlueprint(
    "blind_files_api", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="meeting")]
)


@api.get("/meetings/<code>/bids/<bid>/files")
@requires(Permission.SCORE)
def show_files(path: BlindBidPath) -> Any:
    """The files of a bid, for a member of the committee."""
    with snapshot() as db:
        meeting = meeting_of_member(db, viewer(), path.code)
        files = blind_files(db, meeting, path.bid)
        return {
            "bid": path.bid,
            "files": [
                {
                    "number": file.number,
                    "name": name_for_expert(meeting, file),
                    "bytes": file.size,
                    "sha256": file.sha256,
                }
                for file in files
            ],
        }


@api.get(
    "/meetings/<code>/bids/<bid>/files/<number>",
    responses=sends_file("application/pdf", "application/octet-stream"),
)
@requires(Permission.SCORE)
def show_file(path: BlindFilePath) -> Response:
    """One file, whole or by range."""
    with snapshot() as db:
        meeting = meeting_of_member(db, viewer(), path.code)
        file = file_with(blind_files(db, meeting, path.bid), path.number)
        name = name_for_expert(meeting, file)
    return send_bid_file(file, name)


def meeting_of_member(db: Session, who: Viewer, code: str) -> Meeting:
    """The meeting, for a member of its committee only. Raises NotFound."""
    queries.member_of(db, code, who.code)
    return queries.meeting_by_code(db, code)


def blind_files(db: Session, meeting: Meeting, bid: str) -> list[BidFile]:
    """The files of a bid of this meeting. Raises NotFound before the scoring has begun."""
    if not may_know(Audience.EXPERT, Matter.FILES, meeting.state):
        raise queries.no_blind_bid(bid)
    blind = queries.blind_bid(db, meeting.code, bid)
    opened = trading.opened_bid_with(db, blind.bid.receipt)
    return numbered(opened.files) if opened is not None else []


def all_blind_files(db: Session, meeting: Meeting) -> dict[str, list[BidFile]]:
    """Blind code → files, for all bids at once. Raises NotFound before the scoring has begun."""
    if not may_know(Audience.EXPERT, Matter.FILES, meeting.state):
        raise queries.no_meeting(meeting.code)
    opened = queries.blind_files(db, meeting.code)
    return {bid: numbered(files) for bid, files in opened.items()}


def name_for_expert(meeting: Meeting, file: BidFile) -> str:
    """A file's own name once the bidders are known, its number before."""
    is_known = may_know(Audience.EXPERT, Matter.IDENTITIES, meeting.state)
    return file.name if is_known else file.blind_name
