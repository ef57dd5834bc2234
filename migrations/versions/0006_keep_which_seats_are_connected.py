"""Keep which seats are connected"""

import sqlalchemy as sa
from alembic import op

import storage.columns

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "meeting_presence",
        sa.Column("meeting_code", sa.String(length=12), nullable=False),
        sa.Column("expert_code", sa.String(length=12), nullable=False),
        sa.Column("seen_at", storage.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("lost_at", storage.columns.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["meeting_code", "expert_code"],
            ["meeting_member.meeting_code", "meeting_member.expert_code"],
            name=op.f("fk_meeting_presence_meeting_code_expert_code"),
        ),
        sa.PrimaryKeyConstraint("meeting_code", "expert_code", name=op.f("pk_meeting_presence")),
    )


def downgrade():
    op.drop_table("meeting_presence")
