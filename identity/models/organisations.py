"""Organisations by their unified social credit code, what kinds they are, and other names."""

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from identity.states import OrganisationKind
from storage.base import Base
from storage.columns import enum_column


class Organisation(Base):
    """One organisation. `name_key` is what names are compared by."""

    __tablename__ = "organisation"
    id: Mapped[int] = mapped_column(primary_key=True)
    credit_code: Mapped[str] = mapped_column(sa.String(18), unique=True)
    name: Mapped[str] = mapped_column(sa.String(200))
    name_key: Mapped[str] = mapped_column(sa.String(200), index=True)
    is_training: Mapped[bool] = mapped_column(default=False)
    kinds: Mapped[list["OrganisationKindRow"]] = relationship(back_populates="organisation")

    def is_a(self, kind: OrganisationKind) -> bool:
        """Whether it is registered as this kind."""
        return any(row.kind is kind for row in self.kinds)


class OrganisationKindRow(Base):
    """One kind of one organisation."""

    __tablename__ = "organisation_kind"
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"), primary_key=True)
    kind: Mapped[OrganisationKind] = mapped_column(enum_column(OrganisationKind), primary_key=True)
    organisation: Mapped[Organisation] = relationship(back_populates="kinds")
