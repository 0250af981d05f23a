"""How much of its time a trial spent on evaluations."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the column; of trials before, it is not known."""
    there = {column["name"] for column in sa.inspect(op.get_bind()).get_columns("trial")}
    if "evaluation_share" not in there:
        op.add_column("trial", sa.Column("evaluation_share", sa.Float(53)))
