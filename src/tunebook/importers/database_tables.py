"""Which tables a database has: what tells one tool's from another's (C11)."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from urllib.parse import quote

from tunebook.domain.errors import TableError


def tables_of(file: Path) -> set[str]:
    """Names of the tables of an SQLite file; none where it can't be read."""
    try:
        connection = sqlite3.connect(f"file:{quote(str(file.resolve()))}?mode=ro", uri=True)
        try:
            rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            return {str(name) for (name,) in rows}
        finally:
            connection.close()
    except (sqlite3.Error, OSError):
        return set()


def tables_at(url: str) -> set[str]:
    """Names of the tables at a database's URL; none where it can't be read."""
    import sqlalchemy as sa

    from tunebook.importers.read_only import read_only_engine

    try:
        engine = read_only_engine(url)
    except TableError:
        return set()
    try:
        return set(sa.inspect(engine).get_table_names())
    except sa.exc.SQLAlchemyError:
        return set()
    finally:
        engine.dispose()
