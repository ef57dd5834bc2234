"""Reads of applications for registration."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from identity.models.applications import Application
from identity.states import ApplicationState
from kernel.errors import NotFound


def application_by_code(db: Session, code: str) -> Application:
    """The application with this public code. Raises NotFound."""
    found = db.get(Application, code)
    if found is None:
        raise NotFound("application.not_found", "没有编号为“%(value)s”的申请。", value=code[:40])
    return found


def applications(db: Session, *, limit: int, offset: int = 0) -> Sequence[Application]:
    """Applications, those that wait first, then the newest."""
    is_decided = sa.case((Application.state == ApplicationState.PENDING, 0), else_=1)
    query = sa.select(Application).order_by(
        is_decided, Application.applied_at.desc(), Application.code
    )
    return db.scalars(query.limit(limit).offset(offset)).all()


def pending_applications(db: Session) -> int:
    """How many wait for the trading centre."""
    query = sa.select(sa.func.count()).select_from(Application)
    return db.scalar(query.where(Application.state == ApplicationState.PENDING)) or 0
