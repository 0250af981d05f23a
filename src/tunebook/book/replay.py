"""A launch rerun from its record, in a book of its own that is thrown away (D5).

Same configuration, steps and seeds: where training is deterministic, the values are the same. What
comes of it enters no book, so that it is evidence for no decision.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tunebook.deciding.reproducibility import Replayed, Reproduced, SeedPair, compare
from tunebook.domain.decision import Launch
from tunebook.domain.environment import Environment, code_changes, other_changes
from tunebook.domain.errors import EvidenceError
from tunebook.domain.formats.numbers import interval_text, number, plural
from tunebook.domain.trial import Purpose, Status, TrialRecord
from tunebook.execution import Executor, RunOptions
from tunebook.execution.code import TrainingCode
from tunebook.execution.environment import environment
from tunebook.execution.scheduler import run_trials
from tunebook.execution.shown_progress import terminal_progress
from tunebook.store import Store
from tunebook.store.setting import setting_of
from tunebook.store.sql import SqlStore
from tunebook.store.table import table


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Replay:
    """A launch, run again from its record.

    Attributes:
        launch: its number; metric: of the objective.
        pairs: each seed, recorded and replayed.
        verdict: whether it reproduces, and by how much it is off.
        changed: what differs now from what was on record: code, versions, hardware.
        seconds: compute of the replay.
    """

    launch: int
    metric: str
    pairs: tuple[SeedPair, ...]
    verdict: Replayed
    changed: tuple[str, ...]
    seconds: float

    @property
    def reproduces(self) -> bool:
        """True where it does, exactly or within seed noise."""
        return self.verdict.reproduced in (Reproduced.EXACTLY, Reproduced.WITHIN_NOISE)

    @property
    def sentence(self) -> str:
        """The verdict with its numbers and its test."""
        found, seeds = self.verdict, plural(len(self.pairs), "seed")
        if found.reproduced is Reproduced.EXACTLY:
            return f"Launch {self.launch} reproduces exactly: the same values in all {seeds}."
        if found.other_fates:
            return (
                f"Launch {self.launch} does not reproduce: {found.other_fates} of {seeds} ended "
                "feasible in only one of the two runs."
            )
        shift = interval_text(found.shift, signed=True) if found.shift else "not known"
        told = (
            f"{self.metric} moved by {shift} over {seeds} (paired t-test of no shift at 5 %; "
            f"seeds differ by {number(found.noise)})"
        )
        if found.reproduced is Reproduced.WITHIN_NOISE:
            return f"Launch {self.launch} reproduces within seed noise: {told}."
        if found.reproduced is Reproduced.NOT:
            return f"Launch {self.launch} does not reproduce: {told}."
        return f"Too few seeds to tell whether launch {self.launch} reproduces: {told}."

    def __repr__(self) -> str:
        return "\n".join([*(_line(p) for p in self.pairs), self.sentence, *self.changed])


def _line(pair: SeedPair) -> str:
    recorded, replayed = (
        "infeasible" if v is None else number(v) for v in (pair.recorded, pair.replayed)
    )
    moved = "" if pair.difference is None else f", difference {number(pair.difference)}"
    return f"{pair.trial} seed {pair.seed}: {recorded} recorded, {replayed} now{moved}"


def recorded_reruns(store: Store, launch: Launch) -> tuple[TrialRecord, ...]:
    """The reruns with new seeds that a launch rests on.

    Raises:
        EvidenceError: none of them is on record.
    """
    decision = next((d for d in store.decisions() if d.number == launch.decision), None)
    names = {
        name
        for side in (decision.sides if decision else ())
        if dict(side.config) == dict(launch.config)
        for name in side.reruns
    }
    found = tuple(t for t in store.trials(decision.round) if t.name in names) if decision else ()
    if not found:
        raise EvidenceError(
            f"a replay repeats the seeds of a launch; launch {launch.number} has none on record",
            next_step="decide its round again with new seeds: tunebook decide",
        )
    return found


def replay(
    store: Store,
    launch: Launch,
    code: TrainingCode,
    *,
    workers: int | None = None,
    executor: Executor | None = None,
    show: bool = True,
) -> Replay:
    """Run a launch's recorded reruns again and compare, seed by seed.

    Raises:
        EvidenceError: the launch has no reruns on record.
        TrainingCodeError: a worker could not load the training code.
    """
    records = recorded_reruns(store, launch)
    number_ = records[0].round
    before = _values(store, number_)
    with tempfile.TemporaryDirectory(prefix="tunebook-replay-") as folder:
        scratch = SqlStore.open(Path(folder) / "replay.db")
        try:
            _fill(scratch, store, records)
            options = RunOptions(workers=workers, executor=executor, progress=show)
            with terminal_progress(f"replay of launch {launch.number}", shown=show) as progress:
                summary = run_trials(
                    scratch,
                    number_,
                    code,
                    options,
                    purpose=Purpose.RERUN,
                    on_progress=progress,
                )
            if summary.stopped == "interrupted":
                raise KeyboardInterrupt
            after = _values(scratch, number_)
            lost = {t.key for t in scratch.trials(number_) if t.status is Status.FAILED}
            seconds = sum(t.seconds for t in scratch.trials(number_))
        finally:
            scratch.close()
    pairs = tuple(_pair(t, before, after) for t in records if t.key not in lost)
    return Replay(
        launch=launch.number,
        metric=setting_of(store)[1].metric,
        pairs=pairs,
        verdict=compare(pairs),
        changed=_changed(store, number_, code),
        seconds=seconds,
    )


def _fill(scratch: SqlStore, store: Store, records: Sequence[TrialRecord]) -> None:
    """The setting, the rounds up to the one of these trials, and the trials as nobody ran them."""
    scratch.set_setting(*setting_of(store))
    for stored in store.rounds()[: records[0].round]:  # so that the round keeps its number
        scratch.add_round(stored.plan, stored.created_at)
    scratch.add_trials([_anew(t) for t in records])


def _anew(trial: TrialRecord) -> TrialRecord:
    """A trial's configuration, seed and steps, before anyone ran it."""
    return TrialRecord(
        round=trial.round,
        number=trial.number,
        study=trial.study,
        index=trial.index,
        purpose=trial.purpose,
        rerun_of=trial.rerun_of,
        config=trial.config,
        seed=trial.seed,
        max_train_steps=trial.max_train_steps,
    )


def _values(store: Store, number_: int) -> Mapping[str, float]:
    found = table(store, number_, reruns=True)
    return {n: float(v) for n, v in zip(found.name, found.value, strict=True) if v == v}


def _pair(trial: TrialRecord, before: Mapping[str, float], after: Mapping[str, float]) -> SeedPair:
    return SeedPair(
        trial=trial.name,
        seed=trial.seed,
        recorded=before.get(trial.name),
        replayed=after.get(trial.name),
    )


def _changed(store: Store, number_: int, code: TrainingCode) -> tuple[str, ...]:
    """What differs now from what the reruns were recorded with."""
    noted: list[Environment] = [e for e in store.environments() if e.round == number_]
    if not noted:
        return ("What it ran on then is not on record.",)
    then = next((e for e in reversed(noted) if e.reruns), noted[-1])
    now = replace(environment(code), number=then.number, round=number_, began_at=time.time())
    return tuple(
        f"Changed since the record: {text}."
        for text in (*code_changes(then, now), *other_changes(then, now))
    )
