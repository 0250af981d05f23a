"""The next pending trial by an index alone; on PostgreSQL, guards of what is only ever added."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"

GUARDED = ("decision", "launch", "rerun_plan", "environment", "seal", "look")


def upgrade() -> None:
    """Make the index anew. No earlier version kept a book on PostgreSQL."""
    op.drop_index("trial_by_status", "trial")
    op.create_index("trial_by_status", "trial", ["round", "status", "number"])
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute(
        "CREATE FUNCTION only_ever_added() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION 'a % is only ever added', TG_TABLE_NAME; END $$"
    )
    for table in GUARDED:
        op.execute(
            f"CREATE TRIGGER {table}_refused BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION only_ever_added()"
        )
