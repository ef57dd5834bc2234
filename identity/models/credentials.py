"""Keys by which people sign: a bidder's public key, a certificate with a PIN-locked key."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from identity.models.accounts import Person
from identity.states import KeyPurpose
from storage.base import Base
from storage.columns import enum_column


class SigningKey(Base):
    """One key of one person. Statement keys are made by their owner: no private half is here."""

    __tablename__ = "signing_key"
    __table_args__ = (
        sa.CheckConstraint(
            "(purpose = 'statement') = (locked_key IS NULL)", name="private_half_only_for_documents"
        ),
    )
    code: Mapped[str] = mapped_column(sa.String(12), primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    purpose: Mapped[KeyPurpose] = mapped_column(enum_column(KeyPurpose))
    algorithm: Mapped[str] = mapped_column(sa.String(40))
    public_key: Mapped[bytes] = mapped_column(sa.LargeBinary)
    certificate: Mapped[str | None] = mapped_column(sa.Text)
    locked_key: Mapped[str | None] = mapped_column(sa.Text)
    wrong_pins: Mapped[int] = mapped_column(default=0)
    made_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    person: Mapped[Person] = relationship()
