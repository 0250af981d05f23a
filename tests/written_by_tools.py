"""Sweeps that the tools themselves wrote, with the tools' own numbers."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tunebook.importers.source import SweepSource

TOOLS = Path(__file__).parent / "importers/tools"
ENVIRONMENTS = Path(__file__).parents[1] / "build/tools"


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What `tools/writers/NAME.py OUT` left.

    Attributes:
        folder: OUT.
        runs: OUT/truth.json, as the tool's own interface reads it: by run, "config", "results",
            "curves" (metric to [steps, values]) and "status".
    """

    folder: Path
    runs: dict[str, dict[str, Any]]


def write(tool: str, out: Path, *, here: bool = False) -> Written:
    """Let a tool write a sweep, in its own environment or, with `here`, in the tests' one."""
    python = Path(sys.executable) if here else ENVIRONMENTS / tool / "bin/python"
    if not python.exists():
        wanted = (TOOLS / "requirements" / f"{tool}.txt").read_text("utf-8")
        required = {"all": True, "light": not wanted.startswith("# heavy")}
        if required.get(os.environ.get("TUNEBOOK_TOOLS", ""), False):
            pytest.fail(f"{python} is not there: make test-importers")
        pytest.skip(f"{tool} has an environment of its own: make test-importers")
    script = TOOLS / "writers" / f"{tool}.py"
    named = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    done = subprocess.run(
        [python, "-P", script, out],
        cwd=out,
        env=named,
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    truth = json.loads((out / "truth.json").read_text("utf-8"))
    return Written(folder=out, runs=truth["runs"])


def differences(found: SweepSource, written: Written) -> list[str]:
    """Where what was read is not what the tool says; empty where all is the same."""
    rows, said = found.rows, []
    places = {name: i for i, name in enumerate(rows.cells["trial"])}
    said += [f"missing: {name}" for name in written.runs if name not in places]
    said += [f"not the tool's: {name}" for name in places if name not in written.runs]
    for name, run in written.runs.items():
        if name not in places:
            continue
        for prefix, part in (("config.", "config"), ("result.", "results")):
            for key, value in run.get(part, {}).items():
                cell = rows.cells.get(prefix + key, [""] * len(rows))[places[name]]
                if not same_value(cell, value):
                    said.append(f"{name} {part} {key}: read {cell!r}, the tool has {value!r}")
        if "status" in run and rows.cells["status"][places[name]] != run["status"]:
            said.append(f"{name}: {rows.cells['status'][places[name]]}, not {run['status']}")
        said += _other_curves(found, name, run.get("curves", {}))
    return said


def _other_curves(found: SweepSource, name: str, curves: dict[str, Any]) -> list[str]:
    read, said = found.curves, []
    for metric, (steps, values) in curves.items():
        if read is None or metric not in read.metrics or name not in read.trials:
            said.append(f"{name}: no curve of {metric}")
            continue
        own = (read.trial == read.trials.index(name)) & (read.metric == read.metrics.index(metric))
        expected = np.array([math.nan if v is None else v for v in values], np.float64)
        if read.step[own].tolist() != steps or not np.array_equal(
            read.value[own], expected, equal_nan=True
        ):
            said.append(f"{name}: another curve of {metric}")
    return said


def same_value(cell: str, value: Any) -> bool:
    """Whether a cell says a value that came through JSON; floats to the last bit."""
    if isinstance(value, float) and math.isnan(value):
        return cell.lower() == "nan"
    if isinstance(value, bool) or value is None or isinstance(value, (list, dict)):
        return json.loads(cell.lower() if isinstance(value, bool) else cell) == value
    if isinstance(value, (int, float)):
        return float(cell) == value
    return cell == value
