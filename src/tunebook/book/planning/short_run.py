"""A short test run before a round: does it train, what does it report, what does it cost? (A1 I1)

No book is made and none is touched. The first configuration of each study is trained for a few
steps in a process of its own; times of a step, an evaluation and a checkpoint are measured there,
and put together for the steps and evaluations that the plan has. Only these times are kept.
"""

from __future__ import annotations

import functools
import itertools
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tunebook.book.planning.same_plan import carried_into
from tunebook.book.tried_times import keep_times
from tunebook.domain.decision import Launch
from tunebook.domain.design import Objective, Round, Study, studies
from tunebook.domain.environment import Tried
from tunebook.domain.finding import Finding, Severity
from tunebook.domain.formats.numbers import seconds_text
from tunebook.domain.formats.round_file import RoundFile
from tunebook.domain.plan_edits import decided_by
from tunebook.domain.searchers import ADAPTIVE
from tunebook.domain.trial import Configuration, TrialRecord
from tunebook.examination.short_run import baseline_warnings, warnings
from tunebook.execution.code import TrainingCode, check_program, training_code
from tunebook.execution.executor_table import executor_of
from tunebook.execution.local import LocalExecutor
from tunebook.execution.resources import thread_settings
from tunebook.planning.baseline_gaps import completed, gaps_text
from tunebook.search import points
from tunebook.search.assignment import trial_seed
from tunebook.training.assignment import Assignment, encode
from tunebook.training.log import attempt_files

STEPS, SECONDS = 50, 30.0
"""Of a test run, where nothing else is said: enough for a step's time, and quickly over."""
STARTING_S = 120.0
"""Beside the run itself: importing a framework, compiling, loading data."""
MOST_STUDIES = 12
CLOCK_S = 1e-6
"""No step of Python code is timed to less."""
_PACKAGES = {"transformers": "'transformers[torch]'", "sklearn": "scikit-learn"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortRun:
    """What a short test run of a round saw.

    Attributes:
        tried: of the first configuration of each study.
        warnings: what to mend before the round is run.
        baseline: what was seen of the baseline's configuration; None where the book has none.
    """

    tried: tuple[Tried, ...]
    warnings: tuple[Finding, ...]
    baseline: Tried | None = None

    @property
    def faulty(self) -> bool:
        """True where a configuration did not train at all, or not what was asked."""
        severities = {w.severity for w in self.warnings}
        return any(t.fault for t in self.tried) or Severity.PROBLEM in severities


def look_at(
    file: RoundFile,
    train: str,
    objective: Objective,
    *,
    steps: int = STEPS,
    seconds: float = SECONDS,
    workers: int | None = None,
    baseline: Launch | None = None,
) -> ShortRun:
    """A short test run of what a round file plans; its times are kept for a plan's cost.

    Args:
        file: the round file.
        train, objective: of the round.
        steps, seconds: as in `try_round`.
        workers: trials at a time that the round will be run with, as for `tunebook.Round.run`.
        baseline: of the book; its configuration is trained as well, as a decision will.

    Raises:
        TrainingCodeError: the training code can't be found.
    """
    code = training_code(train)
    plan = file.plan if baseline is None else carried_into(file.plan, baseline.config)
    check_program(code, plan)
    objective_in_training = file.setting.training_objective if file.setting else ""
    run = functools.partial(
        try_round,
        plan,
        code,
        objective,
        training_objective=objective_in_training,
        steps=steps,
        seconds=seconds,
        environment=worker_environment(file, workers),
    )
    tried = tuple(run())
    keep_times(plan, tried)
    found = warnings(tried, objective, training_objective=objective_in_training)
    if baseline is None:
        return ShortRun(tried=tried, warnings=found)
    config = completed(plan, baseline.config)
    known = next((t for t in tried if dict(t.config) == dict(config)), None)
    own = known or next(run(config=config))
    doubts = baseline_warnings(own, gaps_text(plan, baseline), baseline.number)
    return ShortRun(tried=tried, warnings=(*found, *doubts), baseline=own)


def try_round(
    plan: Round,
    code: TrainingCode,
    objective: Objective,
    *,
    training_objective: str = "",
    steps: int = STEPS,
    seconds: float = SECONDS,
    environment: Mapping[str, str] | None = None,
    config: Configuration | None = None,
) -> Iterator[Tried]:
    """Train the first configuration of each study for a few steps, one after the other.

    Args:
        plan: the round.
        code: as `training_code` makes it.
        objective, training_objective: of the book.
        steps: at most so many.
        seconds: each is ended then, once a step and an evaluation were seen.
        environment: what a worker finds set beside what this process has: its threads, its GPU.
        config: train this one configuration instead, as the baseline's.
    """
    around = {**os.environ, **(environment or thread_settings(1, os.environ))}
    if plan.searcher in ADAPTIVE:  # its first configurations are Halton's as well
        plan = replace(plan, searcher="halton")
    with tempfile.TemporaryDirectory(prefix="tunebook-try-") as folder:
        for number, study in enumerate(studies(plan)[:MOST_STUDIES]):
            trial = _first_trial(plan, study, number, min(steps, plan.max_train_steps))
            if config is not None:
                study, trial = replace(study, name="baseline"), replace(trial, config=config)
            assignment = Assignment(
                trial=trial,
                files=attempt_files(Path(folder), trial.key, 1),
                code=code,
                objective=objective,
                training_objective=training_objective,
                varied=tuple(study.branch.axes),
                decided_by=decided_by(plan),
            )
            seen = _watched(assignment, seconds, around)
            tried = _read(seen, plan, study, trial, assignment)
            yield replace(tried, threads=int(around.get("OMP_NUM_THREADS") or 1))
            if config is not None:
                return


def worker_environment(file: RoundFile, workers: int | None) -> Mapping[str, str]:
    """What a run of this file on this machine sets for each of its workers.

    A trial on a cluster has a machine's cores for itself here.
    """
    if file.executor.get("kind", "local") != "local":
        return thread_settings(1, os.environ)
    executor = executor_of(file.executor, workers=workers) or LocalExecutor(workers)
    assert isinstance(executor, LocalExecutor)
    try:
        return executor.environment
    finally:
        executor.close()


def _first_trial(plan: Round, study: Study, number: int, steps: int) -> TrialRecord:
    point = points(plan, study, [0])[0]
    return TrialRecord(
        round=1,
        number=number,
        study=study.name,
        index=0,
        config={**study.branch.conditions, **study.fixed, **point},
        seed=trial_seed(plan.seed, study.name, 0),
        max_train_steps=steps,
    )


def _watched(
    assignment: Assignment, seconds: float, environment: Mapping[str, str]
) -> dict[str, Any]:
    """Train it in a process of its own; what that saw, or why it did not end."""
    result = assignment.files.log.with_suffix(".seen")
    output = assignment.files.output
    output.parent.mkdir(parents=True, exist_ok=True)
    limit = seconds * 3 + STARTING_S
    with output.open("wb") as printed:
        process = subprocess.Popen(
            [sys.executable, "-m", "tunebook.training.watching", str(result), str(seconds)],
            stdin=subprocess.PIPE,
            stdout=printed,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=dict(environment),
            cwd=assignment.code.cwd,
        )
        try:
            process.communicate(encode(assignment, with_code=True), timeout=limit)
            ended = f"its process ended with {process.returncode}"
        except subprocess.TimeoutExpired:
            ended = f"it had not taken its few steps after {seconds_text(limit)}"
        finally:
            if process.poll() is None:  # once it is gone its number may be another's
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
    if result.exists():
        found: dict[str, Any] = json.loads(result.read_text("utf-8"))
        return found
    return {"unloadable": "", "status": "", "detail": ended}


def _read(
    seen: Mapping[str, Any], plan: Round, study: Study, trial: TrialRecord, assignment: Assignment
) -> Tried:
    tried = Tried(
        study=study.name,
        config=trial.config,
        max_train_steps=plan.max_train_steps,
        evaluations=plan.evaluations,
    )
    fault = _with_package(seen["unloadable"])
    if not fault and seen["status"] != "complete" and not seen.get("enough"):
        fault = ": ".join(t for t in (seen.get("cause") or "", seen["detail"]) if t)
    if fault:
        printed = assignment.files.output.read_text("utf-8", "replace").strip()[-2000:]
        return replace(tried, fault=f"{fault}\n{printed}" if printed else fault)
    metrics: dict[str, tuple[float, float]] = {}
    for _, _, values in seen["reports"]:
        for name, value in values.items():
            metrics[name] = (metrics.get(name, (value,))[0], value)
    pace = paces(seen["cycles"])
    saving = [s for _, s in seen["saving"]]
    if not seen["asked"]:  # evaluations are a part of its steps, as far as can be told
        pace = Pace(step_s=_between(seen["reports"]))
    last = max((step for step, _, _ in seen["reports"]), default=-1)
    first = min((at for _, at, _ in seen["reports"]), default=seen["seconds"])
    known = {*plan.varied, *plan.fixed} & set(trial.config)
    return replace(
        tried,
        steps=last + 1,
        metrics=metrics,
        step_s=pace.step_s,
        evaluation_s=pace.evaluation_s,
        step_most_s=pace.step_most_s,
        evaluation_least_s=pace.evaluation_least_s,
        checkpoint_s=statistics.median(saving[1:] or saving) if saving else None,
        start_s=seen["loading_s"] + first,
        memory_mb=seen["memory_mb"],
        accelerator_mb=seen["accelerator_mb"],
        gpu_frameworks=tuple(seen["gpu_frameworks"]),
        unread=tuple(sorted(known - set(seen["read"]))),
    )


def _with_package(fault: str) -> str:
    """Where a module is missing, how to get it."""
    missing = re.match(r"ModuleNotFoundError: No module named '(\w+)", fault)
    if missing is None:
        return fault
    return f"{fault}\nNext: pip install {_PACKAGES.get(missing[1], missing[1])}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Seconds of a step and of an evaluation, as in `Tried`."""

    step_s: float | None = None
    evaluation_s: float | None = None
    step_most_s: float | None = None
    evaluation_least_s: float | None = None


def paces(cycles: Sequence[tuple[int, float]]) -> Pace:
    """Seconds of a step, and of an evaluation, from cycles of both.

    A cycle of n steps and an evaluation takes n s + e. The median of those of one step gives
    s + e; s is the median over the longer ones of what they take beyond it, by the further
    steps that they have. The bounds take the shortest cycle of one step and the longest of more.

    Example:
        >>> found = paces([(1, 3.0), (1, 3.0), (11, 13.0)])
        >>> found.step_s, found.evaluation_s
        (1.0, 2.0)
    """
    short = [seconds for steps, seconds in cycles if steps == 1]
    longer = [(steps, seconds) for steps, seconds in cycles if steps > 1]
    if not short or not longer:
        return Pace()
    middle, least = statistics.median(short), min(short)
    step_s = statistics.median((seconds - middle) / (steps - 1) for steps, seconds in longer)
    step_s = min(max(step_s, 0.0), middle)
    most = max((seconds - least) / (steps - 1) for steps, seconds in longer)
    most = max(most, step_s, CLOCK_S)
    return Pace(
        step_s=step_s,
        evaluation_s=middle - step_s,
        step_most_s=most,
        evaluation_least_s=max(0.0, least - most),
    )


def _between(reports: Sequence[tuple[int, float, object]]) -> float | None:
    """Seconds a step, where all that is known are reports."""
    paces = [
        (at - before) / (step - earlier)
        for (earlier, before, _), (step, at, _) in itertools.pairwise(reports)
        if step > earlier
    ]
    return statistics.median(paces) if paces else None
