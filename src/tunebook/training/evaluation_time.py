"""How much of a trial's time its evaluations take, seen from where training asks and reports (I1).

An evaluation lasts from the step at which `evaluate_at` says yes to the report of the objective at
that step. What comes before is waited for first where a device computes in the background, since
an evaluation would else be charged with the steps that are still queued. Standard library alone.
"""

from __future__ import annotations

import sys
import time

FEWEST = 3
"""Evaluations below which no share is given: the first one is warm-up and does not count."""
UNSEEN = ("jax", "tensorflow")
"""Frameworks that compute in the background, and can be waited for by their arrays alone."""


class EvaluationTime:
    """Adds up what evaluations take, from the end of the first one to that of the last.

    Whole cycles of steps and an evaluation are counted, so that imports, data and compilation
    before the first are no part of the share.
    """

    def __init__(self) -> None:
        self._due: tuple[int, float] | None = None
        self._count = 0
        self._evaluating_s = 0.0
        self._first_end = self._last_end = 0.0

    def begins(self, step: int) -> None:
        """Training is told to evaluate after this step."""
        if self._due is None or self._due[0] != step:
            _wait_for_devices()
            self._due = (step, time.monotonic())

    def ends(self, step: int) -> None:
        """The objective is reported at this step; at another than was asked, nothing is known."""
        due, self._due = self._due, None
        if due is None or due[0] != step:
            return
        now = time.monotonic()
        self._count += 1
        if self._count == 1:
            self._first_end = now
        else:
            self._evaluating_s += now - due[1]
            self._last_end = now

    @property
    def share(self) -> float | None:
        """Evaluations' part of the time of training and evaluating, 0 to 1; None if not seen."""
        if self._count < FEWEST or any(name in sys.modules for name in UNSEEN):
            return None
        whole = self._last_end - self._first_end
        return min(1.0, self._evaluating_s / whole) if whole > 0 else None


def _wait_for_devices() -> None:
    """Wait until a device has done what training gave it; nothing where there is none."""
    torch = sys.modules.get("torch")
    cuda = getattr(torch, "cuda", None)
    try:
        if cuda is not None and cuda.is_initialized():
            cuda.synchronize()
        mps = getattr(torch, "mps", None)
        if mps is not None and torch.backends.mps.is_available():  # type: ignore[union-attr]
            mps.synchronize()
    except Exception:  # a device's own fault is training's to meet, at its next call
        return
