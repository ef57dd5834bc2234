"""Who may follow a meeting, and as whom: its experts, the side that buys, regulators."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from evaluation import queries
from evaluation.rules.disclosure import Audience
from identity.rules.permissions import Viewer
from kernel.errors import NotFound


def audiences_for(db: Session, viewers: Sequence[Viewer], code: str) -> list[Audience | None]:
    """Each viewer's audience on a meeting's channel, in their order; None: not theirs to know.

    Raises NotFound when there is no such meeting.
    """
    return queries.audiences_of(db, viewers, code)


def no_channel(code: str) -> NotFound:
    """What is said to whom a meeting's channel is not there."""
    return queries.no_meeting(code)
