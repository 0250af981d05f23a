"""This user's cache: files that may go at any time, and are then made again.

A file that can't be read or written is as good as none.
"""

from __future__ import annotations

import os
import uuid
from contextlib import suppress
from pathlib import Path

PLACE = "TUNEBOOK_CACHE"
"""Environment variable that names another folder than `~/.cache/tunebook`."""


def cache_file(*parts: str) -> Path | None:
    """The path of a cached file, which need not be there; None for a user without a home."""
    try:
        root = Path(os.environ.get(PLACE) or Path.home() / ".cache" / "tunebook")
    except (OSError, RuntimeError):
        return None
    return root.joinpath(*parts)


def write_cached(file: Path, text: str) -> None:
    """Write a cached file, whole or not at all."""
    new = file.with_suffix(f".{uuid.uuid4().hex}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        new.write_text(text, "utf-8", newline="")
        new.replace(file)
    except OSError:
        with suppress(OSError):
            new.unlink(missing_ok=True)


def own_file(file: Path) -> bool:
    """True of a file that nobody but its user could have written."""
    try:
        seen = [file.stat(), file.parent.stat()]
    except OSError:
        return False
    if os.name != "posix":
        return True
    return all(s.st_uid == os.geteuid() and not s.st_mode & 0o022 for s in seen)
