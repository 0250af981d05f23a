"""Opening a book's SQLite file: pragmas, locks, migrations, and errors in our own words.

WAL with synchronous=FULL: each commit is on disk when it returns, so that a log may be deleted
once its measurements are committed.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import struct
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event, exc
from sqlalchemy.pool import StaticPool

from tunebook.store.schema import ONLY_ADDED, REVISION, metadata, setting
from tunebook.words.errors import (
    BookBusyError,
    BookDamagedError,
    BookNewerError,
    StoreError,
    TunebookError,
)

BUSY_TIMEOUT_S = 15
UNPACKING = (struct.error, zlib.error)
DAMAGE = ("not a database", "malformed", "encrypted", "no such table", "no such column",
          "could not decode")  # fmt: skip
"""What SQLite says, in lower case, of a file that is no book or no longer a whole one."""

NETWORK_FILE_SYSTEMS = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs"})


def connect(path: str, *, network: bool = False) -> sa.Engine:
    """An engine on one connection; writing transactions begin with BEGIN IMMEDIATE.

    Args:
        path: of the file, or ":memory:".
        network: the file lies on a network file system: one host, no shared memory.
    """
    engine = sa.create_engine(
        sa.URL.create("sqlite", database=path),
        poolclass=StaticPool,
        connect_args={"check_same_thread": False, "timeout": BUSY_TIMEOUT_S},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # transactions are begun below, not by the driver
        if network:
            connection.execute("PRAGMA locking_mode=EXCLUSIVE")
        if path != ":memory:":
            connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")

    @event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        reads = connection.get_execution_options().get("reads_only", False)
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    return engine


def on_network(path: Path, mounts: str | None = None) -> bool:
    """True where the path lies on a network file system, by the mount table's text."""
    if mounts is None:
        try:
            mounts = Path("/proc/mounts").read_text()
        except OSError:
            return False
    where = str(path.resolve())
    rows = [line.split() for line in mounts.splitlines() if len(line.split()) > 2]
    inside = [r for r in rows if where == r[1] or where.startswith(r[1].rstrip("/") + "/")]
    return bool(inside) and max(inside, key=lambda r: len(r[1]))[2] in NETWORK_FILE_SYSTEMS


@contextmanager
def in_our_words(location: str) -> Iterator[None]:
    """Turn the database's errors into ours: what is wrong, and the next step."""
    try:
        yield
    except TunebookError:
        raise
    except (exc.DBAPIError, sqlite3.Error, OSError) as error:
        raise _translated(error, location) from None


@contextmanager
def read_whole(location: str) -> Iterator[None]:
    """Say of content that can't be understood that the book is damaged.

    SQLite keeps no checksums: a flipped bit may leave the file in order and a text in it spoilt.
    """
    try:
        yield
    except StoreError:
        raise
    except (TunebookError, ValueError, TypeError, KeyError, IndexError, *UNPACKING) as error:
        said = (
            error.rule if isinstance(error, TunebookError) else f"{type(error).__name__}: {error}"
        )
        raise BookDamagedError(
            f"{location} is damaged: something in it can't be read ({said})",
            next_step="restore the book from a copy; the file is as it was",
        ) from error


def _translated(error: Exception, location: str) -> StoreError:
    text = str(getattr(error, "orig", None) or error)
    low = text.lower()
    if "locked" in low or "busy" in low:
        return BookBusyError(
            f"the book {location} is locked by another process ({text})",
            next_step="wait for it, or end it, and try again; nothing recorded is lost",
        )
    if "full" in low or "no space" in low or "too large" in low:
        return StoreError(
            f"the disk of the book {location} is full ({text})",
            next_step="make room and run again: what was acknowledged is kept",
        )
    if "readonly" in low or "read-only" in low or "permission" in low:
        return StoreError(
            f"the book {location} can't be written ({text})",
            next_step="give yourself the right to write it and its folder, or copy it elsewhere",
        )
    folder = Path(location).parent
    if "unable to open" in low and folder.is_dir() and not os.access(folder, os.W_OK):
        return StoreError(
            f"the book {location} lies in a folder that can't be written, and opening it makes "
            f"files beside it ({text})",
            next_step=f"copy it to a folder of your own: cp {location}* ~/",
        )
    if "unable to open" in low:
        return StoreError(
            f"the book {location} can't be opened ({text})",
            next_step="check that its folder exists and that you may write there",
        )
    if any(words in low for words in DAMAGE):
        return BookDamagedError(
            f"{location} is no book, or is damaged ({text})",
            next_step="correct the path, or restore the book from a copy",
        )
    return StoreError(f"the book {location}: {text}", next_step="see the message above")


def make_current(engine: sa.Engine, path: Path | None) -> None:
    """Bring the schema to REVISION: made for a new file, migrated (after a copy) for an old one.

    Raises:
        BookNewerError: a later version of Tunebook made this book.
        BookDamagedError: a database of something else.
    """
    found = _revision(engine)
    if found == REVISION:
        return
    if found is None:
        _create(engine, path)
        return
    if found > REVISION:
        raise BookNewerError(
            f"the book {path} has schema {found}, made by Tunebook {_made_by(engine)}; this is "
            f"Tunebook {own_version()}, which knows schemas up to {REVISION}",
            next_step="install that version or a later one: pip install --upgrade tunebook",
        )
    if found not in _revisions():
        raise BookDamagedError(
            f"the book {path} has schema {found}, which no version of Tunebook made",
            next_step="restore the book from a copy",
        )
    if path is not None:
        shutil.copy2(path, path.with_name(f"{path.name}.before-{REVISION}"))
    with engine.begin() as connection:
        migrate(connection)


def _revision(engine: sa.Engine) -> str | None:
    with engine.connect().execution_options(reads_only=True) as connection:
        names = set(sa.inspect(connection).get_table_names())
        if not names:
            return None
        if "alembic_version" not in names:
            raise BookDamagedError(
                f"{engine.url.database} is a database, but no book: it has "
                f"{', '.join(sorted(names))}",
                next_step="give another path for the book",
            )
        row = connection.execute(sa.text("SELECT version_num FROM alembic_version")).first()
        return str(row[0]) if row else None


def _create(engine: sa.Engine, path: Path | None) -> None:
    with engine.begin() as connection:
        if sa.inspect(connection).has_table("alembic_version"):
            return  # another process has just made it
        metadata.create_all(connection)
        for trigger in ONLY_ADDED:
            connection.exec_driver_sql(trigger)
        connection.exec_driver_sql(
            "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, "
            "CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
        )
        connection.execute(
            sa.text("INSERT INTO alembic_version VALUES (:revision)"), {"revision": REVISION}
        )
        connection.execute(sa.insert(setting).values(id=1, made_by=own_version()))
    if path is not None:
        _sync_folder(path.parent)


def _revisions() -> set[str]:
    """Schemas that this version can bring up to date."""
    steps = Path(__file__).with_name("migrations") / "versions"
    return {file.name.partition("_")[0] for file in steps.glob("[0-9]*_*.py")}


def migrate(connection: sa.Connection) -> None:
    """Run Alembic's migrations on a connection, inside its transaction."""
    # Alembic takes 0.2 s to load, and a current book never needs it.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _made_by(engine: sa.Engine) -> str:
    with engine.connect().execution_options(reads_only=True) as connection:
        row = connection.execute(sa.text("SELECT made_by FROM setting")).first()
        return str(row[0]) if row else "unknown"


def own_version() -> str:
    """Version of Tunebook that runs."""
    try:
        return version("tunebook")
    except PackageNotFoundError:
        return "unknown"


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


def database_now(connection: sa.Connection) -> float:
    """Seconds since 1970 on the database's clock, which leases are kept by."""
    if connection.dialect.name == "sqlite":
        query = "SELECT (julianday('now') - 2440587.5) * 86400.0"
        return float(connection.exec_driver_sql(query).scalar_one())
    query = "SELECT extract(epoch FROM clock_timestamp())"
    return float(connection.exec_driver_sql(query).scalar_one())


def host_now() -> float:
    """Seconds since 1970 on this host's clock, for records that people read."""
    return time.time()
