"""Which files are experiments of Ax."""

from __future__ import annotations

import re
from pathlib import Path

_BEGIN = re.compile(
    rb'\s*\{\s*("_type":\s*"(Ax)?Client"|"__type":\s*"(MultiTypeExperiment|Experiment)")'
)


def is_ax(place: Path | str) -> bool:
    """Whether a file begins as a client or an experiment of Ax does."""
    if isinstance(place, str) or not place.is_file():
        return False
    try:
        with place.open("rb") as file:
            return _BEGIN.match(file.read(200)) is not None
    except OSError:
        return False
