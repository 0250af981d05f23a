"""From a decision to the launch that carries it out (A5)."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tunebook.book.decisions.refusals import refuse_baseline_length, state_chance
from tunebook.domain.decision import BASELINE, Decision, Launch, Verdict
from tunebook.domain.errors import EvidenceError


def _instead(decision: Decision) -> str:
    """What to do where a decision does not adopt."""
    known = any(s.gain is not None and math.isfinite(s.gain.estimate) for s in decision.sides)
    if decision.verdict is Verdict.KEEP:
        first = "correct the training code" if decision.baseline is None else "keep the baseline"
        return f"{first}, and ask the next question: tunebook next, book.next_round()"
    if decision.baseline is None and not known:
        return state_chance(decision.round)
    return (
        f"gather more evidence: tunebook decide {decision.round} --max-reruns N, "
        "round.decide(train, max_reruns=N), with a larger N than before; or ask another question"
    )


def launch_of(
    decision: Decision,
    launches: Sequence[Launch],
    who: str,
    why: str,
    now: float,
    *,
    baseline_length: bool = False,
) -> Launch:
    """The launch that carries a decision out.

    Args:
        decision: of the book.
        launches: so far.
        who, why, now: for the record.
        baseline_length: the decision keeps the baseline; launch that at the decision's length.

    Raises:
        EvidenceError: the verdict is not adopt, or the baseline has changed since.
    """
    if baseline_length:
        refuse_baseline_length(decision, launches)
    elif decision.verdict is not Verdict.ADOPT:
        raise EvidenceError(
            f"a launch needs the verdict adopt; decision {decision.number} says "
            f'"{decision.verdict}": {decision.sentence}',
            next_step=_instead(decision),
        )
    parent = launches[-1].number if launches else None
    if decision.baseline != parent:
        raise EvidenceError(
            f"decision {decision.number} compared with launch {decision.baseline}, and launch "
            f"{parent} is the baseline now",
            next_step="decide the round again, against the new baseline",
        )
    chosen = next(
        s
        for s in decision.sides
        if (s.name == BASELINE if baseline_length else dict(s.config) == dict(decision.config))
    )
    return Launch(
        number=len(launches),
        decision=decision.number,
        parent=parent,
        config=chosen.config,
        expected=chosen.mean,
        max_train_steps=decision.max_train_steps,
        who=who,
        why=why or decision.sentence,
        launched_at=now,
        despite=tuple(dict.fromkeys(p.check for p in decision.problems)),
    )
