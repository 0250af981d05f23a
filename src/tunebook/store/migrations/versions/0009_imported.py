"""Rounds that another tool ran: their origin, what chose each trial, and its name there."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the columns; every round so far was run by the book itself."""
    op.add_column("round", sa.Column("imported", sa.Text))
    for name in ("chosen", "source_name"):
        op.add_column("trial", sa.Column(name, sa.Text, nullable=False, server_default=""))
