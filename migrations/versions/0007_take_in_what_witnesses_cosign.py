"""Take in what witnesses co-sign"""

import sqlalchemy as sa
from alembic import op

import storage.columns

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "evidence_cosigner",
        sa.Column("public", sa.LargeBinary(length=32), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("organisation", sa.String(length=40), nullable=False),
        sa.Column("since", storage.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("until", storage.columns.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint("length(public) = 32", name=op.f("ck_evidence_cosigner_public_length")),
        sa.PrimaryKeyConstraint("public", name=op.f("pk_evidence_cosigner")),
    )
    op.create_index(op.f("ix_evidence_cosigner_name"), "evidence_cosigner", ["name"])
    op.create_index(
        "ix_evidence_cosigner_live",
        "evidence_cosigner",
        ["organisation"],
        unique=True,
        sqlite_where=sa.text("until IS NULL"),
        postgresql_where=sa.text("until IS NULL"),
    )


def downgrade():
    op.drop_table("evidence_cosigner")
