"""Parent of every table, and real time as the database's door read it."""

from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Session

from storage.columns import UtcDateTime

_NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Parent of every table; names every constraint, so that migrations can speak of them."""

    metadata = sa.MetaData(naming_convention=_NAMING)
    type_annotation_map = {datetime: UtcDateTime}  # noqa: RUF012 (SQLAlchemy reads this class attribute)


def real_now(db: Session) -> datetime:
    """Real time as the database's door read it; for standing, permissions and certificates."""
    known = db.info.get("real_now")
    if isinstance(known, datetime):
        return known
    if db.get_bind().dialect.name == "sqlite":
        return datetime.now(UTC)
    read: datetime = db.scalars(sa.select(sa.func.clock_timestamp())).one()
    return read.astimezone(UTC)
