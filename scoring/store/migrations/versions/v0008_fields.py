"""What an enterprise has in each field of supervision, kept with its result."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Adds the column, which leaves the digests of older rows as they are, unless a downgrade left it."""
    present = {column["name"] for column in sa.inspect(op.get_bind()).get_columns("assessment")}
    if "fields" not in present:
        op.add_column("assessment", sa.Column("fields", sa.Text()))


def downgrade() -> None:
    """Leaves the column: the log binds what it holds. An older programme does not read it."""
