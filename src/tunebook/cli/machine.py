"""This machine, and what a command says at its end of what it has and did not use (I2)."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from tunebook.book.rounds import Round
    from tunebook.execution import Executor
    from tunebook.execution.scheduler import RunSummary
    from tunebook.report.terminal.machine_hints import Machine


def this_machine() -> Machine:
    """What this machine has."""
    import psutil

    from tunebook.execution.gpus import count_gpus
    from tunebook.execution.resources import cores
    from tunebook.report.terminal.machine_hints import Machine

    gpus, hidden = count_gpus(os.environ)
    memory_mb = psutil.virtual_memory().total // 2**20
    return Machine(cores=cores(), memory_mb=memory_mb, gpus=gpus, hidden=hidden)


def run_hints(
    chosen: Round,
    summary: RunSummary,
    *,
    workers: int | None,
    executor: Executor | None,
    memory_limit_mb: int | None,
) -> tuple[str, ...]:
    """What a run on this machine could have used; nothing of one elsewhere."""
    from tunebook.domain.trial import Cause
    from tunebook.execution import RunOptions
    from tunebook.execution.gpus import VISIBLE
    from tunebook.execution.local import LocalExecutor
    from tunebook.execution.reuse import executor_for
    from tunebook.report.terminal.machine_hints import hints_after_run

    if workers == 0 or not summary.ran:
        return ()
    made = executor_for(RunOptions(workers=workers, executor=executor))
    if not isinstance(made, LocalExecutor):
        return ()
    threads = made.environment.get("OMP_NUM_THREADS") or os.environ.get("OMP_NUM_THREADS", "1")
    lost = [t for t in chosen.trials if t.cause is Cause.OUT_OF_MEMORY]
    on_gpu = sum("cuda" in t.detail.lower() for t in lost)
    return hints_after_run(
        this_machine(),
        workers=made.workers,
        threads=int(threads) if threads.isdigit() else 1,
        trials=summary.ran,
        gives_gpus=VISIBLE in made.environment,
        out_of_memory=len(lost) - on_gpu,
        out_of_gpu_memory=on_gpu,
        memory_limit_mb=memory_limit_mb,
    )


def show_hints(hints: Iterable[str]) -> None:
    """Print them, one a line."""
    for hint in hints:
        click.echo(f"Hint:  {hint}")
