"""Keep letters, and the e-mail that tells of them"""

import sqlalchemy as sa
from alembic import op

import storage.columns

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "letter",
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("reader", sa.String(length=12), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("at", storage.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("written_at", storage.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("read_at", storage.columns.UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_letter")),
        sa.UniqueConstraint(
            "reader", "kind", "subject", "at", name=op.f("uq_letter_reader_kind_subject_at")
        ),
    )
    with op.batch_alter_table("letter", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_letter_reader_written_at"), ["reader", "written_at"], unique=False
        )
        batch_op.create_index(
            "ix_letter_unread",
            ["reader"],
            unique=False,
            sqlite_where=sa.text("read_at IS NULL"),
            postgresql_where=sa.text("read_at IS NULL"),
        )

    op.create_table(
        "mail_address",
        sa.Column("person", sa.String(length=12), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("code", sa.String(length=12), nullable=True),
        sa.Column("wrong_codes", sa.Integer(), nullable=False),
        sa.Column("asked_at", storage.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", storage.columns.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(confirmed_at IS NULL) = (code IS NOT NULL)",
            name=op.f("ck_mail_address_code_until_confirmed"),
        ),
        sa.PrimaryKeyConstraint("person", name=op.f("pk_mail_address")),
    )
    op.create_table(
        "mail",
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("person", sa.String(length=12), nullable=False),
        sa.Column("letter_code", sa.String(length=12), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "sent",
                "given_up",
                name="mailstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_at", storage.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("last_error", sa.String(length=300), nullable=True),
        sa.Column("sent_at", storage.columns.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'sent') = (sent_at IS NOT NULL)", name=op.f("ck_mail_sent_at_a_moment")
        ),
        sa.ForeignKeyConstraint(["letter_code"], ["letter.code"], name=op.f("fk_mail_letter_code")),
        sa.ForeignKeyConstraint(["person"], ["mail_address.person"], name=op.f("fk_mail_person")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_mail")),
    )
    with op.batch_alter_table("mail", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mail_person"), ["person"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_mail_state_next_at"), ["state", "next_at"], unique=False
        )


def downgrade():
    with op.batch_alter_table("mail", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_mail_state_next_at"))
        batch_op.drop_index(batch_op.f("ix_mail_person"))

    op.drop_table("mail")
    op.drop_table("mail_address")
    with op.batch_alter_table("letter", schema=None) as batch_op:
        batch_op.drop_index("ix_letter_unread")
        batch_op.drop_index(batch_op.f("ix_letter_reader_written_at"))

    op.drop_table("letter")
