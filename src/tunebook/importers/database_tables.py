"""Which tables a database at a URL has: what tells one tool's from another's (C11)."""

from __future__ import annotations

from tunebook.domain.errors import TableError


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
