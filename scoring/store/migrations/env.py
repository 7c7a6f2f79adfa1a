"""Runs the migrations on the connection that ``scoring.store.tables.migrate`` gives; its transaction is the caller's."""

from alembic import context

from scoring.store.tables.orm import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=list(METADATA),
    version_table="sise_schema",
    render_as_batch=True,
)
context.run_migrations()
