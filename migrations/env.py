"""Runs migrations on the connection that storage/migrations.py hands over."""

from alembic import context

from storage.append_only import protect
from webapp.tables import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection, target_metadata=metadata, render_as_batch=True, compare_type=True
)
with context.begin_transaction():
    context.run_migrations()
    protect(connection)
