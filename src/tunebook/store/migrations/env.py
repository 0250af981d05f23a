"""What Alembic runs: the migrations here, on the connection that it is handed."""

from __future__ import annotations

from alembic import context

connection = context.config.attributes["connection"]
context.configure(connection=connection, render_as_batch=True)
# The caller holds the transaction: a migration that fails leaves the book as it was.
context.run_migrations()
