"""Who has succeeded an enterprise is found without looking at every record."""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Adds the index, which leaves every digest as it is."""
    op.create_index("ix_record_version_refers_to", "record_version", ["refers_to"])


def downgrade() -> None:
    """Drops it: an older programme asks nobody for successors."""
    op.drop_index("ix_record_version_refers_to", "record_version")
