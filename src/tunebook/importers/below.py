"""What lies below a folder, told from names alone and without looking at everything."""

from __future__ import annotations

import os
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
