"""An audit of other tools' sweeps where they lie, from a fresh environment: processor seconds.

    make bench-sources

Optuna, W&B and MLflow each write 200 runs with curves of 50 points of two metrics (Optuna, which
keeps one value a step, 100 points of one), in environments of their own. `tunebook audit`, from a
wheel in a fresh environment, reads each with and without a report, in turn with the tool's own way
to the same values and with Optuna's `create_study` on SQLite, which is the unit. Writes
docs/sources/times.md.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from instant import timed
from sources_scripts import READ, WRITE

ROOT = Path(__file__).parents[1]
BUILD = ROOT / "build/sources"
PAGE = ROOT / "docs/sources/times.md"
UNIT = "import optuna; optuna.create_study(storage='sqlite:///new-{n}.db')"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A sweep of a tool.

    Attributes:
        tool: its environment, build/tools/NAME; "optuna" has one of the bench.
        place: of the sweep, below the folder that the tool wrote into.
        objective: of the audit; empty where the source states it.
        goals: multiples of the unit that are aimed at, without and with a report.
    """

    tool: str
    place: str
    objective: str = ""
    goals: tuple[float, float]


SOURCES = (
    Source(tool="optuna", place="study.db", goals=(4, 8)),
    Source(tool="mlflow", place="mlruns", objective="minimize:valid/loss", goals=(4, 8)),
    Source(tool="wandb", place="wandb", objective="minimize:valid/loss", goals=(8, 8)),
)


def environments() -> None:
    """Make what is missing: a wheel in a fresh environment, and the tools'."""
    BUILD.mkdir(parents=True, exist_ok=True)
    pip = ["-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    for name, packages in (("fresh", ()), ("optuna", ("optuna==5.0.0",))):
        python = BUILD / name / "bin/python"
        if not python.exists():
            subprocess.run([sys.executable, "-m", "venv", BUILD / name], check=True)
            if packages:
                subprocess.run([python, *pip, *packages], check=True)
    fresh = BUILD / "fresh/bin/python"
    wheel = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", BUILD, ROOT]
    for old in BUILD.glob("*.whl"):
        old.unlink()
    subprocess.run(wheel, check=True)
    (made,) = BUILD.glob("*.whl")
    subprocess.run([fresh, *pip, "--force-reinstall", "--no-deps", made], check=True)
    subprocess.run([fresh, *pip, made], check=True)
    install = ROOT / "tests/importers/tools/install.py"
    subprocess.run([sys.executable, install, "wandb", "mlflow"], check=True, cwd=ROOT)


def python_of(tool: str) -> Path:
    """Of the tool's environment."""
    return (
        BUILD / "optuna/bin/python"
        if tool == "optuna"
        else ROOT / f"build/tools/{tool}/bin/python"
    )


def written(source: Source, runs: int) -> Path:
    """The folder into which the tool wrote; kept from the last time."""
    folder = BUILD / f"{source.tool}-{runs}"
    if not (folder / source.place).exists():
        folder.mkdir(exist_ok=True)
        code = WRITE[source.tool].replace("RUNS", str(runs))
        subprocess.run([python_of(source.tool), "-c", code], check=True, cwd=folder)
    return folder


def commands(source: Source) -> dict[str, Sequence[str | Path]]:
    """What is timed in the folder, by column of the page."""
    audit: list[str | Path] = [BUILD / "fresh/bin/tunebook", "audit", source.place]
    audit += ["--objective", source.objective] if source.objective else []
    return {
        "audit": audit,
        "with report": [*audit, "--report", "audit.html"],
        "read by Tunebook": [BUILD / "fresh/bin/python", "-c", READ["tunebook"], source.place],
        "read by the tool": [python_of(source.tool), "-c", READ[source.tool], source.place],
    }


def measure(runs: int, repeats: int) -> tuple[list[float], dict[str, dict[str, list[float]]]]:
    """Processor seconds of the unit, and of each source by column, in turn."""
    unit: list[float] = []
    found: dict[str, dict[str, list[float]]] = {s.tool: {} for s in SOURCES}
    folders = {source.tool: written(source, runs) for source in SOURCES}
    for turn in range(-1, repeats):  # the first makes what Python and the tools keep
        code = UNIT.replace("{n}", f"{turn}")
        seconds = timed([BUILD / "optuna/bin/python", "-c", code], folders["optuna"])[0]
        (folders["optuna"] / f"new-{turn}.db").unlink()
        if turn >= 0:
            unit.append(seconds)
        for source in SOURCES:
            for column, command in commands(source).items():
                seconds = timed([str(word) for word in command], folders[source.tool])[0]
                if turn >= 0:
                    found[source.tool].setdefault(column, []).append(seconds)
                print(runs, turn, source.tool, column, f"{seconds:.2f}", flush=True)
    return unit, found


HEAD = """# What reading takes

`make bench-sources`: {runs} runs with curves of 50 points of two metrics, written by Optuna 5.0.0 (which keeps one value a step: 100
points of one), MLflow (`mlruns`) and W&B (offline folders), read by `tunebook` from a wheel in a fresh environment. Processor seconds,
start-up included, medians of {repeats} in turn, Python {python}. The unit is Optuna's `create_study` on SQLite in the same turns:
{unit:.2f} s. In brackets, multiples of it; goals: 4 for an audit, 8 for W&B and with a report.

| source | audit | audit with report | values and curves, by Tunebook | the same, by the tool itself |
|---|---|---|---|---|
"""


def page(
    runs: int, repeats: int, unit: list[float], found: dict[str, dict[str, list[float]]]
) -> str:
    """The measurements as a page."""
    of = statistics.median(unit)
    text = HEAD.format(runs=runs, repeats=repeats, python=platform.python_version(), unit=of)
    names = {"optuna": "Optuna, SQLite", "mlflow": "MLflow, `mlruns`", "wandb": "W&B, offline"}
    for source in SOURCES:
        middle = {c: statistics.median(s) for c, s in found[source.tool].items()}
        cells = [f"{seconds:.2f} ({seconds / of:.1f})" for seconds in middle.values()]
        text += f"| {names[source.tool]} | {' | '.join(cells)} |\n"
    return text


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--repeats", type=int, default=5)
    asked = parser.parse_args()
    environments()
    PAGE.write_text(page(asked.runs, asked.repeats, *measure(asked.runs, asked.repeats)), "utf-8")
