"""Signed codes: what was issued, what ended, who is known by which, and the ids of plates."""

import sqlalchemy as sa
from alembic import op

from scoring.errors import StoreError

revision = "0014"
down_revision = "0013"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SEALED = ("code", "code_end", "opaque_code")


def upgrade() -> None:
    """Adds the tables; what is stored stays as it is."""
    _sealed(
        "code",
        sa.Column("enterprise_id", sa.Text(), nullable=False),
        sa.Column("face", sa.String(length=8), nullable=False),
        sa.Column("policy_id", sa.Text(), nullable=False),
        sa.Column("assessment", NUMBER),
        sa.Column("colour", sa.Text()),
        sa.Column("as_of", sa.Date()),
        sa.Column("status_index", NUMBER, nullable=False),
        sa.Column("serial", sa.String(length=16), nullable=False),
        sa.Column("key_id", sa.String(length=8), nullable=False),
        sa.Column("issued_at", NUMBER, nullable=False),
        sa.Column("expires_at", NUMBER, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        indexes=("enterprise_id", "status_index", "serial"),
    )
    _sealed(
        "code_end",
        sa.Column("enterprise_id", sa.Text(), nullable=False),
        sa.Column("status_index", NUMBER, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("cause", sa.String(length=16), nullable=False),
        sa.Column("ended_at", NUMBER, nullable=False),
        indexes=("status_index",),
    )
    _sealed(
        "opaque_code",
        sa.Column("enterprise_id", sa.Text(), nullable=False),
        sa.Column("token", sa.String(length=32), nullable=False),
        indexes=("enterprise_id", "token"),
    )
    op.create_table(
        "code_live",
        sa.Column("enterprise_id", sa.Text(), nullable=False),
        sa.Column("face", sa.String(length=8), nullable=False),
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("colour", sa.Text()),
        sa.Column("status_index", NUMBER, nullable=False),
        sa.Column("key_id", sa.String(length=8), nullable=False),
        sa.Column("expires_at", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("enterprise_id", "face", name="pk_code_live"),
    )
    op.create_index("ix_code_live_key_id", "code_live", ["key_id"])


def downgrade() -> None:
    """Drops the tables where no code was ever issued.

    Raises:
        StoreError: One was: an older programme would not know what hangs outside.
    """
    for table in SEALED:
        if op.get_bind().execute(sa.text(f"SELECT 1 FROM {table} LIMIT 1")).first():
            raise StoreError("store_not_lowered")
    for table in (*SEALED, "code_live"):
        op.drop_table(table)


def _sealed(name: str, *columns: sa.Column[object], indexes: tuple[str, ...]) -> None:
    """A numbered table whose rows the log binds."""
    op.create_table(
        name,
        sa.Column("number", NUMBER, autoincrement=False, nullable=False),
        *columns,
        sa.Column("event", NUMBER, nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=f"pk_{name}"),
    )
    for column in indexes:
        op.create_index(f"ix_{name}_{column}", name, [column])
