"""Rules with their law and closed lists under one hash, and what the register says of them."""

import sqlalchemy as sa
from alembic import op

from scoring.errors import StoreError

revision = "0006"
down_revision = "0005"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Makes the table of rules anew.

    Raises:
        StoreError: The store has scored, under a hash that covers neither law nor lists.
    """
    if op.get_bind().execute(sa.text("SELECT sha256 FROM policy LIMIT 1")).first():
        raise StoreError("store_sealed_otherwise")
    op.drop_table("policy")
    _policy()
    _registration()
    for table in ("assessment", "score_run"):
        with op.batch_alter_table(table) as altered:
            altered.alter_column("policy_sha256", new_column_name="rules_sha256")


def downgrade() -> None:
    """Refuses: an older programme would score under rules that nobody registered.

    Raises:
        StoreError: Always.
    """
    raise StoreError("store_not_lowered")


def _policy() -> None:
    texts = ("policy_id", "version", "content", "law", "lists", "text")
    op.create_table(
        "policy",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in texts),
        *_sealed(),
        sa.PrimaryKeyConstraint("sha256", name="pk_policy"),
    )
    op.create_index("ix_policy_policy_id_version", "policy", ["policy_id", "version"], unique=True)


def _registration() -> None:
    op.create_table(
        "registration",
        sa.Column("number", NUMBER, autoincrement=False, nullable=False),
        sa.Column("rules_sha256", sa.String(length=64), nullable=False),
        sa.Column("entry", sa.Text(), nullable=False),
        *_sealed(),
        sa.PrimaryKeyConstraint("number", name="pk_registration"),
    )
    op.create_index("ix_registration_rules_sha256", "registration", ["rules_sha256"])


def _sealed() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("event", NUMBER, nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
    )
