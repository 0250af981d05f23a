"""A book's database on a PostgreSQL server: connections, timeouts, and whose schema it is.

Each commit is on disk when it returns (the server's `synchronous_commit`, which is on by default).
"""

from __future__ import annotations

import math
import os
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import sqlalchemy as sa
from sqlalchemy import event, exc

from tunebook.domain.errors import StoreError
from tunebook.domain.formats.book_location import check_server, is_server, shown
from tunebook.store.book_file import files_folder
from tunebook.store.database.errors import Translation, in_our_words
from tunebook.store.database.server_errors import of_server


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerState:
    """What a server says of itself.

    Attributes:
        version: as in "15.8".
        ahead_s: seconds by which its clock is ahead of this machine's.
    """

    version: str
    ahead_s: float


BUSY_TIMEOUT_S = 15
STATEMENT_TIMEOUT_S = 300
"""A round of a million points is read in seconds; this ends what hangs."""
REST_S = 1.0
"""A connection that was used this lately is taken to be alive."""
POOL, MORE = 2, 6
"""Connections that a process keeps, and those that its threads may add for a while."""
SETTINGS: dict[str, Any] = {
    "application_name": "tunebook",
    "connect_timeout": 10,
    # A network that is cut is noticed in about half a minute, not in two hours.
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}


def connect_server(url: str) -> tuple[sa.Engine, Translation]:
    """An engine on a small pool of connections, and the translation of its errors.

    What the URL leaves out comes from PGHOST, PGPASSWORD, ~/.pgpass and so on, as for psql.

    Raises:
        StoreError: psycopg is not installed, or the URL can't be read.
    """
    check_server(url)
    try:
        import psycopg
        from psycopg.conninfo import conninfo_to_dict
    except ImportError:
        raise StoreError(
            "a book on a PostgreSQL server needs psycopg, which is not installed",
            next_step="pip install 'tunebook[postgres]'",
        ) from None
    try:
        asked = conninfo_to_dict(url)
    except psycopg.Error:  # its text may show a part of the password
        raise StoreError(
            f"{shown(url)} is no URL of a PostgreSQL database",
            next_step="write it as postgresql://USER@HOST:PORT/DATABASE",
        ) from None
    own = f"-c lock_timeout={BUSY_TIMEOUT_S * 1000} -c statement_timeout={STATEMENT_TIMEOUT_S}s"
    options = f"{own} {asked.get('options') or os.environ.get('PGOPTIONS', '')}".strip()
    arguments: dict[str, Any] = {**SETTINGS, **asked, "options": options}

    engine = sa.create_engine(
        "postgresql+psycopg://",
        creator=lambda: psycopg.connect(**arguments),
        pool_size=POOL,
        max_overflow=MORE,
        pool_timeout=BUSY_TIMEOUT_S,
        hide_parameters=True,
    )
    _ping_after_a_rest(engine)
    return engine, partial(of_server, secrets=_secrets(arguments))


def _ping_after_a_rest(engine: sa.Engine) -> None:
    """Try a connection that was idle before it is used, and take a new one where it broke.

    SQLAlchemy's own ping comes before each transaction, and costs each a way to the server.
    """

    @event.listens_for(engine, "checkin")
    def rests(_: Any, record: Any) -> None:
        record.info["since"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def wakes(connection: Any, record: Any, _: Any) -> None:
        if time.monotonic() - record.info.get("since", math.inf) < REST_S:
            return  # a new one, or just used
        try:
            alive = engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error:
            alive = False
        if not alive:
            raise exc.DisconnectionError


def _secrets(arguments: dict[str, Any]) -> tuple[str, ...]:
    plain = [arguments.get("password"), arguments.get("sslpassword"), os.environ.get("PGPASSWORD")]
    known = {f(s) for s in plain if s for f in (str, quote, quote_plus)}
    return tuple(sorted(known, key=len, reverse=True))


def server_files(engine: sa.Engine, location: str) -> Path:
    """The folder for logs and checkpoints: TUNEBOOK_FILES, else one named after the database.

    Raises:
        StoreError: the schema that the URL names is not there.
    """
    with engine.connect() as connection:
        database, schema = connection.exec_driver_sql(
            "SELECT current_database(), current_schema()"
        ).one()
    if schema is None:
        raise StoreError(
            f"the schema that {location} names does not exist",
            next_step="make it: CREATE SCHEMA name",
        )
    named = os.environ.get("TUNEBOOK_FILES")
    own = "" if schema == "public" else f".{schema}"
    return Path(named) if named else Path(f"{database}{own}.files")


def files_of(place: str | os.PathLike[str]) -> Path:
    """The folder of files that a book at this place has, or will have.

    Raises:
        StoreError: the server can't be reached, or refuses.
    """
    if not isinstance(place, str) or not is_server(place):
        return files_folder(Path(place))
    engine, translated = connect_server(place)
    with in_our_words(shown(place), translated):
        try:
            return server_files(engine, shown(place))
        finally:
            engine.dispose()


def take_turn(connection: sa.Connection, what: str) -> None:
    """Until this transaction ends, no other of the same book does `what`; nothing on SQLite.

    SQLite has one writer at a time, so that there it is always one's turn.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(
            sa.text(
                "SELECT pg_advisory_xact_lock(hashtextextended("
                "'tunebook.' || coalesce(current_schema(), '') || '.' || :what, 0))"
            ),
            {"what": what},
        )
