"""Files that an export may replace: its own, unedited (C12 D6)."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

from tunebook.domain.errors import StoreError

MANIFEST = "export.sha256"
"""Checksums of what an export wrote, as `sha256sum --check` reads them."""
MOST_NAMED = 5


def replace_files(drafts: Path, folder: Path, *, force: bool) -> list[Path]:
    """Move an export's files into a folder; refuse before the first if one would be lost.

    A file there may be replaced if the last export wrote it and nobody edited it since.

    Args:
        drafts: a folder on the same file system that holds the new files alone.
        folder: where they go.
        force: replace all files of the same names.

    Returns:
        The files written, in the order of their names, and the list of their checksums.

    Raises:
        StoreError: a file of the same name is there, and was edited or is not of an export.
        OSError: one can't be written.
    """
    names = sorted(path.name for path in drafts.iterdir())
    for name in names:
        if (folder / name).is_dir():
            raise IsADirectoryError(errno.EISDIR, "Is a directory", str(folder / name))
    known = _written_before(folder / MANIFEST)
    sums = {name: _checksum(drafts / name) for name in names}
    lost = [
        name
        for name in names
        if os.path.lexists(folder / name)
        and not _ours(folder / name, {known.get(name), sums[name]})
    ]
    if os.path.lexists(folder / MANIFEST) and not known:
        lost.append(MANIFEST)
    if lost and not force:
        raise _refusal(folder, lost)
    for name in names:
        os.replace(drafts / name, folder / name)
    lines = "".join(
        f"{known_sum}  {name}\n" for name, known_sum in sorted({**known, **sums}.items())
    )
    (folder / MANIFEST).write_text(lines, "utf-8")
    return [*(folder / name for name in names), folder / MANIFEST]


def _refusal(folder: Path, lost: Sequence[str]) -> StoreError:
    named = ", ".join(lost[:MOST_NAMED]) + (", ..." if len(lost) > MOST_NAMED else "")
    files = "1 file" if len(lost) == 1 else f"{len(lost)} files"
    return StoreError(
        f"{folder} has {files} that an export would replace, and that were edited or that no "
        f"export wrote: {named}. Nothing was written",
        next_step="export to a folder of its own, or replace them with --force, or force=True",
    )


def _ours(path: Path, sums: set[str | None]) -> bool:
    return path.is_file() and _checksum(path) in sums


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _written_before(manifest: Path) -> dict[str, str]:
    """Checksums by name; empty where there is no such list, or it is another file."""
    try:
        lines = manifest.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return {}
    pairs = [line.split("  ", 1) for line in lines]
    if not all(len(pair) == 2 and len(pair[0]) == 64 for pair in pairs):
        return {}
    return {name: checksum for checksum, name in pairs}
