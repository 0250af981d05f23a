"""Files that training keeps beside a trial: pictures, predictions, whatever it makes (E2)."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from tunebook.domain.errors import ReportError
from tunebook.training.checkpoints import remove


def put(folder: Path, name: str, save: Callable[[Path], object]) -> Path:
    """Make an artifact: whole, or not there at all; one of the same name is replaced.

    Args:
        folder: of the trial's artifacts.
        name: relative, with / between folders.
        save: called with a path at which it makes a file or a folder. What it raises goes to the
            caller; an earlier artifact stays.

    Raises:
        ReportError: the name leads elsewhere, or save made nothing.
    """
    parts = PurePosixPath(name).parts if isinstance(name, str) else ()
    if not parts or any(p in ("..", "/") or p.startswith(".") or "\0" in p for p in parts):
        raise ReportError(
            f"an artifact's name is a path inside its folder, without a dot first; got {name!r}",
            next_step='name it "confusion.png", or "pictures/confusion.png"',
        )
    there = folder.joinpath(*parts)
    there.parent.mkdir(parents=True, exist_ok=True)
    fresh = there.with_name(f".{there.name}.{os.getpid()}.saving")
    remove(fresh)
    try:
        save(fresh)
        if not fresh.exists():
            raise ReportError(
                f"save(path) made nothing at its path for the artifact {name!r}",
                next_step="write a file or make a folder at exactly that path",
            )
        remove(there)
        os.replace(fresh, there)
    finally:
        remove(fresh)
    return there


def listed(folder: Path) -> dict[str, Path]:
    """Artifacts by name, files alone; what is being saved is not there yet."""
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    named = {f.relative_to(folder).as_posix(): f for f in files}
    return {name: f for name, f in named.items() if not f"/{name}".count("/.")}
