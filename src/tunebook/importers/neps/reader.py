"""A run of NePS as a sweep: `configs/config_*` and `optimizer_info.yaml` (C11)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from tunebook.domain.errors import TableError
from tunebook.domain.formats.numbers import listed
from tunebook.domain.origin import steered
from tunebook.importers.folders import folders_in, sweep_in
from tunebook.importers.json_files import flat, number, read_object
from tunebook.importers.neps.folders import (
    CONFIG,
    CONFIGS,
    METADATA,
    OPTIMIZER,
    REPORT,
    first,
    is_run,
)
from tunebook.importers.neps.optimizer import Optimizer, read_optimizer
from tunebook.importers.runs import Points, Run, sweep_of_runs
from tunebook.importers.source import SweepSource
from tunebook.importers.yaml_text import read_yaml

OBJECTIVE = "objective_to_minimize"
_STATUS = {
    "success": "complete", "evaluating": "running", "external": "complete", "unknown": "pending",
}  # fmt: skip
_SPACE = "NePS keeps the space in a pickled file alone, which is never loaded: it is inferred."


def read_neps(place: str | Path, study: str = "") -> SweepSource:
    """Read a run without NePS; nothing in it is unpickled.

    Args:
        place: its folder, the `root_directory` of `neps.run`, or a folder of several.
        study: name of one of several.

    Raises:
        TableError: it can't be read, it has no trials, or there are several and none is named.
    """
    wanted = f"no folder {CONFIGS} with {OPTIMIZER} or {METADATA}"
    folder = sweep_in(Path(place), study, is_run, noun="run", wanted=wanted)
    optimizer = read_optimizer(folder)
    runs, left_out, dropped = _runs(folder, optimizer)
    if not runs:
        told = f"{folder.name} has no configuration that can be read"
        raise TableError(
            f"{told}: {left_out[0]}" if left_out else told, next_step="name another run"
        )
    names = [run.name for run in runs]
    results = [OBJECTIVE in run.results for run in runs]
    chosen = optimizer.choosers(names, results, _varied(runs))
    samplers = [by for by in chosen if by and steered(by)]
    notes = [_SPACE, *([optimizer.note] if optimizer.note else [])]
    if optimizer.full is not None:
        notes.append(f"Trials with {optimizer.fidelity} below {optimizer.full:g} count as pruned.")
    if dropped:
        notes.append(f"Tags of YAML were ignored: {listed(dropped, 4)}.")
    return sweep_of_runs(
        [replace(run, chosen=by) for run, by in zip(runs, chosen, strict=True)],
        tool="NePS",
        source=folder.name,
        sampler=samplers[0] if samplers else "",
        pruner=optimizer.pruner,
        notes=notes,
        left_out=left_out,
        objectives=(f"minimize:{OBJECTIVE}",) if any(results) else (),
        reduce={OBJECTIVE: "last"} if _ends_in_result(runs) else {},
        adaptive=True if samplers else False if all(chosen) else None,
    )


def _runs(folder: Path, optimizer: Optimizer) -> tuple[list[Run], list[str], list[str]]:
    """Runs in the order of choosing; those that can't be read; tags that were ignored."""
    found, left_out = list[tuple[float, tuple[int, ...], Run]](), list[str]()
    dropped: dict[str, None] = {}
    for own in folders_in(folder / CONFIGS):
        name = own.name.removeprefix("config_")
        if name == own.name:
            continue
        try:
            config = _read(own, CONFIG, dropped)
            report = _read(own, REPORT, dropped) if first(own, REPORT) else {}
            metadata = _metadata(own)
        except TableError as error:
            left_out.append(f"{name}: {error.rule}")
            continue
        sampled = number(metadata.get("time_sampled"))
        numbers = tuple(int(digits) for digits in re.findall(r"\d+", name)[:9])
        run = _run(name, config, report, metadata, optimizer)
        found.append((sampled if sampled is not None else float("inf"), numbers, run))
    found.sort(key=lambda one: one[:2])
    return [run for *_, run in found], left_out, [*dropped]


def _read(folder: Path, names: tuple[str, ...], dropped: dict[str, None]) -> dict[str, Any]:
    file, shown = first(folder, names), f"{folder.name}/{names[0]}"
    if file is None:
        raise TableError(f"it has no {names[0]}", next_step="")
    if file.suffix == ".json":
        return read_object(file, f"{folder.name}/{file.name}")
    try:
        read = read_yaml(file.read_bytes(), shown)
    except OSError as error:
        raise TableError(f"{shown} can't be read: {error.strerror}", next_step="") from None
    if not isinstance(read.value, dict):
        raise TableError(f"{shown} holds no table", next_step="")
    dropped |= dict.fromkeys(read.dropped)
    return read.value


def _metadata(folder: Path) -> Mapping[str, Any]:
    return read_object(folder / METADATA) if (folder / METADATA).is_file() else {}


def _run(
    name: str,
    config: Mapping[str, Any],
    report: Mapping[str, Any],
    metadata: Mapping[str, Any],
    optimizer: Optimizer,
) -> Run:
    spread = flat(config)
    fidelity = number(spread.pop(optimizer.fidelity, None)) if optimizer.fidelity else None
    told = str(metadata.get("state") or report.get("reported_as") or "pending").lower()
    status = _STATUS.get(told, told)
    if None not in (fidelity, optimizer.full) and fidelity != optimizer.full:
        status = "pruned" if status == "complete" else status
    curve = _curve(report.get("learning_curve"))
    begun = number(metadata.get("time_started"))
    error = str(report.get("err") or "").strip()
    return Run(
        name=name,
        config=spread,
        results=_results(report),
        curves={} if curve is None else {OBJECTIVE: curve},
        status=status,
        cause=(error.splitlines() or [""])[-1][:200] if status != "complete" else "",
        seconds=number(metadata.get("evaluation_duration")),
        start=datetime.fromtimestamp(begun, UTC).replace(tzinfo=None).isoformat()
        if begun is not None and 0 < begun < 4e9
        else "",
        notes={
            **({optimizer.fidelity: fidelity} if fidelity is not None else {}),
            **{
                key: metadata[key]
                for key in ("previous_trial_id",)
                if metadata.get(key) is not None
            },
        },
    )


def _results(report: Mapping[str, Any]) -> dict[str, float]:
    """The objective, or objectives by number, the cost, and numbers that the script returned."""
    objective = report.get(OBJECTIVE)
    own: dict[str, Any] = {OBJECTIVE: objective, "cost": report.get("cost")}
    if isinstance(objective, list):
        own |= {f"{OBJECTIVE}_{i}": value for i, value in enumerate(objective)}
    extra = report.get("extra")
    own |= {f"extra.{k}": v for k, v in flat(extra).items()} if isinstance(extra, dict) else {}
    return {key: value for key, told in own.items() if (value := number(told)) is not None}


def _curve(told: Any) -> Points | None:
    """The learning curve; points are numbered from 1."""
    if not isinstance(told, list) or not told:
        return None
    values = [number(value) for value in told]
    if None in values:
        return None
    return np.arange(1, len(values) + 1), np.array(values, np.float64)


def _ends_in_result(runs: Sequence[Run]) -> bool:
    """Whether each curve ends in the trial's result."""
    curves = [run for run in runs if OBJECTIVE in run.curves]
    return bool(curves) and all(
        run.results.get(OBJECTIVE) == float(run.curves[OBJECTIVE][1][-1]) for run in curves
    )


def _varied(runs: Sequence[Run]) -> int:
    values: dict[str, set[str]] = {}
    for run in runs:
        for key, value in run.config.items():
            values.setdefault(key, set()).add(repr(value))
    return sum(len(own) > 1 for own in values.values())
