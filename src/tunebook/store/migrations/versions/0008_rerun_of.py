"""Which arm a rerun belongs to, as a column; before, its study's name said so."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the column, and move the arm's name from the study to it."""
    op.add_column("trial", sa.Column("rerun_of", sa.Text, nullable=False, server_default=""))
    op.execute(
        "UPDATE trial SET rerun_of = substr(study, length('rerun:') + 1), study = '' "
        "WHERE purpose = 'rerun' AND study LIKE 'rerun:%'"
    )
