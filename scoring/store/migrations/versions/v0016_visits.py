"""Visits that were recorded here, with their minutes; tokens of other systems."""

import sqlalchemy as sa
from alembic import op

from scoring.errors import StoreError

revision = "0016"
down_revision = "0015"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SEALED = ("inspection_visit", "api_token")


def upgrade() -> None:
    """Adds the tables; what is stored stays as it is."""
    _sealed(
        "inspection_visit",
        sa.Column("enterprise_id", sa.Text(), nullable=False),
        sa.Column("request", sa.String(length=64), nullable=False),
        sa.Column("body", sa.String(length=64), nullable=False),
        sa.Column("visited_on", sa.Date(), nullable=False),
        sa.Column("amends", NUMBER),
        sa.Column("minutes", sa.String(length=64), nullable=False),
        indexes=("enterprise_id", "request", "amends"),
    )
    _sealed(
        "api_token",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("withdraws", NUMBER),
        sa.Column("ground", sa.Text(), nullable=False),
        indexes=("account", "token_sha256"),
    )
    op.create_table(
        "visit_minutes",
        sa.Column("number", NUMBER, autoincrement=False, nullable=False),
        sa.Column("enterprise_id", sa.Text(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_visit_minutes"),
    )
    op.create_index("ix_visit_minutes_enterprise_id", "visit_minutes", ["enterprise_id"])


def downgrade() -> None:
    """Drops the tables where no visit was ever recorded and no token given.

    Raises:
        StoreError: One was: an older programme would know nothing of it.
    """
    for table in SEALED:
        if op.get_bind().execute(sa.text(f"SELECT 1 FROM {table} LIMIT 1")).first():
            raise StoreError("store_not_lowered")
    for table in (*SEALED, "visit_minutes"):
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
