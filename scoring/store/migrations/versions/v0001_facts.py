"""Facts, where they came from, and the log."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Makes the tables."""
    _audit_event()
    _enterprise_version()
    _erased()
    _head()
    _import_run()
    _record_version()
    _source_map()
    numbers = sa.table(
        "head", *(sa.column(name) for name in ("id", "seq", "event", "assessment", "step", "at"))
    )
    op.bulk_insert(numbers, [{"id": 1, "seq": 0, "event": 0, "assessment": 0, "step": 0, "at": ""}])


def downgrade() -> None:
    """Drops them with what they hold."""
    for table in (
        "erased",
        "record_version",
        "enterprise_version",
        "import_run",
        "source_map",
        "audit_event",
        "head",
    ):
        op.drop_table(table)


def _audit_event() -> None:
    op.create_table(
        "audit_event",
        sa.Column("seq", NUMBER, autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text()),
        sa.Column("salt", sa.LargeBinary()),
        sa.Column("payload_hash", sa.LargeBinary(), nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_audit_event"),
    )


def _enterprise_version() -> None:
    op.create_table(
        "enterprise_version",
        sa.Column("seq", NUMBER, autoincrement=False, nullable=False),
        sa.Column("enterprise_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text()),
        sa.Column("entity_type", sa.Text()),
        sa.Column("status", sa.Text()),
        sa.Column("registered_on", sa.Date()),
        sa.Column("industry_code", sa.Text()),
        sa.Column("district_code", sa.Text()),
        sa.Column("supervised_by", sa.Text()),
        sa.Column("parent_id", sa.Text()),
        sa.Column("size_band", sa.Text()),
        sa.Column("source", sa.Text()),
        sa.Column("known_on", sa.Date()),
        sa.Column("known_until", sa.Date()),
        sa.Column("created", sa.Boolean(), nullable=False),
        sa.Column("ground", sa.Text()),
        sa.Column("document", sa.Text()),
        sa.Column("event", NUMBER, nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_enterprise_version"),
    )
    op.create_index(
        "ix_enterprise_version_enterprise_id_known_on", "enterprise_version", ["enterprise_id", "known_on"]
    )
    op.create_index("ix_enterprise_version_parent_id", "enterprise_version", ["parent_id"])


def _erased() -> None:
    op.create_table(
        "erased",
        sa.Column("seq", NUMBER, autoincrement=False, nullable=False),
        sa.Column("fact", sa.String(length=16), nullable=False),
        sa.Column("enterprise_id", sa.Text(), nullable=False),
        sa.Column("brought_by", NUMBER, nullable=False),
        sa.Column("row_digest", sa.LargeBinary(), nullable=False),
        sa.Column("event", NUMBER, nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_erased"),
    )
    op.create_index("ix_erased_enterprise_id", "erased", ["enterprise_id"])
    op.create_index("ix_erased_event", "erased", ["event"])


def _head() -> None:
    op.create_table(
        "head",
        sa.Column("id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("seq", NUMBER, nullable=False),
        sa.Column("event", NUMBER, nullable=False),
        sa.Column("assessment", NUMBER, nullable=False),
        sa.Column("step", NUMBER, nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_head"),
    )


def _import_run() -> None:
    op.create_table(
        "import_run",
        sa.Column("seq", NUMBER, autoincrement=False, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("map_sha256", sa.String(length=64), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("files", sa.Text(), nullable=False),
        sa.Column("rows_in", NUMBER, nullable=False),
        sa.Column("accepted", NUMBER, nullable=False),
        sa.Column("rejected", NUMBER, nullable=False),
        sa.Column("merged", NUMBER, nullable=False),
        sa.Column("out_of_scope", NUMBER, nullable=False),
        sa.Column("enterprises", NUMBER, nullable=False),
        sa.Column("records", NUMBER, nullable=False),
        sa.Column("known", NUMBER, nullable=False),
        sa.Column("event", NUMBER, nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_import_run"),
    )
    op.create_index("ix_import_run_fingerprint", "import_run", ["fingerprint"])


def _record_version() -> None:
    op.create_table(
        "record_version",
        sa.Column("seq", NUMBER, autoincrement=False, nullable=False),
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("enterprise_id", sa.Text(), nullable=False),
        sa.Column("act_id", sa.Text()),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("field", sa.Text()),
        sa.Column("result", sa.Text()),
        sa.Column("severity", sa.Text()),
        sa.Column("info_class", sa.Text()),
        sa.Column("scope", sa.Text()),
        sa.Column("occurred_on", sa.Date()),
        sa.Column("decided_on", sa.Date()),
        sa.Column("served_on", sa.Date()),
        sa.Column("final_on", sa.Date()),
        sa.Column("contest", sa.Text()),
        sa.Column("procedure", sa.Text()),
        sa.Column("publish_until", sa.Date()),
        sa.Column("restored_on", sa.Date()),
        sa.Column("withdrawn_on", sa.Date()),
        sa.Column("amount_fen", sa.BigInteger()),
        sa.Column("value_x100", sa.BigInteger()),
        sa.Column("authority", sa.Text()),
        sa.Column("document_no", sa.Text()),
        sa.Column("basis_document_no", sa.Text()),
        sa.Column("officer_note", sa.Text()),
        sa.Column("source", sa.Text()),
        sa.Column("known_on", sa.Date()),
        sa.Column("known_until", sa.Date()),
        sa.Column("ground", sa.Text()),
        sa.Column("document", sa.Text()),
        sa.Column("event", NUMBER, nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_record_version"),
    )
    op.create_index("ix_record_version_enterprise_id", "record_version", ["enterprise_id"])
    op.create_index("ix_record_version_record_id_known_on", "record_version", ["record_id", "known_on"])


def _source_map() -> None:
    op.create_table(
        "source_map",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("map_id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("covers", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("event", NUMBER, nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_source_map"),
    )
