"""A book: rounds, trials, attempts, packed curves, decisions, launches."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

ONLY_ADDED = tuple(
    f"CREATE TRIGGER {table}_{verb}_refused BEFORE {verb} ON {table} "
    f"BEGIN SELECT RAISE(ABORT, 'a {table} is only ever added'); END"
    for table in ("decision", "launch")
    for verb in ("UPDATE", "DELETE")
)


def upgrade() -> None:
    """Make the tables. Written out, since `schema.py` will have moved on."""
    op.create_table(
        "setting",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("made_by", sa.String(40), nullable=False),
        sa.Column("setting", sa.Text),
        sa.Column("objective", sa.Text),
    )
    op.create_table(
        "round",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("plan", sa.Text, nullable=False),
        sa.Column("source", sa.Text),
        sa.Column("created_at", sa.Float(53), nullable=False),
        sa.Column("spent_twice_s", sa.Float(53), nullable=False, server_default="0"),
    )
    _trials()
    for table in ("decision", "launch"):
        op.create_table(
            table,
            sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
            sa.Column("content", sa.Text, nullable=False),
        )
    if op.get_bind().dialect.name == "sqlite":
        for trigger in ONLY_ADDED:
            op.execute(trigger)


def _trials() -> None:
    op.create_table(
        "trial",
        sa.Column("round", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("study", sa.Text, nullable=False),
        sa.Column("index", sa.Integer, nullable=False),
        sa.Column("purpose", sa.String(10), nullable=False),
        sa.Column("config", sa.Text, nullable=False),
        sa.Column("seed", sa.BigInteger, nullable=False),
        sa.Column("max_train_steps", sa.BigInteger, nullable=False),
        sa.Column("status", sa.String(12), nullable=False),
        sa.Column("cause", sa.String(40)),
        sa.Column("detail", sa.Text, nullable=False, server_default=""),
        sa.Column("attempt", sa.Integer, nullable=False, server_default="0"),
        sa.Column("seconds", sa.Float(53), nullable=False, server_default="0"),
        sa.Column("output_tail", sa.Text, nullable=False, server_default=""),
        sa.Column("unread", sa.Text, nullable=False, server_default="[]"),
        sa.Column("started_at", sa.Float(53)),
        sa.Column("ended_at", sa.Float(53)),
        sa.Column("host", sa.Text),
        sa.Column("lease_until", sa.Float(53)),
        sa.ForeignKeyConstraint(["round"], ["round.number"]),
    )
    op.create_index("trial_by_status", "trial", ["round", "status"])
    op.create_table(
        "attempt",
        sa.Column("round", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("attempt", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("first_step", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("lines", sa.BigInteger, nullable=False, server_default="0"),
        sa.ForeignKeyConstraint(["round", "number"], ["trial.round", "trial.number"]),
    )
    op.create_table(
        "chunk",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("round", sa.Integer, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("metric", sa.Text, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("points", sa.LargeBinary, nullable=False),
        sa.Column("crc32", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(["round", "number"], ["trial.round", "trial.number"]),
    )
    op.create_index("chunk_by_trial", "chunk", ["round", "number", "attempt"])
