"""Make the tables from the report to the archived lot"""

import sqlalchemy as sa
from alembic import op

import storage.columns

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

REASONS = (
    "gave_up",
    "force_majeure",
    "no_performance_guarantee",
    "unlawful_act",
    "other_lawful",
)


def upgrade():
    # In one statement, because a batch change would have to copy a table that others refer to.
    op.execute(
        "ALTER TABLE lot ADD COLUMN ended_as VARCHAR(40) "
        "CONSTRAINT ck_lot_archived_knows_its_end "
        "CHECK ((state = 'archived') = (ended_as IS NOT NULL))"
    )
    op.create_table(
        "lot_report",
        sa.Column("lot_id", sa.Integer(), nullable=False),
        sa.Column("report", sa.String(length=40), nullable=False),
        sa.Column("archive_sha256", sa.String(length=64), nullable=False),
        sa.Column("received_at", storage.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("step_due", storage.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("publicity_from", storage.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("publicity_until", storage.columns.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(publicity_from IS NULL) = (publicity_until IS NULL)",
            name=op.f("ck_lot_report_publicity_has_both_ends"),
        ),
        sa.CheckConstraint(
            "publicity_until > publicity_from", name=op.f("ck_lot_report_publicity_lasts")
        ),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_lot_report_lot_id")),
        sa.PrimaryKeyConstraint("lot_id", name=op.f("pk_lot_report")),
    )
    op.create_table(
        "award_candidate",
        sa.Column("bid_id", sa.Integer(), nullable=False),
        sa.Column("lot_id", sa.Integer(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("tied", sa.Boolean(), nullable=False),
        sa.Column("price_fen", storage.columns.Fen(), nullable=False),
        sa.Column("technical", storage.columns.Score(), nullable=False),
        sa.Column("price_score", storage.columns.Score(), nullable=False),
        sa.Column("total", storage.columns.Score(), nullable=False),
        sa.Column("is_candidate", sa.Boolean(), nullable=False),
        sa.CheckConstraint("rank >= 1", name=op.f("ck_award_candidate_rank")),
        sa.ForeignKeyConstraint(["bid_id"], ["bid.id"], name=op.f("fk_award_candidate_bid_id")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_award_candidate_lot_id")),
        sa.PrimaryKeyConstraint("bid_id", name=op.f("pk_award_candidate")),
    )
    op.create_index(op.f("ix_award_candidate_lot_id"), "award_candidate", ["lot_id"])
    op.create_table(
        "bid_rejection",
        sa.Column("bid_id", sa.Integer(), nullable=False),
        sa.Column("lot_id", sa.Integer(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["bid_id"], ["bid.id"], name=op.f("fk_bid_rejection_bid_id")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_bid_rejection_lot_id")),
        sa.PrimaryKeyConstraint("bid_id", name=op.f("pk_bid_rejection")),
    )
    op.create_index(op.f("ix_bid_rejection_lot_id"), "bid_rejection", ["lot_id"])
    op.create_table(
        "award",
        sa.Column("lot_id", sa.Integer(), nullable=False),
        sa.Column("bid_id", sa.Integer(), nullable=False),
        sa.Column("decided_at", storage.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.String(length=12), nullable=True),
        sa.Column(
            "passing_over",
            sa.Enum(
                *REASONS,
                name="passingover",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("ground", sa.Text(), nullable=False),
        sa.Column("notice", sa.JSON(), nullable=False),
        sa.Column("noticed_at", storage.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("result_until", storage.columns.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "passing_over IS NULL OR ground <> ''",
            name=op.f("ck_award_passing_over_with_ground"),
        ),
        sa.CheckConstraint(
            "decided_by IS NOT NULL OR passing_over IS NULL",
            name=op.f("ck_award_silence_passes_nobody_over"),
        ),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_award_lot_id")),
        sa.ForeignKeyConstraint(["bid_id"], ["bid.id"], name=op.f("fk_award_bid_id")),
        sa.PrimaryKeyConstraint("lot_id", name=op.f("pk_award")),
        sa.UniqueConstraint("bid_id", name=op.f("uq_award_bid_id")),
    )
    op.create_table(
        "termination",
        sa.Column("lot_id", sa.Integer(), nullable=False),
        sa.Column("ground", sa.Text(), nullable=False),
        sa.Column("terminated_by", sa.String(length=12), nullable=False),
        sa.Column("terminated_at", storage.columns.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("ground <> ''", name=op.f("ck_termination_with_a_ground")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_termination_lot_id")),
        sa.PrimaryKeyConstraint("lot_id", name=op.f("pk_termination")),
    )


def downgrade():
    op.drop_table("termination")
    op.drop_table("award")
    op.drop_index(op.f("ix_bid_rejection_lot_id"), table_name="bid_rejection")
    op.drop_table("bid_rejection")
    op.drop_index(op.f("ix_award_candidate_lot_id"), table_name="award_candidate")
    op.drop_table("award_candidate")
    op.drop_table("lot_report")
    op.execute("ALTER TABLE lot DROP COLUMN ended_as")
