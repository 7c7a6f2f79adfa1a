"""Who may write; proposals that are served, answered and lapse; the last band that was in effect."""

import sqlalchemy as sa
from alembic import op

from scoring.errors import StoreError

revision = "0005"
down_revision = "0004"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Adds what is new; stores with entries of before are refused by the migration before this one."""
    _account()
    op.add_column("assessment", sa.Column("proposal", NUMBER))
    with op.batch_alter_table("assessment") as assessment:
        assessment.drop_column("notice_until")
    op.create_index("ix_assessment_proposal", "assessment", ["proposal"])
    op.add_column("standing", sa.Column("rated_band", sa.Text()))
    op.add_column("step", sa.Column("answers", NUMBER))
    op.add_column("step", sa.Column("content", sa.Text()))


def downgrade() -> None:
    """Refuses: an older programme would neither ask who writes nor wait for a service.

    Raises:
        StoreError: Always.
    """
    raise StoreError("store_not_lowered")


def _account() -> None:
    op.create_table(
        "account",
        sa.Column("number", NUMBER, autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("event", NUMBER, nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_account"),
    )
    op.create_index("ix_account_name", "account", ["name"])
