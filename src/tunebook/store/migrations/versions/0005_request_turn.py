"""What a person asks of running rounds, and which trials go first."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the table and the column; trials of older books go in the order of their numbers."""
    op.create_table(
        "request",
        sa.Column("round", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("what", sa.String(10), nullable=False),
        sa.Column("asked_at", sa.Float(53), nullable=False),
        sa.ForeignKeyConstraint(["round"], ["round.number"]),
    )
    op.add_column("trial", sa.Column("turn", sa.Integer, nullable=False, server_default="0"))
    op.drop_index("trial_by_status", "trial")
    op.create_index("trial_by_status", "trial", ["round", "status", "turn", "number"])
