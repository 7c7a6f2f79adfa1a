"""Runs the migrations on the connection that ``scoring.store.tables.migrate`` gives; its transaction is the caller's."""

from alembic import context

from scoring.store.tables.orm import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    version_table="sise_schema",
    render_as_batch=True,
)
context.run_migrations()
