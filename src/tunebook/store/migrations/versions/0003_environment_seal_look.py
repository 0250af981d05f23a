"""What rounds ran on and with, which test metrics are sealed, and who looked at them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

TABLES = ("environment", "seal", "look")
ONLY_ADDED = tuple(
    f"CREATE TRIGGER {table}_{verb}_refused BEFORE {verb} ON {table} "
    f"BEGIN SELECT RAISE(ABORT, 'a {table} is only ever added'); END"
    for table in TABLES
    for verb in ("UPDATE", "DELETE")
)


def upgrade() -> None:
    """Add the tables; of older books nothing is known, and nothing was sealed."""
    for table in TABLES:
        op.create_table(
            table,
            sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
            sa.Column("content", sa.Text, nullable=False),
        )
    if op.get_bind().dialect.name == "sqlite":
        for trigger in ONLY_ADDED:
            op.execute(trigger)
