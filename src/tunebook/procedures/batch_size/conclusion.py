"""Batch size: the answer with its findings (A4 F1 F2 F3 F4)."""

from __future__ import annotations

from tunebook.domain.finding import Severity
from tunebook.procedures.batch_size.cost_to_target import BatchChoice, Cost
from tunebook.procedures.batch_size.learning_rates import BatchRates
from tunebook.procedures.batch_size.plans import BatchSizeArguments
from tunebook.procedures.batch_size.results import BatchSizeReading
from tunebook.procedures.batch_size.scaling_regimes import BatchRegimes
from tunebook.procedures.batch_size.wording import TIME_IT, findings_of
from tunebook.procedures.steps.stages import Conclusion, Done


def conclude(args: BatchSizeArguments, done: Done, found: BatchSizeReading) -> Conclusion:
    """What the finished stages show; a target that was missed comes before all else."""
    findings = tuple(findings_of(args, found))
    problems = [f for f in findings if f.severity is Severity.PROBLEM]
    first = next(iter((*problems, *findings)), None)
    sizes, confirmed = len(args.batch_sizes), len(found.confirmed)
    if first is not None:
        sentence = first.sentence
    elif done:
        sentence = f"Not known yet: {sizes - confirmed} of {sizes} batch sizes have no new seeds."
    else:
        sentence = "Nothing has run yet."
    return Conclusion(
        sentence=sentence,
        findings=findings,
        left=(TIME_IT,) if confirmed == sizes and found.timed is None else (),
        answer=_answer(found),
    )


def _answer(found: BatchSizeReading) -> dict[str, float | str | None]:
    regimes = found.regimes if isinstance(found.regimes, BatchRegimes) else None
    rates = found.rates if isinstance(found.rates, BatchRates) else None
    slope = regimes.perfect_slope if regimes else None
    answer: dict[str, float | str | None] = {
        "perfect_until": regimes.perfect_until.estimate if regimes else None,
        "floor_from": regimes.floor_from.estimate if regimes else None,
        "floor": regimes.floor.estimate if regimes else None,
        "perfect_slope": slope.estimate if slope else None,
        "learning_rate_power": rates.exponent.estimate if rates else None,
    }
    if isinstance(found.choice, BatchChoice):
        answer["least_time"] = _only(found.choice.seconds)
        answer["fewest_examples"] = _only(found.choice.examples)
    return answer


def _only(cost: Cost) -> int | None:
    return cost.least[0] if len(cost.least) == 1 else None
