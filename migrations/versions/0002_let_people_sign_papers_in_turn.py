"""Let people sign papers in turn"""

import sqlalchemy as sa
from alembic import op

import storage.columns

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "paper",
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("owner", sa.String(length=80), nullable=False),
        sa.Column("done_kind", sa.String(length=60), nullable=False),
        sa.Column("is_sealed", sa.Boolean(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "drawing",
                "signing",
                "sealing",
                "complete",
                name="paperstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("file", sa.String(length=64), nullable=True),
        sa.Column("made_at", storage.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("completed_at", storage.columns.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'complete') = (completed_at IS NOT NULL)",
            name=op.f("ck_paper_complete_since"),
        ),
        sa.CheckConstraint(
            "(state = 'drawing') = (file IS NULL)", name=op.f("ck_paper_drawn_with_a_file")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_paper")),
    )
    with op.batch_alter_table("paper", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_paper_owner"), ["owner"], unique=False)

    op.create_table(
        "paper_turn",
        sa.Column("paper_code", sa.String(length=12), nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("field", sa.String(length=40), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "asked",
                "prepared",
                "signed",
                "done",
                name="turnstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("key_code", sa.String(length=12), nullable=True),
        sa.Column("prepared", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("value", sa.LargeBinary(), nullable=True),
        sa.Column("asked_at", storage.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("until", storage.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("signed_at", storage.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("finding", sa.String(length=300), nullable=False),
        sa.CheckConstraint(
            "(state = 'prepared') = (until IS NOT NULL)", name=op.f("ck_paper_turn_prepared_until")
        ),
        sa.CheckConstraint(
            "(state = 'signed') = (value IS NOT NULL)",
            name=op.f("ck_paper_turn_signed_with_a_value"),
        ),
        sa.CheckConstraint(
            "(state = 'waiting') = (asked_at IS NULL)", name=op.f("ck_paper_turn_asked_at")
        ),
        sa.CheckConstraint(
            "(state IN ('prepared', 'signed')) = (prepared IS NOT NULL)",
            name=op.f("ck_paper_turn_prepared_rows"),
        ),
        sa.CheckConstraint(
            "(state IN ('signed', 'done')) = (signed_at IS NOT NULL)",
            name=op.f("ck_paper_turn_signed_at"),
        ),
        sa.ForeignKeyConstraint(
            ["key_code"], ["signing_key.code"], name=op.f("fk_paper_turn_key_code")
        ),
        sa.ForeignKeyConstraint(
            ["paper_code"], ["paper.code"], name=op.f("fk_paper_turn_paper_code")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_paper_turn_person_id")),
        sa.PrimaryKeyConstraint("paper_code", "place", name=op.f("pk_paper_turn")),
        sa.UniqueConstraint("paper_code", "field", name="uq_paper_turn_paper_code_field"),
        sa.UniqueConstraint("paper_code", "person_id", name="uq_paper_turn_paper_code_person_id"),
    )
    with op.batch_alter_table("paper_turn", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_paper_turn_person_id"), ["person_id"], unique=False)
        batch_op.create_index(
            "uq_paper_turn_open",
            ["paper_code"],
            unique=True,
            sqlite_where=sa.text("state IN ('prepared', 'signed')"),
            postgresql_where=sa.text("state IN ('prepared', 'signed')"),
        )


def downgrade():
    with op.batch_alter_table("paper_turn", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_paper_turn_open",
            sqlite_where=sa.text("state IN ('prepared', 'signed')"),
            postgresql_where=sa.text("state IN ('prepared', 'signed')"),
        )
        batch_op.drop_index(batch_op.f("ix_paper_turn_person_id"))

    op.drop_table("paper_turn")
    with op.batch_alter_table("paper", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_paper_owner"))

    op.drop_table("paper")
