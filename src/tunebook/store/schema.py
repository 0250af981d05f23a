"""Tables of a book, for SQLite and PostgreSQL alike; migrations/ brings older books to them."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

REVISION = "0009"
"""The migration that makes this schema; a book that names another is older, or newer."""

metadata = MetaData()

setting = Table(
    "setting",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("made_by", String(40), nullable=False),
    Column("setting", Text),
    Column("objective", Text),
)

round_ = Table(
    "round",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("plan", Text, nullable=False),
    Column("source", Text),
    Column("created_at", Float(53), nullable=False),
    Column("spent_twice_s", Float(53), nullable=False, server_default="0"),
    Column("imported", Text),
)

trial = Table(
    "trial",
    metadata,
    Column("round", Integer, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("study", Text, nullable=False),
    Column("index", Integer, nullable=False),
    Column("purpose", String(10), nullable=False),
    Column("config", Text, nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("max_train_steps", BigInteger, nullable=False),
    Column("status", String(12), nullable=False),
    Column("cause", String(40)),
    Column("detail", Text, nullable=False, server_default=""),
    Column("attempt", Integer, nullable=False, server_default="0"),
    Column("seconds", Float(53), nullable=False, server_default="0"),
    Column("output_tail", Text, nullable=False, server_default=""),
    Column("unread", Text, nullable=False, server_default="[]"),
    Column("started_at", Float(53)),
    Column("ended_at", Float(53)),
    Column("host", Text),
    Column("lease_until", Float(53)),
    Column("turn", Integer, nullable=False, server_default="0"),
    Column("evaluation_share", Float(53)),
    Column("rerun_of", Text, nullable=False, server_default=""),
    Column("chosen", Text, nullable=False, server_default=""),
    Column("source_name", Text, nullable=False, server_default=""),
    ForeignKeyConstraint(["round"], ["round.number"]),
    Index("trial_by_status", "round", "status", "turn", "number"),
)

request = Table(
    "request",
    metadata,
    Column("round", Integer, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("what", String(10), nullable=False),
    Column("asked_at", Float(53), nullable=False),
    ForeignKeyConstraint(["round"], ["round.number"]),
)
"""What a person asked of the hosts of a round, or of one running trial (`number`; else -1)."""

attempt = Table(
    "attempt",
    metadata,
    Column("round", Integer, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("attempt", Integer, primary_key=True, autoincrement=False),
    Column("first_step", BigInteger, nullable=False, server_default="0"),
    Column("lines", BigInteger, nullable=False, server_default="0"),
    ForeignKeyConstraint(["round", "number"], ["trial.round", "trial.number"]),
)

chunk = Table(
    "chunk",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("round", Integer, nullable=False),
    Column("number", Integer, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("metric", Text, nullable=False),
    Column("count", Integer, nullable=False),
    Column("points", LargeBinary, nullable=False),
    Column("crc32", BigInteger, nullable=False),
    ForeignKeyConstraint(["round", "number"], ["trial.round", "trial.number"]),
    Index("chunk_by_trial", "round", "number", "attempt"),
)


def _only_added(name: str) -> Table:
    return Table(
        name,
        metadata,
        Column("number", Integer, primary_key=True, autoincrement=False),
        Column("content", Text, nullable=False),
    )


rerun_plan = _only_added("rerun_plan")
decision = _only_added("decision")
launch = _only_added("launch")
environment = _only_added("environment")
seal = _only_added("seal")
look = _only_added("look")

GUARDED = (decision, launch, rerun_plan, environment, seal, look)


def guards(dialect: str) -> tuple[str, ...]:
    """Statements after which no program changes or drops a row of these tables.

    Args:
        dialect: "sqlite" or "postgresql".
    """
    if dialect == "postgresql":
        return (REFUSE, *(_server_guard(t.name) for t in GUARDED))
    return tuple(
        f"CREATE TRIGGER {table.name}_{verb}_refused BEFORE {verb} ON {table.name} "
        f"BEGIN SELECT RAISE(ABORT, 'a {table.name} is only ever added'); END"
        for table in GUARDED
        for verb in ("UPDATE", "DELETE")
    )


REFUSE = (
    "CREATE FUNCTION only_ever_added() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    "RAISE EXCEPTION 'a %% is only ever added', TG_TABLE_NAME; END $$"
)


def _server_guard(table: str) -> str:
    return (
        f"CREATE TRIGGER {table}_refused BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION only_ever_added()"
    )
