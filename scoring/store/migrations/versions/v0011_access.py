"""Who may do what: grants, invitations, log-ins, sessions, and who looked at what; whom a search finds."""

import sqlalchemy as sa
from alembic import op

from scoring.errors import StoreError

revision = "0011"
down_revision = "0010"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SEALED = ("access_grant", "invitation", "login", "provider_link")


def upgrade() -> None:
    """Adds the tables; what is stored stays as it is."""
    _sealed(
        "access_grant",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("areas", sa.Text()),
        sa.Column("departments", sa.Text()),
        sa.Column("enterprise_id", sa.Text()),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date()),
        sa.Column("withdraws", NUMBER),
        sa.Column("ground", sa.Text(), nullable=False),
        indexes=("account", "enterprise_id"),
    )
    _sealed(
        "invitation",
        sa.Column("account", sa.Text()),
        sa.Column("enterprise_id", sa.Text()),
        sa.Column("code_sha256", sa.String(length=64), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("ground", sa.Text(), nullable=False),
        sa.Column("document", sa.Text()),
        indexes=("account", "code_sha256", "enterprise_id"),
    )
    _sealed(
        "login",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("password", sa.Text()),
        sa.Column("second_factor", sa.Text()),
        sa.Column("invitation", NUMBER),
        indexes=("account", "invitation"),
    )
    _sealed(
        "provider_link",
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("account", sa.Text()),
        indexes=("subject",),
    )
    _directory()
    _unsealed()


def downgrade() -> None:
    """Drops the tables where nobody was ever granted anything.

    Raises:
        StoreError: Somebody was: an older programme would let everybody read.
    """
    for table in SEALED:
        if op.get_bind().execute(sa.text(f"SELECT 1 FROM {table} LIMIT 1")).first():
            raise StoreError("store_not_lowered")
    for table in (*SEALED, "directory", "session", "viewing"):
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
    _indexed(name, indexes)


def _unsealed() -> None:
    op.create_table(
        "session",
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("began_at", sa.Text(), nullable=False),
        sa.Column("ends_at", sa.Text(), nullable=False),
        sa.Column("used_code", NUMBER),
        sa.Column("is_over", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("token_sha256", name="pk_session"),
    )
    _indexed("session", ("account",))
    op.create_table(
        "viewing",
        sa.Column("number", NUMBER, autoincrement=False, nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("enterprise_id", sa.Text(), nullable=False),
        sa.Column("page", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_viewing"),
    )
    _indexed("viewing", ("account", "at", "enterprise_id"))


def _directory() -> None:
    op.create_table(
        "directory",
        sa.Column("enterprise_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text()),
        sa.Column("spelled", sa.Text(), nullable=False),
        sa.Column("area", sa.Text()),
        sa.Column("industry_code", sa.Text()),
        sa.Column("entity_type", sa.Text()),
        sa.Column("seq", NUMBER, nullable=False),
        sa.Column("visible_seq", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("enterprise_id", name="pk_directory"),
    )
    op.create_index("ix_directory_visible_seq_seq", "directory", ["visible_seq", "seq"])
    op.create_index(
        "ix_directory_spelled_area_enterprise_id", "directory", ["spelled", "area", "enterprise_id"]
    )


def _indexed(table: str, columns: tuple[str, ...]) -> None:
    for column in columns:
        op.create_index(f"ix_{table}_{column}", table, [column])
