"""Messages numbered without gaps per channel (topic, audience), and those that still wait for
their number because many lots share their channel.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base


class Message(Base):
    """Message `seq` of one channel, in the form in which it is sent."""

    __tablename__ = "outbox_message"
    topic: Mapped[str] = mapped_column(sa.String(120), primary_key=True)
    audience: Mapped[str] = mapped_column(sa.String(60), primary_key=True)
    seq: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(sa.String(60))
    data: Mapped[str] = mapped_column(sa.Text)


class WideMessage(Base):
    """A message for a channel that many lots share; the leader numbers it after the commit."""

    __tablename__ = "outbox_wide"
    id: Mapped[int] = mapped_column(primary_key=True)
    topic: Mapped[str] = mapped_column(sa.String(120))
    audience: Mapped[str] = mapped_column(sa.String(60))
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(sa.String(60))
    data: Mapped[str] = mapped_column(sa.Text)
