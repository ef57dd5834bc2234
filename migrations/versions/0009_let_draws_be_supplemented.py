"""Let draws be supplemented"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "draw_earlier_round",
        sa.Column("draw_code", sa.String(length=12), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("frozen", sa.Text(), nullable=False),
        sa.Column("seed", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["draw_code"], ["draw.code"], name=op.f("fk_draw_earlier_round_draw_code_draw")
        ),
        sa.PrimaryKeyConstraint("draw_code", "round", name=op.f("pk_draw_earlier_round")),
    )
    # Added without a batch: a rebuilt table would lose its CHECKs on SQLite.
    op.add_column("draw_call", sa.Column("round", sa.Integer(), nullable=False, server_default="1"))
    # Until now the only round in which anybody was called is the one that the draw stands at.
    op.execute(
        "UPDATE draw_call SET round ="
        " (SELECT draw.round FROM draw WHERE draw.code = draw_call.draw_code)"
    )


def downgrade():
    op.drop_column("draw_call", "round")
    op.drop_table("draw_earlier_round")
