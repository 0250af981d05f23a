"""Trials to be trained again, once the code that spoiled them is corrected (C3 D8)."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from tunebook.domain.environment import code_changes
from tunebook.domain.error_kind import OF_THE_CODE
from tunebook.domain.errors import DesignError, EvidenceError, nearest
from tunebook.domain.formats.numbers import plural
from tunebook.domain.trial import Purpose, Status, TrialRecord
from tunebook.execution.code import TrainingCode
from tunebook.execution.environment import environment
from tunebook.store import Store
from tunebook.store.setting import setting_of
from tunebook.training.assignment import checkpoints_at
from tunebook.training.checkpoint_places import place_of
from tunebook.training.log import attempt_files

AGAIN: Mapping[str, str] = MappingProxyType(
    {
        "crashed": "trials that ended by an error of the training code",
        "infeasible": "all infeasible trials",
        "failed": "trials whose machine was lost, or that were cancelled",
        "changed": "all trials that ran under other training code than now",
    }
)
"""Which trials of a round can be trained again, by name."""
MOST_NAMED = 5


def set_again(store: Store, number: int, again: str, code: TrainingCode) -> int:
    """Set search trials pending that have ended, and drop what they left; returns how many.

    Raises:
        DesignError: `again` is none of AGAIN.
        EvidenceError: the round has reruns: its trials have led to a decision, and stay.
    """
    if again not in AGAIN:
        raise DesignError(
            f"again is one of {', '.join(AGAIN)}; got {again!r}.{nearest(str(again), AGAIN)}",
            next_step='again="crashed" trains the trials again that crashed',
        )
    trials = store.trials(number)
    if any(t.purpose is Purpose.RERUN for t in trials):
        raise EvidenceError(
            f"round {number} has reruns with new seeds, which its trials selected; these trials "
            "can't be trained again",
            next_step="ask the question in a new round, with another goal",
        )
    chosen = [t for t in trials if t.status.ended and _is_meant(t, again)]
    if again == "changed":
        chosen = [t for t in trials if t.status.ended and changes_since(store, t, code)]
    return train_anew(store, chosen)


def train_anew(store: Store, chosen: Sequence[TrialRecord]) -> int:
    """Set ended trials pending and drop what they left; returns how many."""
    reached = set(store.again([t.key for t in chosen]))
    for trial in chosen:
        if trial.key in reached:
            _drop_files(store, trial)
    return len(reached)


def _is_meant(trial: TrialRecord, again: str) -> bool:
    if again == "crashed":
        return trial.status is Status.INFEASIBLE and trial.cause in OF_THE_CODE
    return trial.status is (Status.FAILED if again == "failed" else Status.INFEASIBLE)


def _drop_files(store: Store, trial: TrialRecord) -> None:
    """A trial trained anew begins at step 0, not at a checkpoint of the code of before."""
    files = attempt_files(store.files, trial.key, trial.attempt)
    for number in range(1, trial.attempt + 1):  # a log that is left would be adopted, end and all
        attempt_files(store.files, trial.key, number).log.unlink(missing_ok=True)
    setting, _ = setting_of(store)
    place = place_of(checkpoints_at(setting.checkpoints, trial.key), files.checkpoints)
    for found in place.listed():
        place.drop(found)
    shutil.rmtree(files.checkpoints.with_suffix(".program"), ignore_errors=True)


def changes_since(store: Store, trial: TrialRecord, code: TrainingCode) -> tuple[str, ...]:
    """What of the training code is other than when a trial ended, in words."""
    before = [
        e
        for e in store.environments()
        if e.round == trial.round
        and (not e.reruns or trial.purpose is Purpose.RERUN)
        and e.began_at <= (trial.ended_at or 0.0)
    ]
    return code_changes(before[-1], environment(code)) if before else ()


def nothing_left(store: Store, number: int, code: TrainingCode) -> str:
    """What to say where no trial of a round is left to train."""
    trials = [t for t in store.trials(number) if t.purpose is not Purpose.RERUN]
    every = f"all {len(trials)} trials" if len(trials) > 1 else "the one trial"
    said = f"Nothing is left to train: {every} of round {number} ended before."
    newest = max((t for t in trials if t.ended_at), key=_ended_at, default=None)
    changes = changes_since(store, newest, code) if newest else ()
    if changes:
        said += f" The training code changed since ({'; '.join(changes)}), and was not used."
    crashed = [t for t in trials if _is_meant(t, "crashed")]
    if crashed:
        said += f" {_crashed(crashed)}."
    if crashed or changes:
        which = "them" if crashed else "all of them"
        how = _how("crashed" if crashed else "changed", code)
        said += f"\nNext: to train {which} again, {how}"
    return said


def crashed_before(store: Store, number: int, code: TrainingCode) -> str:
    """What to say of trials that crashed under other code, where others are left to train."""
    ended = [t for t in store.trials(number) if t.ended_at and _is_meant(t, "crashed")]
    crashed = [t for t in ended if t.purpose is not Purpose.RERUN]
    if not crashed or not changes_since(store, max(crashed, key=_ended_at), code):
        return ""
    how = _how("crashed", code)
    return f"{_crashed(crashed)} under other training code. To train them again, {how}"


def _crashed(trials: Sequence[TrialRecord]) -> str:
    named = ", ".join(t.name for t in trials[:MOST_NAMED])
    more = ", ..." if len(trials) > MOST_NAMED else ""
    return f"{plural(len(trials), 'trial')} crashed ({named}{more})"


def _how(again: str, code: TrainingCode) -> str:
    shell = f", or tunebook run --again {again}" if code.path else ""
    return f'run with again="{again}"{shell}.'


def _ended_at(trial: TrialRecord) -> float:
    return trial.ended_at or 0.0
