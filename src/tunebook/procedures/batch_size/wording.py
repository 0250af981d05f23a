"""Batch size: the sentence of each finding (A4 F1 F2 F3 F4)."""

from __future__ import annotations

import math
from collections.abc import Iterator

from tunebook.domain.finding import (
    Finding,
    Interval,
    NotApplicable,
    Number,
    Remedy,
    RemedyKind,
    Severity,
)
from tunebook.domain.formats.names import spell
from tunebook.domain.formats.numbers import digits, listed, round_to
from tunebook.procedures.batch_size.cost_to_target import BatchChoice, Cost
from tunebook.procedures.batch_size.equal_budgets import Budget
from tunebook.procedures.batch_size.learning_rates import BatchRates
from tunebook.procedures.batch_size.plans import BatchSizeArguments
from tunebook.procedures.batch_size.results import BatchSizeReading
from tunebook.procedures.batch_size.scaling_regimes import BatchRegimes, Regime
from tunebook.procedures.steps.stages import finding
from tunebook.procedures.steps.tuned_sweep import MOVES

TIME_IT = (
    'Which size takes the least time: run book.procedure("throughput", ...) in this book. It '
    "measures the time of a step at each size, and this chapter then chooses (A4)."
)


def findings_of(args: BatchSizeArguments, found: BatchSizeReading) -> Iterator[Finding]:
    """Every finding, in the playbook's order; the choice of a size last."""
    if isinstance(found.regimes, BatchRegimes):
        yield _regimes(args, found, found.regimes)
    elif found.regimes is not None:
        yield _lacking(args, Severity.WARNING, found.regimes, "regimes")
    if isinstance(found.rates, BatchRates):
        yield _rates(args, found.rates)
    if isinstance(found.budgets, tuple):
        yield _budgets(args, found.budgets, found.regimes)
    elif found.budgets is not None:
        yield _lacking(args, Severity.NOTE, found.budgets, "budgets")
    yield from _target(args, found)
    if isinstance(found.choice, BatchChoice):
        yield _choice(args, found, found.choice)
    elif found.choice is not None:
        yield _lacking(args, Severity.NOTE, found.choice, "a choice")


def _lacking(
    args: BatchSizeArguments, severity: Severity, lacking: NotApplicable, subject: str
) -> Finding:
    said = f"Not enough evidence for {subject}: {lacking.reason}. It needs {lacking.needs}."
    return finding(lacking.check, severity, args.size, said)


def _regimes(args: BatchSizeArguments, found: BatchSizeReading, r: BatchRegimes) -> Finding:
    numbers: dict[str, Number] = {
        "perfect scaling up to": r.perfect_until,
        "no fewer steps from": r.floor_from,
        "least steps": r.floor,
    }
    if r.perfect_slope is not None:
        numbers["slope in perfect scaling"] = r.perfect_slope
    parts = []
    if Regime.PERFECT in r.seen:
        parts.append(
            f"doubling the batch halves the steps up to about {_turn(r, r.perfect_until)}"
        )
    if Regime.DIMINISHING in r.seen:
        parts.append("beyond that it saves less and less")
    if Regime.FLOOR in r.seen:
        parts.append(
            f"from about {_turn(r, r.floor_from)} on it saves nothing, and training needs "
            f"{_about(r.floor)} steps"
        )
    else:
        parts.append("larger batches still save steps at the largest size measured")
    if isinstance(found.found_first, BatchRegimes):
        numbers["perfect scaling up to, on the seeds that tuned"] = found.found_first.perfect_until
    sizes = f"{r.batch_sizes[0]} to {r.batch_sizes[-1]}"
    said = f"At batch sizes {sizes}, the learning rate tuned at each: {'; '.join(parts)}."
    return finding("F1", Severity.NOTE, args.size, said, numbers=numbers)


def _rates(args: BatchSizeArguments, r: BatchRates) -> Finding:
    fits = "neither the linear nor the square-root rule fits"
    if r.fits:
        fits = f"the {' and the '.join(r.fits)} rule fit" + ("s" if len(r.fits) == 1 else "")
    off = ", ".join(
        f"the {name} rule gives {digits(factor)} times the best rate"
        for name, factor in r.off.items()
    )
    e = r.exponent
    return finding(
        "F2", Severity.NOTE, args.rate,
        f"The best learning rate grows as the batch size to the power {e.estimate:.2f} "
        f"({e.low:.2f} to {e.high:.2f}): {fits}. From the smallest size to the largest, {off}.",
        numbers={"power": e, **{f"{n} rule is off by": f for n, f in r.off.items()}},
    )  # fmt: skip


def _budgets(
    args: BatchSizeArguments,
    found: tuple[Budget, Budget],
    regimes: BatchRegimes | NotApplicable | None,
) -> Finding:
    """What both budgets reach, and why they differ."""
    ends = ""
    if isinstance(regimes, BatchRegimes) and math.isfinite(regimes.perfect_until.estimate):
        ends = f", here about {regimes.perfect_until.estimate:,.0f}"
    numbers: dict[str, Number] = {
        f"within {budget.amount} {budget.kind} at {b}": v
        for budget in found
        for b, v in budget.best.items()
    }
    return finding(
        "F3", Severity.NOTE, args.size,
        f"{' '.join(map(_budget, found))} With equal examples, twice the batch size leaves half "
        f"the steps, and half the steps suffice only up to the end of perfect scaling{ends}. So a "
        "budget in epochs hides what larger batches gain; compare sizes at equal steps as well.",
        numbers=numbers,
    )  # fmt: skip


def _budget(budget: Budget) -> str:
    first, last = min(budget.best), max(budget.best)
    said = (
        f"Within {budget.amount:,} {budget.kind}, each size at its best learning rate, batch size "
        f"{first} reaches {digits(budget.best[first], 4)} and batch size {last} reaches "
        f"{digits(budget.best[last], 4)}."
    )
    if budget.left_out:
        sizes = f"size{'s' * (len(budget.left_out) > 1)} {listed(list(map(str, budget.left_out)))}"
        said += f" Batch {sizes} had no evaluation by then."
    if not budget.leaders:
        return f"{said} To compare sizes, rerun each with three new seeds at least."
    if len(budget.leaders) == len(budget.best):
        return f"{said} With new seeds, no size differs significantly from another."
    best = listed(list(map(str, budget.leaders)))
    return f"{said} With new seeds, every size but {best} is significantly worse than another."


def _target(args: BatchSizeArguments, found: BatchSizeReading) -> Iterator[Finding]:
    """F4: whether steps to this target can be compared."""
    missed = [b for b, t in found.tuned.items() if t.rate is None]
    if missed and len(found.tuned) == len(args.batch_sizes):
        yield _missed(args, found, missed)
    edges = {b: t.edge for b, t in found.tuned.items() if t.edge and t.moves == MOVES}
    if edges:
        shown = ", ".join(f"{b} ({end})" for b, end in edges.items())
        yield finding(
            "F4", Severity.WARNING, args.rate,
            f"The best learning rate is still at the edge after {MOVES} moved ranges, at batch "
            f"sizes {shown}: training there may need fewer steps. Widen learning_rates.",
        )  # fmt: skip
    spread = {t: r.perfect_until for t, r in found.easier.items() if isinstance(r, BatchRegimes)}
    if len(spread) > 1:
        texts = {digits(target, 4): end for target, end in spread.items()}
        ends = ", ".join(
            f"{digits(end.estimate, 3)} for a target of {text}" for text, end in texts.items()
        )
        yield finding(
            "F4", Severity.NOTE, args.size,
            f"Perfect scaling ends at a batch size that depends on the target: {ends}.",
            numbers={f"perfect scaling up to, target {text}": end for text, end in texts.items()},
        )  # fmt: skip


def _missed(args: BatchSizeArguments, found: BatchSizeReading, missed: list[int]) -> Finding:
    reached = {b: found.tuned[b].reached for b in missed}
    silent = [b for b in missed if math.isnan(reached[b])]
    remedy, parts = None, []
    if len(silent) < len(missed):
        # The worst of their bests: every size that reported anything got there at least once.
        known = [v for v in reached.values() if not math.isnan(v)]
        reachable = max(known, key=lambda v: abs(v - args.target))
        shown = ", ".join(
            f"{b} (best {digits(v, 4)})" for b, v in reached.items() if b not in silent
        )
        every = len(missed) == len(found.tuned)
        who = "No batch size reached" if every else f"Batch sizes {shown} did not reach"
        parts.append(
            f"{who} the target {spell(args.target)}, so steps to it are not compared. "
            f"Every {'other ' * bool(silent)}size reached {digits(reachable, 4)}: run it again "
            f"with target={digits(reachable, 4)} and another `question`, or with more steps."
        )
        remedy = Remedy(
            kind=RemedyKind.STATE, values={"target": round_to(reachable, 4)},
            because="a target that some sizes miss compares nothing",
        )  # fmt: skip
    if silent:
        parts.append(
            f"At batch sizes {', '.join(map(str, silent))} nothing was reported: is an epoch "
            "shorter than a batch? Leave these sizes out, or look at what training prints."
        )
    return finding("F4", Severity.PROBLEM, args.size, " ".join(parts), remedy=remedy)


def _choice(args: BatchSizeArguments, found: BatchSizeReading, choice: BatchChoice) -> Finding:
    time = _least(choice.seconds, "takes the least time to the target on this machine", "s")
    examples = _least(choice.examples, "takes the fewest examples to the target", "examples")
    left = ", ".join(f"{b} ({why})" for b, why in choice.left_out.items())
    return finding(
        "A4", Severity.NOTE, args.size,
        f"{time} {examples} On one machine the least time is the least cost; where a larger batch "
        f"takes more devices, cost follows the examples.{f' Not judged: {left}.' if left else ''}"
        f"{_caveat(args, found)} Quality is no reason to choose: with the learning rate tuned, "
        "each size reaches the same.",
        numbers={
            **{f"seconds to the target at {b}": v for b, v in choice.seconds.of.items()},
            **{f"examples to the target at {b}": v for b, v in choice.examples.of.items()},
        },
    )  # fmt: skip


def _least(cost: Cost, what: str, unit: str) -> str:
    first, *others = cost.least
    if not others:
        return f"Batch size {first} {what}: {_cost(cost.of[first])} {unit}."
    every = "; ".join(f"{b}: {_cost(cost.of[b])}" for b in cost.least)
    return (
        f"Not enough evidence which size {what}: {', '.join(map(str, cost.least))} do not differ "
        f"significantly ({every} {unit}). Take any of them, or run more seeds."
    )


def _caveat(args: BatchSizeArguments, found: BatchSizeReading) -> str:
    """What the step times rest on, where that differs from this study."""
    assert found.timed is not None
    others, through = found.timed
    own = {args.size, args.rate, others.size}
    differ = [
        f"{name}={others.fixed[name]} instead of {value}"
        for name, value in args.fixed.items()
        if name not in own and others.fixed.get(name, value) != value
    ]
    said = f" Steps were timed with {', '.join(differ)}." if differ else ""
    vague = [str(b) for b in through.vague if b in args.batch_sizes]
    return said + (f" Step times at {', '.join(vague)} are imprecise." if vague else "")


def _turn(r: BatchRegimes, at: Interval) -> str:
    """A batch size; the text says so where its interval is wider than all that was measured."""
    if at.low < r.batch_sizes[0] and at.high > r.batch_sizes[-1]:
        middle = round_to(at.estimate, 3)
        return f"{middle:,.0f} (not enough evidence: by its interval anywhere)"
    return _about(at)


def _about(interval: Interval) -> str:
    """Whole numbers of three digits, with their interval."""
    shown = (round_to(v, 3) for v in (interval.estimate, interval.low, interval.high))
    middle, low, high = (f"{v:,.0f}" for v in shown)
    return f"{middle} ({low} to {high})"


def _cost(cost: Interval) -> str:
    values = [round_to(v, 3) for v in (cost.estimate, cost.low, cost.high)]
    middle, low, high = (f"{v:,.0f}" if v >= 100 else f"{spell(v)}" for v in values)
    return f"{middle} ({low} to {high})"
