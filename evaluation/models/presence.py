"""When the expert of a seat was last seen connected to the meeting; nothing of what they did."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base


class Presence(Base):
    """One seat that was connected at least once. `lost_at`: last seen then and not since."""

    __tablename__ = "meeting_presence"
    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["meeting_code", "expert_code"],
            ["meeting_member.meeting_code", "meeting_member.expert_code"],
        ),
    )
    meeting_code: Mapped[str] = mapped_column(sa.String(12), primary_key=True)
    expert_code: Mapped[str] = mapped_column(sa.String(12), primary_key=True)
    seen_at: Mapped[datetime]
    lost_at: Mapped[datetime | None]
