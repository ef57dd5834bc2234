"""Who may watch the wall: regulators."""

from sqlalchemy.orm import Session

from identity.rules.permissions import Viewer
from identity.states import Permission
from kernel.errors import NotFound
from trading.rules.disclosure import Audience


def audience_for(_db: Session, viewer: Viewer, _code: str) -> Audience:
    """Regulators; for everybody else there is no such channel. Raises NotFound."""
    if viewer.may(Permission.SUPERVISE):
        return Audience.REGULATOR
    raise NotFound("live.no_such_topic", "没有这个频道。", field="topic")
