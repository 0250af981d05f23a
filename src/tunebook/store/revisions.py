"""A book's schema: made for a new book, migrated for an older one, refused for a newer one."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa

from tunebook.domain.errors import BookDamagedError, BookNewerError, BookNotFoundError
from tunebook.domain.version import VERSION
from tunebook.store.database.server import take_turn
from tunebook.store.schema import REVISION, guards, metadata, setting


def make_current(
    engine: sa.Engine, path: Path | None, location: str = "", *, create: bool = True
) -> None:
    """Bring the schema to REVISION: made for a new book, migrated for an old one.

    A file is copied aside before it is migrated; a server's database is not: see docs/record.md.
    One process makes or migrates a book, however many open it at once.

    Args:
        engine: of the database.
        path: of its file, where it is one.
        location: of the book, as errors show it.
        create: make a book where there is none.

    Raises:
        BookNewerError: a later version of Tunebook made this book.
        BookDamagedError: a database of something else.
        BookNotFoundError: there is no book, and none was to be made.
    """
    location = location or str(path)
    found = _revision(engine, location)
    if found == REVISION:
        return
    if found is None:
        if not create:
            raise BookNotFoundError(
                f"there is no book at {location}", next_step="correct it, or begin one there"
            )
        _create(engine, path)
        return
    if found not in known_revisions():
        if found > REVISION and found.isdigit():
            raise BookNewerError(
                f"the book {location} has schema {found}, made by Tunebook {_made_by(engine)}; "
                f"this is Tunebook {VERSION}, which knows schemas up to {REVISION}",
                next_step="install that version or a later one: pip install --upgrade tunebook",
            )
        raise BookDamagedError(
            f"the book {location} has schema {found}, which no version of Tunebook made",
            next_step="restore the book from a copy",
        )
    if path is not None:
        _migrate_file(engine, path)
        return
    with engine.begin() as connection:
        take_turn(connection, "schema")
        if _named(connection) != REVISION:  # else another process has just migrated it
            migrate(connection)


def is_current(engine: sa.Engine, location: str) -> bool:
    """Tell whether a database is a book of this version's schema."""
    return _revision(engine, location) == REVISION


def _migrate_file(engine: sa.Engine, path: Path) -> None:
    """Migrate a file; what was committed before is kept as NAME.before-REVISION."""
    target = path.with_name(f"{path.name}.before-{REVISION}")
    fresh = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        while True:
            seen = _back_up(engine, fresh)
            with engine.begin() as connection:
                if _named(connection) == REVISION:  # another process has just migrated it
                    return
                if _commits_of_others(connection) == seen:
                    os.replace(fresh, target)
                    _sync_folder(path.parent)
                    migrate(connection)
                    return
    finally:
        fresh.unlink(missing_ok=True)


def _back_up(engine: sa.Engine, target: Path) -> int:
    """Write all that is committed, the write-ahead log included; returns what it was at."""
    with engine.connect() as connection:
        seen = _commits_of_others(connection)
    with engine.connect() as connection, closing(sqlite3.connect(target)) as copy:
        source = connection.connection.driver_connection
        assert isinstance(source, sqlite3.Connection)
        source.backup(copy)
    with target.open("rb") as written:
        os.fsync(written.fileno())
    return seen


def _commits_of_others(connection: sa.Connection) -> int:
    """A number that changes once another process commits."""
    return int(connection.exec_driver_sql("PRAGMA data_version").scalar_one())


def _revision(engine: sa.Engine, location: str) -> str | None:
    with engine.connect().execution_options(reads_only=True) as connection:
        names = set(sa.inspect(connection).get_table_names())
        if not names:
            return None
        if "alembic_version" not in names:
            raise BookDamagedError(
                f"{location} is a database, but no book: it has {', '.join(sorted(names))}",
                next_step="give another path for the book, or a schema of its own on a server",
            )
        return _named(connection)


def _named(connection: sa.Connection) -> str | None:
    row = connection.execute(sa.text("SELECT version_num FROM alembic_version")).first()
    return str(row[0]) if row else None


def _create(engine: sa.Engine, path: Path | None) -> None:
    with engine.begin() as connection:
        take_turn(connection, "schema")
        if sa.inspect(connection).has_table("alembic_version"):
            return  # another process has just made it
        metadata.create_all(connection)
        for guard in guards(connection.dialect.name):
            connection.exec_driver_sql(guard)
        connection.exec_driver_sql(
            "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, "
            "CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
        )
        connection.execute(
            sa.text("INSERT INTO alembic_version VALUES (:revision)"), {"revision": REVISION}
        )
        connection.execute(sa.insert(setting).values(id=1, made_by=VERSION))
    if path is not None:
        _sync_folder(path.parent)


def known_revisions() -> set[str]:
    """Schemas that this version can bring up to date."""
    steps = Path(__file__).with_name("migrations") / "versions"
    return {file.name.partition("_")[0] for file in steps.glob("[0-9]*_*.py")}


def make_older(connection: sa.Connection, revision: str) -> None:
    """Make the tables of an empty book anew, as they were at an earlier revision."""
    metadata.drop_all(connection)
    connection.exec_driver_sql("DROP TABLE alembic_version")
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("DROP FUNCTION only_ever_added")
    migrate(connection, revision)


def migrate(connection: sa.Connection, revision: str = "head") -> None:
    """Run Alembic's migrations on a connection, inside its transaction."""
    # Alembic takes 0.2 s to load, and a current book never needs it.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def _made_by(engine: sa.Engine) -> str:
    with engine.connect().execution_options(reads_only=True) as connection:
        row = connection.execute(sa.text("SELECT made_by FROM setting")).first()
        return str(row[0]) if row else "unknown"


def _sync_folder(folder: Path) -> None:
    """Put a new file's name on disk, where the system can."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
