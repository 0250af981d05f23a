"""A whole book from one database into another, exactly, and checked (D6).

One transaction reads the source, so that the copy is the book at one moment; one writes the
target, so that it has all of it or nothing.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tunebook.domain.errors import BookDamagedError, StoreError
from tunebook.domain.formats.book_location import is_server, shown
from tunebook.store.book_file import files_folder, new_book
from tunebook.store.database.server import take_turn
from tunebook.store.schema import chunk, metadata
from tunebook.store.sql import SqlStore

AT_A_TIME = 500
"""Rows that are read and written together."""
BATCH_BYTES = 8_000_000
"""Packed points that are held in memory at once, unless a single chunk has more."""


def copy_rows(source: SqlStore, to: str | os.PathLike[str]) -> dict[str, int]:
    """Copy every row into a new file, or an empty database or schema of a server.

    Returns:
        rows by table.

    Raises:
        StoreError: something is there already; a database can't be read or written.
        BookDamagedError: what was written is not what was read; nothing of it is kept.
    """
    if isinstance(to, str) and is_server(to):
        with closing(SqlStore.open(to)) as target:
            return _fill(source, target)
    file = Path(to)
    if file.exists():
        raise occupied(to)
    with (
        new_book(file, "copying") as fresh,
        closing(SqlStore.open(fresh, files=files_folder(file))) as target,
    ):
        return _fill(source, target)


def occupied(to: str | os.PathLike[str]) -> StoreError:
    """The error for a target that holds a book, or anything else."""
    return StoreError(
        f"{shown(to)} exists already, and a copy is written to a new book",
        next_step="name another file, or an empty database or schema",
    )


def begin_filling(connection: sa.Connection, target: SqlStore) -> None:
    """Make sure that a new book is empty, and stays so for others until it is filled.

    Raises:
        StoreError: it has rows.
    """
    for table in metadata.sorted_tables:
        take_turn(connection, table.name)
    setting = metadata.tables["setting"]
    used = connection.execute(sa.select(setting.c.setting)).scalars().all()
    others = [t for t in metadata.sorted_tables if t is not setting]
    if any(used) or any(connection.execute(sa.select(t).limit(1)).first() for t in others):
        raise occupied(target.location)
    connection.execute(sa.delete(setting))


def end_filling(connection: sa.Connection) -> None:
    """Number chunks on from those that were filled in; SQLite does so by itself."""
    if connection.dialect.name == "postgresql":
        connection.execute(
            sa.text(
                "SELECT setval(pg_get_serial_sequence('chunk', 'id'), "
                "coalesce((SELECT max(id) FROM chunk), 0) + 1, false)"
            )
        )


def _fill(source: SqlStore, target: SqlStore) -> dict[str, int]:
    counts: dict[str, int] = {}
    with source._reading() as reading, target._writing() as writing:
        begin_filling(writing, target)
        for table in metadata.sorted_tables:
            read = hashlib.sha256()
            counts[table.name] = 0
            for batch in batches(reading, table):
                _note(read, batch)
                writing.execute(sa.insert(table), batch)
                counts[table.name] += len(batch)
            written = hashlib.sha256()
            for batch in batches(writing, table):
                _note(written, batch)
            if read.digest() != written.digest():
                raise BookDamagedError(
                    f"{table.name} at {target.location} is not what {source.location} has",
                    next_step="look at both with tunebook doctor; nothing was copied",
                )
        end_filling(writing)
    return counts


def batches(connection: sa.Connection, table: sa.Table) -> Iterator[list[dict[str, Any]]]:
    """Rows of a table in the order of its key; memory is bounded, however many there are."""
    at_a_time = AT_A_TIME
    if table is chunk:
        longest = connection.execute(sa.select(sa.func.max(chunk.c.count))).scalar() or 1
        at_a_time = max(1, min(AT_A_TIME, BATCH_BYTES // (24 * longest)))
    query = sa.select(table).order_by(*table.primary_key)
    found = connection.execute(query, execution_options={"yield_per": at_a_time})
    for rows in found.partitions():
        yield [dict(row._mapping) for row in rows]


def _note(digest: Any, rows: list[dict[str, Any]]) -> None:
    """Add rows to a checksum that both databases agree on: floats to their last bit."""
    for row in rows:
        for value in row.values():
            content = value if isinstance(value, bytes) else repr(value).encode()
            digest.update(len(content).to_bytes(8, "little"))
            digest.update(content)
