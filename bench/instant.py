"""What a person waits for, before and after, beside Optuna: processor and wall seconds.

    make bench-instant

Makes three environments in build/instant: Tunebook of an earlier commit, Tunebook of this tree, and
Optuna with its dashboard's plots. Each operation runs in all of them in turn, in processes of their
own, five times; docs/instant.md has the medians. The unit is Optuna's `create_study` on SQLite.
"""

from __future__ import annotations

import argparse
import gzip
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from instant_scripts import (
    CREATE_STUDY,
    NOTHING_OPTUNA,
    NOTHING_OPTUNA_TWO,
    NOTHING_TUNEBOOK,
    NOTHING_TUNEBOOK_ONE,
    OPEN_BOOK,
    OPEN_STUDY,
    OPTUNA_PLOTS,
    PLANNED_ROUND,
    STUDY_OF,
    TRAIN,
)
from instant_tables import conditional_table, plain_table

ROOT = Path(__file__).parents[1]
BUILD = ROOT / "build/instant"
BEFORE = "da43fbd"
"""The last commit of 0.1."""
UNIT = "Optuna: create_study on SQLite"
PEERS = ("optuna==5.0.0", "plotly", "scikit-learn")


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What is timed.

    Attributes:
        name: as the page says it.
        tunebook: arguments of the command, or of Python where the first is -c; {folder} is fresh.
        peer: the same for Optuna; empty where it has nothing of the kind.
        goal: multiple of the unit in processor time that is aimed at; 0 if none.
        prepare: writes what it needs, by the Python of that environment and into that folder.
        again: run once before it is timed.
        new: 0.1 has no such command.
    """

    name: str
    tunebook: tuple[str, ...]
    peer: tuple[str, ...] = ()
    goal: float = 0.0
    prepare: Callable[[Path, Path], None] | None = None
    again: bool = False
    new: bool = False


def migrated_book(python: Path, folder: Path) -> None:
    """The finished book of 0.1's demo, four rounds and 148 trials, migrated to that version."""
    packed = next((BUILD / "before").glob("lib/*/site-packages/tunebook/**/digits.db.gz"))
    (folder / "digits.db").write_bytes(gzip.decompress(packed.read_bytes()))
    opened = (python, "-c", OPEN_BOOK, folder / "digits.db")
    subprocess.run(opened, check=True, capture_output=True)


def planned_round(python: Path, folder: Path) -> None:
    """A round of two optimizers, for its plan beside that book."""
    migrated_book(python, folder)
    (folder / "round.toml").write_text(PLANNED_ROUND, "utf-8")
    (folder / "train.py").write_text(TRAIN, "utf-8")


def conditional(python: Path, folder: Path) -> None:
    """180 rows, 16 hyperparameters, of which the number of layers decides which there are."""
    del python
    conditional_table(folder / "sweep.csv")


def plain(trials: int, hyperparameters: int) -> Callable[[Path, Path], None]:
    """Writes a sweep of that size."""

    def write(python: Path, folder: Path) -> None:
        del python
        plain_table(folder / "sweep.csv", trials, hyperparameters)

    return write


def operations() -> tuple[Operation, ...]:
    """All that are timed, in the order of the page."""
    book = ("--book", "{folder}/digits.db")
    audit = ("audit", "{folder}/sweep.csv", "--objective", "minimize:loss")
    report = ("--report", "{folder}/report.html")
    stored = ("--storage", "sqlite:///{study}")
    of_a_book = [
        ("open a book", ("-c", OPEN_BOOK, "{folder}/digits.db"), ("-c", OPEN_STUDY, "{study}"), 0.5, True),
        ("status", ("status", *book), ("studies", *stored), 0.6, True),
        ("trials of a round", ("trials", "4", *book), ("trials", "--study-name", "s", *stored), 0.6, True),
        ("log of a trial", ("logs", "4.1", *book), (), 0.6, True),
        ("findings, first", ("findings", "4", *book), (), 2, False),
        ("findings, again", ("findings", "4", *book), (), 0.7, True),
        ("next, first", ("next", *book), (), 0, False),
        ("next, again", ("next", *book), (), 0, True),
        ("report", ("report", *book, "--out", "{folder}/r.html"), ("-c", OPTUNA_PLOTS, "{study}", "{folder}"), 5, False),
    ]  # fmt: skip
    sizes = ((100, 5, 0), (100, 16, 0), (500, 5, 4), (500, 16, 0))
    of_nothing = [
        (trials, how, script, peer)
        for trials in (100, 1000)
        for how, script, peer in (
            ("two workers", NOTHING_TUNEBOOK, NOTHING_OPTUNA_TWO),
            ("one worker; Optuna within its process", NOTHING_TUNEBOOK_ONE, NOTHING_OPTUNA),
        )
    ]
    return (
        *(
            Operation(name=name, tunebook=own, peer=peer, goal=goal, prepare=migrated_book, again=again, new=name == "trials of a round")
            for name, own, peer, goal, again in of_a_book
        ),
        Operation(name="plan of a round", tunebook=("run", "{folder}/round.toml", "--plan", *book), goal=2.5, prepare=planned_round),
        *(Operation(name=f"audit, {n} trials x {k}", tunebook=audit, goal=goal, prepare=plain(n, k)) for n, k, goal in sizes),
        Operation(name="audit, 180 x 16 conditional", tunebook=audit, goal=6.5, prepare=conditional),
        Operation(name="audit with report, 500 x 5", tunebook=(*audit, *report), goal=8, prepare=plain(500, 5)),
        Operation(name="audit with report, 180 x 16 conditional", tunebook=(*audit, *report), goal=13, prepare=conditional),
        *(
            Operation(name=f"{n:,} trials of nothing, {how}", tunebook=("-c", script, "{folder}", str(n)), peer=("-c", peer, "{folder}", str(n)))
            for n, how, script, peer in of_nothing
        ),
    )  # fmt: skip


Seconds = tuple[float, float]
"""Processor seconds with those of children that ended, and wall seconds."""


def timed(command: Sequence[str], folder: Path) -> Seconds:
    """Run it to its end.

    Raises:
        RuntimeError: it failed; with what it said.
    """
    env = {**os.environ, "OMP_NUM_THREADS": "1", "NO_COLOR": "1"}
    used, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    ended = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True)
    wall, now = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if ended.returncode:
        raise RuntimeError(f"{' '.join(command)}\n{ended.stderr}{ended.stdout}")
    return now.ru_utime - used.ru_utime + now.ru_stime - used.ru_stime, wall


def one(operation: Operation, environment: str) -> Seconds:
    """Time an operation there, in a folder of its own."""
    peer = environment == "peer"
    python = BUILD / environment / "bin/python"
    name = "optuna" if peer else "tunebook"
    with tempfile.TemporaryDirectory() as at:
        folder = Path(at)
        if operation.prepare and not peer:
            operation.prepare(python, folder)
        study = shutil.copy(BUILD / "study.db", folder / "study.db") if peer else ""
        asked = [
            a.replace("{folder}", at).replace("{study}", str(study))
            for a in (operation.peer if peer else operation.tunebook)
        ]
        command = [str(python if asked[0] == "-c" else python.with_name(name)), *asked]
        if operation.again:
            timed(command, folder)
        return timed(command, folder)


def environments(before: str) -> None:
    """Make what is missing of the three environments, and the study of Optuna."""
    BUILD.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as at:
        tar = Path(at) / "before.tar"
        subprocess.run(["git", "archive", "-o", tar, before], check=True, cwd=ROOT)
        subprocess.run(["tar", "-xf", tar, "-C", at], check=True)
        # 0.1 imports jaxtyping without asking for it.
        _environment("before", at, "jaxtyping")
    shutil.rmtree(BUILD / "after", ignore_errors=True)
    _environment("after", str(ROOT))
    _environment("peer", *PEERS)
    if not (BUILD / "study.db").exists():
        python = str(BUILD / "peer/bin/python")
        timed([python, "-c", STUDY_OF, str(BUILD / "study.db")], BUILD)


def _environment(name: str, *packages: str) -> None:
    if (BUILD / name).exists():
        return
    subprocess.run([sys.executable, "-m", "venv", BUILD / name], check=True)
    pip = (BUILD / name / "bin/python", "-m", "pip", "install", "--quiet")
    known = () if name == "before" else ("--constraint", ROOT / "constraints.txt")
    subprocess.run([*pip, *known, *packages], check=True)


def measure(repeats: int, only: str) -> tuple[list[Seconds], dict[tuple[str, str], list[Seconds]]]:
    """The unit, and all operations in all environments, in turn."""
    unit: list[Seconds] = []
    rows: dict[tuple[str, str], list[Seconds]] = {}
    for _ in range(repeats):
        with tempfile.TemporaryDirectory() as at:
            python = str(BUILD / "peer/bin/python")
            unit.append(timed([python, "-c", CREATE_STUDY, at], Path(at)))
        for operation in operations():
            if only not in operation.name:
                continue
            absent = {"before"} if operation.new else set()
            absent |= set() if operation.peer else {"peer"}
            for environment in (e for e in ("before", "after", "peer") if e not in absent):
                taken = one(operation, environment)
                rows.setdefault((operation.name, environment), []).append(taken)
                print(
                    f"{operation.name} | {environment} | {taken[0]:.2f} {taken[1]:.2f}", flush=True
                )
    return unit, rows


def page(
    unit: Sequence[Seconds], rows: Mapping[tuple[str, str], Sequence[Seconds]], before: str
) -> str:
    """The measurements as a page."""
    base = statistics.median(c for c, _ in unit)

    def both(values: Sequence[Seconds] | None) -> str:
        if values is None:
            return "-"
        cpu, wall = (statistics.median(v[i] for v in values) for i in (0, 1))
        return f"{cpu:.2f} / {wall:.2f}"

    lines = [
        "| operation | before | after | Optuna | after, in units | aim |",
        "|---|---|---|---|---|---|",
    ]
    for operation in operations():
        after = rows.get((operation.name, "after"))
        if after is None:
            continue
        each = [both(rows.get((operation.name, e))) for e in ("before", "after", "peer")]
        units = statistics.median(c for c, _ in after) / base
        aim = f"{operation.goal:g}" if operation.goal else "-"
        lines.append(f"| {operation.name} | {' | '.join(each)} | {units:.2g} | {aim} |")
    table = "\n".join(lines)
    return f"""# What a person waits for

`make bench-instant` measures all of it in one run, in turn, {len(unit)} times each, and writes this page. Processor seconds (with
those of the processes that it starts) and wall seconds; medians. Before is version 0.1 ({before}). Python {platform.python_version()},
{PEERS[0].replace("==", " ")}, {os.cpu_count()} cores, a shared machine, one thread of linear algebra. The unit is the processor time of
Optuna's `create_study` on a new SQLite file, imports included: {base:.2f} s.

The book is that of 0.1's demo: four rounds, 148 trials with curves. Optuna's study has as many. "First" has no kept results of
checks, "again" finds those of the call before. Optuna has no findings, no next round and no plan; its counterpart of `report` is the six plots of its
dashboard, written as files. A trial of nothing costs Tunebook a way to a worker process and back; Optuna's two processes share
the SQLite file. The first report of a user bundles the script of its pages once for each version of vl-convert, which takes about
1.5 s more; here it has been bundled before.

{table}

The five procedures against scripts that give Optuna the same trials: `bench/procedures_by_hand.py`.
"""


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--before", default=BEFORE)
    parser.add_argument("--only", default="", help="operations whose name has this text; no page")
    given = parser.parse_args()
    environments(given.before)
    made = page(*measure(given.repeats, given.only), given.before)
    if not given.only:
        (ROOT / "docs/instant.md").write_text(made, "utf-8")
    print(made)
