"""Keep documents, enquiries and objections"""

import sqlalchemy as sa
from alembic import op

import storage.columns

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "amendment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tender_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("affects_bids", sa.Boolean(), nullable=False),
        sa.Column("deadline_before", storage.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("deadline", storage.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("published_at", storage.columns.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("deadline >= deadline_before", name=op.f("ck_amendment_never_earlier")),
        sa.ForeignKeyConstraint(["tender_id"], ["tender.id"], name=op.f("fk_amendment_tender_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_amendment")),
        sa.UniqueConstraint("tender_id", "number", name=op.f("uq_amendment_tender_id_number")),
    )
    op.create_table(
        "enquiry",
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("tender_id", sa.Integer(), nullable=False),
        sa.Column("asked_by", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("asked_at", storage.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_at", storage.columns.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(answer IS NULL) = (answered_at IS NULL)", name=op.f("ck_enquiry_answered_at_a_moment")
        ),
        sa.ForeignKeyConstraint(
            ["asked_by"], ["organisation.id"], name=op.f("fk_enquiry_asked_by")
        ),
        sa.ForeignKeyConstraint(["tender_id"], ["tender.id"], name=op.f("fk_enquiry_tender_id")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_enquiry")),
    )
    with op.batch_alter_table("enquiry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_enquiry_tender_id"), ["tender_id"], unique=False)

    op.create_table(
        "tender_document",
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("tender_id", sa.Integer(), nullable=False),
        sa.Column("amendment", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("added_at", storage.columns.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tender_id"], ["tender.id"], name=op.f("fk_tender_document_tender_id")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_tender_document")),
        sa.UniqueConstraint(
            "tender_id",
            "amendment",
            "name",
            name=op.f("uq_tender_document_tender_id_amendment_name"),
        ),
    )
    with op.batch_alter_table("tender_document", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_tender_document_tender_id"), ["tender_id"], unique=False
        )

    op.create_table(
        "objection",
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("lot_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "documents",
                "opening",
                "result",
                name="objectionkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("raised_by", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("raised_at", storage.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("due_at", storage.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_at", storage.columns.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(answer IS NULL) = (answered_at IS NULL)",
            name=op.f("ck_objection_answered_at_a_moment"),
        ),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_objection_lot_id")),
        sa.ForeignKeyConstraint(
            ["raised_by"], ["organisation.id"], name=op.f("fk_objection_raised_by")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_objection")),
    )
    with op.batch_alter_table("objection", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_objection_lot_id"), ["lot_id"], unique=False)


def downgrade():
    with op.batch_alter_table("objection", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_objection_lot_id"))

    op.drop_table("objection")
    with op.batch_alter_table("tender_document", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_tender_document_tender_id"))

    op.drop_table("tender_document")
    with op.batch_alter_table("enquiry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_enquiry_tender_id"))

    op.drop_table("enquiry")
    op.drop_table("amendment")
