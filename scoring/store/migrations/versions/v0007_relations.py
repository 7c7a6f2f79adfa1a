"""How records stand to each other: their matter, what they refer to, mending, masking and confirmation."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

TEXTS = ("matter_id", "refers_to")
DAYS = ("mended_on", "masked_from", "masked_until", "confirmed_on")


def upgrade() -> None:
    """Adds the columns, which leaves the digests of older rows as they are, unless a downgrade left them."""
    present = {column["name"] for column in sa.inspect(op.get_bind()).get_columns("record_version")}
    for name in (*TEXTS, *DAYS):
        if name not in present:
            op.add_column("record_version", sa.Column(name, sa.Text() if name in TEXTS else sa.Date()))


def downgrade() -> None:
    """Leaves the columns: the log binds what they hold. An older programme does not read them."""
