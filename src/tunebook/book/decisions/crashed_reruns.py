"""Reruns that crashed: a baseline that stops a decision, and what is trained again (C3 D3)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tunebook.book.again import changes_since, train_anew
from tunebook.deciding.broken_baseline import broken_in, next_step
from tunebook.domain.decision import Decision
from tunebook.domain.environment import code_changes
from tunebook.domain.error_kind import OF_THE_CODE
from tunebook.domain.errors import DesignError, EvidenceError
from tunebook.domain.trial import Status, TrialRecord
from tunebook.execution.code import TrainingCode
from tunebook.store import Store

AGAIN = "crashed"
"""The reruns that a decision can train again."""


def refuse_broken_baseline(trials: Iterable[TrialRecord], baseline: int | None) -> None:
    """Refuse to compare with a baseline that the training code can no longer train.

    Its reruns use the code of this round, which may ask for a hyperparameter that the baseline
    does not have. Reruns that diverge or run out of memory are evidence and are not refused.

    Args:
        trials: of the round, reruns included.
        baseline: number of the launch that the candidates are compared with.

    Raises:
        EvidenceError: every rerun of the baseline ended by an error of the code, all alike.
    """
    trials = list(trials)
    broken = broken_in(trials) if baseline is not None else None
    if broken is None or baseline is None:
        return
    raise EvidenceError(broken.sentence(baseline), next_step=next_step(trials[0].round))


def refuse_again(again: str | None, decision: Decision | None) -> None:
    """Refuse to train reruns again that a verdict rests on.

    Raises:
        DesignError: `again` names no kind of rerun.
        EvidenceError: the round has its verdict.
    """
    if again not in (None, AGAIN):
        raise DesignError(
            f"decide trains again only reruns that crashed; got again={again!r}",
            next_step=f'give again="{AGAIN}", or leave it out',
        )
    if again is not None and decision is not None:
        raise EvidenceError(
            f"decision {decision.number} has answered round {decision.round} "
            f'("{decision.verdict}"); its reruns can\'t be trained again',
            next_step="ask the question in a new round, with another goal",
        )


def crashed_again(
    store: Store,
    reruns: Sequence[TrialRecord],
    code: TrainingCode | None,
    *,
    again: str | None,
    judged: bool,
) -> tuple[TrialRecord, ...]:
    """The reruns that crashed and are to be trained again.

    Without `again` these are the ones that crashed under other training code, as long as no
    decision has counted them.

    Args:
        reruns: of the sides of the decision.
        code: None where nothing is trained.
        again: as for `decide`.
        judged: a decision has counted them.
    """
    if code is None:
        return ()
    crashed = [t for t in reruns if t.status is Status.INFEASIBLE and t.cause in OF_THE_CODE]
    if again is not None:
        return tuple(crashed)
    return tuple(t for t in crashed if not judged and changes_since(store, t, code))


def set_pending(store: Store, trials: Sequence[TrialRecord]) -> None:
    """Set reruns pending: the same seeds, a new attempt."""
    if trials:
        train_anew(store, trials)


def changed_code_caveat(store: Store, number: int) -> tuple[str, ...]:
    """A sentence where the reruns of a round were trained by different code."""
    environments = [e for e in store.environments() if e.round == number]
    first = next((i for i, e in enumerate(environments) if e.reruns), len(environments))
    reruns = environments[first:]
    if len(reruns) < 2 or not code_changes(reruns[0], reruns[-1]):
        return ()
    changes = "; ".join(code_changes(reruns[0], reruns[-1]))
    return (f"The training code changed between the reruns: {changes}.",)
