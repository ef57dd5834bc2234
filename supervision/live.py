"""Who may watch the wall: regulators."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from identity.rules.permissions import Viewer
from identity.states import Permission
from kernel.errors import NotFound
from trading.rules.disclosure import Audience


def audiences_for(_db: Session, viewers: Sequence[Viewer], _code: str) -> list[Audience | None]:
    """Regulators, in their order; for everybody else there is no such channel: None."""
    return [Audience.REGULATOR if each.may(Permission.SUPERVISE) else None for each in viewers]


def no_channel(_code: str) -> NotFound:
    """What is said to everybody but regulators."""
    return NotFound("live.no_such_topic", "没有这个频道。", field="topic")
