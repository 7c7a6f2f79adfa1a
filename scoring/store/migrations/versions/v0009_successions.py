"""Who has succeeded an enterprise is found without looking at every record."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

SUCCESSIONS = sa.text("kind = 'succession'")


def upgrade() -> None:
    """Adds the index, which leaves every digest as it is."""
    op.create_index(
        "ix_record_version_refers_to",
        "record_version",
        ["refers_to"],
        sqlite_where=SUCCESSIONS,
        postgresql_where=SUCCESSIONS,
    )


def downgrade() -> None:
    """Drops it: an older programme asks nobody for successors."""
    op.drop_index("ix_record_version_refers_to", "record_version")
