"""Alembic's scripts: one file per version of the schema, each up and down."""
