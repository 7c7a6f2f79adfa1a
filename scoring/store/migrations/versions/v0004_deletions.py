"""What a lawful deletion opens, which versions are one record, and who signs an entry."""

import sqlalchemy as sa
from alembic import op

from scoring.errors import StoreError

revision = "0004"
down_revision = "0003"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Adds the columns, unless a downgrade left them.

    Raises:
        StoreError: The store has entries, whose rows were sealed in another way.
    """
    bind = op.get_bind()
    if "first_seq" in {column["name"] for column in sa.inspect(bind).get_columns("record_version")}:
        return
    if bind.execute(sa.text("SELECT seq FROM audit_event LIMIT 1")).first():
        raise StoreError("store_sealed_otherwise")
    op.add_column("record_version", sa.Column("first_seq", NUMBER))
    op.create_index("ix_record_version_first_seq", "record_version", ["first_seq"])
    op.add_column("erased", sa.Column("opened", sa.Text()))
    op.add_column("erased", sa.Column("opened_salt", sa.LargeBinary()))
    op.add_column("erased", sa.Column("closed", sa.LargeBinary()))
    op.add_column("audit_event", sa.Column("signer", sa.Text()))
    op.add_column("audit_event", sa.Column("signature", sa.LargeBinary()))


def downgrade() -> None:
    """Leaves them: the log binds what they hold."""
