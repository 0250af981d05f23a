"""Where a round stands that was decided: read from decisions and launches alone (D6)."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tunebook.domain.decision import Decision, Launch, Verdict
from tunebook.domain.formats.numbers import number
from tunebook.report.steps import ASK_NEXT, Standing, Step


def after_decision(
    decision: Decision, launches: Sequence[Launch], *, chance: float | None, newest: int
) -> Standing:
    """Where the round of a decision stands, with a command that does not name the book yet.

    Args:
        decision: that stands for the round.
        launches: of the book.
        chance: the objective's value of guessing, as far as the book knows it.
        newest: number of the book's newest round.
    """
    following = decision.round + 1
    followed = decision.round < newest
    if decision.verdict is Verdict.MORE_EVIDENCE and followed:
        return Standing(
            Step.NEXT,
            f"The evidence did not decide; round {following} followed.",
            f"tunebook report {following}",
            skipped=(Step.LAUNCH,),
        )
    if decision.verdict is Verdict.MORE_EVIDENCE:
        return _open(decision, chance)
    launched = any(launch.decision == decision.number for launch in launches)
    if decision.verdict is Verdict.ADOPT and not launched:
        return _to_launch(decision)
    if followed:
        return Standing(
            Step.NEXT,
            f"Done; round {following} followed.",
            f"tunebook report {following}",
            skipped=() if launched else (Step.LAUNCH,),
        )
    return Standing(
        Step.NEXT,
        _done(decision, launches, launched=launched),
        "tunebook next",
        skipped=() if launched else (Step.LAUNCH,),
    )


def _done(decision: Decision, launches: Sequence[Launch], *, launched: bool) -> str:
    """After a launch, or a decision that keeps the baseline; perhaps at another length."""
    if launched:
        return f"The new baseline is launched. {ASK_NEXT}"
    if decision.baseline is None:
        return "There is no baseline yet. Correct the training code, or ask another question."
    steps = decision.max_train_steps
    base = next((s for s in decision.sides if s.name == "baseline"), None)
    now = launches[-1] if launches else None
    if base is None or now is None or decision.baseline != now.number:
        return f"The baseline stays. {ASK_NEXT}"
    if steps == now.max_train_steps or not math.isfinite(base.mean.estimate):
        return f"The baseline stays. {ASK_NEXT}"
    return (
        f"The baseline stays. To record what it reaches at {steps} steps "
        f"({number(base.mean.estimate)}): tunebook launch {decision.number} --baseline-length. "
        "Then ask the next question."
    )


def _to_launch(decision: Decision) -> Standing:
    """After a decision that adopts."""
    first = decision.baseline is None
    change = "The configuration can be the first baseline" if first else "The change is adopted"
    checks = ", ".join(dict.fromkeys(p.check for p in decision.problems))
    if checks:
        return Standing(
            Step.LAUNCH,
            f"{change}, but a problem is open ({checks}). Mend it first, or add "
            "--despite-problems.",
            f"tunebook findings {decision.round}",
        )
    return Standing(
        Step.LAUNCH,
        f"{change}." if first else f"{change}, and is not the baseline yet.",
        f"tunebook launch {decision.number}",
    )


def _open(decision: Decision, chance: float | None) -> Standing:
    """After a decision that asks for more evidence: reruns, or a person's judgement."""
    from tunebook.deciding.rerun_count import MOST_MORE, more_reruns

    more = more_reruns(decision)
    unknown = decision.baseline is None or any(math.isinf(s.mean.high) for s in decision.sides)
    if more is None and chance is None and unknown:
        return Standing(
            Step.DECIDE,
            "It can't be judged before the book knows chance, the objective's value of "
            "guessing. State it, and decide again; tb.Book(..., chance=...) does so too.",
            f"tunebook decide {decision.round} --no-run --chance VALUE",
        )
    if _seedless(decision):
        return Standing(
            Step.NEXT,
            "Every rerun of a configuration gave the same value, so more reruns show "
            "nothing new. Use trial.seed in training (initial weights, order of the data), "
            "and ask again.",
            "tunebook next",
        )
    if more is not None and more >= MOST_MORE:
        near = "the least improvement" if decision.least_improvement else "nothing"
        less = ", or ask for a smaller least improvement" if decision.least_improvement else ""
        return Standing(
            Step.DECIDE,
            f"The gain is so near to {near} that no realistic number of reruns can "
            f"decide. Judge it yourself: keep the baseline{less}, and ask the next question.",
            "tunebook next",
        )
    sides = max(1, len(decision.sides))
    each = max((len(side.reruns) for side in decision.sides), default=0)
    # The next look may lie beyond what a gain as seen would need; twice as many always reach it.
    most = sides * max(2 * each, each + (more or 0))
    about = f": about {more} more a side, if the gain is what it seems" if more else ""
    return Standing(
        Step.RERUN,
        f"The evidence does not decide yet. Add reruns with new seeds{about}.",
        f"tunebook decide {decision.round} --max-reruns {most}",
    )


def _seedless(decision: Decision) -> bool:
    """Every side's reruns gave one value."""
    means = [s.mean for s in decision.sides]
    return all(len(s.reruns) > 1 for s in decision.sides) and all(m.low == m.high for m in means)
