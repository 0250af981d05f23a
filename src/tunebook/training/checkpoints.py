"""A trial's checkpoints: the N best and the last, each whole or not there at all (E2 I3).

A checkpoint is `STEP` (the file or folder that `save` made) beside `STEP.json` (its step, the
objective at it, and its checksum), which is renamed into place last: without it there is none.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One checkpoint on disk.

    Attributes:
        step: the training step after which it was made.
        loss: the objective there, signed so that lower is better; None where not known.
        content: the file or folder.
    """

    step: int
    loss: float | None
    content: Path
    sha256: str

    @property
    def whole(self) -> bool:
        """True where its content is what was saved."""
        return self.content.exists() and checksum(self.content) == self.sha256


def keep(
    folder: Path, step: int, loss: float | None, save: Callable[[Path], object], best: int
) -> None:
    """Save a checkpoint, then drop those that are neither the last nor among the best.

    Whatever `save` raises goes to the caller; earlier checkpoints are untouched.
    """
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / f".{step}.{os.getpid()}.saving"
    remove(fresh)
    try:
        save(fresh)
        if not fresh.exists():
            raise FileNotFoundError(
                f"save(path) made nothing at the path that it was given: {fresh}"
            )
        content = folder / str(step)
        about = {"step": step, "loss": loss, "sha256": checksum(fresh, sync=True)}
        (folder / f"{step}.json").unlink(missing_ok=True)
        remove(content)
        os.replace(fresh, content)
    finally:
        remove(fresh)
    manifest = folder / f".{step}.json"
    with manifest.open("w") as out:
        json.dump(about, out)
        out.flush()
        os.fsync(out.fileno())
    os.replace(manifest, folder / f"{step}.json")
    _thin(folder, best)


def listed(folder: Path) -> list[Checkpoint]:
    """Checkpoints by step; those without a readable manifest are not there."""
    found = []
    for manifest in folder.glob("*.json"):
        try:
            about = json.loads(manifest.read_text())
            content = folder / manifest.stem
            found.append(Checkpoint(about["step"], about["loss"], content, about["sha256"]))
        except (OSError, ValueError, KeyError):
            continue
    return sorted(found, key=lambda c: c.step)


def _thin(folder: Path, best: int) -> None:
    there = listed(folder)
    ranked = sorted((c for c in there if c.loss is not None), key=lambda c: (c.loss, c.step))
    kept = {c.step for c in (*ranked[:best], there[-1])}
    for checkpoint in there:
        if checkpoint.step not in kept:
            drop(checkpoint)


def drop(checkpoint: Checkpoint) -> None:
    """Delete a checkpoint; its manifest first, so that it is never half there."""
    checkpoint.content.with_name(f"{checkpoint.step}.json").unlink(missing_ok=True)
    remove(checkpoint.content)


def remove(path: Path) -> None:
    """Delete a file or folder, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def checksum(path: Path, *, sync: bool = False) -> str:
    """SHA-256 over names and contents of a file or folder; `sync` puts them on disk first."""
    digest = hashlib.sha256()
    files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    for file in files:
        digest.update(str(file.relative_to(path)).encode() if path.is_dir() else b"")
        with file.open("rb") as content:
            if sync:
                os.fsync(content.fileno())
            while block := content.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()
