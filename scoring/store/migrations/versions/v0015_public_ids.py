"""Random ids of the pages that the public may read, one for every enterprise of the directory."""

import sqlalchemy as sa
from alembic import op

from scoring.store.log.sealing import new_salts

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Adds the table and fills it; who comes later is given an id with the entry in the directory."""
    op.create_table(
        "public_page",
        sa.Column("enterprise_id", sa.Text(), nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("enterprise_id", name="pk_public_page"),
    )
    op.create_index("ix_public_page_public_id", "public_page", ["public_id"], unique=True)
    connection = op.get_bind()
    ids = connection.execute(sa.text("SELECT enterprise_id FROM directory")).scalars().all()
    rows = [
        {"enterprise_id": enterprise_id, "public_id": drawn_id.hex()}
        for enterprise_id, drawn_id in zip(ids, new_salts(len(ids)), strict=True)
    ]
    if rows:
        connection.execute(sa.text("INSERT INTO public_page VALUES (:enterprise_id, :public_id)"), rows)


def downgrade() -> None:
    """Drops the table: addresses that were handed out lead nowhere after that."""
    op.drop_table("public_page")
