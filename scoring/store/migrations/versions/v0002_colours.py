"""Policies, assessments, where each enterprise stands, and what was done about proposals."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Makes the tables."""
    _assessment()
    _policy()
    _score_run()
    _standing()
    _step()


def downgrade() -> None:
    """Drops them with what they hold."""
    for table in ("step", "standing", "score_run", "assessment", "policy"):
        op.drop_table(table)


def _assessment() -> None:
    op.create_table(
        "assessment",
        sa.Column("number", NUMBER, autoincrement=False, nullable=False),
        sa.Column("enterprise_id", sa.Text(), nullable=False),
        sa.Column("policy_id", sa.Text(), nullable=False),
        sa.Column("policy_sha256", sa.String(length=64), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("seq", NUMBER, nullable=False),
        sa.Column("prior_band", sa.Text()),
        sa.Column("points", NUMBER),
        sa.Column("band", sa.Text()),
        sa.Column("colour", sa.Text()),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("status_reason", sa.Text()),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("vetoes", sa.Text(), nullable=False),
        sa.Column("caps", sa.Text(), nullable=False),
        sa.Column("coverage", NUMBER, nullable=False),
        sa.Column("n_records", NUMBER, nullable=False),
        sa.Column("contributions", sa.Text(), nullable=False),
        sa.Column("given", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reviewers", NUMBER, nullable=False),
        sa.Column("notice_until", sa.Date()),
        sa.Column("event", NUMBER, nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_assessment"),
    )
    op.create_index("ix_assessment_enterprise_id", "assessment", ["enterprise_id"])
    op.create_index("ix_assessment_event", "assessment", ["event"])


def _policy() -> None:
    op.create_table(
        "policy",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("policy_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("event", NUMBER, nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_policy"),
    )


def _score_run() -> None:
    op.create_table(
        "score_run",
        sa.Column("event", NUMBER, autoincrement=False, nullable=False),
        sa.Column("policy_id", sa.Text(), nullable=False),
        sa.Column("policy_sha256", sa.String(length=64), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("seq", NUMBER, nullable=False),
        sa.Column("enterprises", NUMBER, nullable=False),
        sa.Column("changed", NUMBER, nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("event", name="pk_score_run"),
    )


def _standing() -> None:
    op.create_table(
        "standing",
        sa.Column("policy_id", sa.Text(), nullable=False),
        sa.Column("enterprise_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text()),
        sa.Column("colour", sa.Text()),
        sa.Column("band", sa.Text()),
        sa.Column("in_effect", NUMBER),
        sa.Column("latest", NUMBER, nullable=False),
        sa.Column("proposed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("policy_id", "enterprise_id", name="pk_standing"),
    )
    op.create_index("ix_standing_latest", "standing", ["latest"])


def _step() -> None:
    op.create_table(
        "step",
        sa.Column("number", NUMBER, autoincrement=False, nullable=False),
        sa.Column("policy_id", sa.Text(), nullable=False),
        sa.Column("enterprise_id", sa.Text(), nullable=False),
        sa.Column("assessment", NUMBER),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("record_id", sa.Text()),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=False),
        sa.Column("seq", NUMBER, nullable=False),
        sa.Column("ground", sa.Text(), nullable=False),
        sa.Column("document", sa.Text()),
        sa.Column("event", NUMBER, nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_step"),
    )
    op.create_index("ix_step_assessment", "step", ["assessment"])
    op.create_index("ix_step_enterprise_id", "step", ["enterprise_id"])
