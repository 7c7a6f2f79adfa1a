"""What waits for an authority: findings to check again, checks of unknown findings; quicker lists."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
POINTS = "ix_standing_policy_id_points_enterprise_id"
COLOURS = "ix_standing_policy_id_colour_enterprise_id"


def upgrade() -> None:
    """Adds the table; the next batch fills it."""
    op.create_table(
        "follow_up",
        sa.Column("enterprise_id", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("need", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("field", sa.Text()),
        sa.Column("authority", sa.Text()),
        sa.Column("office", sa.Text()),
        sa.Column("document_no", sa.Text()),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date()),
        sa.PrimaryKeyConstraint("enterprise_id", "record_id", name="pk_follow_up"),
    )
    op.create_index("ix_follow_up_due_on", "follow_up", ["due_on"])
    op.add_column("standing", sa.Column("points", NUMBER))
    op.execute(
        "UPDATE standing SET points = (SELECT points FROM assessment WHERE number = standing.in_effect)"
    )
    op.create_index(POINTS, "standing", ["policy_id", "points", "enterprise_id"])
    op.create_index(COLOURS, "standing", ["policy_id", "colour", "enterprise_id"])


def downgrade() -> None:
    """Drops the table and the indexes: they hold nothing of their own."""
    for index in (COLOURS, POINTS):
        op.drop_index(index, "standing")
    op.drop_column("standing", "points")
    op.drop_table("follow_up")
