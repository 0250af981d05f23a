"""Jobs that a host left in SLURM when it died: withdrawn, cancelled, waited for (I2 I3)."""

from __future__ import annotations

import time
from pathlib import Path

from tunebook.execution.host import gone
from tunebook.execution.resources import answer_of
from tunebook.execution.slurm.files import ArrayFolder, array_folder, forget_job, job_noted

PATIENCE_S = 20.0
"""A withdrawn job has 2 s for a last checkpoint; claims here are not renewed meanwhile."""


def end_job_of(lock: Path) -> None:
    """End the SLURM job that a trial was last given to, if there is one; waits until it is gone.

    Where SLURM can't be asked here, the job still ends itself as soon as it finds its orders
    gone, within about a second; the trial's lock then says when.

    Args:
        lock: the trial's lock file.
    """
    note = job_noted(lock)
    if note is None:
        return
    folder = array_folder(lock, note.name)
    # The other trials of a host that is gone come next; they end together.
    tasks = _tasks(folder) if gone(note.host) else {note.task}
    for task in tasks:
        folder.withdraw(task)
    until = time.monotonic() + PATIENCE_S
    alive = _alive(note.name, tasks)
    if alive:
        answer_of("scancel", *alive)
    while alive and time.monotonic() < until:
        time.sleep(0.5)
        alive = _alive(note.name, tasks)
    forget_job(lock)
    if folder.path.exists() and not alive and not _tasks(folder):
        folder.remove()


def _tasks(folder: ArrayFolder) -> set[int]:
    return {int(p.stem) for p in folder.path.glob("*.json") if p.stem.isdigit()}


def _alive(name: str, tasks: set[int]) -> list[str]:
    """Ids of jobs that have not ended; none where SLURM does not answer."""
    known, said = answer_of("squeue", "-h", "-r", "-n", name, "-o", "%F %K")
    pairs = [line.split() for line in str(said).splitlines()] if known else []
    ours = [p for p in pairs if len(p) == 2 and (not tasks or p[1] in {str(t) for t in tasks})]
    return [f"{array}_{task}" for array, task in ours if task.isdigit()]
