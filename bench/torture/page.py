"""docs/torture.md from the rows of scenes."""

from __future__ import annotations

import json
import platform
import statistics
from collections import Counter, defaultdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from scene import STEPS, TRIALS

from training import CHECKPOINT_EVERY

HEAD = """# Faults

`make torture` (root; {minutes:.0f} minutes) plays rounds of {trials} trials of {steps} steps, a checkpoint every {every},
and injects faults at random moments while they run; a runner that ends too early is begun again by the same command, and
nothing else is done to help (SLURM's own administrator apart: a node that SLURM drained because its killed controller gave
a job number twice is given back, and `SlurmdTimeout` is 20 s). Training notes each report once `report` has returned; at the end the book must hold it,
with its value. On Ray a report is acknowledged once it is at the host; here it
is counted from `report` on, and at the end of the round none may be missing. {versions}, 2 cores, a shared machine.

**{faults} faults in {scenes} rounds: acknowledged reports lost {lost} of {reports:,}; trials recorded complete twice
{twice}; complete trials whose curve is not what training makes {wrong}; rounds that needed a hand {by_hand}.** {again:.1f} % of
the steps were trained more than once: those after a trial's last checkpoint.

## By executor and database

| executor | book | rounds | faults | reports | lost | complete twice | by hand | repeated work |
|---|---|---|---|---|---|---|---|---|
"""

FAULTS = """
## By fault

Silence is the longest time, in seconds, without any acknowledged report of the round from a fault on until the next one: it
holds what the fault itself lasts (a second without a disk, some without a network), the start of a runner, and on SLURM that of jobs.
It was measured in {cycle} of the rounds.

| fault | times | silence, median | longest |
|---|---|---|---|
"""

TAIL = """
## What became of trials

{failed}

A worker that is killed twice with no sign of why is the trial's own fate (*crashed*), as far as anybody can tell; its
reports are kept. Corrupted checkpoints are passed over by their checksum, and training goes on from the one before.
A line of a log that is damaged in place (not only cut off) can't be restored: it is counted, and said at the trial.

A first run (561 faults) lost 45 reports of one trial on Ray: actors that began at the same moment cleared each other's folders. That was
mended; the rounds on Ray were then played anew, and stand here in the place of the first ones. The other rounds ran just before.

What runners said before they ended too early, each with its number of times:

{errors}
"""


def write_page(rows_file: Path, page: Path) -> None:
    """Write the page."""
    rows = [json.loads(line) for line in rows_file.read_text().splitlines()]
    total = Counter()
    groups = defaultdict(Counter)
    faults, recovery = Counter(), defaultdict(list)
    failed, errors = Counter(), Counter()
    for row in rows:
        own = Counter(
            scenes=1, faults=sum(row["faults"].values()), reports=row["reports"],
            lost=row["lost"], twice=row["twice"], wrong=row["wrong"], by_hand=bool(row["by_hand"]),
            seconds=row["seconds"], again=row["repeated"] * row["reports"] / (1 + row["repeated"]),
        )  # fmt: skip
        total += own
        groups[row["executor"], row["database"]] += own
        faults.update(row["faults"])
        failed.update(row["failed"])
        errors.update(_without_paths(e) for e in row["errors"])
        if "clock" not in row["scene"]:  # there the reports' own times are faked
            for kind, seconds in row.get("silence_s", {}).items():
                recovery[kind] += seconds
    text = HEAD.format(
        minutes=total["seconds"] / 60, trials=TRIALS, steps=STEPS, every=CHECKPOINT_EVERY, versions=_versions(),
        faults=total["faults"], scenes=total["scenes"], lost=total["lost"],
        reports=total["reports"], twice=total["twice"], wrong=total["wrong"],
        by_hand=total["by_hand"], again=100 * total["again"] / total["reports"],
    )  # fmt: skip
    for (executor, database), g in sorted(groups.items()):
        again = 100 * g["again"] / max(1, g["reports"])
        text += (
            f"| {executor} | {database} | {g['scenes']} | {g['faults']} | {g['reports']:,} | "
            f"{g['lost']} | {g['twice']} | {g['by_hand']} | {again:.1f} % |\n"
        )
    text += FAULTS.format(cycle=sum("silence_s" in row for row in rows))
    for kind, times in faults.most_common():
        seen = recovery[kind]
        shown = f"{statistics.median(seen):.2f} | {max(seen):.1f}" if seen else "- | -"
        text += f"| {kind} | {times} | {shown} |\n"
    stalls = [s.partition(";")[0] for row in rows for s in row.get("stalls", ())]
    if stalls:
        said = ", ".join(f"{kind} ({n} times)" for kind, n in Counter(stalls).items())
        text += f"\nNo report for two minutes, and then it went on by itself: {said}.\n"
    text += TAIL.format(
        failed="All trials of all rounds ended complete."
        if not failed
        else "Not complete at the end: " + ", ".join(f"{n} {c}" for c, n in failed.items()) + ".",
        errors="\n".join(f"- {n} times: {e}" for e, n in errors.most_common()) or "- nothing",
    )
    page.write_text(text)


def _without_paths(error: str) -> str:
    """Errors alike but for the temporary places that they name, as one."""
    if "KeyboardInterrupt" in error:
        return "a second SIGTERM while it stopped: KeyboardInterrupt"
    words = ["..." if "/tmp/" in w or "postgresql://" in w or w.isdigit() else w
             for w in error.split()]  # fmt: skip
    return " ".join(words)[:160]


def _versions() -> str:
    found = []
    for name in ("tunebook", "ray", "psycopg"):
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return ", ".join([*found, "PostgreSQL 15, SLURM 22.05", f"Python {platform.python_version()}"])
