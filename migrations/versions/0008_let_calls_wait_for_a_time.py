"""Let calls wait for an answer until a moment"""

import sqlalchemy as sa
from alembic import op

import storage.columns

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade():
    # Added without a batch: a rebuilt table would lose its CHECKs on SQLite.
    op.add_column(
        "draw_call",
        sa.Column("answer_until", storage.columns.UtcDateTime(timezone=True), nullable=True),
    )


def downgrade():
    op.drop_column("draw_call", "answer_until")
