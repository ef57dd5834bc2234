"""Let people look after their accounts: sign-ins, second factors, applications, undertakings"""

import sqlalchemy as sa
from alembic import op

import storage.columns

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "sign_in",
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("browser", sa.String(length=40), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("since", storage.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("wrong_before", sa.Integer(), nullable=False),
        sa.Column("opened_at", storage.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("seen_at", storage.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", storage.columns.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_sign_in_person_id_person")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_sign_in")),
    )
    op.create_index(op.f("ix_sign_in_person_id"), "sign_in", ["person_id"])
    op.create_table(
        "wrong_try",
        sa.Column("person_code", sa.String(length=12), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("last_at", storage.columns.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("person_code", name=op.f("pk_wrong_try")),
    )
    op.create_table(
        "second_factor",
        sa.Column("person_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("locked_secret", sa.String(length=200), nullable=False),
        sa.Column("made_at", storage.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", storage.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.Column("wrong", sa.Integer(), nullable=False),
        sa.Column("wrong_at", storage.columns.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "confirmed_at IS NULL OR last_step > 0",
            name=op.f("ck_second_factor_confirmed_by_a_code"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_second_factor_person_id_person")
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_second_factor")),
    )
    op.create_table(
        "recovery_code",
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("made_at", storage.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("used_at", storage.columns.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint("length(digest) = 32", name=op.f("ck_recovery_code_digest_length")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_recovery_code_person_id_person")
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_recovery_code")),
    )
    op.create_index(op.f("ix_recovery_code_person_id"), "recovery_code", ["person_id"])
    op.create_table(
        "application",
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "pending",
                "confirmed",
                "refused",
                name="applicationstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "kind",
            sa.Enum(
                "agency",
                "procuring_entity",
                "bidder",
                "issuer",
                "trading_centre",
                "regulator",
                "witness",
                "expert_pool",
                name="organisationkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("credit_code", sa.String(length=18), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("contact", sa.String(length=100), nullable=False),
        sa.Column("person_name", sa.String(length=80), nullable=False),
        sa.Column("username", sa.String(length=40), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("applied_at", storage.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("decided_at", storage.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(length=12), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.CheckConstraint(
            "(state = 'pending') = (decided_at IS NULL)", name=op.f("ck_application_decided_at")
        ),
        sa.CheckConstraint(
            "(state = 'pending') = (decided_by IS NULL)", name=op.f("ck_application_decided_by")
        ),
        sa.CheckConstraint(
            "(state = 'refused') = (reason IS NOT NULL)", name=op.f("ck_application_refused_for")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_application")),
    )
    op.create_index(op.f("ix_application_state"), "application", ["state"])
    op.create_table(
        "undertaking",
        sa.Column("person_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "agent",
                "procuring_officer",
                "bidder",
                "issuer",
                "expert",
                "regulator",
                "witness",
                "host",
                "operator",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("text_sha256", sa.String(length=64), nullable=False),
        sa.Column(
            "means",
            sa.Enum(
                "key",
                "password",
                name="undertakingmeans",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("key_code", sa.String(length=12), nullable=True),
        sa.Column("signature", sa.LargeBinary(), nullable=True),
        sa.Column("given_at", storage.columns.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(means = 'key') = (key_code IS NOT NULL)",
            name=op.f("ck_undertaking_signed_by_a_key"),
        ),
        sa.CheckConstraint(
            "(means = 'key') = (signature IS NOT NULL)", name=op.f("ck_undertaking_signed")
        ),
        sa.ForeignKeyConstraint(
            ["key_code"], ["signing_key.code"], name=op.f("fk_undertaking_key_code_signing_key")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_undertaking_person_id_person")
        ),
        sa.PrimaryKeyConstraint("person_id", "role", "version", name=op.f("pk_undertaking")),
    )
    # Added without a batch: a rebuilt table would lose its CHECKs on SQLite.
    op.add_column(
        "api_token",
        sa.Column("seen_at", storage.columns.UtcDateTime(timezone=True), nullable=True),
    )
    op.add_column(
        "person",
        sa.Column("is_administrator", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.add_column(
        "person",
        sa.Column("ended_at", storage.columns.UtcDateTime(timezone=True), nullable=True),
    )


def downgrade():
    op.drop_column("person", "ended_at")
    op.drop_column("person", "is_administrator")
    op.drop_column("api_token", "seen_at")
    op.drop_table("undertaking")
    op.drop_index(op.f("ix_application_state"), table_name="application")
    op.drop_table("application")
    op.drop_index(op.f("ix_recovery_code_person_id"), table_name="recovery_code")
    op.drop_table("recovery_code")
    op.drop_table("second_factor")
    op.drop_table("wrong_try")
    op.drop_index(op.f("ix_sign_in_person_id"), table_name="sign_in")
    op.drop_table("sign_in")
