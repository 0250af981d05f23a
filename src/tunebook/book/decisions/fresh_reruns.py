"""Fresh-seed reruns of each side, a few at a time, looked at as their plan says (D1 D3)."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tunebook.book.decisions.crashed_reruns import refuse_broken_baseline
from tunebook.deciding.comparison import read_look
from tunebook.deciding.rerun_evidence import Question, Reading, SideEvidence
from tunebook.domain.curves import reduce_curves
from tunebook.domain.decision import BASELINE, RerunPlan, Side
from tunebook.domain.design import Reduce
from tunebook.domain.errors import EvidenceError
from tunebook.domain.table import TrialTable
from tunebook.domain.trial import RERUN_FROM, Purpose, Status, TrialRecord
from tunebook.execution import Executor, RunOptions
from tunebook.execution.code import TrainingCode
from tunebook.execution.progress import Progress
from tunebook.execution.reuse import KeptWorkers
from tunebook.execution.scheduler import run_trials
from tunebook.execution.shown_progress import TerminalProgress
from tunebook.search.assignment import rerun_trials
from tunebook.store import Store, StoredRound
from tunebook.store.table import table

FIRST_OF_BASELINE = 2
"""Reruns of the baseline before any of a candidate: two that crash alike stop a decision."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reruns:
    """How a decision may gather evidence; `code` None judges what is there.

    Of `estimand`, `infeasible_as` and `paired` None is what was planned, or the default. `again`
    is "crashed" where reruns that crashed are trained again.
    """

    code: TrainingCode | None
    max_reruns: int
    workers: int | None
    executor: Executor | None
    error_rate: float
    show: bool
    estimand: str | None = None
    infeasible_as: float | None = None
    paired: bool | None = None
    validation_examples: int | None = None
    again: str | None = None
    kept: KeptWorkers | None = None


class TotalProgress:
    """Progress of the reruns of all looks as one: out of the most that there may be.

    Args:
        shown: where it is shown.
        most: reruns of all sides.
    """

    def __init__(self, shown: TerminalProgress, most: int) -> None:
        self._shown = shown
        self._most = most
        self._began = time.monotonic()
        self._last: Progress | None = None

    def __call__(self, progress: Progress) -> None:
        """Show how many of all reruns are done."""
        elapsed = time.monotonic() - self._began
        total = max(self._most, progress.total)
        self._last = replace(progress, total=total, elapsed_s=elapsed, seconds_left=None)
        self._shown(self._last)

    def end(self) -> None:
        """Show the end: the rest of the reruns was not needed."""
        if self._last is not None:
            self._shown(replace(self._last, total=self._last.done, running=0, trials=()))


class Looks:
    """The looks of a plan, in turn, until each candidate's reruns are ended."""

    def __init__(
        self,
        store: Store,
        stored: StoredRound,
        sides: Sequence[Side],
        asked: Question,
        reruns: Reruns,
        most: int,
    ) -> None:
        self._store = store
        self._stored = stored
        self._candidates = [s for s in sides if s.name != BASELINE]
        self._baseline = next((s for s in sides if s.name == BASELINE), None)
        self._asked = asked
        self._reruns = reruns
        self._most = most
        self._show: TotalProgress | None = None

    @contextlib.contextmanager
    def progress(self) -> Iterator[None]:
        """Show one progress over all looks of a plan and of its extension."""
        if not self._reruns.show or self._reruns.code is None:
            yield
            return
        sides = len(self._candidates) + (self._baseline is not None)
        with TerminalProgress("Reruns with new seeds") as shown:
            self._show = TotalProgress(shown, sides * self._most)
            try:
                yield
            finally:
                self._show.end()
                self._show = None

    def through(self, plan: RerunPlan) -> dict[str, Reading]:
        """The reading of each candidate at the look that ended its reruns, or the last one.

        A candidate that is dropped, and all once one is adopted, are rerun no more.

        Raises:
            EvidenceError: no look is complete.
        """
        readings: dict[str, Reading] = {}
        going_on = list(self._candidates)
        for look, n in enumerate(plan.looks):
            sides = [*going_on, *([self._baseline] if self._baseline else [])]
            if self._reruns.code is not None and n <= self._most:
                self._baseline_first(n, plan)
                _rerun(self._store, self._stored, sides, n, self._reruns, self._show)
            evidence = evidence_of(self._store, self._stored.number, sides, n)
            if min(e.reruns for e in evidence.values()) < n:
                break
            base = evidence.get(BASELINE) if self._baseline else None
            for side in going_on:
                readings[side.name] = read_look(evidence[side.name], base, self._asked, plan, look)
            going_on = [s for s in going_on if not readings[s.name].dropped]
            if not going_on or any(r.adopted for r in readings.values()):
                break
        if not readings:
            raise EvidenceError(
                f"there is no evidence yet: plan {plan.number} looks for the first time at "
                f"{plan.looks[0]} reruns with new seeds of each side",
                next_step="let them run: round.decide(train), or `tunebook decide` without "
                "--no-run",
            )
        return readings

    def _baseline_first(self, n: int, plan: RerunPlan) -> None:
        """Rerun a baseline alone that no rerun has shown to train: candidates may be for nothing.

        As many as there are workers, two at least and the look's n at most, so that workers have
        work and no rerun is one more than the look needs.

        Raises:
            EvidenceError: all of them crashed alike.
        """
        if self._baseline is None:
            return
        trials, number = self._store.trials(self._stored.number), self._stored.number
        if any(t.status is Status.COMPLETE for t in ended(trials, self._baseline)):
            return
        at_once = self._reruns.executor.workers if self._reruns.executor else 1
        first = min(n, max(FIRST_OF_BASELINE, at_once))
        _rerun(self._store, self._stored, [self._baseline], first, self._reruns, self._show)
        refuse_broken_baseline(self._store.trials(number), plan.baseline)

    def open(self, readings: Mapping[str, Reading]) -> bool:
        """No candidate is adopted, and one is not dropped."""
        ended = [r.adopted or r.dropped for r in readings.values()]
        return not any(r.adopted for r in readings.values()) and not all(ended)


def evidence_of(
    store: Store, number: int, sides: Sequence[Side], n: int | None = None
) -> dict[str, SideEvidence]:
    """The first n reruns of each side: looking at more than a plan says is no extra look."""
    reruns = table(store, number, reruns=True)
    last = _last_values(reruns)
    value = dict(zip(reruns.name, reruns.value.tolist(), strict=True))
    trials = store.trials(number)
    found: dict[str, SideEvidence] = {}
    for side in sides:
        records = ended(trials, side)[:n]
        records.sort(key=lambda t: t.status is not Status.COMPLETE)
        values = tuple(value[t.name] for t in records if t.status is Status.COMPLETE)
        found[side.name] = SideEvidence(
            name=side.name,
            values=values,
            infeasible=len(records) - len(values),
            seeds=tuple(t.seed for t in records),
            last=tuple(last[t.name] for t in records[: len(values)]) if last else (),
        )
    return found


def _last_values(reruns: TrialTable) -> dict[str, float]:
    """The last value of each rerun, where the objective is the best of several; else empty."""
    curves = reruns.curves.get(reruns.objective.metric)
    if curves is None or reruns.objective.reduce is not Reduce.BEST:
        return {}
    if np.diff(curves.offsets).max(initial=0) < 2:
        return {}
    last = reduce_curves(curves, replace(reruns.objective, reduce=Reduce.LAST))
    return dict(zip(reruns.name, last.tolist(), strict=True))


def _rerun(
    store: Store,
    stored: StoredRound,
    sides: Sequence[Side],
    n: int,
    reruns: Reruns,
    show: TotalProgress | None,
) -> None:
    """Bring every side to n ended reruns, all sides on the same new seeds."""
    assert reruns.code is not None
    every = [t for r in store.rounds() for t in store.trials(r.number)]
    known = [t for t in every if t.round == stored.number and t.purpose is Purpose.RERUN]
    free = max([t.number + 1 for t in known], default=RERUN_FROM)
    for side in sides:
        have = [t for t in known if is_rerun_of(t, side)]
        # A failed rerun (machine lost) is no evidence; another seed takes its place.
        lost = sum(t.status is Status.FAILED for t in have)
        wanted = range(len(have), n + lost)
        added = rerun_trials(
            stored.plan, stored.number, side.name, side.config, wanted, free, every
        )
        store.add_trials(added)
        every += added
        free += len(added)
    summary = run_trials(
        store,
        stored.number,
        reruns.code,
        RunOptions(executor=reruns.executor),
        purpose=Purpose.RERUN,
        on_progress=show,
    )
    if summary.stopped:
        print("Stopped. The reruns so far are kept; decide again to go on.", file=sys.stderr)
        raise KeyboardInterrupt


def is_rerun_of(trial: TrialRecord, side: Side) -> bool:
    """Whether a trial is a rerun of this side."""
    return trial.rerun_of == side.name and dict(trial.config) == dict(side.config)


def ended(trials: Sequence[TrialRecord], side: Side) -> list[TrialRecord]:
    """A side's reruns that are evidence, of a round's trials, in the order of their seeds."""
    return [
        t
        for t in trials
        if t.purpose is Purpose.RERUN
        and is_rerun_of(t, side)
        and t.status in (Status.COMPLETE, Status.INFEASIBLE)
    ]
