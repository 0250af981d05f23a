"""All checks and pictures of one table, by its number of trials: seconds, memory, report.

Writes a table of N trials x 100 steps x 3 metrics as two CSV files, audits it with the real
command, and opens the report in Chromium. Medians and the full range go to docs/scale.md.

    make scale
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np

STEPS = 100
COMMAND = Path(sys.executable).with_name("tunebook")


def write_table(folder: Path, trials: int, seed: int = 0) -> tuple[Path, Path]:
    """A search over learning rate, momentum, weight decay, dropout and three optimizers."""
    rng = np.random.default_rng(seed)
    u = rng.random((trials, 4))
    lr, decay = 10 ** (-4 + 3 * u[:, 0]), 10 ** (-6 + 4 * u[:, 1])
    optimizer = rng.choice(["adam", "momentum", "nesterov"], trials)
    level = 0.1 + (u[:, 0] - 0.5) ** 2 + 0.3 * (u[:, 1] - 0.4) ** 2 + 0.1 * (u[:, 2] - 0.6) ** 2
    level += 0.02 * (optimizer == "momentum") + 0.003 * rng.normal(size=trials)
    failed = lr / (1 - 0.9 * u[:, 2]) > 0.1
    at, curves = folder / "trials.csv", folder / "curves.csv"
    with at.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(
            ["trial", "seed", "status", "lr", "weight_decay", "momentum", "dropout", "optimizer"]
        )
        for i in range(trials):
            status = "infeasible" if failed[i] else "complete"
            row = (lr[i], decay[i], 0.9 * u[i, 2], 0.5 * u[i, 3])
            rows.writerow([i, i, status, *(f"{v:.6g}" for v in row), optimizer[i]])
    steps = np.arange(1, STEPS + 1)
    fall = 2 * np.exp(-steps / 15)
    with curves.open("w", encoding="utf-8") as file:
        file.write("trial,step,metric,value\n")
        for i in range(trials):
            last = STEPS // 3 if failed[i] else STEPS
            noise = 0.003 * rng.normal(size=(3, STEPS))
            valid = level[i] + fall + noise[0]
            train = level[i] - 0.02 + fall + noise[1]
            loss = 3 * level[i] + fall + noise[2]
            named = (("valid/error", valid), ("train/error", train), ("valid/loss", loss))
            for metric, values in named:
                file.writelines(
                    f"{i},{s},{metric},{v:.6g}\n"
                    for s, v in zip(steps[:last], values, strict=False)
                )
    return at, curves


def audit(at: Path, curves: Path, report: Path) -> dict[str, float]:
    """Wall and CPU seconds, peak resident memory in GB, and the report's size in MB."""
    asked = [
        COMMAND, "audit", at, "--curves", curves, "--objective", "minimize:valid/error",
        "--scientific", "optimizer", "--report", report,
    ]  # fmt: skip
    began = time.perf_counter()
    with subprocess.Popen(list(map(str, asked)), stdout=subprocess.DEVNULL) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - began
    if process.returncode not in (0, 1):
        raise SystemExit(f"the audit of {at} ended with {process.returncode}")
    return {
        "wall": wall,
        "cpu": used.ru_utime + used.ru_stime,
        "memory": used.ru_maxrss / 1e6,
        "report": report.stat().st_size / 1e6,
    }


def opened(report: Path) -> float:
    """Seconds until a finding has unfolded and the first picture is drawn."""
    script = Path(__file__).with_name("open_report.py")
    said = subprocess.run(
        [sys.executable, script, report], check=True, capture_output=True, text=True
    )
    return float(json.loads(said.stdout)["seconds"])


def spread(values: list[float]) -> str:
    return f"{statistics.median(values):.3g} ({min(values):.3g} to {max(values):.3g})"


def page(sizes: list[int], repeats: int, *, browser: bool) -> str:
    rows = []
    for trials in sizes:
        times = repeats if trials <= 10_000 else 1
        with tempfile.TemporaryDirectory() as folder:
            at, curves = write_table(Path(folder), trials)
            report = Path(folder) / "report.html"
            runs = [audit(at, curves, report) for _ in range(times)]
            shown = [opened(report) for _ in range(times)] if browser else []
        cells = [spread([r[k] for r in runs]) for k in ("wall", "cpu", "memory", "report")]
        rows.append(
            f"| {trials:,} | " + " | ".join([*cells, spread(shown) if shown else ""]) + " |"
        )
        print(rows[-1], flush=True)
    return "\n".join(
        [
            "# Time by the number of trials",
            "",
            f"`make scale` makes this page: `tunebook audit --report` of N trials x {STEPS} steps x 3 metrics,"
            " five",
            "hyperparameters of which one is scientific, a tenth of the trials infeasible; reading the CSV,"
            " every check, every",
            f"picture and the report, as one process. Medians and ranges of {repeats} runs (of 100,000 trials"
            f" one). Python {platform.python_version()},",
            f'NumPy {version("numpy")}, {os.cpu_count()} cores, a shared machine. "Opened" is until'
            " a finding has unfolded and the first picture is drawn in Chromium.",
            "",
            "| trials | wall (s) | CPU (s) | memory (GB) | report (MB) | opened (s) |",
            "|---|---|---|---|---|---|",
            *rows,
            "",
        ]
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--no-browser", action="store_true")
    asked = parser.parse_args()
    text = page(asked.sizes, asked.repeats, browser=not asked.no_browser)
    (Path(__file__).parents[1] / "docs/scale.md").write_text(text, "utf-8")
