"""Run folders of transformers' Trainer, and the states in their checkpoints."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path, PurePath

from tunebook.importers.below import holds_below, natural

STATE = "trainer_state.json"
_CHECKPOINT = re.compile(r"checkpoint-(\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFolder:
    """A folder of one run.

    Attributes:
        at: its path below the place that is read.
        folder: itself.
        states: files with the Trainer's state, the latest first: that of the folder itself, which
            `save_state` wrote at the end, then those of checkpoints by their steps.
        steps: of the checkpoints, rising.
    """

    at: PurePath
    folder: Path
    states: tuple[Path, ...]
    steps: tuple[int, ...]


def is_huggingface(place: Path | str) -> bool:
    """Whether a place is the state of a Trainer, or has one below it."""
    if isinstance(place, str) or not place.is_dir():
        return isinstance(place, Path) and place.name == STATE and place.is_file()
    return holds_below(place, STATE.__eq__)


def run_folders(place: Path) -> list[RunFolder]:
    """Every run in or below a folder, in the order of their paths, numbers as numbers."""
    found = []
    for above, folders, names in os.walk(place):
        at = Path(above)
        checkpoints = {int(m[1]): at / name for name in folders if (m := _named(name))}
        folders[:] = [name for name in folders if not _named(name)]
        states = [at / STATE] if STATE in names else []
        steps = sorted(step for step, own in checkpoints.items() if (own / STATE).is_file())
        states += [checkpoints[step] / STATE for step in reversed(steps)]
        if states:
            found.append(
                RunFolder(
                    at=PurePath(os.path.relpath(above, place)),
                    folder=at,
                    states=tuple(states),
                    steps=tuple(steps),
                )
            )
    return sorted(found, key=lambda run: natural(run.at.as_posix()))


def _named(name: str) -> re.Match[str] | None:
    return _CHECKPOINT.fullmatch(name)
