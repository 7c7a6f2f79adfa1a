"""What waits for an authority: findings without a re-check, re-checks of unknown findings."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


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


def downgrade() -> None:
    """Drops the table: it holds nothing of its own."""
    op.drop_table("follow_up")
