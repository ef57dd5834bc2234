"""Who may follow a meeting, and as whom: its experts, the side that buys, regulators."""

from sqlalchemy.orm import Session

from evaluation import queries
from evaluation.rules.disclosure import Audience
from identity.rules.permissions import Viewer


def audience_for(db: Session, viewer: Viewer, code: str) -> Audience:
    """The audience that this viewer belongs to on a meeting's channel. Raises NotFound."""
    return queries.audience_of(db, viewer, code)
