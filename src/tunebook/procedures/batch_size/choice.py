"""Batch size: which one to train with, by time and by cost (A4).

Steps to the target are this study's; seconds of a step are those of the procedure throughput in
the same book.
"""

from __future__ import annotations

from dataclasses import replace

from tunebook.checks.charts import Drawn
from tunebook.domain.finding import Finding, Interval, NotApplicable, Number, Severity
from tunebook.domain.formats.names import spell
from tunebook.domain.formats.numbers import round_to
from tunebook.procedures.batch_size.choice_chart import draw_choice
from tunebook.procedures.batch_size.cost_to_target import BatchChoice, Cost, batch_choice
from tunebook.procedures.batch_size.plans import BatchSizeAsked
from tunebook.procedures.batch_size.results import BatchSizeReading
from tunebook.procedures.steps.stages import Conclusion
from tunebook.procedures.throughput.plans import ThroughputAsked
from tunebook.procedures.throughput.saturation import Throughput

TIME_IT = (
    'Which size takes the least time: book.procedure("throughput", ...) in this book tells the '
    "time of a step at each, and this chapter then chooses (A4)."
)


def with_choice(
    said: Conclusion,
    asked: BatchSizeAsked,
    found: BatchSizeReading,
    timed: tuple[ThroughputAsked, Throughput] | None,
) -> Conclusion:
    """The conclusion with the choice of batch size, or with what is needed for one."""
    if len(found.confirmed) < len(asked.batch_sizes):
        return said
    if timed is None:
        return replace(said, left=(*said.left, TIME_IT))
    others, through = timed
    step_s = dict(zip(through.batch_sizes, through.step_s, strict=True))
    choice = batch_choice(found.confirmed, step_s)
    if isinstance(choice, NotApplicable):
        sentence = f"Not enough evidence for a choice: {choice.reason}. It needs {choice.needs}."
        lacking = _finding(asked, sentence, {})
        return replace(said, findings=(*said.findings, lacking))
    finding = _finding(asked, _sentence(choice, _caveat(asked, others, through)), _numbers(choice))
    return replace(
        said,
        findings=(*said.findings, finding),
        pictures=Drawn(lambda: (*said.pictures, draw_choice(choice))),
        answer={
            **said.answer,
            "least_time": choice.seconds.least[0] if len(choice.seconds.least) == 1 else None,
            "fewest_examples": choice.examples.least[0]
            if len(choice.examples.least) == 1
            else None,
        },
    )


def _sentence(choice: BatchChoice, caveat: str) -> str:
    time = _least(choice.seconds, "takes the least time to the target on this machine", "s")
    examples = _least(choice.examples, "takes the fewest examples to it", "examples")
    left = ""
    if choice.left_out:
        shown = ", ".join(f"{b} ({why})" for b, why in choice.left_out.items())
        left = f" Not judged: {shown}."
    return (
        f"{time} {examples} On one machine the least time is the least cost; where devices are "
        f"added for a larger batch, cost follows the examples.{left}{caveat} Quality decides "
        "nothing here: tuned for it, each size reaches the same."
    )


def _least(cost: Cost, what: str, unit: str) -> str:
    first, *others = cost.least
    if not others:
        return f"Batch size {first} {what}: {_shown(cost.of[first])} {unit}."
    every = "; ".join(f"{b}: {_shown(cost.of[b])}" for b in cost.least)
    return (
        f"Not enough evidence which size {what}: {', '.join(map(str, cost.least))} are not told "
        f"apart ({every} {unit}); take any of them, or ask with more seeds."
    )


def _shown(cost: Interval) -> str:
    values = [round_to(v, 3) for v in (cost.estimate, cost.low, cost.high)]
    middle, low, high = (f"{v:,.0f}" if v >= 100 else spell(v) for v in values)
    return f"{middle} ({low} to {high})"


def _caveat(asked: BatchSizeAsked, others: ThroughputAsked, through: Throughput) -> str:
    """What the step times rest on, where that is not what this study did."""
    own = {asked.size, asked.rate, others.size}
    differ = [
        f"{name}={others.fixed[name]} instead of {value}"
        for name, value in asked.fixed.items()
        if name not in own and others.fixed.get(name, value) != value
    ]
    said = f" Steps were timed with {', '.join(differ)}." if differ else ""
    vague = [str(b) for b in through.vague if b in asked.batch_sizes]
    return said + (f" Step times at {', '.join(vague)} vary much." if vague else "")


def _numbers(choice: BatchChoice) -> dict[str, Number]:
    return {
        **{f"seconds to the target at {b}": v for b, v in choice.seconds.of.items()},
        **{f"examples to the target at {b}": v for b, v in choice.examples.of.items()},
    }


def _finding(asked: BatchSizeAsked, sentence: str, numbers: dict[str, Number]) -> Finding:
    return Finding(
        check="A4", severity=Severity.NOTE, subject=asked.size, numbers=numbers, sentence=sentence
    )
