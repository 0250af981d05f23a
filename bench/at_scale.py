"""All checks and pictures of one table, by its number of trials: seconds, memory, report.

Writes a table of N trials x 100 steps x 3 metrics as two CSV files, audits it with the real
command, and opens the report in Chromium. Then audits smaller and larger tables without a report,
with this tree and an earlier commit in turn. Medians go to docs/scale.md.

    make scale
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

import numpy as np

from instant_tables import conditional_table, plain_table
from scale_book import fill_book

STEPS = 100
HEADING = "## Checks before and after"
BOOK_HEADING = "## A book by its trials"
COMMAND = Path(sys.executable).with_name("tunebook")
ROOT = Path(__file__).parents[1]
BEFORE = "6760b3b"
"""The last commit before checks were made faster."""
SMALL = (16, 64, 512, 10_000)
GROWTH = (100, 1_000, 100_000)
AUDIT = "from tunebook.cli import main; main()"
EXAMINE = """
import json, sys, time
import tunebook as tb
from tunebook.checks import CHECKS, load_check
table = tb.TrialTable.from_csv(sys.argv[1], sys.argv[2] or None, objective=sys.argv[3])
for check in CHECKS:
    load_check(check)
began = time.process_time()
tb.examine(table)
print(time.process_time() - began)
"""


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
    return {**timed(list(map(str, asked))), "report": report.stat().st_size / 1e6}


def timed(asked: Sequence[str], source: Path = ROOT / "src") -> dict[str, float]:
    """Wall and CPU seconds and peak resident memory in GB of a command with Tunebook of a tree."""
    env = {**os.environ, "PYTHONPATH": str(source), "OMP_NUM_THREADS": "1"}
    began = time.perf_counter()
    with subprocess.Popen(asked, stdout=subprocess.DEVNULL, env=env) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - began
    if process.returncode not in (0, 1):
        raise SystemExit(f"{' '.join(asked)} ended with {process.returncode}")
    cpu = used.ru_utime + used.ru_stime
    return {"wall": wall, "cpu": cpu, "memory": used.ru_maxrss / 1e6}


def tables(folder: Path) -> Iterator[tuple[str, Path, Path | None]]:
    """Tables of several kinds: what each is, and its files."""
    at = folder / "plain.csv"
    for trials in SMALL:
        for hyperparameters in (5, 16):
            plain_table(at, trials, hyperparameters)
            yield f"{trials:,} x {hyperparameters}", at, None
    for trials in SMALL:
        yield f"{trials:,} x 5, curves", *write_table(folder, trials)
    conditional_table(at)
    yield "180 x 16, most conditional", at, None
    for trials in GROWTH:
        plain_table(at, trials, 5)
        yield f"{trials:,} x 5", at, None


def beside(at: Path, curves: Path | None, sources: Sequence[Path], repeats: int) -> list[str]:
    """Cells of an audit's CPU seconds, of its checks alone and its memory, before and after."""
    runs: list[list[dict[str, float]]] = [[] for _ in sources]
    objective = "minimize:valid/error" if curves else "minimize:loss"
    more = ["--curves", str(curves)] if curves else []
    audit = [sys.executable, "-c", AUDIT, "audit", str(at), *more, "--objective", objective]
    examine = [sys.executable, "-c", EXAMINE, str(at), str(curves or ""), objective]
    for _ in range(repeats):
        for source, own in zip(sources, runs, strict=True):
            env = {**os.environ, "PYTHONPATH": str(source), "OMP_NUM_THREADS": "1"}
            said = subprocess.run(examine, check=True, capture_output=True, text=True, env=env)
            own.append({**timed(audit, source), "checks": float(said.stdout)})
    return [
        f"{statistics.median(r[k] for r in own):.3g}"
        for k in ("cpu", "checks", "memory")
        for own in runs
    ]


def beside_rows(before: str, repeats: int, kinds: str) -> list[str]:
    """A row for each table, with an earlier commit and this tree in turn."""
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        past = earlier(before, folder)
        for kind, at, curves in tables(folder):
            if kinds not in kind:
                continue
            times = repeats if kind[:6] not in ("10,000", "100,00") else 1
            cells = beside(at, curves, (past, ROOT / "src"), times)
            rows.append(f"| {kind} | {' | '.join(cells)} |")
            print(rows[-1], flush=True)
    return rows


def opened(report: Path) -> float:
    """Seconds until a finding has unfolded and the first picture is drawn."""
    script = Path(__file__).with_name("open_report.py")
    said = subprocess.run(
        [sys.executable, script, report], check=True, capture_output=True, text=True
    )
    return float(json.loads(said.stdout)["seconds"])


def spread(values: list[float]) -> str:
    return f"{statistics.median(values):.3g} ({min(values):.3g} to {max(values):.3g})"


def by_size(sizes: list[int], repeats: int, *, browser: bool) -> str:
    """The first part of the page: all of a report, by the number of trials."""
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
            "",
        ]
    )


def of_a_book(folder: Path, trials: int, source: Path) -> dict[str, dict[str, float]]:
    """CPU seconds and memory of each command on an undecided book, by name of the command."""
    book = folder / "book.db"
    page = folder / "report.html"
    with suppress(FileNotFoundError):
        shutil.rmtree(folder / ".book.kept")
    if not book.exists():
        fill_book(book, trials)
    own = {
        "findings": ["findings"],
        "findings again": ["findings"],
        "report": ["report", "--out", str(page)],
        "report again": ["report", "--out", str(page)],
        "status": ["status"],
        "next": ["next"],
    }
    found = {}
    for name, arguments in own.items():
        command = [sys.executable, "-c", AUDIT, *arguments, "--book", str(book)]
        found[name] = timed(command, source)
    found["report"]["size"] = page.stat().st_size / 1e6
    return found


def book_rows(before: str, sizes: Sequence[int], repeats: int) -> str:
    """The last part of the page: commands on a book, by its trials, with an earlier commit."""
    lines = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sources = {before: earlier(before, folder), "this tree": ROOT / "src"}
        for trials in sizes:
            place = folder / str(trials)
            place.mkdir()
            runs: dict[str, list[dict[str, dict[str, float]]]] = {tree: [] for tree in sources}
            for _ in range(repeats if trials <= 1_000 else 1):
                for tree, source in sources.items():
                    runs[tree].append(of_a_book(place, trials, source))
            for tree, own in runs.items():
                cells = [f"{statistics.median(r[c]['cpu'] for r in own):.3g}" for c in own[0]]
                memory = max(r["report"]["memory"] for r in own)
                size = own[0]["report"]["size"]
                row = " | ".join([f"{trials:,}", tree, *cells, f"{memory:.3g}", f"{size:.3g}"])
                lines.append(f"| {row} |")
                print(lines[-1], flush=True)
    return "\n".join(
        [
            BOOK_HEADING,
            "",
            "An undecided book of one round of N trials x 5 hyperparameters that report one metric at"
            " ten steps, on SQLite: CPU",
            "seconds of each command as one process, in this order, and the peak memory (GB) and size"
            f" (MB) of the report. Medians of {repeats} runs",
            '(of 10,000 and more trials one). "Again" reads the kept results of the checks.',
            "",
            "| trials | tree | findings | again | report | again | status | next | memory | report (MB) |",
            "|---|---|---|---|---|---|---|---|---|---|",
            *lines,
            "",
        ]
    )


def earlier(before: str, folder: Path) -> Path:
    """The sources of an earlier commit, unpacked."""
    packed = folder / "before.tar"
    subprocess.run(["git", "archive", "-o", packed, before, "src"], check=True, cwd=ROOT)
    subprocess.run(["tar", "-xf", packed, "-C", folder], check=True)
    return folder / "src"


def compared(before: str, repeats: int, kinds: str) -> str:
    """The second part: checks of several tables, before and after."""
    return "\n".join(
        [
            HEADING,
            "",
            "`tunebook audit` without a report, as one process (CPU seconds with imports, memory in"
            " GB), and its checks alone",
            f"once they are loaded; {before} and this tree in turn. Tables are trials x hyperparameters;"
            " curves as above; of the",
            f"conditional ones, layers 1 to 7 have a width and a dropout each. Medians of {repeats} runs (of"
            " 10,000 and more trials one).",
            "",
            "| table | audit before (s) | audit | checks before (s) | checks | memory before (GB) |"
            " memory |",
            "|---|---|---|---|---|---|---|",
            *beside_rows(before, repeats, kinds),
            "",
        ]
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, 1_000, 10_000, 100_000])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--no-browser", action="store_true")
    parser.add_argument("--before", default=BEFORE, help="commit to compare with")
    parser.add_argument("--kinds", default="", help="compared tables whose name has this text")
    parser.add_argument(
        "--parts", nargs="+", choices=("report", "checks", "book"), default=["report", "checks", "book"],
        help="parts of the page to measure; the others stay as they are",
    )  # fmt: skip
    asked = parser.parse_args()
    page = ROOT / "docs/scale.md"
    text = page.read_text("utf-8")
    first, _, rest = text.partition(HEADING)
    second, _, third = rest.partition(BOOK_HEADING)
    parts = [first, HEADING + second, BOOK_HEADING + third]
    if "report" in asked.parts:
        parts[0] = by_size(asked.sizes, asked.repeats, browser=not asked.no_browser)
    if "checks" in asked.parts:
        parts[1] = compared(asked.before, asked.repeats, asked.kinds)
    if "book" in asked.parts:
        parts[2] = book_rows(asked.before, asked.sizes, asked.repeats)
    page.write_text("\n\n".join(part.strip() for part in parts) + "\n", "utf-8")
