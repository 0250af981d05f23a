"""A book's SQLite file: pragmas, locks, and the clock that leases are kept by.

WAL with synchronous=FULL: each commit is on disk when it returns, so that a log may be deleted
once its measurements are committed.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.pool import StaticPool

BUSY_TIMEOUT_S = 15
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

    begin_by_purpose(engine)
    return engine


def begin_by_purpose(engine: sa.Engine) -> None:
    """Begin transactions with BEGIN where they only read, else with BEGIN IMMEDIATE."""

    @event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        reads = connection.get_execution_options().get("reads_only", False)
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


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
