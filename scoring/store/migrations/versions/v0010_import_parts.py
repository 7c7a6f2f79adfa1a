"""An import is stored in parts, so that others can write meanwhile."""

import sqlalchemy as sa
from alembic import op

from scoring.errors import StoreError

revision = "0010"
down_revision = "0009"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Adds the table of parts, and to a run the entry with which it began; digests stay as they are."""
    op.create_table(
        "import_part",
        sa.Column("event", NUMBER, autoincrement=False, nullable=False),
        sa.Column("begun", NUMBER, nullable=False),
        sa.Column("after_seq", NUMBER, nullable=False),
        sa.Column("last_seq", NUMBER, nullable=False),
        sa.Column("compared", NUMBER, nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("event", name="pk_import_part"),
    )
    op.create_index("ix_import_part_begun", "import_part", ["begun"])
    present = {column["name"] for column in sa.inspect(op.get_bind()).get_columns("import_run")}
    if "begun" not in present:
        op.add_column("import_run", sa.Column("begun", NUMBER))
    op.create_index("ix_import_run_begun", "import_run", ["begun"])


def downgrade() -> None:
    """Drops the table where nothing was ever stored in parts.

    Raises:
        StoreError: Something was: an older programme would show an import that is half in.
    """
    if op.get_bind().execute(sa.text("SELECT 1 FROM import_part LIMIT 1")).first():
        raise StoreError("store_not_lowered")
    op.drop_index("ix_import_run_begun", "import_run")
    op.drop_index("ix_import_part_begun", "import_part")
    op.drop_table("import_part")
