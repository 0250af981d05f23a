"""A baseline that the round's training code can no longer train (D3 C3)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tunebook.domain.decision import BASELINE, Decision, RerunPlan
from tunebook.domain.error_kind import OF_THE_CODE, error_kind
from tunebook.domain.formats.numbers import plural
from tunebook.domain.record import BookRecord, RoundRecord
from tunebook.domain.trial import Cause, Status, TrialRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How one trial ended: what it reran, its status, cause and the error."""

    rerun_of: str
    status: Status
    cause: Cause | None
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenBaseline:
    """How many reruns of the baseline there were, and the error in which all of them ended."""

    reruns: int
    detail: str

    def sentence(self, launch: int | None = None) -> str:
        """What happened, with the number of the baseline's launch where it is known."""
        every = "its 1 rerun" if self.reruns == 1 else f"all of its {self.reruns} reruns"
        which = "" if launch is None else f" (launch {launch})"
        return f"the baseline{which} can't be compared: {every} crashed alike: {self.detail}"


def broken_baseline(reruns: Iterable[Ending]) -> BrokenBaseline | None:
    """Whether every ended rerun of the baseline ended by the same error of the training code.

    A rerun that diverges or runs out of memory is evidence, so one of these gives None.
    """
    ended = [r for r in reruns if r.rerun_of == BASELINE and r.status.ended]
    kinds = {error_kind(r.detail) for r in ended if r.cause in OF_THE_CODE}
    if len(kinds) != 1 or any(r.cause not in OF_THE_CODE for r in ended):
        return None
    return BrokenBaseline(reruns=len(ended), detail=ended[0].detail)


def broken_in(trials: Iterable[TrialRecord]) -> BrokenBaseline | None:
    """The same for the stored trials of a round."""
    return broken_baseline(
        Ending(rerun_of=t.rerun_of, status=t.status, cause=t.cause, detail=t.detail)
        for t in trials
    )


def broken_in_round(found: RoundRecord) -> BrokenBaseline | None:
    """The same for a round as reports read it."""
    reruns = found.reruns
    columns = zip(reruns.rerun_of, reruns.status, reruns.cause, reruns.name, strict=True)
    return broken_baseline(
        Ending(rerun_of=arm, status=status, cause=cause, detail=found.details.get(name, ""))
        for arm, status, cause, name in columns
    )


def never_judged(
    plans: Iterable[RerunPlan], decisions: Iterable[Decision], broken_rounds: frozenset[int]
) -> frozenset[int]:
    """Numbers of the plans that could not be judged, since their baseline always crashed.

    No candidate was compared with the baseline there, so that such a plan has spent no level.
    """
    judged = {d.plan for d in decisions}
    return frozenset(
        p.number
        for p in plans
        if p.baseline is not None and p.round in broken_rounds and p.number not in judged
    )


def never_judged_in(record: BookRecord) -> frozenset[int]:
    """The same for a book as reports read it."""
    broken = frozenset(r.number for r in record.rounds if broken_in_round(r) is not None)
    return never_judged(record.rerun_plans, record.decisions, broken)


def next_step(number: int) -> str:
    """What to do about a broken baseline in a round."""
    return (
        "let the training code train the baseline too (a hyperparameter that it does not have "
        'needs a default: trial.config.get("NAME", VALUE)), then decide again: tunebook decide '
        f'{number} --again crashed, or round.decide(train, again="crashed"). The reruns that '
        "crashed are trained again with the same seeds"
    )


def unjudged_text(rounds: Iterable[int]) -> str:
    """What the account says of rounds that could not be judged."""
    numbers = sorted(set(rounds))
    if not numbers:
        return ""
    named = ", ".join(map(str, numbers))
    return (
        f"Not judged, and no level spent: {plural(len(numbers), 'round')} ({named}), where every "
        "rerun of the baseline crashed."
    )
