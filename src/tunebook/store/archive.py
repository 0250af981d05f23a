"""A whole book as an open archive, and back: a zip of JSON lines with checksums (D6).

    manifest.json   archive (1), schema, made_by, and of each table its rows and sha256
    NAME.jsonl      one object a row of that table, in the order of its key

A row of `chunk` has its points as lists, `steps`, `values` and `times`; NaN and infinities are the
texts "NaN", "Infinity" and "-Infinity". Of a sealed metric the points stay packed, as base64: an
archive shows no more than a book does. Numbers come back bit by bit.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
import os
import zipfile
import zlib
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa

from tunebook.domain.errors import BookDamagedError, BookNewerError, StoreError
from tunebook.domain.formats.book_location import is_server
from tunebook.domain.sealing import sealed_in
from tunebook.domain.trial import Status
from tunebook.domain.version import VERSION
from tunebook.store.book_file import files_folder, new_book
from tunebook.store.copying import batches, begin_filling, end_filling
from tunebook.store.curves.chunks import Points, pack, unpack
from tunebook.store.revisions import known_revisions, make_older, migrate
from tunebook.store.schema import REVISION, metadata
from tunebook.store.sql import SqlStore

ARCHIVE = 1
FIRST = "0003"
"""The schema of the first archives."""
ADDED_LATER = frozenset({"request"})
"""Tables that archives of older schemas may lack."""
AT_A_TIME = 500
"""Rows that are inserted together."""
UNREADABLE = (
    zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, KeyError, ValueError, TypeError,
    sa.exc.SQLAlchemyError,
)  # fmt: skip
"""What reading a file that is no archive, or no whole one, may raise: of a zip's own (a password
or an unknown compression are RuntimeErrors), of JSON, and of rows that are none of a book's."""
_ODD = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def write_archive(store: SqlStore, path: Path) -> dict[str, int]:
    """Write a book's archive: whole, or not there at all.

    Time and size grow with the book's points; memory with its largest chunk.

    Args:
        store: the book.
        path: of the zip file; an earlier one is replaced.

    Returns:
        rows by table.

    Raises:
        OSError: it can't be written.
        BookDamagedError: a part of the book can't be read.
    """
    seals, looks = store.seals(), store.looks()
    sealed = {r.number: sealed_in(r.number, seals, looks) for r in store.rounds()}
    fresh = path.with_name(f".{path.name}.{os.getpid()}.writing")
    tables: dict[str, dict[str, Any]] = {}
    try:
        with (
            store._reading() as connection,
            zipfile.ZipFile(fresh, "w", zipfile.ZIP_DEFLATED) as out,
        ):
            for table in metadata.sorted_tables:
                digest, rows = hashlib.sha256(), 0
                with out.open(f"{table.name}.jsonl", "w", force_zip64=True) as lines:
                    for row in (r for batch in batches(connection, table) for r in batch):
                        text = json.dumps(_open(row, sealed), ensure_ascii=False, allow_nan=False)
                        line = text.encode() + b"\n"
                        lines.write(line)
                        digest.update(line)
                        rows += 1
                tables[table.name] = {"rows": rows, "sha256": digest.hexdigest()}
            manifest = {"archive": ARCHIVE, "schema": REVISION, "made_by": VERSION}
            out.writestr("manifest.json", json.dumps({**manifest, "tables": tables}, indent=1))
        os.replace(fresh, path)
    except StoreError as error:
        if isinstance(error.__context__, OSError):  # of the archive's file, not of the book's
            raise error.__context__ from None
        raise
    finally:
        fresh.unlink(missing_ok=True)
    return {name: about["rows"] for name, about in tables.items()}


def read_archive(path: Path, book: str | os.PathLike[str]) -> dict[str, int]:
    """Make a new book from an archive; everything is checked before the book is there.

    Trials that were running are pending again: their run is not here.

    Args:
        path: of the archive.
        book: the new book's file, which must not exist, or the URL of an empty database.

    Returns:
        rows by table.

    Raises:
        BookDamagedError: it is no archive, or a checksum does not hold.
        BookNewerError: it was written by a version with another schema.
        StoreError: there is a book already.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            schema, tables = _manifest(archive, path)
            for name, about in tables.items():
                _check(archive, name, about, path)
            if isinstance(book, str) and is_server(book):
                _fill_store(SqlStore.open(book), archive, schema)
            else:
                _make_file(Path(book), archive, schema)
    except UNREADABLE as error:
        why = (str(error) or type(error).__name__).splitlines()[0]
        raise BookDamagedError(
            f"{path} is no whole archive of a book: {why:.200}",
            next_step="take another copy; nothing was restored",
        ) from error
    return {name: about["rows"] for name, about in tables.items()}


def _make_file(book: Path, archive: zipfile.ZipFile, schema: str) -> None:
    if book.exists():
        raise StoreError(
            f"an archive becomes a new book; {book} is there already",
            next_step="name another file with --book, or move that one away",
        )
    with new_book(book, "restoring") as fresh:
        _fill_store(SqlStore.open(fresh, files=files_folder(book)), archive, schema)


def _fill_store(store: SqlStore, archive: zipfile.ZipFile, schema: str) -> None:
    """Fill an empty book in one transaction, migrate an older schema's rows, and close it."""
    try:
        with store._writing() as connection:
            begin_filling(connection, store)
            if schema != REVISION:
                make_older(connection, schema)
            held = set(archive.namelist())
            for table in metadata.sorted_tables:
                if f"{table.name}.jsonl" in held:
                    _fill(connection, table, archive)
            if schema != REVISION:
                migrate(connection)
            end_filling(connection)
    finally:
        store.close()


def _open(row: dict[str, Any], sealed: Mapping[int, Collection[str]]) -> dict[str, Any]:
    """A row as JSON has it; of a chunk its points, where they may be seen."""
    if "points" not in row:
        return row
    content = row.pop("points")
    where = f"trial {row['round']}.{row['number']}"
    points = unpack(content, row["crc32"], row["count"], where)
    if row["metric"] in sealed.get(row["round"], ()):
        return {**row, "packed": base64.b64encode(content).decode()}
    return {
        **row,
        "steps": points.steps.tolist(),
        "values": [_spelled(x) for x in points.values.tolist()],
        "times": [_spelled(x) for x in points.times.tolist()],
    }


def _spelled(x: float) -> float | str:
    if math.isfinite(x):
        return x
    return "NaN" if math.isnan(x) else "Infinity" if x > 0 else "-Infinity"


def _closed(row: dict[str, Any]) -> dict[str, Any]:
    """A row as the database has it.

    Raises:
        ValueError: the points are not those that were packed.
    """
    if row.get("status") == Status.RUNNING:
        row |= {"status": str(Status.PENDING), "host": None, "lease_until": None}
    if "packed" in row:
        row["points"] = base64.b64decode(row.pop("packed"))
    elif "steps" in row:
        values, times = (
            np.array([_ODD[x] if isinstance(x, str) else x for x in row.pop(key)], np.float64)
            for key in ("values", "times")
        )
        points = Points(np.array(row.pop("steps"), np.int64), values, times)
        row["points"], crc32 = pack(points)
        # Every NaN is one NaN in JSON; its bits may differ from those that were stored.
        row["crc32"] = crc32
    return row


def _manifest(archive: zipfile.ZipFile, path: Path) -> tuple[str, dict[str, dict[str, Any]]]:
    """The schema of an archive's rows, and of each table the number of rows and the checksum."""
    manifest = json.loads(archive.read("manifest.json"))
    schema: str = manifest["schema"]
    if manifest["archive"] != ARCHIVE or schema < FIRST or schema not in known_revisions():
        raise BookNewerError(
            f"{path} has schema {schema}, written by Tunebook {manifest['made_by']}; "
            f"this version reads {REVISION}",
            next_step="restore it with that version, and open the book with this one",
        )
    tables: dict[str, dict[str, Any]] = manifest["tables"]
    missing = {t.name for t in metadata.sorted_tables} ^ set(tables)
    if missing - (ADDED_LATER if schema != REVISION else set()):
        raise ValueError(f"tables are missing or unknown: {', '.join(sorted(missing))}")
    return schema, tables


def _check(archive: zipfile.ZipFile, name: str, about: Mapping[str, Any], path: Path) -> None:
    digest = hashlib.sha256()
    with archive.open(f"{name}.jsonl") as lines:
        while block := lines.read(1 << 20):
            digest.update(block)
    if digest.hexdigest() != about["sha256"]:
        raise BookDamagedError(
            f"{name}.jsonl of {path} is not what was written: its checksum does not hold",
            next_step="take another copy; nothing was restored",
        )


def _rows(archive: zipfile.ZipFile, name: str) -> Iterator[dict[str, Any]]:
    with archive.open(f"{name}.jsonl") as lines:
        for line in lines:
            yield _closed(json.loads(line))


def _fill(connection: sa.Connection, table: sa.Table, archive: zipfile.ZipFile) -> None:
    batch: list[dict[str, Any]] = []
    for row in _rows(archive, table.name):
        batch.append(row)
        if len(batch) == AT_A_TIME:
            connection.execute(sa.insert(table), batch)
            batch = []
    if batch:
        connection.execute(sa.insert(table), batch)
