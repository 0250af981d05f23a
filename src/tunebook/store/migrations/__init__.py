"""Alembic migrations of a book; see CONTRIBUTING.md for how to add a stored column."""
