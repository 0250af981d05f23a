"""A book moved between a file and a server, with its logs, checkpoints and artifacts (D6)."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tunebook.book.files.writing import unwritable
from tunebook.domain.errors import StoreError
from tunebook.domain.formats.book_location import exists, is_server, shown
from tunebook.store import Store
from tunebook.store.copying import copy_rows, occupied
from tunebook.store.database.server import files_of
from tunebook.store.sql import SqlStore


@dataclass(frozen=True, slots=True, kw_only=True)
class CopySummary:
    """What was copied, and checked.

    Attributes:
        to: the new book, without a password.
        rows: by table; each was read back and compared.
        files: how many were copied.
        files_at: the new book's folder; empty where files were left out.
        same_files: both books use one folder, so that none had to be copied.
    """

    to: str
    rows: Mapping[str, int]
    files: int = 0
    files_at: str = ""
    same_files: bool = False


def copy_book(store: Store, to: str | os.PathLike[str], *, with_files: bool) -> CopySummary:
    """Copy a book to a new file or an empty database.

    Trials that are running stay so, held by the same hosts. Files come first: what a log loses to
    the book while they are copied is among the rows.

    Raises:
        StoreError: something is there already; it can't be read or written.
    """
    if not isinstance(store, SqlStore):
        raise StoreError("a copy is made of a book in a database", next_step="open one")
    if not is_server(to) and exists(to):
        raise occupied(to)
    folder = files_of(to)
    same = folder.resolve() == store.files.resolve()
    count = 0
    made = with_files and not same and store.files.is_dir()
    if made:
        count = _copy_files(store.files, folder)
    try:
        rows = copy_rows(store, to)
    except BaseException as error:
        if made:
            shutil.rmtree(folder, ignore_errors=True)
        if isinstance(error, OSError):
            raise unwritable(Path(to), error) from error
        raise
    return CopySummary(
        to=shown(to),
        rows=rows,
        files=count,
        files_at=str(folder) if with_files else "",
        same_files=same,
    )


def _copy_files(source: Path, target: Path) -> int:
    """Copy a folder; a file that its owner drops meanwhile is left out.

    Raises:
        StoreError: the target is there already, or can't be written.
    """
    if target.exists() and any(target.iterdir()):
        raise StoreError(
            f"the copy's files go to {target}, which holds some already",
            next_step="move them away, set TUNEBOOK_FILES, or copy without: --no-files",
        )
    count = 0

    def copy(file: str, to: str) -> None:
        nonlocal count
        try:
            shutil.copy2(file, to)
        except FileNotFoundError:
            return
        count += 1

    try:
        shutil.copytree(source, target, copy_function=copy, dirs_exist_ok=True)
    except (shutil.Error, OSError) as error:
        shutil.rmtree(target, ignore_errors=True)
        raise StoreError(
            f"the files in {source} can't be copied to {target}: {error}",
            next_step="make room and give yourself the right to write there; nothing was copied",
        ) from error
    return count
