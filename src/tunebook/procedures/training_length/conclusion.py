"""Training length: the answer with its findings, and the round to run next (E1 E3 E4 E5)."""

from __future__ import annotations

import math

from tunebook.domain.decision import Change
from tunebook.domain.formats.names import spell
from tunebook.domain.formats.numbers import digits, range_text, round_to
from tunebook.domain.record import Proposal
from tunebook.domain.space import Float, Scale
from tunebook.procedures.steps.stages import Conclusion, Done
from tunebook.procedures.training_length.length_choice import Budget, LengthChoice
from tunebook.procedures.training_length.plans import TrainingLengthArguments
from tunebook.procedures.training_length.results import LengthReading, best_values
from tunebook.procedures.training_length.scaling_law import LengthLaw
from tunebook.procedures.training_length.wording import STEPS, findings_of, length_to_take

TRIALS = 16
AROUND = 4.0
"""From the best learning rate to either end of the proposed round's range."""


def conclude(
    args: TrainingLengthArguments, done: Done, found: LengthReading, *, finished: bool
) -> Conclusion:
    """What the finished stages show; the answer itself only once `finished`."""
    choice = found.choice if finished and isinstance(found.choice, LengthChoice) else None
    findings = tuple(findings_of(args, done, found, finished=finished))
    lengths = ", ".join(str(n) for n in found.measured) or "none"
    waiting = f"Not known yet. Lengths with new seeds so far: {lengths}."
    if not done:
        waiting = "Nothing has run yet."
    return Conclusion(
        sentence=next((f.sentence for f in findings if f.check == "E4"), waiting),
        findings=findings,
        proposal=_proposal(args, done, choice) if choice else None,
        answer=_answer(args, found, choice),
    )


def _proposal(args: TrainingLengthArguments, done: Done, choice: LengthChoice) -> Proposal | None:
    """A round of the chosen length, its learning rate tuned once more."""
    steps = length_to_take(args, choice)
    values = best_values(args, done, steps)
    if not values or choice.says is Budget.OPEN:
        return None
    rate = float(values[args.rate])
    low, high = round_to(rate / AROUND), round_to(AROUND * rate)
    plan = args.proposed(
        f"Which {args.rate} is best at {steps} steps?",
        nuisance={args.rate: Float(low, high, Scale.LOG)},
        fixed={k: v for k, v in {**args.fixed, **values}.items() if k != args.rate},
        trials=TRIALS,
        max_train_steps=steps,
        least_improvement=args.least_improvement,
    )
    length = Change(
        key=STEPS, before=str(args.max_train_steps), after=str(steps),
        because=f"it comes within {spell(args.least_improvement)} of the best", check="E4",
    )  # fmt: skip
    rates = Change(
        key=f"nuisance.{args.rate}", before=f"{args.fixed[args.rate]}",
        after=f"{range_text(low, high, 3)}, log",
        because=f"the best at this length lies near {digits(rate, 3)}", check="E5",
    )  # fmt: skip
    changes = (length, rates) if steps != args.max_train_steps else (rates,)
    return Proposal(plan=plan, changes=changes)


def _answer(
    args: TrainingLengthArguments, found: LengthReading, choice: LengthChoice | None
) -> dict[str, float | str | None]:
    growing = choice is not None and choice.says is not Budget.SATURATED
    law = found.law if growing and isinstance(found.law, LengthLaw) else None
    at = choice.shortest if choice else None
    return {
        "verdict": str(choice.says) if choice else None,
        "max_train_steps": length_to_take(args, choice) if choice else None,
        "shortest": at.estimate if at else None,
        "shortest_low": at.low if at else None,
        "shortest_high": at.high if at and math.isfinite(at.high) else None,
        "first_max_train_steps": found.fitted,
        "gain_of_twice_the_budget": law.forecast[2.0].estimate if law else None,
    }
