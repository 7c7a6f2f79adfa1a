"""What pages show of an enterprise is kept until something about it changes."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Adds the table, empty."""
    op.create_table(
        "kept_view",
        sa.Column("policy_id", sa.Text(), nullable=False),
        sa.Column("enterprise_id", sa.Text(), nullable=False),
        sa.Column("look", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("family", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("policy_id", "enterprise_id", "look", name="pk_kept_view"),
    )
    op.create_index("ix_kept_view_enterprise_id", "kept_view", ["enterprise_id"])


def downgrade() -> None:
    """Drops the table: what it keeps is made of the others."""
    op.drop_table("kept_view")
