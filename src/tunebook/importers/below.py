"""What lies below a folder, told from names alone and without looking at everything."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

MOST_ENTRIES = 50_000
"""Names that are looked at to tell what a folder is."""


def holds_below(folder: Path, wanted: Callable[[str], bool]) -> bool:
    """Whether a file of such a name is in or below a folder; links are not followed.

    Only the first entries are looked at, so that a folder of pictures takes no time.
    """
    seen = 0
    for _, folders, names in os.walk(folder):
        if any(map(wanted, names)):
            return True
        seen += len(folders) + len(names)
        if seen > MOST_ENTRIES:
            return False
    return False


def natural(name: str) -> list[tuple[int, str]]:
    """A key that sorts `run-2` before `run-10`.

    Example:
        >>> sorted(["run-10", "run-2"], key=natural)
        ['run-2', 'run-10']
    """
    parts = re.split(r"(\d+)", name)
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]
