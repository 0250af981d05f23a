"""Other tools' databases, opened so that nothing in them can change."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import sqlalchemy as sa

from tunebook.domain.errors import TableError
from tunebook.importers.source import url_of
from tunebook.importers.sqlite_files import connect_to_read

WAIT_S = 5.0
"""For a writer that holds a lock."""


def read_only_engine(place: str | Path) -> sa.Engine:
    """An engine on an SQLite file or a server's URL that reads alone.

    Args:
        place: the file, or a URL as SQLAlchemy has it; `sqlite:///FILE` is the file.

    Raises:
        TableError: there is no such file, it is no URL of a database, or the server's driver is
            not installed.
    """
    if isinstance(place, str):
        url = url_of(place)
        if url.get_backend_name() != "sqlite":
            return _server(url)
        place = Path(url.database or "")
    if not place.is_file():
        raise TableError(f"there is no file {place}", next_step="correct the path")
    file = place

    def connect() -> sqlite3.Connection:
        return connect_to_read(file, wait_s=WAIT_S)

    return sa.create_engine("sqlite://", creator=connect, poolclass=sa.pool.StaticPool)


def _server(url: sa.URL) -> sa.Engine:
    if url.drivername == "postgresql":  # the driver that the extra `postgres` brings
        url = url.set(drivername="postgresql+psycopg")
    try:
        engine = sa.create_engine(url)
    except ModuleNotFoundError as error:
        raise TableError(
            f"the driver for {url.get_backend_name()} is not installed: {error.name}",
            next_step="pip install 'tunebook[postgres]', or the one that the URL names, as in "
            "mysql+pymysql://",
        ) from None
    return engine.execution_options(postgresql_readonly=True)
