"""A short test run, watched: `python -m tunebook.training.watching RESULT SECONDS` (A1 I1).

Reads one assignment, as a worker does, from standard input, trains it, and writes what was seen
to the file RESULT as JSON. Frameworks that compute in the background (JAX, any GPU) return from a
step before it is done, so a step can't be timed by itself, nor an evaluation, which waits for all
that went before. So the test run asks for evaluations one step apart at first and many steps
apart later: what the later ones take longer is the steps' own. After SECONDS it ends.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tunebook.training.assignment import decode
from tunebook.training.attempt import train_once
from tunebook.training.handle import Trial
from tunebook.training.worker import load, script_of, why_unloadable

CLOSE = 6
"""Evaluations one step apart, from the first step on."""
APART = 4
"""Later ones, as far apart as the steps allow."""
MOST_KEPT = 10_000
GPU_FRAMEWORKS = ("torch", "jax")
"""Frameworks whose use of a GPU is detected below."""


class Enough(BaseException):
    """The time of the test run is over. No Exception, so that training code lets it through."""


class Watch:
    """When training evaluates, reports and saves, and how long that takes.

    Attributes:
        cycles: (steps, seconds) from the end of one evaluation to that of the next, without the
            checkpoints between.
        saving: (when, seconds) of each checkpoint.
        reports: (step, when, metrics); times are since training began.
        asked: how often training asked whether to evaluate.
        enough: it was ended, its time being over.
    """

    def __init__(self, steps: int, seconds: float) -> None:
        self.cycles: list[tuple[int, float]] = []
        self.saving: list[tuple[float, float]] = []
        self.reports: list[tuple[int, float, dict[str, float]]] = []
        self.asked = 0
        self.enough = False
        self._seconds = seconds
        self._due = due_steps(steps)
        self._began = time.monotonic()
        self._last: tuple[int, float] | None = None
        self._open: tuple[int, float | None] | None = None

    def put_on(self, trial: Trial) -> None:
        """Take times around the calls of this handle."""
        report, checkpoint = trial.report, trial.checkpoint

        def evaluate_at(step: int) -> bool:
            self.asked += 1
            self.close_cycle()
            due = step in self._due
            if self._now() > self._seconds:
                if self.cycles and self.cycles[-1][0] > 1:
                    self.enough = True
                    raise Enough
                # Two in a row first, then one that is further apart: no more is needed.
                due = due or len(self.cycles) < 2 or step >= (self._last or (step, 0))[0] + 3
            if due:
                self._open = (step, None)
            return due

        def watched_report(step: int, metrics: Mapping[str, float]) -> None:
            report(step, metrics)
            if self._open is not None and self._open[0] == step:
                self._open = (step, self._now())
            if len(self.reports) < MOST_KEPT:
                self.reports.append((step, self._now(), dict(metrics)))

        def watched_checkpoint(step: int, *given: Any, **more: Any) -> None:
            began = self._now()
            checkpoint(step, *given, **more)
            self.saving.append((began, self._now() - began))

        # The handle is of this attempt alone, so that no other sees these.
        vars(trial).update(
            evaluate_at=evaluate_at, report=watched_report, checkpoint=watched_checkpoint
        )

    def close_cycle(self) -> None:
        """Take in the evaluation that has ended, if one has."""
        if self._open is None or self._open[1] is None:
            return
        step, ended = self._open[0], self._open[1]
        if self._last is not None:
            saved = sum(s for at, s in self.saving if self._last[1] <= at < ended)
            self.cycles.append((step - self._last[0], ended - self._last[1] - saved))
        self._last, self._open = (step, ended), None

    def _now(self) -> float:
        return time.monotonic() - self._began


def due_steps(steps: int) -> frozenset[int]:
    """After which steps of a test run to evaluate: close together, then apart, then the last."""
    close = min(CLOSE, max(1, steps // 3))
    apart = max(1, (steps - close) // APART)
    return frozenset([*range(close), *range(steps - 1, close - 1, -apart)])


def main() -> None:
    """Train what standard input says, and write what was seen."""
    result, limit_s = Path(sys.argv[1]), float(sys.argv[2])
    assignment = decode(sys.stdin.buffer.readline(), None)
    sys.argv[:] = [script_of(assignment.code)]
    began = time.monotonic()
    seen: dict[str, Any] = {"unloadable": ""}
    try:
        train = load(assignment.code)
    except BaseException as error:  # whatever the import raises is the answer
        seen["unloadable"] = why_unloadable(error)
        result.write_text(json.dumps(seen), "utf-8")
        return
    seen["loading_s"] = time.monotonic() - began
    watch = Watch(assignment.trial.max_train_steps, limit_s)

    def watched(trial: Trial) -> Any:
        watch.put_on(trial)
        try:
            return train(trial)
        finally:
            seen["read"] = sorted(trial.config.read)

    outcome, _ = train_once(assignment, watched, threading.Event())
    assert outcome is not None  # nobody asked it to stop
    watch.close_cycle()
    seen |= {
        "status": outcome.status,
        "cause": outcome.cause,
        "detail": outcome.detail,
        "seconds": outcome.seconds,
        "cycles": watch.cycles,
        "saving": watch.saving,
        "reports": watch.reports,
        "asked": watch.asked,
        "enough": watch.enough,
        "memory_mb": _peak_memory_mb(),
        "accelerator_mb": _accelerator_mb(),
        "gpu_frameworks": [name for name in GPU_FRAMEWORKS if name in sys.modules],
    }
    result.write_text(json.dumps(seen), "utf-8")
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # threads that training left behind keep nobody waiting


def _peak_memory_mb() -> float:
    """The most resident memory of this process, and of the largest that it started, in MB."""
    unit = 1024**2 if sys.platform == "darwin" else 1024
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(resource.getrusage(w).ru_maxrss for w in who) / unit


def _accelerator_mb() -> float | None:
    """The most that PyTorch or JAX took of a GPU, in MB; None where neither has used one."""
    torch, jax = sys.modules.get("torch"), sys.modules.get("jax")
    if torch is not None and torch.cuda.is_available() and torch.cuda.is_initialized():
        return float(torch.cuda.max_memory_allocated() / 2**20)
    if jax is not None and jax.default_backend() == "gpu":
        told = jax.local_devices()[0].memory_stats() or {}
        return float(told.get("peak_bytes_in_use", 0) / 2**20)
    return None


if __name__ == "__main__":
    main()
