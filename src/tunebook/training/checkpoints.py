"""A trial's checkpoints in a folder: the N best and the last, each whole or not there (E2 I3).

A checkpoint is `STEP` (the file or folder that `save` made) beside `STEP.json` (its step, the
metrics reported at it, and its checksum), which is renamed into place last: without it there is
none.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tunebook.domain.design import Objective


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One checkpoint that was kept.

    Attributes:
        step: the training step after which it was made.
        loss: the objective there, signed so that lower is better; None where not known.
        content: the file or folder; for one that is kept elsewhere, where it will be fetched to.
        metrics: what was reported at that step.
        folder: a folder was saved, not a file.
    """

    step: int
    loss: float | None
    content: Path
    sha256: str
    metrics: Mapping[str, float] = field(default_factory=dict)
    folder: bool = False

    @property
    def whole(self) -> bool:
        """True where its content is what was saved."""
        return self.content.exists() and checksum(self.content) == self.sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class Saving:
    """A checkpoint that is to be kept.

    Attributes:
        step: training step that it stands for.
        metrics: what was reported at the step.
        objective: of the book.
        best: how many are kept beside the last, by each of `by`.
        by: what makes one the best.
    """

    step: int
    metrics: Mapping[str, float]
    objective: Objective
    best: int
    by: Sequence[Objective]

    def manifest(self, content: Path, sha256: str) -> str:
        """The text that makes a folder or file a checkpoint."""
        value = self.metrics.get(self.objective.metric, math.nan)
        about = {
            "step": self.step,
            "loss": self.objective.sign * value if math.isfinite(value) else None,
            "sha256": sha256,
            "metrics": dict(self.metrics),
        }
        return json.dumps({**about, "folder": content.is_dir()})


def keep(folder: Path, saving: Saving, save: Callable[[Path], object]) -> None:
    """Save a checkpoint, then drop those that are neither the last nor among the best.

    Whatever `save` raises goes to the caller; earlier checkpoints are untouched.

    Args:
        folder: of the trial's checkpoints.
        saving: what it stands for.
        save: makes a file or folder at the path that it is given.
    """
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / f".{saving.step}.{os.getpid()}.saving"
    with saved(fresh, save):
        put(folder, saving.step, fresh, saving.manifest(fresh, checksum(fresh, sync=True)))
    for checkpoint in superfluous(listed(folder), saving):
        drop(checkpoint)


def put(folder: Path, step: int, fresh: Path, manifest: str) -> None:
    """Put a checkpoint that is whole and on disk into its place, in that of an earlier one."""
    content = folder / str(step)
    (folder / f"{step}.json").unlink(missing_ok=True)
    remove(content)
    os.replace(fresh, content)
    hidden = folder / f".{step}.json"
    with hidden.open("w") as out:
        out.write(manifest)
        out.flush()
        os.fsync(out.fileno())
    os.replace(hidden, folder / f"{step}.json")


@contextmanager
def saved(fresh: Path, save: Callable[[Path], object]) -> Iterator[None]:
    """What `save` makes at a path, for as long as the block lasts.

    Raises:
        FileNotFoundError: it made nothing there. What it raises itself goes to the caller.
    """
    remove(fresh)
    try:
        save(fresh)
        if not fresh.exists():
            raise FileNotFoundError(f"save(path) made nothing at its path {fresh}")
        yield
    finally:
        remove(fresh)


def from_manifest(text: str | bytes, content: Path) -> Checkpoint:
    """A checkpoint as its manifest describes it.

    Raises:
        ValueError, KeyError: the text is no manifest.
    """
    about: dict[str, Any] = json.loads(text)
    return Checkpoint(
        step=about["step"],
        loss=about["loss"],
        content=content,
        sha256=about["sha256"],
        metrics=about.get("metrics", {}),
        folder=about.get("folder", False),
    )


def listed(folder: Path) -> list[Checkpoint]:
    """Checkpoints by step; those without a readable manifest are not there."""
    found = []
    for manifest in folder.glob("*.json"):
        try:
            found.append(from_manifest(manifest.read_text(), folder / manifest.stem))
        except (OSError, ValueError, KeyError):
            continue
    return sorted(found, key=lambda c: c.step)


def superfluous(there: Sequence[Checkpoint], saving: Saving) -> list[Checkpoint]:
    """Those that are neither the last nor among the best."""
    kept = {c.step for c in there[-1:]}
    for objective in saving.by:
        values = ((c.step, c.metrics.get(objective.metric, math.nan)) for c in there)
        known = sorted((objective.sign * v, step) for step, v in values if not math.isnan(v))
        kept |= {step for _, step in known[: saving.best]}
    return [c for c in there if c.step not in kept]


def best_by(told: Objective | Sequence[Objective]) -> tuple[Objective, ...]:
    """What makes a checkpoint the best, as training code said it.

    Raises:
        TypeError: it is neither an objective nor several.
    """
    several = (told,) if isinstance(told, Objective) else tuple(told)
    if not several or not all(isinstance(o, Objective) for o in several):
        raise TypeError(
            f'keep_by is tb.minimize("metric"), tb.maximize("metric"), or a list; got {told!r}'
        )
    return several


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
