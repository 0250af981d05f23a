"""What a trial of Ray Tune reported: `result.json`, one line a report (C11)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tunebook.importers.json_files import flat, number, read_lines
from tunebook.importers.ray_tune.folders import RESULTS
from tunebook.importers.runs import Points

STEP = "training_iteration"

AUTOMATIC = frozenset(
    [
        "autoscaler_info",
        "checkpoint_dir_name",
        "config",
        "custom_metrics",
        "date",
        "done",
        "episodes_this_iter",
        "episodes_total",
        "experiment_id",
        "experiment_tag",
        "hostname",
        "iterations_since_restore",
        "node_ip",
        "perf",
        "pid",
        "should_checkpoint",
        "time_since_restore",
        "time_this_iter_s",
        "time_total_s",
        "timers",
        "timestamp",
        "timesteps_since_restore",
        "timesteps_this_iter",
        "timesteps_total",
        "training_iteration",
        "trial_id",
        "trial_log_path",
        "warmup_time",
    ]
)
"""What Ray adds to each report by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """The reports of a trial.

    Attributes:
        curves: of each metric, names as Ray's own tables have them: `nested/accuracy`.
        last: the last report.
        configs: the configurations that reports name, each once, in their order.
        replaced: how many reports are left out because the trial went back to their step.
        unread: what of the file was not read, in words; else "".
    """

    curves: Mapping[str, Points] = field(default_factory=dict)
    last: Mapping[str, Any] = field(default_factory=dict)
    configs: Sequence[Mapping[str, Any]] = ()
    replaced: int = 0
    unread: str = ""


def read_results(folder: Path) -> Reported:
    """The reports in a trial's folder; none where it has no file of them."""
    file = folder / RESULTS
    if not file.is_file():
        return Reported()
    rows, unread = read_lines(file, f"{folder.name}/{RESULTS}")
    steps, kept = _kept(rows)
    configs: list[Mapping[str, Any]] = []
    for row in rows:
        own = row.get("config")
        if isinstance(own, dict) and (not configs or configs[-1] != own):
            configs.append(own)
    return Reported(
        curves=_curves(steps, kept),
        last=kept[-1] if kept else {},
        configs=configs,
        replaced=len(rows) - len(kept),
        unread=unread,
    )


def _kept(rows: Sequence[dict[str, Any]]) -> tuple[list[int], list[dict[str, Any]]]:
    """Steps and reports of the training that led to the end.

    A trial that is restored, or copies another one, goes back to an earlier step; what it
    reported from there on before is no part of its training.
    """
    steps: list[int] = []
    kept: list[dict[str, Any]] = []
    for row in rows:
        step = row.get(STEP)
        if not isinstance(step, int) or isinstance(step, bool):
            step = steps[-1] + 1 if steps else 1
        while steps and steps[-1] >= step:
            steps.pop()
            kept.pop()
        steps.append(step)
        kept.append(row)
    return steps, kept


def _curves(steps: Sequence[int], rows: Sequence[dict[str, Any]]) -> dict[str, Points]:
    found: dict[str, tuple[list[int], list[float]]] = {}
    for step, row in zip(steps, rows, strict=True):
        for key, value in row.items():
            if key in AUTOMATIC:
                continue
            own = flat(value, "/", key + "/") if isinstance(value, dict) else {key: value}
            for name, single in own.items():
                read = _value(single, name in found)
                if read is not None:
                    at, values = found.setdefault(name, ([], []))
                    at.append(step)
                    values.append(read)
    return {
        name: (np.array(at, np.int64), np.array(values, np.float64))
        for name, (at, values) in found.items()
    }


def _value(single: Any, known: bool) -> float | None:
    """A number; Ray writes a NaN of NumPy as the text "null"."""
    if type(single) is float:
        return single
    if single == "null" and known:
        return float("nan")
    return number(single)
