"""Trial: what training code holds while it trains (E2 I1 I3).

Standard library alone. Reporting appends a line to the trial's own log; no database, no network.
"""

from __future__ import annotations

import errno
import math
import operator
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from tunebook.domain.design import Objective
from tunebook.domain.errors import Infeasible, nearest
from tunebook.domain.trial import Cause
from tunebook.training import artifacts
from tunebook.training.assignment import Assignment
from tunebook.training.checkpoint_places import place_of
from tunebook.training.checkpoints import Checkpoint, Saving, best_by
from tunebook.training.configuration import HABITS, ReadConfiguration, UnknownCall
from tunebook.training.divergence import Divergence
from tunebook.training.evaluation_time import EvaluationTime
from tunebook.training.log import TrialLog, refusal
from tunebook.training.report_values import (
    MOST_METRICS,
    BadReport,
    Wrong,
    no_number,
    numbers_of,
    right_call,
    same_number,
    short,
    too_many,
    unfit_name,
)

STOP_BEFORE_LIMIT_S = 2.0

HIGHEST_STEP = 2**53
"""Whole numbers above this are not exact in JSON readers, and no training counts that far."""


class Diverged(Infeasible):
    """The objective is NaN: this trial is over."""


class Trial:
    """One configuration and seed, to be trained once.

    Attributes:
        config: the hyperparameters that exist in this trial, by name.
        seed: a whole number below 2**31, different for each trial.
        max_train_steps: steps to train.
        name, number, attempt: which trial this is, `3.17`, and how often it was begun.
        keep_best: how many of the best checkpoints are kept beside the last.
        keep_by: what makes one the best, `tb.maximize("valid/accuracy")`, or several of these,
            each with its own best; the book's objective if left as it is.

    Example:
        >>> import tunebook as tb
        >>> def train(trial):
        ...     for step in range(trial.max_train_steps):
        ...         if trial.evaluate_at(step):
        ...             trial.report(step, {"loss": trial.config["lr"] / (step + 1)})
        >>> found = tb.explore(train, {"lr": tb.uniform(0, 1)}, objective=tb.minimize("loss"),
        ...                    trials=2, max_train_steps=4, book="trial.db", workers=0)
        >>> len(found.values())
        2
    """

    def __init__(self, assignment: Assignment, log: TrialLog, stop: threading.Event) -> None:
        record = assignment.trial
        self.config = ReadConfiguration(record.config, assignment.decided_by)
        self.seed = record.seed
        self.max_train_steps = record.max_train_steps
        self.name, self.number, self.attempt = record.name, record.number, record.attempt
        self.keep_best = 1
        self.keep_by: Objective | Sequence[Objective] = assignment.objective
        self._assignment = assignment
        self._log = log
        self._stop = stop
        limit_s = math.inf if assignment.time_limit_s is None else assignment.time_limit_s
        self._ends_at = time.monotonic() + limit_s - min(STOP_BEFORE_LIMIT_S, limit_s / 10)
        self._told_late = False
        self._evaluating = EvaluationTime()
        self._first_step = 0
        self._started = False
        self._step = -1
        self._at_step: dict[str, float] = {}
        self._metrics: dict[str, None] = {}
        self._losses: list[float] = []
        self._last = math.nan
        self._divergence = Divergence(assignment.objective.metric, assignment.training_objective)
        self._passed_over: int | None = None
        self._refused: BadReport | None = None
        self._disk_error: OSError | None = None
        self._place = place_of(assignment.checkpoints_at, assignment.files.checkpoints)

    def report(self, step: int, metrics: Mapping[str, float]) -> None:
        """Record numbers of a training step; once this returns, they are on file.

        The same number of a metric again at its step changes nothing. One step that goes back,
        as of the best checkpoint evaluated at the end, is passed over with a note; so is one
        step at which a metric comes again with another number. The next such step is an error.

        Args:
            step: steps taken so far, from 0; never lower than in the report before.
            metrics: number by name, as in `{"train/loss": 0.3, "valid/error": 0.1}`.

        Raises:
            ReportError: steps that go back, metrics twice at a step, or no number. What can
                be recorded is; the trial ends as infeasible with that cause, also where training
                code passes over the error.
            Infeasible: the objective is NaN, which training does not recover from; see
                `Divergence` for the first evaluations.
            OSError: the log can't be written, as on a full disk; what was reported before stays.
        """
        try:
            self._report(step, metrics)
        except BadReport as error:
            self._refused = self._refused or error
            raise

    def _report(self, step: int, metrics: Mapping[str, float]) -> None:
        step = self._checked_step(step, metrics)
        if step < self._step:
            self._pass_over(step, metrics, f"step {step} came after step {self._step}")
            return
        numbers, wrong = numbers_of(metrics)
        if not self._metrics.keys() >= numbers.keys():
            wrong += self._take_out_unfit(numbers)
        if step > self._step:
            self._step, self._at_step = step, {}
        known = self._at_step
        twice = sorted(n for n in known.keys() & numbers if not same_number(known[n], numbers[n]))
        fresh = {name: value for name, value in numbers.items() if name not in known}
        self._at_step.update(fresh)
        self._metrics.update(dict.fromkeys(fresh))
        self._begin()
        self._record(step, fresh)
        if wrong:
            raise no_number(step, *wrong[0])
        if twice:
            again = {name: numbers[name] for name in twice}
            self._pass_over(step, again, f"{twice[0]} came twice at step {step}")

    def _pass_over(self, step: int, metrics: Mapping[str, float], why: str) -> None:
        """Leave a report out that goes back or repeats another: once with a note, then never."""
        self._begin()
        shown = short(metrics)
        if self._passed_over in (None, step):
            if self._passed_over is None:
                note = f"{why}, so {shown} is not recorded; the next such step ends the trial"
                self._log.note(note)
                print(f"Tunebook: {note}.", file=sys.stderr)
            self._passed_over = step
            return
        self._log.note(f"refused: {why}: {shown}")
        if step < self._step:
            raise BadReport(
                f"a step never goes back; {why}",
                Cause.BAD_STEP,
                next_step="count steps over all epochs, from 0",
            )
        raise BadReport(
            f"a metric is reported once a step; {why}",
            Cause.TWICE_REPORTED,
            next_step="report each metric once, or raise the step in between",
        )

    def _take_out_unfit(self, numbers: dict[str, float]) -> list[Wrong]:
        """Take out metrics that a book can't hold: by their name, or one too many."""
        wrong: list[Wrong] = []
        room = MOST_METRICS - len(self._metrics)
        for name in [n for n in numbers if n not in self._metrics]:
            error = unfit_name(name) if room > 0 else too_many(name)
            room -= error is None
            if error is not None:
                wrong.append((name, numbers.pop(name), error))
        return wrong

    def _late(self, step: int, metrics: Mapping[str, float]) -> None:
        """A metric at a step that others have passed; each metric for itself goes forward."""
        self._begin()
        self._metrics.update(dict.fromkeys(metrics))
        self._record(step, metrics)

    def evaluate_at(self, step: int) -> bool:
        """Is it time to evaluate after this step? Evenly over the steps, the last one included."""
        n = min(self._assignment.evaluations, self.max_train_steps)
        due = (step + 1) * n // self.max_train_steps > step * n // self.max_train_steps
        if due:
            self._evaluating.begins(step)
        return due

    def checkpoint(
        self,
        step: int,
        save: Callable[[Path], object],
        metrics: Mapping[str, float] | None = None,
    ) -> None:
        """Save a checkpoint of the state after `step`: whole, or not there at all.

        Args:
            step: the step just taken; the objective reported at it decides which are best.
            save: called with a path at which it makes a file or a folder. What it raises goes to
                the caller; earlier checkpoints stay.
            metrics: where the objective's value is looked up if it was not reported at this
                step. They are not recorded as a report.
        """
        step = operator.index(step)
        known = dict(self._at_step) if step == self._step else {}
        for name, value in (metrics or {}).items():
            known.setdefault(name, float(value))
        saving = Saving(
            step=step,
            metrics=known,
            objective=self._assignment.objective,
            best=self.keep_best,
            by=best_by(self.keep_by),
        )
        with self._watching_the_disk():
            lost = self._place.keep(saving, save)
        if lost:
            # Among what the trial printed, whose end the book keeps: the log itself goes.
            said = f"the checkpoint of step {step} could not be stored: {lost}"
            self._log.note(said)
            print(f"Tunebook: {said}", file=sys.stderr)

    @contextmanager
    def _watching_the_disk(self) -> Iterator[None]:
        """Tell a disk that is full or gone from an error of training's own.

        What frameworks raise when they can't write says little, so the disk itself is asked.
        """
        try:
            yield
        except Exception:
            self._disk_error = self._disk_error or refusal(self._assignment.files.log.parent)
            raise

    def artifact(self, name: str, save: Callable[[Path], object]) -> None:
        """Keep a file or folder beside this trial, whole or not at all; see `book.trial(name)`.

        Args:
            name: "confusion.png"; the same name again replaces it.
            save: called with a path at which it makes a file or a folder. What it raises goes to
                the caller.

        Raises:
            ReportError: the name leads out of the trial's folder, or save made nothing.
        """
        folder = self._assignment.files.checkpoints.with_suffix(".artifacts")
        with self._watching_the_disk():
            artifacts.put(folder, name, save)

    def resume(self, load: Callable[[Path], object]) -> int:
        """Load the newest whole checkpoint; returns the step to go on from, 0 if there is none.

        Args:
            load: called with the path that `save` made. A checkpoint whose checksum does not hold
                is passed over.
        """
        for found in reversed(self._kept()):
            with self._place.fetched(found) as content:
                if content is not None:
                    load(content)
                    self._first_step = found.step + 1
                    self._recall()
                    break
            self._log.note(f"checkpoint {found.step} is damaged and was passed over")
            # Left in place it would be taken for the last, and hide those saved from here on.
            self._place.drop(found)
        self._begin()
        return self._first_step

    def _kept(self) -> list[Checkpoint]:
        try:
            return self._place.listed()
        except Exception as error:  # whatever a file system's own client raises
            # Beginning anew would throw away what was trained; this attempt is worth nothing.
            why = f"the checkpoints of trial {self.name} can't be read: {error}"
            self._disk_error = OSError(errno.EIO, why)
            raise self._disk_error from error

    def should_stop(self) -> bool:
        """True once the trial was asked to end, or its time limit is two seconds away."""
        late = time.monotonic() >= self._ends_at
        self._told_late |= late
        return late or self._stop.is_set()

    def __getattr__(self, name: str) -> NoReturn:
        if name in HABITS:
            example = HABITS[name].format("learning_rate")
            raise UnknownCall(
                f"a trial has no method {name!r}; its configuration is fixed before it starts",
                next_step=f"write {example}",
            )
        raise AttributeError(
            f"a trial has no {name!r}."
            + nearest(name, [n for n in (*dir(Trial), *vars(self)) if n[0] != "_"])
        )

    def __repr__(self) -> str:
        return f"Trial({self.name}, seed={self.seed}, config={self.config})"

    def _recall(self) -> None:
        """What earlier attempts reported before the step to go on from counts as this one's."""
        for step, value in self._assignment.reported:
            if step < self._first_step:
                self._losses.append(self._assignment.objective.sign * value)
                self._last = value

    def _begin(self) -> None:
        if not self._started:
            self._started = True
            self._log.start(self._first_step)

    def _checked_step(self, step: Any, metrics: Any) -> int:
        if not isinstance(metrics, Mapping):
            raise BadReport(
                "report takes a step and a table of metrics; "
                f"got report({short(step)}, {short(metrics)})",
                Cause.BAD_VALUE,
                next_step=right_call(step, metrics, self._assignment.objective.metric),
            )
        try:
            whole = operator.index(step)
        except TypeError:
            whole = -1
        if not 0 <= whole <= HIGHEST_STEP or isinstance(step, bool):
            raise BadReport(
                f"a step is a whole number from 0; got {short(step)}",
                Cause.BAD_STEP,
                next_step="trial.report(step, {...}) with the loop's own counter",
            )
        return whole

    def _record(self, step: int, fresh: Mapping[str, float]) -> None:
        """Write numbers to the log, and see what the objective's says.

        Raises:
            Diverged: training does not recover from that.
        """
        objective = self._assignment.objective
        if objective.metric in fresh:
            self._last = fresh[objective.metric]
            self._losses.append(objective.sign * self._last)
            self._evaluating.ends(step)
        if now := self._divergence.take(step, fresh):
            self._log.measure(step, now)
        if self._divergence.certain:
            self._settle_divergence()
            raise Diverged(f"{objective.metric} became NaN at step {self._divergence.nan_at}")

    def _settle_divergence(self) -> None:
        """Write NaN of the first evaluations to the log: the objective never got a value."""
        metric = self._assignment.objective.metric
        for step in self._divergence.withheld:
            self._log.measure(step, {metric: math.nan})
        self._divergence.withheld.clear()
