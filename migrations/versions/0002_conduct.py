"""Keep findings on agencies, and let a restriction be lifted"""

import sqlalchemy as sa
from alembic import op

import storage.columns

revision = "0002_conduct"
down_revision = "0001"
branch_labels = None
depends_on = None


def _enum(name, *values):
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def _instant():
    return storage.columns.UtcDateTime(timezone=True)


def upgrade():
    op.create_table(
        "finding",
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.Column("item", sa.String(length=4), nullable=False),
        sa.Column(
            "severity",
            _enum("severity", "grave", "serious", "moderate", "minor"),
            nullable=False,
        ),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("months", sa.Integer(), nullable=False),
        sa.Column("occurred_on", sa.Date(), nullable=False),
        sa.Column("lot_id", sa.Integer(), nullable=True),
        sa.Column("is_rehearsal", sa.Boolean(), nullable=False),
        sa.Column("fact", sa.LargeBinary(length=32), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column(
            "state",
            _enum(
                "findingstate",
                "recorded",
                "noticed",
                "defended",
                "undefended",
                "decided",
                "dismissed",
                "cancelled",
            ),
            nullable=False,
        ),
        sa.Column("recorded_at", _instant(), nullable=False),
        sa.Column("recorded_by", sa.String(length=12), nullable=False),
        sa.Column("noticed_at", _instant(), nullable=True),
        sa.Column("noticed_by", sa.String(length=12), nullable=True),
        sa.Column("defence_until", _instant(), nullable=True),
        sa.Column("heard_at", _instant(), nullable=True),
        sa.Column("heard_by", sa.String(length=12), nullable=True),
        sa.Column("defence", sa.Text(), nullable=True),
        sa.Column("decided_at", _instant(), nullable=True),
        sa.Column("decided_by", sa.String(length=12), nullable=True),
        sa.Column("is_late", sa.Boolean(), nullable=True),
        sa.Column("article", sa.String(length=200), nullable=True),
        sa.Column("ground", sa.Text(), nullable=True),
        sa.Column(
            "consequence",
            _enum("consequence", "none", "reminder", "yellow_card", "red_card"),
            nullable=True,
        ),
        sa.Column("starts_at", _instant(), nullable=True),
        sa.Column("ends_at", _instant(), nullable=True),
        sa.Column("cancelled_at", _instant(), nullable=True),
        sa.Column("cancelled_by", sa.String(length=12), nullable=True),
        sa.Column("cancel_ground", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "points > 0 AND months > 0", name=op.f("ck_finding_deducts_for_a_while")
        ),
        sa.CheckConstraint(
            "state IN ('recorded', 'dismissed') OR noticed_at IS NOT NULL",
            name=op.f("ck_finding_goes_on_after_a_notice"),
        ),
        sa.CheckConstraint(
            "state <> 'recorded' OR noticed_at IS NULL",
            name=op.f("ck_finding_recorded_is_not_noticed"),
        ),
        sa.CheckConstraint(
            "(noticed_at IS NULL) = (noticed_by IS NULL) "
            "AND (noticed_at IS NULL) = (defence_until IS NULL)",
            name=op.f("ck_finding_noticed_with_a_defence_period"),
        ),
        sa.CheckConstraint(
            "(heard_at IS NULL) = (heard_by IS NULL) "
            "AND (heard_at IS NOT NULL OR defence IS NULL) "
            "AND (state <> 'defended' OR defence IS NOT NULL)",
            name=op.f("ck_finding_defended_by_somebody_in_words"),
        ),
        sa.CheckConstraint(
            "(state IN ('decided', 'dismissed', 'cancelled')) = (decided_at IS NOT NULL) "
            "AND (decided_at IS NULL) = (decided_by IS NULL) "
            "AND (decided_at IS NULL) = (ground IS NULL)",
            name=op.f("ck_finding_closed_by_somebody_with_a_ground"),
        ),
        sa.CheckConstraint(
            "(state IN ('decided', 'cancelled')) = (article IS NOT NULL) "
            "AND (article IS NULL) = (starts_at IS NULL) "
            "AND (article IS NULL) = (ends_at IS NULL) "
            "AND (article IS NULL) = (consequence IS NULL) "
            "AND (article IS NULL) = (is_late IS NULL)",
            name=op.f("ck_finding_decided_with_a_record_period"),
        ),
        sa.CheckConstraint(
            "starts_at < ends_at", name=op.f("ck_finding_record_starts_before_it_ends")
        ),
        sa.CheckConstraint(
            "(state = 'cancelled') = (cancelled_at IS NOT NULL) "
            "AND (cancelled_at IS NULL) = (cancelled_by IS NULL) "
            "AND (cancelled_at IS NULL) = (cancel_ground IS NULL)",
            name=op.f("ck_finding_cancelled_by_somebody_with_a_ground"),
        ),
        sa.CheckConstraint(
            "fact IS NULL OR length(fact) = 32", name=op.f("ck_finding_fact_length")
        ),
        sa.ForeignKeyConstraint(
            ["agency_id"], ["organisation.id"], name=op.f("fk_finding_agency_id")
        ),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_finding_lot_id")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_finding")),
    )
    with op.batch_alter_table("finding", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_finding_agency_id"), ["agency_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_finding_lot_id"), ["lot_id"], unique=False)

    with op.batch_alter_table("restriction", schema=None) as batch_op:
        batch_op.add_column(sa.Column("lifted_at", _instant(), nullable=True))
        batch_op.add_column(sa.Column("lifted_by", sa.String(length=120), nullable=True))
        batch_op.add_column(sa.Column("lift_ground", sa.String(length=500), nullable=True))
        batch_op.create_index(batch_op.f("ix_restriction_finding"), ["finding"], unique=False)
        batch_op.create_check_constraint(
            batch_op.f("ck_restriction_lifted_by_somebody_with_a_ground"),
            "(lifted_at IS NULL) = (lifted_by IS NULL) "
            "AND (lifted_at IS NULL) = (lift_ground IS NULL)",
        )
        batch_op.create_check_constraint(
            batch_op.f("ck_restriction_lifted_before_it_ends"), "lifted_at < ends_at"
        )


def downgrade():
    with op.batch_alter_table("restriction", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_restriction_lifted_before_it_ends"), type_="check")
        batch_op.drop_constraint(
            batch_op.f("ck_restriction_lifted_by_somebody_with_a_ground"), type_="check"
        )
        batch_op.drop_index(batch_op.f("ix_restriction_finding"))
        batch_op.drop_column("lift_ground")
        batch_op.drop_column("lifted_by")
        batch_op.drop_column("lifted_at")

    with op.batch_alter_table("finding", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_finding_lot_id"))
        batch_op.drop_index(batch_op.f("ix_finding_agency_id"))

    op.drop_table("finding")
