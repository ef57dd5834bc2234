"""Make the first tables"""

import sqlalchemy as sa
from alembic import op

import storage.columns

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "clock",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("shift", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_clock")),
    )
    op.create_table(
        "counter",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_counter")),
    )
    op.create_table(
        "due_work",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("clock", sa.String(length=80), nullable=False),
        sa.Column("due_at", storage.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("claimed_until", storage.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("held_from", storage.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("done_at", storage.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.String(length=300), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_due_work")),
        sa.UniqueConstraint(
            "kind", "subject", "due_at", name=op.f("uq_due_work_kind_subject_due_at")
        ),
    )
    with op.batch_alter_table("due_work", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_due_work_done_at_due_at"), ["done_at", "due_at"], unique=False
        )

    op.create_table(
        "evidence_entry",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("commitment", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_evidence_entry")),
        sa.UniqueConstraint("commitment", name=op.f("uq_evidence_entry_commitment")),
    )
    op.create_table(
        "evidence_head",
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("root", sa.LargeBinary(length=32), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("signed_at", storage.columns.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("size", name=op.f("pk_evidence_head")),
    )
    op.create_table(
        "evidence_held",
        sa.Column("commitment", sa.LargeBinary(length=32), nullable=False),
        sa.Column("holder", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("commitment", name=op.f("pk_evidence_held")),
    )
    with op.batch_alter_table("evidence_held", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_evidence_held_holder"), ["holder"], unique=False)

    op.create_table(
        "evidence_node",
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("level", "position", name=op.f("pk_evidence_node")),
    )
    op.create_table(
        "evidence_pending",
        sa.Column("commitment", sa.LargeBinary(length=32), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("commitment", name=op.f("pk_evidence_pending")),
    )
    with op.batch_alter_table("evidence_pending", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_evidence_pending_place"), ["place"], unique=False)

    op.create_table(
        "fact",
        sa.Column("stream", sa.String(length=120), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("at", storage.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", storage.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("salt", sa.LargeBinary(length=32), nullable=False),
        sa.Column("commitment", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("stream", "seq", name=op.f("pk_fact")),
        sa.UniqueConstraint("commitment", name=op.f("uq_fact_commitment")),
    )
    with op.batch_alter_table("fact", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_fact_subject_kind"), ["subject", "kind"], unique=False)

    op.create_table(
        "organisation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("credit_code", sa.String(length=18), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("name_key", sa.String(length=200), nullable=False),
        sa.Column("is_training", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation")),
        sa.UniqueConstraint("credit_code", name=op.f("uq_organisation_credit_code")),
    )
    with op.batch_alter_table("organisation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_organisation_name_key"), ["name_key"], unique=False)

    op.create_table(
        "outbox_message",
        sa.Column("topic", sa.String(length=120), nullable=False),
        sa.Column("audience", sa.String(length=60), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", storage.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("topic", "audience", "seq", name=op.f("pk_outbox_message")),
    )
    op.create_table(
        "outbox_wide",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("topic", sa.String(length=120), nullable=False),
        sa.Column("audience", sa.String(length=60), nullable=False),
        sa.Column("at", storage.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_wide")),
    )
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
        "restriction",
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("credit_code", sa.String(length=18), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("name_key", sa.String(length=200), nullable=True),
        sa.Column(
            "kind",
            sa.Enum(
                "registration",
                "bidding",
                "evaluation",
                name="restrictionkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("ground", sa.String(length=500), nullable=False),
        sa.Column("finding", sa.String(length=80), nullable=False),
        sa.Column("origin", sa.String(length=80), nullable=False),
        sa.Column("starts_at", storage.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ends_at", storage.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("lifted_at", storage.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("lifted_by", sa.String(length=120), nullable=True),
        sa.Column("lift_ground", sa.String(length=500), nullable=True),
        sa.CheckConstraint(
            "(lifted_at IS NULL) = (lifted_by IS NULL) AND (lifted_at IS NULL) = (lift_ground IS NULL)",
            name=op.f("ck_restriction_lifted_by_somebody_with_a_ground"),
        ),
        sa.CheckConstraint(
            "credit_code IS NOT NULL OR name_key IS NOT NULL",
            name=op.f("ck_restriction_names_somebody"),
        ),
        sa.CheckConstraint(
            "lifted_at < ends_at", name=op.f("ck_restriction_lifted_before_it_ends")
        ),
        sa.CheckConstraint(
            "starts_at < ends_at", name=op.f("ck_restriction_starts_before_it_ends")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_restriction")),
    )
    with op.batch_alter_table("restriction", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_restriction_credit_code"), ["credit_code"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_restriction_finding"), ["finding"], unique=False)
        batch_op.create_index(batch_op.f("ix_restriction_name_key"), ["name_key"], unique=False)

    op.create_table(
        "subject",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("clock", sa.String(length=80), nullable=False),
        sa.Column("last_at", storage.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("is_held", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_subject")),
    )
    op.create_table(
        "evidence_cosignature",
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("witness", sa.String(length=120), nullable=False),
        sa.Column("line", sa.String(length=400), nullable=False),
        sa.Column("received_at", storage.columns.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["size"], ["evidence_head.size"], name=op.f("fk_evidence_cosignature_size")
        ),
        sa.PrimaryKeyConstraint("size", "witness", name=op.f("pk_evidence_cosignature")),
    )
    op.create_table(
        "organisation_kind",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
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
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_organisation_kind_organisation_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "kind", name=op.f("pk_organisation_kind")),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("username", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_person_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("code", name=op.f("uq_person_code")),
        sa.UniqueConstraint("username", name=op.f("uq_person_username")),
    )
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_person_organisation_id"), ["organisation_id"], unique=False
        )

    op.create_table(
        "tender",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column(
            "regime",
            sa.Enum(
                "CONSTRUCTION",
                "GOVPROC",
                name="regime",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "category",
            sa.Enum(
                "works",
                "goods",
                "services",
                name="category",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("is_rehearsal", sa.Boolean(), nullable=False),
        sa.Column("clock", sa.String(length=80), nullable=False),
        sa.Column("procuring_entity_id", sa.Integer(), nullable=False),
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.Column("registered_at", storage.columns.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("is_rehearsal = (clock <> 'real')", name=op.f("ck_tender_clock")),
        sa.ForeignKeyConstraint(
            ["agency_id"], ["organisation.id"], name=op.f("fk_tender_agency_id")
        ),
        sa.ForeignKeyConstraint(
            ["procuring_entity_id"], ["organisation.id"], name=op.f("fk_tender_procuring_entity_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tender")),
        sa.UniqueConstraint("code", name=op.f("uq_tender_code")),
    )
    with op.batch_alter_table("tender", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_tender_agency_id"), ["agency_id"], unique=False)

    op.create_table(
        "api_token",
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(length=80), nullable=False),
        sa.Column("made_at", storage.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", storage.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", storage.columns.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint("length(digest) = 32", name=op.f("ck_api_token_digest_length")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_api_token_person_id")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_api_token")),
    )
    with op.batch_alter_table("api_token", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_api_token_person_id"), ["person_id"], unique=False)

    op.create_table(
        "expert",
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "active",
                "suspended",
                name="expertstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("employer", sa.String(length=18), nullable=False),
        sa.Column("employer_name", sa.String(length=200), nullable=False),
        sa.Column("city", sa.String(length=200), nullable=False),
        sa.Column("specialities", sa.JSON(), nullable=False),
        sa.Column("interests", sa.JSON(), nullable=False),
        sa.Column("registered_at", storage.columns.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_expert_person_id")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_expert")),
        sa.UniqueConstraint("person_id", name=op.f("uq_expert_person_id")),
    )
    with op.batch_alter_table("expert", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_expert_employer"), ["employer"], unique=False)

    op.create_table(
        "lot",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("tender_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "registered",
                "announced",
                "releasing",
                "unsealing",
                "opened",
                "confirmed",
                "evaluating",
                "reported",
                "candidates_published",
                "awarded",
                "archived",
                "suspended",
                "failed",
                "terminated",
                name="lotstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("resume_to", sa.String(length=40), nullable=True),
        sa.Column("suspended_at", storage.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("ended_as", sa.String(length=40), nullable=True),
        sa.Column("estimate_fen", storage.columns.Fen(), nullable=False),
        sa.Column("ceiling_fen", storage.columns.Fen(), nullable=False),
        sa.Column("guarantee_fen", storage.columns.Fen(), nullable=False),
        sa.Column("validity_days", sa.Integer(), nullable=False),
        sa.Column("window_minutes", sa.Integer(), nullable=False),
        sa.Column("correction_minutes", sa.Integer(), nullable=False),
        sa.Column("method", sa.JSON(), nullable=False),
        sa.Column("deadline", storage.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("sealed_count", sa.Integer(), nullable=True),
        sa.Column("sealed_root", sa.LargeBinary(length=32), nullable=True),
        sa.Column("closed_at", storage.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("window_ends_at", storage.columns.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'archived') = (ended_as IS NOT NULL)",
            name=op.f("ck_lot_archived_knows_its_end"),
        ),
        sa.CheckConstraint(
            "(state = 'suspended') = (resume_to IS NOT NULL)",
            name=op.f("ck_lot_suspended_knows_its_way_back"),
        ),
        sa.CheckConstraint(
            "(state = 'suspended') = (suspended_at IS NOT NULL)",
            name=op.f("ck_lot_suspended_since"),
        ),
        sa.CheckConstraint(
            "deadline IS NOT NULL OR state IN ('registered', 'terminated', 'suspended', 'archived')",
            name=op.f("ck_lot_announced_with_a_deadline"),
        ),
        sa.CheckConstraint(
            "(sealed_count IS NULL) = (sealed_root IS NULL)",
            name=op.f("ck_lot_count_and_root_together"),
        ),
        sa.ForeignKeyConstraint(["tender_id"], ["tender.id"], name=op.f("fk_lot_tender_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lot")),
        sa.UniqueConstraint("code", name=op.f("uq_lot_code")),
    )
    with op.batch_alter_table("lot", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_lot_tender_id"), ["tender_id"], unique=False)

    op.create_table(
        "person_role",
        sa.Column("person_id", sa.Integer(), nullable=False),
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
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_person_role_person_id")
        ),
        sa.PrimaryKeyConstraint("person_id", "role", name=op.f("pk_person_role")),
    )
    op.create_table(
        "signing_key",
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column(
            "purpose",
            sa.Enum(
                "statement",
                "document",
                name="keypurpose",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("algorithm", sa.String(length=40), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("certificate", sa.Text(), nullable=True),
        sa.Column("locked_key", sa.Text(), nullable=True),
        sa.Column("wrong_pins", sa.Integer(), nullable=False),
        sa.Column("made_at", storage.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", storage.columns.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(purpose = 'statement') = (locked_key IS NULL)",
            name=op.f("ck_signing_key_private_half_only_for_documents"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_signing_key_person_id")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_signing_key")),
    )
    with op.batch_alter_table("signing_key", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_signing_key_person_id"), ["person_id"], unique=False)

    op.create_table(
        "tender_notice",
        sa.Column("tender_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("published_at", storage.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("text", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tender_id"], ["tender.id"], name=op.f("fk_tender_notice_tender_id")
        ),
        sa.PrimaryKeyConstraint("tender_id", "version", name=op.f("pk_tender_notice")),
    )
    op.create_table(
        "bid",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("receipt", sa.String(length=12), nullable=False),
        sa.Column("lot_id", sa.Integer(), nullable=False),
        sa.Column("bidder_id", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "submitted",
                "replaced",
                "withdrawn",
                name="bidstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("key_code", sa.String(length=12), nullable=False),
        sa.Column("nonce", sa.String(length=64), nullable=False),
        sa.Column("uploads", sa.JSON(), nullable=False),
        sa.Column("submitted_at", storage.columns.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["bidder_id"], ["organisation.id"], name=op.f("fk_bid_bidder_id")),
        sa.ForeignKeyConstraint(["key_code"], ["signing_key.code"], name=op.f("fk_bid_key_code")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_bid_lot_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bid")),
        sa.UniqueConstraint("bidder_id", "nonce", name=op.f("uq_bid_bidder_id_nonce")),
        sa.UniqueConstraint("receipt", name=op.f("uq_bid_receipt")),
    )
    with op.batch_alter_table("bid", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_bid_lot_id"), ["lot_id"], unique=False)
        batch_op.create_index(
            "uq_bid_standing",
            ["lot_id", "bidder_id"],
            unique=True,
            sqlite_where=sa.text("state = 'submitted'"),
            postgresql_where=sa.text("state = 'submitted'"),
        )

    op.create_table(
        "draw",
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("lot_id", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "committing",
                "revealing",
                "drawn",
                "waiting",
                name="drawstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("opened_at", storage.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("frozen", sa.Text(), nullable=True),
        sa.Column("reveal_until", storage.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("seed", sa.LargeBinary(length=32), nullable=True),
        sa.CheckConstraint(
            "(state = 'committing') = (frozen IS NULL)",
            name=op.f("ck_draw_frozen_after_the_commitments"),
        ),
        sa.CheckConstraint(
            "(state = 'drawn') = (seed IS NOT NULL)", name=op.f("ck_draw_drawn_with_a_seed")
        ),
        sa.CheckConstraint(
            "(frozen IS NULL) = (reveal_until IS NULL)",
            name=op.f("ck_draw_frozen_with_a_time_to_reveal"),
        ),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_draw_lot_id")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_draw")),
        sa.UniqueConstraint("lot_id", name=op.f("uq_draw_lot_id")),
    )
    op.create_table(
        "finding",
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.Column("item", sa.String(length=4), nullable=False),
        sa.Column(
            "severity",
            sa.Enum(
                "grave",
                "serious",
                "moderate",
                "minor",
                name="severity",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
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
            sa.Enum(
                "recorded",
                "noticed",
                "defended",
                "undefended",
                "decided",
                "dismissed",
                "cancelled",
                name="findingstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("recorded_at", storage.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(length=12), nullable=False),
        sa.Column("noticed_at", storage.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("noticed_by", sa.String(length=12), nullable=True),
        sa.Column("defence_until", storage.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("heard_at", storage.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("heard_by", sa.String(length=12), nullable=True),
        sa.Column("defence", sa.Text(), nullable=True),
        sa.Column("decided_at", storage.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(length=12), nullable=True),
        sa.Column("is_late", sa.Boolean(), nullable=True),
        sa.Column("article", sa.String(length=200), nullable=True),
        sa.Column("ground", sa.Text(), nullable=True),
        sa.Column(
            "consequence",
            sa.Enum(
                "none",
                "reminder",
                "yellow_card",
                "red_card",
                name="consequence",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("starts_at", storage.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("ends_at", storage.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", storage.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("cancelled_by", sa.String(length=12), nullable=True),
        sa.Column("cancel_ground", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(heard_at IS NULL) = (heard_by IS NULL) AND (heard_at IS NOT NULL OR defence IS NULL) AND (state <> 'defended' OR defence IS NOT NULL)",
            name=op.f("ck_finding_defended_by_somebody_in_words"),
        ),
        sa.CheckConstraint(
            "(state = 'cancelled') = (cancelled_at IS NOT NULL) AND (cancelled_at IS NULL) = (cancelled_by IS NULL) AND (cancelled_at IS NULL) = (cancel_ground IS NULL)",
            name=op.f("ck_finding_cancelled_by_somebody_with_a_ground"),
        ),
        sa.CheckConstraint(
            "(state IN ('decided', 'cancelled')) = (article IS NOT NULL) AND (article IS NULL) = (starts_at IS NULL) AND (article IS NULL) = (ends_at IS NULL) AND (article IS NULL) = (consequence IS NULL) AND (article IS NULL) = (is_late IS NULL)",
            name=op.f("ck_finding_decided_with_a_record_period"),
        ),
        sa.CheckConstraint(
            "(state IN ('decided', 'dismissed', 'cancelled')) = (decided_at IS NOT NULL) AND (decided_at IS NULL) = (decided_by IS NULL) AND (decided_at IS NULL) = (ground IS NULL)",
            name=op.f("ck_finding_closed_by_somebody_with_a_ground"),
        ),
        sa.CheckConstraint(
            "state <> 'recorded' OR noticed_at IS NULL",
            name=op.f("ck_finding_recorded_is_not_noticed"),
        ),
        sa.CheckConstraint(
            "state IN ('recorded', 'dismissed') OR noticed_at IS NOT NULL",
            name=op.f("ck_finding_goes_on_after_a_notice"),
        ),
        sa.CheckConstraint(
            "(noticed_at IS NULL) = (noticed_by IS NULL) AND (noticed_at IS NULL) = (defence_until IS NULL)",
            name=op.f("ck_finding_noticed_with_a_defence_period"),
        ),
        sa.CheckConstraint(
            "fact IS NULL OR length(fact) = 32", name=op.f("ck_finding_fact_length")
        ),
        sa.CheckConstraint(
            "points > 0 AND months > 0", name=op.f("ck_finding_deducts_for_a_while")
        ),
        sa.CheckConstraint(
            "starts_at < ends_at", name=op.f("ck_finding_record_starts_before_it_ends")
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

    op.create_table(
        "guarantee_order",
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("lot_id", sa.Integer(), nullable=False),
        sa.Column("bidder_id", sa.Integer(), nullable=False),
        sa.Column("issuer_id", sa.Integer(), nullable=False),
        sa.Column("order_code", sa.LargeBinary(length=32), nullable=False),
        sa.Column("required_fen", storage.columns.Fen(), nullable=False),
        sa.Column("amount_fen", storage.columns.Fen(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "ordered",
                "approved",
                "refused",
                "issued",
                "lapsed",
                "disclosed",
                name="guaranteestate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("ordered_at", storage.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("paper_code", sa.String(length=12), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.CheckConstraint(
            "(state IN ('issued', 'disclosed')) = (sha256 IS NOT NULL)",
            name=op.f("ck_guarantee_order_issued_with_a_file"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('approved', 'issued', 'disclosed') OR paper_code IS NOT NULL",
            name=op.f("ck_guarantee_order_approved_with_a_paper"),
        ),
        sa.CheckConstraint(
            "amount_fen >= required_fen", name=op.f("ck_guarantee_order_covers_what_is_required")
        ),
        sa.ForeignKeyConstraint(
            ["bidder_id"], ["organisation.id"], name=op.f("fk_guarantee_order_bidder_id")
        ),
        sa.ForeignKeyConstraint(
            ["issuer_id"], ["organisation.id"], name=op.f("fk_guarantee_order_issuer_id")
        ),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_guarantee_order_lot_id")),
        sa.ForeignKeyConstraint(
            ["paper_code"], ["paper.code"], name=op.f("fk_guarantee_order_paper_code")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_guarantee_order")),
        sa.UniqueConstraint("order_code", name=op.f("uq_guarantee_order_order_code")),
        sa.UniqueConstraint("paper_code", name=op.f("uq_guarantee_order_paper_code")),
    )
    with op.batch_alter_table("guarantee_order", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_guarantee_order_issuer_id"), ["issuer_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_guarantee_order_lot_id"), ["lot_id"], unique=False)
        batch_op.create_index(
            "uq_guarantee_order_standing",
            ["lot_id", "bidder_id"],
            unique=True,
            sqlite_where=sa.text("state NOT IN ('refused', 'lapsed')"),
            postgresql_where=sa.text("state NOT IN ('refused', 'lapsed')"),
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
        "meeting",
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("lot_id", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "convened",
                "electing",
                "scoring",
                "revealed",
                "locked",
                "ranked",
                "reporting",
                "reported",
                "failed",
                name="meetingstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("chair", sa.String(length=12), nullable=True),
        sa.Column("ballot", sa.Integer(), nullable=False),
        sa.Column("convened_at", storage.columns.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(chair IS NULL) = (state IN ('convened', 'electing'))",
            name=op.f("ck_meeting_chair_once_elected"),
        ),
        sa.ForeignKeyConstraint(["chair"], ["expert.code"], name=op.f("fk_meeting_chair")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_meeting_lot_id")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_meeting")),
        sa.UniqueConstraint("lot_id", name=op.f("uq_meeting_lot_id")),
    )
    op.create_table(
        "opening_key",
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("lot_id", sa.Integer(), nullable=False),
        sa.Column("witness", sa.String(length=18), nullable=False),
        sa.Column("recipient", sa.String(length=80), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("key_code", sa.String(length=12), nullable=False),
        sa.Column("challenge_sha256", sa.String(length=64), nullable=False),
        sa.Column("registered_at", storage.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("rehearsed_at", storage.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("published_at", storage.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("identity", sa.String(length=80), nullable=True),
        sa.CheckConstraint(
            "(identity IS NULL) = (published_at IS NULL)",
            name=op.f("ck_opening_key_published_with_its_identity"),
        ),
        sa.CheckConstraint(
            "published_at IS NULL OR rehearsed_at IS NOT NULL",
            name=op.f("ck_opening_key_only_rehearsed_keys_open"),
        ),
        sa.ForeignKeyConstraint(
            ["key_code"], ["signing_key.code"], name=op.f("fk_opening_key_key_code")
        ),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_opening_key_lot_id")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_opening_key")),
        sa.UniqueConstraint("recipient", name=op.f("uq_opening_key_recipient")),
    )
    with op.batch_alter_table("opening_key", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_opening_key_lot_id"), ["lot_id"], unique=False)

    op.create_table(
        "opening_record",
        sa.Column("lot_id", sa.Integer(), nullable=False),
        sa.Column("paper_code", sa.String(length=12), nullable=False),
        sa.Column("confirmed_by", sa.String(length=80), nullable=False),
        sa.Column("confirmed_at", storage.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("sealed_at", storage.columns.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(sha256 IS NULL) = (sealed_at IS NULL)",
            name=op.f("ck_opening_record_sealed_with_hash"),
        ),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_opening_record_lot_id")),
        sa.ForeignKeyConstraint(
            ["paper_code"], ["paper.code"], name=op.f("fk_opening_record_paper_code")
        ),
        sa.PrimaryKeyConstraint("lot_id", name=op.f("pk_opening_record")),
        sa.UniqueConstraint("paper_code", name=op.f("uq_opening_record_paper_code")),
    )
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

    op.create_table(
        "supervision_order",
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("lot_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "suspend",
                "resume",
                name="orderkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("article", sa.String(length=200), nullable=False),
        sa.Column("ground", sa.Text(), nullable=False),
        sa.Column("issued_by", sa.String(length=12), nullable=False),
        sa.Column("issued_at", storage.columns.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_supervision_order_lot_id")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_supervision_order")),
    )
    with op.batch_alter_table("supervision_order", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_supervision_order_lot_id"), ["lot_id"], unique=False)

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
    op.create_table(
        "upload",
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("lot_id", sa.Integer(), nullable=False),
        sa.Column("bidder_id", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("parts", sa.JSON(), nullable=False),
        sa.Column("made_at", storage.columns.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("size > 0", name=op.f("ck_upload_size")),
        sa.ForeignKeyConstraint(
            ["bidder_id"], ["organisation.id"], name=op.f("fk_upload_bidder_id")
        ),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_upload_lot_id")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_upload")),
    )
    with op.batch_alter_table("upload", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_upload_bidder_id"), ["bidder_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_upload_lot_id"), ["lot_id"], unique=False)

    op.create_table(
        "award",
        sa.Column("lot_id", sa.Integer(), nullable=False),
        sa.Column("bid_id", sa.Integer(), nullable=False),
        sa.Column("decided_at", storage.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.String(length=12), nullable=True),
        sa.Column(
            "passing_over",
            sa.Enum(
                "gave_up",
                "force_majeure",
                "no_performance_guarantee",
                "unlawful_act",
                "other_lawful",
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
            "passing_over IS NULL OR ground <> ''", name=op.f("ck_award_passing_over_with_ground")
        ),
        sa.CheckConstraint(
            "decided_by IS NOT NULL OR passing_over IS NULL",
            name=op.f("ck_award_silence_passes_nobody_over"),
        ),
        sa.ForeignKeyConstraint(["bid_id"], ["bid.id"], name=op.f("fk_award_bid_id")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_award_lot_id")),
        sa.PrimaryKeyConstraint("lot_id", name=op.f("pk_award")),
        sa.UniqueConstraint("bid_id", name=op.f("uq_award_bid_id")),
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
    with op.batch_alter_table("award_candidate", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_award_candidate_lot_id"), ["lot_id"], unique=False)

    op.create_table(
        "bid_rejection",
        sa.Column("bid_id", sa.Integer(), nullable=False),
        sa.Column("lot_id", sa.Integer(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["bid_id"], ["bid.id"], name=op.f("fk_bid_rejection_bid_id")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_bid_rejection_lot_id")),
        sa.PrimaryKeyConstraint("bid_id", name=op.f("pk_bid_rejection")),
    )
    with op.batch_alter_table("bid_rejection", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_bid_rejection_lot_id"), ["lot_id"], unique=False)

    op.create_table(
        "bid_release",
        sa.Column("bid_id", sa.Integer(), nullable=False),
        sa.Column("blob", sa.LargeBinary(), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("key_code", sa.String(length=12), nullable=False),
        sa.Column("received_at", storage.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("correct_until", storage.columns.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["bid_id"], ["bid.id"], name=op.f("fk_bid_release_bid_id")),
        sa.ForeignKeyConstraint(
            ["key_code"], ["signing_key.code"], name=op.f("fk_bid_release_key_code")
        ),
        sa.PrimaryKeyConstraint("bid_id", name=op.f("pk_bid_release")),
    )
    op.create_table(
        "blind_bid",
        sa.Column("meeting_code", sa.String(length=12), nullable=False),
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("bid_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["bid_id"], ["bid.id"], name=op.f("fk_blind_bid_bid_id")),
        sa.ForeignKeyConstraint(
            ["meeting_code"], ["meeting.code"], name=op.f("fk_blind_bid_meeting_code")
        ),
        sa.PrimaryKeyConstraint("meeting_code", "code", name=op.f("pk_blind_bid")),
        sa.UniqueConstraint("bid_id", name=op.f("uq_blind_bid_bid_id")),
    )
    op.create_table(
        "chair_vote",
        sa.Column("meeting_code", sa.String(length=12), nullable=False),
        sa.Column("ballot", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("voter", sa.String(length=12), nullable=False),
        sa.Column("choice", sa.String(length=12), nullable=False),
        sa.ForeignKeyConstraint(["choice"], ["expert.code"], name=op.f("fk_chair_vote_choice")),
        sa.ForeignKeyConstraint(
            ["meeting_code"], ["meeting.code"], name=op.f("fk_chair_vote_meeting_code")
        ),
        sa.ForeignKeyConstraint(["voter"], ["expert.code"], name=op.f("fk_chair_vote_voter")),
        sa.PrimaryKeyConstraint("meeting_code", "ballot", "voter", name=op.f("pk_chair_vote")),
    )
    op.create_table(
        "draw_call",
        sa.Column("draw_code", sa.String(length=12), nullable=False),
        sa.Column("expert_code", sa.String(length=12), nullable=False),
        sa.Column("seat", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "called",
                "accepted",
                "refused",
                name="callstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("called_at", storage.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("answered_at", storage.columns.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["draw_code"], ["draw.code"], name=op.f("fk_draw_call_draw_code")),
        sa.ForeignKeyConstraint(
            ["expert_code"], ["expert.code"], name=op.f("fk_draw_call_expert_code")
        ),
        sa.PrimaryKeyConstraint("draw_code", "expert_code", name=op.f("pk_draw_call")),
    )
    op.create_table(
        "draw_nonce",
        sa.Column("draw_code", sa.String(length=12), nullable=False),
        sa.Column("round", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "party",
            sa.Enum(
                "witness",
                "procuring_entity",
                "host",
                name="party",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("person", sa.String(length=12), nullable=False),
        sa.Column("commitment", sa.LargeBinary(length=32), nullable=False),
        sa.Column("committed_at", storage.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("nonce", sa.LargeBinary(length=32), nullable=True),
        sa.Column("revealed_at", storage.columns.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(nonce IS NULL) = (revealed_at IS NULL)",
            name=op.f("ck_draw_nonce_revealed_with_nonce"),
        ),
        sa.ForeignKeyConstraint(["draw_code"], ["draw.code"], name=op.f("fk_draw_nonce_draw_code")),
        sa.PrimaryKeyConstraint("draw_code", "round", "party", name=op.f("pk_draw_nonce")),
    )
    op.create_table(
        "evaluation_report",
        sa.Column("meeting_code", sa.String(length=12), nullable=False),
        sa.Column("paper_code", sa.String(length=12), nullable=False),
        sa.Column("begun_at", storage.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("archived_at", storage.columns.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(sha256 IS NULL) = (archived_at IS NULL)",
            name=op.f("ck_evaluation_report_archived_with_hash"),
        ),
        sa.ForeignKeyConstraint(
            ["meeting_code"], ["meeting.code"], name=op.f("fk_evaluation_report_meeting_code")
        ),
        sa.ForeignKeyConstraint(
            ["paper_code"], ["paper.code"], name=op.f("fk_evaluation_report_paper_code")
        ),
        sa.PrimaryKeyConstraint("meeting_code", name=op.f("pk_evaluation_report")),
        sa.UniqueConstraint("paper_code", name=op.f("uq_evaluation_report_paper_code")),
    )
    op.create_table(
        "meeting_member",
        sa.Column("meeting_code", sa.String(length=12), nullable=False),
        sa.Column("expert_code", sa.String(length=12), nullable=False),
        sa.Column("seat", sa.Integer(), nullable=False),
        sa.Column("statement", sa.Text(), nullable=True),
        sa.Column("signature", sa.LargeBinary(), nullable=True),
        sa.Column("key_code", sa.String(length=12), nullable=True),
        sa.CheckConstraint(
            "(statement IS NULL) = (signature IS NULL) AND (statement IS NULL) = (key_code IS NULL)",
            name=op.f("ck_meeting_member_statement_with_signature"),
        ),
        sa.ForeignKeyConstraint(
            ["expert_code"], ["expert.code"], name=op.f("fk_meeting_member_expert_code")
        ),
        sa.ForeignKeyConstraint(
            ["key_code"], ["signing_key.code"], name=op.f("fk_meeting_member_key_code")
        ),
        sa.ForeignKeyConstraint(
            ["meeting_code"], ["meeting.code"], name=op.f("fk_meeting_member_meeting_code")
        ),
        sa.PrimaryKeyConstraint("meeting_code", "expert_code", name=op.f("pk_meeting_member")),
        sa.UniqueConstraint(
            "meeting_code", "seat", name=op.f("uq_meeting_member_meeting_code_seat")
        ),
    )
    op.create_table(
        "opened_bid",
        sa.Column("bid_id", sa.Integer(), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum(
                "opened",
                "not_released",
                "wrong_release",
                "unreadable",
                name="outcome",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("finding", sa.String(length=300), nullable=False),
        sa.Column("price_fen", storage.columns.Fen(), nullable=True),
        sa.Column("period_days", sa.Integer(), nullable=True),
        sa.Column("quality", sa.String(length=100), nullable=True),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.Column("guarantee", sa.JSON(), nullable=False),
        sa.Column("opened_at", storage.columns.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(outcome = 'opened') = (price_fen IS NOT NULL)",
            name=op.f("ck_opened_bid_opened_with_a_price"),
        ),
        sa.ForeignKeyConstraint(["bid_id"], ["bid.id"], name=op.f("fk_opened_bid_bid_id")),
        sa.PrimaryKeyConstraint("bid_id", name=op.f("pk_opened_bid")),
    )
    op.create_table(
        "ranking",
        sa.Column("meeting_code", sa.String(length=12), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("ranked_at", storage.columns.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["meeting_code"], ["meeting.code"], name=op.f("fk_ranking_meeting_code")
        ),
        sa.PrimaryKeyConstraint("meeting_code", name=op.f("pk_ranking")),
    )
    op.create_table(
        "score_sheet",
        sa.Column("meeting_code", sa.String(length=12), nullable=False),
        sa.Column("expert_code", sa.String(length=12), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "committed",
                "revealed",
                "locked",
                name="sheetstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("draft", sa.JSON(), nullable=False),
        sa.CheckConstraint(
            "(state = 'draft') = (version = 0)", name=op.f("ck_score_sheet_committed_has_a_version")
        ),
        sa.ForeignKeyConstraint(
            ["expert_code"], ["expert.code"], name=op.f("fk_score_sheet_expert_code")
        ),
        sa.ForeignKeyConstraint(
            ["meeting_code"], ["meeting.code"], name=op.f("fk_score_sheet_meeting_code")
        ),
        sa.PrimaryKeyConstraint("meeting_code", "expert_code", name=op.f("pk_score_sheet")),
    )
    op.create_table(
        "score_sheet_version",
        sa.Column("meeting_code", sa.String(length=12), nullable=False),
        sa.Column("expert_code", sa.String(length=12), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sheet", sa.Text(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("sheet_sha256", sa.String(length=64), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("key_code", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("committed_at", storage.columns.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "version = 1 OR reason <> ''", name=op.f("ck_score_sheet_version_change_with_a_reason")
        ),
        sa.ForeignKeyConstraint(
            ["key_code"], ["signing_key.code"], name=op.f("fk_score_sheet_version_key_code")
        ),
        sa.ForeignKeyConstraint(
            ["meeting_code", "expert_code"],
            ["score_sheet.meeting_code", "score_sheet.expert_code"],
            name=op.f("fk_score_sheet_version_meeting_code_expert_code"),
        ),
        sa.PrimaryKeyConstraint(
            "meeting_code", "expert_code", "version", name=op.f("pk_score_sheet_version")
        ),
    )


def downgrade():
    op.drop_table("score_sheet_version")
    op.drop_table("score_sheet")
    op.drop_table("ranking")
    op.drop_table("opened_bid")
    op.drop_table("meeting_member")
    op.drop_table("evaluation_report")
    op.drop_table("draw_nonce")
    op.drop_table("draw_call")
    op.drop_table("chair_vote")
    op.drop_table("blind_bid")
    op.drop_table("bid_release")
    with op.batch_alter_table("bid_rejection", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_bid_rejection_lot_id"))

    op.drop_table("bid_rejection")
    with op.batch_alter_table("award_candidate", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_award_candidate_lot_id"))

    op.drop_table("award_candidate")
    op.drop_table("award")
    with op.batch_alter_table("upload", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_upload_lot_id"))
        batch_op.drop_index(batch_op.f("ix_upload_bidder_id"))

    op.drop_table("upload")
    op.drop_table("termination")
    with op.batch_alter_table("supervision_order", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_supervision_order_lot_id"))

    op.drop_table("supervision_order")
    with op.batch_alter_table("paper_turn", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_paper_turn_open",
            sqlite_where=sa.text("state IN ('prepared', 'signed')"),
            postgresql_where=sa.text("state IN ('prepared', 'signed')"),
        )
        batch_op.drop_index(batch_op.f("ix_paper_turn_person_id"))

    op.drop_table("paper_turn")
    op.drop_table("opening_record")
    with op.batch_alter_table("opening_key", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_opening_key_lot_id"))

    op.drop_table("opening_key")
    op.drop_table("meeting")
    op.drop_table("lot_report")
    with op.batch_alter_table("guarantee_order", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_guarantee_order_standing",
            sqlite_where=sa.text("state NOT IN ('refused', 'lapsed')"),
            postgresql_where=sa.text("state NOT IN ('refused', 'lapsed')"),
        )
        batch_op.drop_index(batch_op.f("ix_guarantee_order_lot_id"))
        batch_op.drop_index(batch_op.f("ix_guarantee_order_issuer_id"))

    op.drop_table("guarantee_order")
    with op.batch_alter_table("finding", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_finding_lot_id"))
        batch_op.drop_index(batch_op.f("ix_finding_agency_id"))

    op.drop_table("finding")
    op.drop_table("draw")
    with op.batch_alter_table("bid", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_bid_standing",
            sqlite_where=sa.text("state = 'submitted'"),
            postgresql_where=sa.text("state = 'submitted'"),
        )
        batch_op.drop_index(batch_op.f("ix_bid_lot_id"))

    op.drop_table("bid")
    op.drop_table("tender_notice")
    with op.batch_alter_table("signing_key", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_signing_key_person_id"))

    op.drop_table("signing_key")
    op.drop_table("person_role")
    with op.batch_alter_table("lot", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_lot_tender_id"))

    op.drop_table("lot")
    with op.batch_alter_table("expert", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_expert_employer"))

    op.drop_table("expert")
    with op.batch_alter_table("api_token", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_api_token_person_id"))

    op.drop_table("api_token")
    with op.batch_alter_table("tender", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_tender_agency_id"))

    op.drop_table("tender")
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_person_organisation_id"))

    op.drop_table("person")
    op.drop_table("organisation_kind")
    op.drop_table("evidence_cosignature")
    op.drop_table("subject")
    with op.batch_alter_table("restriction", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_restriction_name_key"))
        batch_op.drop_index(batch_op.f("ix_restriction_finding"))
        batch_op.drop_index(batch_op.f("ix_restriction_credit_code"))

    op.drop_table("restriction")
    with op.batch_alter_table("paper", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_paper_owner"))

    op.drop_table("paper")
    op.drop_table("outbox_wide")
    op.drop_table("outbox_message")
    with op.batch_alter_table("organisation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_organisation_name_key"))

    op.drop_table("organisation")
    with op.batch_alter_table("fact", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_fact_subject_kind"))

    op.drop_table("fact")
    with op.batch_alter_table("evidence_pending", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_evidence_pending_place"))

    op.drop_table("evidence_pending")
    op.drop_table("evidence_node")
    with op.batch_alter_table("evidence_held", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_evidence_held_holder"))

    op.drop_table("evidence_held")
    op.drop_table("evidence_head")
    op.drop_table("evidence_entry")
    with op.batch_alter_table("due_work", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_due_work_done_at_due_at"))

    op.drop_table("due_work")
    op.drop_table("counter")
    op.drop_table("clock")
