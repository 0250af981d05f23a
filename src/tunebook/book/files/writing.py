"""Files that a person asks for, written or refused in words (C12 D6)."""

from __future__ import annotations

import os
from pathlib import Path

from tunebook.domain.errors import StoreError


def write_text(path: str | os.PathLike[str], text: str) -> Path:
    """Write a text file; returns its path.

    Raises:
        StoreError: it can't be written; the book is as it was.
    """
    return write_bytes(path, text.encode("utf-8"))


def write_bytes(path: str | os.PathLike[str], content: bytes) -> Path:
    """Write a file; returns its path.

    Raises:
        StoreError: it can't be written; the book is as it was.
    """
    file = Path(path)
    try:
        file.write_bytes(content)
    except OSError as error:
        raise unwritable(file, error) from error
    return file


def unwritable(file: Path, error: OSError) -> StoreError:
    """The error for a file that can't be written, with the way out."""
    if file.is_dir():
        step = f"name a file in it: {file / 'report.html'}"
    elif not file.parent.is_dir():
        step = f"make its folder: mkdir -p {file.parent}"
    else:
        step = "name another place, or make room and give yourself the right to write there"
    return StoreError(f"{file} can't be written: {error.strerror or error}", next_step=step)
