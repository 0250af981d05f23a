"""Plans of reruns: what a decision fixed before its first fresh seed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

ONLY_ADDED = tuple(
    f"CREATE TRIGGER rerun_plan_{verb}_refused BEFORE {verb} ON rerun_plan "
    f"BEGIN SELECT RAISE(ABORT, 'a rerun_plan is only ever added'); END"
    for verb in ("UPDATE", "DELETE")
)


def upgrade() -> None:
    """Add the table; decisions of older books have no plan."""
    op.create_table(
        "rerun_plan",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("content", sa.Text, nullable=False),
    )
    if op.get_bind().dialect.name == "sqlite":
        for trigger in ONLY_ADDED:
            op.execute(trigger)
