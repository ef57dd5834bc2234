"""The scoring room: bids side by side, and one criterion across all bids beside them.

The same controls as the table of the meeting's page, and the same doors take them.
"""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from evaluation.routes.expert import feeds_of
from evaluation.routes.room import room_of
from identity import queries as identity
from identity.guard import requires, viewer
from identity.states import KeyPurpose, Permission
from storage.database import snapshot
from trading.states import LotState

pages = Blueprint("scoring", __name__, url_prefix="/evaluation")


@pages.get("/meetings/<code>/room")
@requires(Permission.SCORE)
def room(code: str) -> ResponseReturnValue:
    """The room of a member while sheets are open; before and after, where to go instead."""
    who = viewer().code
    with snapshot() as db:
        seen = room_of(db, who, code)
        return render_template(
            "evaluation/room/room.html",
            room=seen,
            meeting=seen.meeting,
            is_running=seen.meeting.lot.state is LotState.EVALUATING,
            key=identity.valid_key(db, who, KeyPurpose.STATEMENT),
            feeds=feeds_of(db, seen.meeting),
        )
