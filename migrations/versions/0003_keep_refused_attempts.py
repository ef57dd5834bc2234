"""Keep refused attempts"""

import sqlalchemy as sa
from alembic import op

import storage.columns

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "refused_attempt",
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("lot_id", sa.Integer(), nullable=False),
        sa.Column("person", sa.String(length=12), nullable=False),
        sa.Column("organisation", sa.String(length=200), nullable=False),
        sa.Column("refusal", sa.String(length=80), nullable=False),
        sa.Column("message", sa.String(length=500), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("attempted_at", storage.columns.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_refused_attempt_lot_id")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_refused_attempt")),
    )
    with op.batch_alter_table("refused_attempt", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_refused_attempt_attempted_at"), ["attempted_at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_refused_attempt_lot_id"), ["lot_id"], unique=False)

    # ### end Alembic commands ###


def downgrade():
    with op.batch_alter_table("refused_attempt", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_refused_attempt_lot_id"))
        batch_op.drop_index(batch_op.f("ix_refused_attempt_attempted_at"))

    op.drop_table("refused_attempt")
