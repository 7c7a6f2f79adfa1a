"""Why a visit took place; and the points tables that stored policies use."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Adds the column, which leaves the digests of older rows as they are, and makes the table, unless a downgrade left them."""
    if "occasion" not in {
        column["name"] for column in sa.inspect(op.get_bind()).get_columns("record_version")
    }:
        op.add_column("record_version", sa.Column("occasion", sa.Text()))
    if sa.inspect(op.get_bind()).has_table("model"):
        return
    op.create_table(
        "model",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("model_id", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("event", NUMBER, nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_model"),
    )


def downgrade() -> None:
    """Leaves both: the log binds what they hold. An older programme does not read them; its `audit verify` misses the occasions."""
