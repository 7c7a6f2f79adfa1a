"""Statements of a month; visits, restorations and colours as figures count them."""

import sqlalchemy as sa
from alembic import op

from scoring.errors import StoreError

revision = "0013"
down_revision = "0012"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
COUNTED = (
    *("visit", "visit_spread", "often_visited", "restored_record"),
    *("colour_month", "colour_move", "counted_up_to"),
)


def upgrade() -> None:
    """Adds the tables; the next batch fills those of counts."""
    op.create_table(
        "statement",
        sa.Column("number", NUMBER, autoincrement=False, nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("departments", sa.Text()),
        sa.Column("rules_sha256", sa.String(length=64), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("revises", NUMBER),
        sa.Column("figures", sa.Text(), nullable=False),
        sa.Column("papers", sa.Text(), nullable=False),
        sa.Column("tables", sa.Text(), nullable=False),
        sa.Column("event", NUMBER, nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_statement"),
    )
    op.create_index("ix_statement_month", "statement", ["month"])
    _facts()
    _colours()


def downgrade() -> None:
    """Drops the tables where nothing was ever stated.

    Raises:
        StoreError: Something was: the log binds it.
    """
    if op.get_bind().execute(sa.text("SELECT 1 FROM statement LIMIT 1")).first():
        raise StoreError("store_not_lowered")
    for table in ("statement", *COUNTED):
        op.drop_table(table)


def _facts() -> None:
    op.create_table(
        "visit",
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("enterprise_id", sa.Text(), nullable=False),
        sa.Column("area", sa.Text()),
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("occasion", sa.Text(), nullable=False),
        sa.Column("year", NUMBER, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("joint", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("record_id", name="pk_visit"),
    )
    # All that a count reads stands in it, in the order in which it counts.
    counted = ["year", "office", "enterprise_id", "day", "field", "occasion", "area", "joint"]
    op.create_index("ix_visit_counted", "visit", counted)
    op.create_index("ix_visit_enterprise_id_day", "visit", ["enterprise_id", "day"])
    _years()
    op.create_table(
        "restored_record",
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("enterprise_id", sa.Text(), nullable=False),
        sa.Column("area", sa.Text()),
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("record_id", name="pk_restored_record"),
    )
    op.create_index("ix_restored_record_enterprise_id", "restored_record", ["enterprise_id"])
    op.create_index("ix_restored_record_day", "restored_record", ["day"])
    op.create_table(
        "counted_up_to",
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("seq", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("what", name="pk_counted_up_to"),
    )


def _years() -> None:
    op.create_table(
        "visit_spread",
        sa.Column("year", NUMBER, autoincrement=False, nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("visits", NUMBER, autoincrement=False, nullable=False),
        sa.Column("enterprises", NUMBER, nullable=False),
        sa.Column("joint", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("year", "area", "office", "field", "visits", name="pk_visit_spread"),
    )
    op.create_table(
        "often_visited",
        sa.Column("year", NUMBER, autoincrement=False, nullable=False),
        sa.Column("enterprise_id", sa.Text(), nullable=False),
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("area", sa.Text()),
        sa.Column("visits", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("year", "enterprise_id", "office", "field", name="pk_often_visited"),
    )
    op.create_index("ix_often_visited_enterprise_id", "often_visited", ["enterprise_id"])


def _colours() -> None:
    op.create_table(
        "colour_month",
        sa.Column("policy_id", sa.Text(), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("band", sa.Text(), nullable=False),
        sa.Column("enterprises", NUMBER, nullable=False),
        sa.Column("event", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("policy_id", "month", "field", "area", "band", name="pk_colour_month"),
    )
    op.create_table(
        "colour_move",
        sa.Column("number", NUMBER, autoincrement=False, nullable=False),
        sa.Column("policy_id", sa.Text(), nullable=False),
        sa.Column("enterprise_id", sa.Text(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("before", sa.Text()),
        sa.Column("after", sa.Text()),
        sa.PrimaryKeyConstraint("number", name="pk_colour_move"),
    )
    moved = ["policy_id", "as_of", "enterprise_id", "number", "before", "after"]
    op.create_index("ix_colour_move_counted", "colour_move", moved)
