"""Column kinds that cannot hold a wrong value: aware times, fen, hundredths, digests, enums."""

from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

_TEXT_FORMAT = "%Y-%m-%dT%H:%M:%S.%fZ"


def instant_text(value: datetime) -> str:
    """An aware instant as `2026-11-24T08:00:00.123456Z`; sorts as time does. 27 characters."""
    if value.tzinfo is None:
        raise ValueError("naive time")
    return value.astimezone(UTC).strftime(_TEXT_FORMAT)


def instant_from_text(text: str) -> datetime:
    """The instant that `instant_text` wrote. Raises ValueError for any other form."""
    return datetime.strptime(text, _TEXT_FORMAT).replace(tzinfo=UTC)


class UtcDateTime(TypeDecorator[datetime]):
    """Aware instants, microseconds kept. Text on SQLite (comparable), timestamptz on PostgreSQL."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The column type of this engine."""
        kind: TypeEngine[Any] = (
            sa.String(27) if dialect.name == "sqlite" else sa.DateTime(timezone=True)
        )
        return dialect.type_descriptor(kind)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Refuses naive times."""
        if value is None:
            return None
        return instant_text(value) if dialect.name == "sqlite" else value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Always aware, always UTC."""
        if value is None:
            return None
        return instant_from_text(value) if isinstance(value, str) else value.astimezone(UTC)


class Fen(TypeDecorator[int]):
    """Integer fen; refuses anything but int."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: int | None, dialect: Dialect) -> int | None:
        """Refuses floats and booleans."""
        if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
            raise TypeError("fen must be an integer")
        return value


class Score(TypeDecorator[Decimal]):
    """A score with two decimals, stored as integer hundredths."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:
        """Refuses more than two decimals."""
        if value is None:
            return None
        hundredths = value * 100
        if hundredths != int(hundredths):
            raise ValueError("a score has at most two decimals")
        return int(hundredths)

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:
        """Exactly two decimals."""
        return None if value is None else Decimal(value).scaleb(-2)


def digest_column() -> sa.LargeBinary:
    """32 bytes of SHA-256."""
    return sa.LargeBinary(32)


def enum_column(kind: type[StrEnum]) -> sa.Enum:
    """An enum stored by its value, with a named CHECK behind it."""
    return sa.Enum(
        kind,
        native_enum=False,
        create_constraint=True,
        validate_strings=True,
        length=40,
        name=kind.__name__.lower(),
        values_callable=lambda members: [member.value for member in members],
    )
