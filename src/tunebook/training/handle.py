"""Trial: what training code holds while it trains (E2 I1 I3).

Standard library alone. Reporting appends a line to the trial's own log; no database, no network.
"""

from __future__ import annotations

import math
import operator
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn

from tunebook.training import artifacts, checkpoints
from tunebook.training.assignment import Assignment
from tunebook.training.log import TrialLog
from tunebook.words.errors import Infeasible, ReportError, nearest
from tunebook.words.trial import Cause, Value

STOP_BEFORE_LIMIT_S = 2.0

HIGHEST_STEP = 2**53
"""Whole numbers above this are not exact in JSON readers, and no training counts that far."""

HABITS = {
    "suggest_float": 'trial.config["{0}"], with the range in the round\'s plan',
    "suggest_int": 'trial.config["{0}"], with the range in the round\'s plan',
    "suggest_categorical": 'trial.config["{0}"], with the values in the round\'s plan',
    "suggest_uniform": 'trial.config["{0}"], with the range in the round\'s plan',
    "suggest_loguniform": 'trial.config["{0}"], with the range in the round\'s plan',
    "should_prune": "nothing: exploration trials train all their steps",
    "log": 'trial.report(step, {{"valid/error": value}})',
    "params": "trial.config",
    "set_user_attr": 'trial.report(step, {{"name": value}})',
}


class Diverged(Infeasible):
    """The objective is NaN: this trial is over."""


class BadReport(ReportError):
    """A report that can't be recorded; names the cause under which the trial is infeasible."""

    def __init__(self, rule: str, cause: Cause, *, next_step: str) -> None:
        super().__init__(rule, next_step=next_step)
        self.cause = cause


class UnknownCall(ReportError, AttributeError):
    """A call that other tuners' handles have; an AttributeError too, so that `hasattr` works."""


class ReadConfiguration(Mapping[str, Value]):
    """A configuration that notes which hyperparameters training reads."""

    def __init__(self, values: Mapping[str, Value]) -> None:
        self._values = dict(values)
        self.read: set[str] = set()

    def __getitem__(self, name: str) -> Value:
        self.read.add(name)
        try:
            return self._values[name]
        except KeyError:
            known = ", ".join(self._values)
            raise KeyError(
                f'"{name}" does not exist in this trial; it has {known}.'
                + nearest(str(name), self._values)
            ) from None

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("_") or name not in self._values:
            raise AttributeError(f"a configuration has no attribute {name!r}")
        raise AttributeError(f'a hyperparameter is read by its name: trial.config["{name}"]')

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, name: object) -> bool:
        return name in self._values

    def __repr__(self) -> str:
        return repr(self._values)


class Trial:
    """One configuration and seed, to be trained once.

    Attributes:
        config: the hyperparameters that exist in this trial, by name.
        seed: a whole number below 2**31, different for each trial.
        max_train_steps: steps to train.
        name, number, attempt: which trial this is, `3.17`, and how often it was begun.
        keep_best: how many of the best checkpoints are kept beside the last.
    """

    def __init__(self, assignment: Assignment, log: TrialLog, stop: threading.Event) -> None:
        record = assignment.trial
        self.config = ReadConfiguration(record.config)
        self.seed = record.seed
        self.max_train_steps = record.max_train_steps
        self.name, self.number, self.attempt = record.name, record.number, record.attempt
        self.keep_best = 1
        self._assignment = assignment
        self._log = log
        self._stop = stop
        self._ends_at = (
            None
            if assignment.time_limit_s is None
            else time.monotonic()
            + assignment.time_limit_s
            - min(STOP_BEFORE_LIMIT_S, assignment.time_limit_s / 10)
        )
        self._told_late = False
        self._first_step = 0
        self._started = False
        self._step = -1
        self._at_step: set[str] = set()
        self._metrics: dict[str, None] = {}
        self._losses: list[float] = []
        self._last = math.nan
        self._nan_at: int | None = None
        self._refused: BadReport | None = None

    def report(self, step: int, metrics: Mapping[str, float]) -> None:
        """Record numbers of a training step; once this returns, they are on file.

        Args:
            step: steps taken so far, from 0; never lower than in the report before.
            metrics: number by name, as in `{"train/loss": 0.3, "valid/error": 0.1}`.

        Raises:
            ReportError: a step that goes back, a metric twice at a step, or no number. What can
                be recorded is; the trial ends as infeasible with that cause, also where training
                code passes over the error.
            Infeasible: the objective is NaN, which training does not recover from.
            OSError: the log can't be written, as on a full disk; what was reported before stays.
        """
        try:
            self._report(step, metrics)
        except BadReport as error:
            self._refused = self._refused or error
            raise

    def _report(self, step: int, metrics: Mapping[str, float]) -> None:
        step = self._checked_step(step, metrics)
        numbers, wrong = _numbers(metrics)
        twice = sorted(self._at_step & set(numbers)) if step == self._step else []
        fresh = {name: value for name, value in numbers.items() if name not in twice}
        if step > self._step:
            self._step, self._at_step = step, set()
        self._at_step.update(fresh)
        self._metrics.update(dict.fromkeys(fresh))
        self._begin()
        if fresh:
            self._log.measure(step, fresh)
        self._note_objective(fresh)
        if wrong:
            raise _no_number(step, *wrong[0])
        if twice:
            raise BadReport(
                f'a metric is reported once a step; "{twice[0]}" came twice at step {step}',
                Cause.TWICE_REPORTED,
                next_step="report each metric once, or raise the step in between",
            )

    def _late(self, step: int, metrics: Mapping[str, float]) -> None:
        """A metric at a step that others have passed; each metric for itself goes forward."""
        self._begin()
        self._metrics.update(dict.fromkeys(metrics))
        self._log.measure(step, metrics)
        self._note_objective(metrics)

    def evaluate_at(self, step: int) -> bool:
        """Is it time to evaluate after this step? Evenly over the steps, the last one included."""
        n = min(self._assignment.evaluations, self.max_train_steps)
        return (step + 1) * n // self.max_train_steps > step * n // self.max_train_steps

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
        step, objective = operator.index(step), self._assignment.objective
        if step == self._step and objective.metric in self._at_step:
            loss: float | None = self._losses[-1]
        elif metrics is not None and objective.metric in metrics:
            loss = objective.sign * float(metrics[objective.metric])
        else:
            loss = None
        if loss is not None and not math.isfinite(loss):
            loss = None
        checkpoints.keep(self._assignment.files.checkpoints, step, loss, save, self.keep_best)

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
        artifacts.put(folder, name, save)

    def resume(self, load: Callable[[Path], object]) -> int:
        """Load the newest whole checkpoint; returns the step to go on from, 0 if there is none.

        Args:
            load: called with the path that `save` made. A checkpoint whose checksum does not hold
                is passed over.
        """
        for found in reversed(checkpoints.listed(self._assignment.files.checkpoints)):
            if found.whole:
                load(found.content)
                self._first_step = found.step + 1
                self._recall()
                break
            self._log.note(f"checkpoint {found.step} is damaged and was passed over")
            # Left in place it would be taken for the last, and hide those saved from here on.
            checkpoints.drop(found)
        self._begin()
        return self._first_step

    def should_stop(self) -> bool:
        """True once the trial was asked to end, or its time limit is two seconds away."""
        late = self._ends_at is not None and time.monotonic() >= self._ends_at
        self._told_late |= late
        return late or self._stop.is_set()

    def __getattr__(self, name: str) -> NoReturn:
        if name in HABITS:
            example = HABITS[name].format("learning_rate")
            raise UnknownCall(
                f"a trial is configured before it starts, and reports numbers; it has no {name!r}",
                next_step=f"write {example}",
            )
        raise AttributeError(
            f"a trial has no {name!r}.{nearest(name, [*dir(Trial), *vars(self)])}"
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
                f"got report({_short(step)}, {_short(metrics)})",
                Cause.BAD_VALUE,
                next_step=_right_call(step, metrics, self._assignment.objective.metric),
            )
        try:
            whole = operator.index(step)
        except TypeError:
            whole = -1
        if not 0 <= whole <= HIGHEST_STEP or isinstance(step, bool):
            raise BadReport(
                f"a step is a whole number from 0; got {_short(step)}",
                Cause.BAD_STEP,
                next_step="trial.report(step, {...}) with the loop's own counter",
            )
        if whole < self._step:
            self._begin()
            self._log.note(f"refused: step {whole} after step {self._step}: {_short(metrics)}")
            raise BadReport(
                f"a step never goes back; step {whole} came after step {self._step}",
                Cause.BAD_STEP,
                next_step="count steps over all epochs, from 0",
            )
        return whole

    def _note_objective(self, fresh: Mapping[str, float]) -> None:
        objective = self._assignment.objective
        if objective.metric in fresh:
            self._last = fresh[objective.metric]
            self._losses.append(objective.sign * self._last)
            if math.isnan(self._last) and self._nan_at is None:
                self._nan_at = self._step
        if self._nan_at is not None:
            raise Diverged(f"{objective.metric} became NaN at step {self._nan_at}")


Wrong = tuple[Any, Any, Exception]
"""Name and value of a metric that is no number, and what came of asking for one."""


def _numbers(metrics: Mapping[str, Any]) -> tuple[dict[str, float], list[Wrong]]:
    """Metrics that are numbers, and those that are not."""
    numbers: dict[str, float] = {}
    wrong: list[Wrong] = []
    for name, value in metrics.items():
        try:
            if type(value) is not float and (isinstance(value, str | bytes) or _is_bool(value)):
                raise TypeError("no number")
            if not isinstance(name, str):
                raise TypeError("no name")
            numbers[name] = float(value)
        except Exception as error:  # whatever a framework's number raises, the others are kept
            wrong.append((name, value, error))
    return numbers, wrong


def _is_bool(value: Any) -> bool:
    return isinstance(value, bool) or str(getattr(value, "dtype", "")) in ("bool", "torch.bool")


def _no_number(step: int, name: Any, value: Any, error: Exception) -> Exception:
    """What to raise for a metric without a number: its own error where that says more."""
    if not isinstance(name, str):
        return BadReport(
            f"a metric's name is a text; one at step {step} is {_short(name)}",
            Cause.BAD_VALUE,
            next_step=f'name it: {{"{_short(name)}": ...}}',
        )
    several = getattr(value, "shape", ()) not in ((), None)
    if not several and not isinstance(error, TypeError | ValueError | OverflowError):
        # A device's error, such as memory spent, shows where the number is first asked for.
        return error
    return BadReport(
        f'a metric is a number; "{name}" at step {step} is {_short(value)}',
        Cause.BAD_VALUE,
        next_step=f'report a float: {{"{name}": float(...)}}',
    )


def _right_call(step: Any, metrics: Any, objective: str) -> str:
    """The call that was meant, for arguments in the wrong order or a number without a name."""
    if isinstance(step, Mapping):
        return f"trial.report({_short(metrics)}, {_short(step)})"
    # `report(5, 0.3)` has its step in front; `report(0.3, 5)` is the order of Optuna.
    in_front = isinstance(step, int) and not isinstance(metrics, int)
    at, value = (step, metrics) if in_front else (metrics, step)
    return f'trial.report({_short(at)}, {{"{objective}": {_short(value)}}})'


def _short(value: Any) -> str:
    """A value in a line of an error: no tensor's hundred rows."""
    try:
        shown = " ".join(repr(value).split())
    except Exception:  # the number of a device that has failed may not even be shown
        shown = f"a {type(value).__name__}"
    return shown if len(shown) <= 80 else shown[:77] + "..."
