"""What this machine has and says: threads, memory, signs that it ran out, answers of commands."""

from __future__ import annotations

import os
import resource
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

import psutil

THREAD_SETTINGS = (
    "OMP_NUM_THREADS",  # PyTorch, scikit-learn, OpenMP
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "NPROC",  # XLA's CPU client: JAX
    "TF_NUM_INTRAOP_THREADS",
)
"""Environment variables from which numeric libraries take their number of threads."""


def cores() -> int:
    """Processor cores that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on Linux
        return os.cpu_count() or 1


def thread_settings(
    workers: int, environment: Mapping[str, str], threads: int | None = None
) -> dict[str, str]:
    """Environment variables that give each worker its share of the cores.

    A variable that the person has set stays as it is, and `OMP_NUM_THREADS`, where it is set,
    stands for all of them. Sums of floating-point numbers depend on how they are split over
    threads, so results are the same bit by bit for any number of workers only where the number
    of threads is fixed: `threads=1`, or `OMP_NUM_THREADS=1` in the environment.

    Args:
        workers: how many share the cores.
        environment: what the person has set.
        threads: threads of each worker; its share of the cores if left out.
    """
    share = str(max(1, cores() // max(1, workers)) if threads is None else threads)
    if threads is None and environment.get("OMP_NUM_THREADS", "").isdigit():
        share = environment["OMP_NUM_THREADS"]
    own = {
        name: share for name in THREAD_SETTINGS if threads is not None or name not in environment
    }
    return {"PYTHONUNBUFFERED": "1", **own}


def memory_mb(leaders: Iterable[int]) -> dict[int, float]:
    """Resident memory, in MB of 2^20 bytes, of each process with all that it started.

    Args:
        leaders: ids of processes that lead a session of their own.
    """
    wanted = set(leaders)
    used = dict.fromkeys(wanted, 0.0)
    if not Path("/proc/self/stat").exists():
        return {pid: _tree_mb(pid) for pid in wanted}
    page_mb = resource.getpagesize() / 2**20
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            stat = Path("/proc", entry, "stat").read_text(encoding="latin-1")
        except OSError:  # it has ended meanwhile
            continue
        # Its name, in brackets, may hold spaces and brackets: fields count from the last one.
        fields = stat.rpartition(")")[2].split()
        session, resident = int(fields[3]), int(fields[21])
        if session in wanted:
            used[session] += resident * page_mb
    return used


def _tree_mb(pid: int) -> float:
    total = 0
    for member in family(pid):
        try:
            total += member.memory_info().rss
        except psutil.Error:
            continue
    return total / 2**20


def own_memory_mb(pid: int) -> float:
    """As `memory_mb` of one process, with pages shared between processes counted once.

    Slower, so it is asked for only where the quick sum is over the limit: data loaders that
    were forked share most of their pages.
    """
    total = 0
    for member in family(pid):
        try:
            full = member.memory_full_info()
            total += getattr(full, "pss", full.rss)
        except psutil.Error:
            continue
    return total / 2**20


def family(pid: int) -> list[psutil.Process]:
    """A process and all that it started, as far as they live."""
    try:
        parent = psutil.Process(pid)
        return [parent, *parent.children(recursive=True)]
    except psutil.Error:
        return []


def answer_of(*command: str, within_s: float = 60.0) -> tuple[bool, str]:
    """Whether a command succeeded, and its output, or its complaint where it failed."""
    try:
        ended = subprocess.run(
            command, capture_output=True, timeout=within_s, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return False, str(error)
    answered = ended.returncode == 0
    text = ended.stdout if answered else ended.stderr or ended.stdout
    return answered, text.decode(errors="replace")


def oom_kills() -> int:
    """How often the kernel has killed for want of memory, here or in this container so far."""
    count = 0
    for file in (*_cgroup_events(), Path("/proc/vmstat")):
        try:
            lines = file.read_text(encoding="latin-1").splitlines()
        except OSError:
            continue
        count += sum(int(x.split()[1]) for x in lines if x.startswith("oom_kill "))
    return count


def _cgroup_events() -> tuple[Path, ...]:
    try:
        lines = Path("/proc/self/cgroup").read_text(encoding="latin-1").splitlines()
    except OSError:
        return ()
    found: list[Path] = []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if not controllers:
            found.append(Path("/sys/fs/cgroup", path.lstrip("/"), "memory.events"))
        elif "memory" in controllers.split(","):
            found.append(Path("/sys/fs/cgroup/memory", path.lstrip("/"), "memory.oom_control"))
    return tuple(found)
