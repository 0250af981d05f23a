"""Times that `tunebook try` measured, kept for a plan that no trial has timed yet (A1 B5).

A short test run comes before the book. Its times are kept in this user's cache, by folder and
space (names of what varies, fixed values): the newest run of a space replaces the one before.
Nothing else of a test run is kept. A file
that can't be read or written is as good as none.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import astuple
from pathlib import Path

from tunebook.domain.design import Round
from tunebook.domain.environment import Tried
from tunebook.domain.errors import CodecError
from tunebook.domain.formats.json_text import from_json, to_json
from tunebook.domain.formats.plain_data import to_data
from tunebook.domain.formats.user_cache import cache_file, write_cached
from tunebook.planning.cost import TriedTimes


def keep_times(plan: Round, tried: Iterable[Tried]) -> None:
    """Keep the times of configurations that trained, for `tried_times`."""
    times = {
        t.study: TriedTimes(
            start_s=t.start_s,
            step_s=t.step_s,
            evaluation_s=t.evaluation_s or 0.0,
            checkpoint_s=t.checkpoint_s or 0.0,
        )
        for t in tried
        if not t.fault and t.step_s is not None
    }
    file = _file(plan)
    if not times or file is None:
        return
    write_cached(file, to_json(times))


def tried_times(plan: Round) -> dict[str, TriedTimes]:
    """What the newest test run of this space in this folder measured, by study; {} if none."""
    file = _file(plan)
    try:
        text = file.read_text("utf-8") if file is not None else "{}"
        kept = from_json(Mapping[str, TriedTimes], text)  # type: ignore[type-abstract]
    except (OSError, ValueError, CodecError):
        return {}
    return {name: t for name, t in kept.items() if all(0 <= s < math.inf for s in astuple(t))}


def _file(plan: Round) -> Path | None:
    """Where the times of a space in this folder are, whatever its goal; None without a home."""
    try:
        about = json.dumps([str(Path.cwd()), sorted(plan.varied), to_data(plan.fixed)])
    except OSError:
        return None
    return cache_file("tried", f"{hashlib.sha256(about.encode()).hexdigest()[:32]}.json")
