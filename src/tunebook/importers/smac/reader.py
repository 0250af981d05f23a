"""A run of SMAC as a sweep: a row for each configuration, instance, seed and budget (C11, D2)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tunebook.domain.errors import TableError
from tunebook.domain.formats.numbers import plural
from tunebook.domain.origin import steered
from tunebook.domain.space import Axis
from tunebook.importers.folders import sweep_in
from tunebook.importers.json_files import flat, number, read_object
from tunebook.importers.runs import Run, sweep_of_runs
from tunebook.importers.smac.folders import HISTORY, SCENARIO, SPACE, has_runs, is_run
from tunebook.importers.smac.space import chooser, ranges
from tunebook.importers.source import SweepSource

_STATUS: Mapping[Any, str] = {
    0: "running", 1: "complete", 2: "crashed", 3: "timeout", 4: "memoryout",
    **{name: name.lower() for name in ("RUNNING", "CRASHED", "TIMEOUT", "MEMORYOUT")},
    "SUCCESS": "complete",
}  # fmt: skip
_PRUNERS = {"Hyperband": "Hyperband", "SuccessiveHalving": "successive halving"}
_KEYS = ("instance", "seed", "budget")


def read_smac(place: str | Path, study: str = "") -> SweepSource:
    """Read a run without SMAC and ConfigSpace.

    Args:
        place: its folder, `OUTPUT/NAME/SEED`, or one above it.
        study: `NAME`, `SEED` or `NAME/SEED`, where there are several.

    Raises:
        TableError: it can't be read, it has no trials, or there are several and none is named.
    """
    wanted = f"no {HISTORY} with {SCENARIO} or {SPACE}"
    named = sweep_in(Path(place), study, has_runs, noun="run", wanted=wanted)
    folder = named
    if not is_run(named):
        rest = study.partition("/")[2] if study.partition("/")[0] == named.name else study
        folder = sweep_in(named, rest, is_run, noun="run", wanted=wanted)
    source = f"{folder.parent.name}/{folder.name}"
    history = read_object(folder / HISTORY, f"{source}/{HISTORY}")
    rows = history.get("data")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise TableError(
            f"{source}/{HISTORY} has no trials in a form that is known",
            next_step="SMAC before 2.2 and after 2.4 may have written it: write the trials as CSV",
        )
    if not rows:
        raise TableError(f"{source} has no trials", next_step="name another run")
    scenario, notes = _optional(folder / SCENARIO, source)
    declared, told = _declared(folder, source)
    runs = _runs(rows, history, scenario)
    samplers = [run.chosen for run in runs if run.chosen and steered(run.chosen)]
    metrics = _objectives(scenario)
    known = {name for run in runs for name in run.results}
    return sweep_of_runs(
        runs,
        tool="SMAC",
        source=source,
        sampler=samplers[0] if samplers else "",
        pruner=_PRUNERS.get(str(_meta(scenario, "intensifier").get("name")), ""),
        notes=[*notes, *told, *_notes(rows, scenario)],
        declared=declared,
        objectives=tuple(f"minimize:{name}" for name in metrics if name in known),
        adaptive=True if samplers else False if all(run.chosen for run in runs) else None,
    )


def _optional(file: Path, source: str) -> tuple[Mapping[str, Any], list[str]]:
    """A file that may be missing or damaged, with a note then."""
    if not file.is_file():
        return {}, [f"{source} has no {file.name}: what it says is not known."]
    try:
        return read_object(file), []
    except TableError as error:
        return {}, [f"{error.rule}: what it says is not known."]


def _declared(folder: Path, source: str) -> tuple[dict[str, Axis], list[str]]:
    read, notes = _optional(folder / SPACE, source)
    declared, told = ranges(read)
    return declared, [*notes, *told]


def _meta(scenario: Mapping[str, Any], part: str) -> Mapping[str, Any]:
    own = scenario.get("_meta")
    found = own.get(part) if isinstance(own, dict) else None
    return found if isinstance(found, dict) else {}


def _objectives(scenario: Mapping[str, Any]) -> list[str]:
    told = scenario.get("objectives", "cost")
    return [str(name) for name in told] if isinstance(told, list) else [str(told)]


def _runs(
    rows: Sequence[Mapping[str, Any]], history: Mapping[str, Any], scenario: Mapping[str, Any]
) -> list[Run]:
    configs, origins = (_table(history, key) for key in ("configs", "config_origins"))
    varied = {key for key in _KEYS if len({str(row.get(key)) for row in rows}) > 1}
    budgets = [b for row in rows if (b := number(row.get("budget"))) is not None]
    full = number(scenario.get("max_budget")) or max(budgets, default=None)
    own = scenario.get("_meta")
    meta = own if isinstance(own, dict) else {}
    runs: dict[str, Run] = {}
    for row in rows:
        run = _run(row, configs, varied, full, _objectives(scenario))
        label = str(row.get("config_id"))
        place = int(label) if label.isdecimal() else math.inf
        chosen = chooser(str(origins.get(label) or ""), int(min(place, 2**53)), meta)
        # A trial that was running is written again when it has ended.
        runs.pop(run.name, None)
        runs[run.name] = replace(run, chosen=chosen)
    return [*runs.values()]


def _table(history: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = history.get(key)
    return found if isinstance(found, dict) else {}


def _run(
    row: Mapping[str, Any],
    configs: Mapping[str, Any],
    varied: set[str],
    full: float | None,
    objectives: Sequence[str],
) -> Run:
    label = str(row.get("config_id"))
    config = configs.get(label)
    status = _STATUS.get(row.get("status", ""), str(row.get("status", "")).lower())
    budget = number(row.get("budget"))
    if status == "complete" and budget is not None and full is not None and budget < full:
        status = "pruned"
    begun, seconds = number(row.get("starttime")), number(row.get("time"))
    there = {key: row[key] for key in _KEYS if row.get(key) is not None}
    return Run(
        name=_name(label, row, varied),
        config={
            **(flat(config) if isinstance(config, dict) else {}),
            **({"seed": there["seed"]} if "seed" in varied and "seed" in there else {}),
            **({"task": there["instance"]} if "instance" in varied & there.keys() else {}),
        },
        results=_costs(row.get("cost"), objectives) if status in ("complete", "pruned") else {},
        status=status,
        cause=_cause(row.get("additional_info")) if status == "crashed" else "",
        seconds=seconds if seconds else None,
        start="" if not begun else _moment(begun),
        notes={"config_id": label, **{k: v for k, v in there.items() if k == "budget"}},
    )


def _name(label: str, row: Mapping[str, Any], varied: set[str]) -> str:
    parts = [label]
    for key in _KEYS:
        value = row.get(key)
        if key in varied and value is not None:
            text = f"{value:g}" if key == "budget" and isinstance(value, float) else str(value)
            parts.append(f"{key} {text}")
    return " ".join(parts)


def _costs(cost: Any, objectives: Sequence[str]) -> dict[str, float]:
    each = cost if isinstance(cost, list) else [cost]
    found = zip(objectives, map(number, each), strict=False)
    return {name: value for name, value in found if value is not None}


def _cause(info: Any) -> str:
    return str(info.get("error") or "")[:200] if isinstance(info, dict) else ""


def _moment(seconds: float) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None).isoformat()
    except (OverflowError, ValueError, OSError):
        return ""


def _notes(rows: Sequence[Mapping[str, Any]], scenario: Mapping[str, Any]) -> list[str]:
    said = []
    budgets = {number(row.get("budget")) for row in rows} - {None}
    if len(budgets) > 1:
        full = number(scenario.get("max_budget")) or max(b for b in budgets if b is not None)
        said.append(f"Trials with a budget below {full:g} count as pruned.")
    seeds = len({row.get("seed") for row in rows})
    if seeds > 1:
        said.append(
            "A configuration may have several rows, one a seed: there are "
            f"{plural(seeds, 'seed')}."
        )
    crashed = sum(row.get("status") in (2, "CRASHED") for row in rows)
    if crashed:
        said.append(
            f"The cost of {plural(crashed, 'crashed trial')} is a penalty and is not used."
        )
    return said
