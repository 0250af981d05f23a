"""Batch size: the answer, its findings and its pictures (F1 F2 F3 F4)."""

from __future__ import annotations

import math
from collections.abc import Iterator

from tunebook.charts.picture import Picture
from tunebook.checks.charts import Drawn
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
from tunebook.domain.formats.numbers import digits, round_to, steps_text
from tunebook.procedures.batch_size import chart as pictures
from tunebook.procedures.batch_size.budgets import budget_findings
from tunebook.procedures.batch_size.budgets_chart import draw_budgets
from tunebook.procedures.batch_size.learning_rates import BatchRates
from tunebook.procedures.batch_size.plans import MOVES, BatchSizeAsked
from tunebook.procedures.batch_size.results import BatchSizeReading
from tunebook.procedures.batch_size.scaling_regimes import BatchRegimes, Regime
from tunebook.procedures.steps.stages import Conclusion, Done, finding


def conclude(asked: BatchSizeAsked, done: Done, found: BatchSizeReading) -> Conclusion:
    """What the stages that are done say."""
    findings = tuple(_findings(asked, found))
    return Conclusion(
        sentence=_first(findings).sentence if findings else _waiting(asked, done, found),
        findings=findings,
        pictures=Drawn(lambda: _pictures(asked, done, found)),
        answer=_answer(found),
    )


def _pictures(asked: BatchSizeAsked, done: Done, found: BatchSizeReading) -> Iterator[Picture]:
    if isinstance(found.regimes, BatchRegimes):
        yield pictures.draw_regimes(found.regimes, found.confirmed, target=asked.target)
    if isinstance(found.rates, BatchRates):
        yield pictures.draw_rates(found.rates)
    if isinstance(found.budgets, tuple):
        metric = next(iter(done.values())).table.objective.metric
        regimes = found.regimes if isinstance(found.regimes, BatchRegimes) else None
        ends = regimes.perfect_until.estimate if regimes else None
        yield draw_budgets(found.budgets, metric=metric, perfect_until=ends)


def _first(findings: tuple[Finding, ...]) -> Finding:
    """What the answer is: a target that was missed comes before what can be said without it."""
    return next((f for f in findings if f.severity is Severity.PROBLEM), findings[0])


def _waiting(asked: BatchSizeAsked, done: Done, found: BatchSizeReading) -> str:
    if not done:
        return "Nothing has run yet."
    left = len(asked.batch_sizes) - len(found.confirmed)
    return f"Not known yet: {left} of {len(asked.batch_sizes)} batch sizes have no new seeds."


def _findings(asked: BatchSizeAsked, found: BatchSizeReading) -> Iterator[Finding]:
    if isinstance(found.regimes, BatchRegimes):
        yield _regimes(asked, found, found.regimes)
    elif isinstance(found.regimes, NotApplicable):
        yield finding("F1", Severity.WARNING, asked.size, _not_enough(found.regimes))
    if isinstance(found.rates, BatchRates):
        yield _rates(asked, found.rates)
    yield from budget_findings(asked, found.budgets, found.regimes)
    missed = [b for b, t in found.tuned.items() if t.rate is None]
    if missed and len(found.tuned) == len(asked.batch_sizes):
        yield _missed(asked, found, missed)
    edges = {b: t.edge for b, t in found.tuned.items() if t.edge and t.moves == MOVES}
    if edges:
        yield _at_the_edge(asked, edges)
    spread = {t: r for t, r in found.easier.items() if isinstance(r, BatchRegimes)}
    if len(spread) > 1:
        yield _spread(asked, spread)


def _regimes(asked: BatchSizeAsked, found: BatchSizeReading, r: BatchRegimes) -> Finding:
    numbers: dict[str, Number] = {
        "perfect scaling up to": r.perfect_until,
        "no fewer steps from": r.floor_from,
        "least steps": r.floor,
    }
    if r.perfect_slope is not None:
        numbers["slope in perfect scaling"] = r.perfect_slope
    sizes = f"{r.batch_sizes[0]} to {r.batch_sizes[-1]}"
    parts = []
    if Regime.PERFECT in r.seen:
        parts.append(
            f"doubling the batch halves the steps up to about {_turn(r, r.perfect_until)}"
        )
    if Regime.DIMINISHING in r.seen:
        parts.append("beyond that it saves less and less")
    if Regime.FLOOR in r.seen:
        parts.append(
            f"from about {_turn(r, r.floor_from)} on it saves nothing, and {_about(r.floor)} "
            "steps are needed"
        )
    else:
        parts.append("how far it goes on lies beyond the sizes that were measured")
    first = found.found_first
    if isinstance(first, BatchRegimes):
        numbers["perfect scaling up to, on the seeds that tuned"] = first.perfect_until
    said = f"At batch sizes {sizes}, each tuned anew: " + "; ".join(parts) + "."
    return finding("F1", Severity.NOTE, asked.size, said, numbers=numbers)


def _rates(asked: BatchSizeAsked, r: BatchRates) -> Finding:
    if r.fits:
        fits = f"the {' and the '.join(r.fits)} rule fit" + ("s" if len(r.fits) == 1 else "")
    else:
        fits = "neither the linear nor the square-root rule fits"
    off = ", ".join(
        f"the {name} rule from the smallest asks for {digits(factor)} times the best rate"
        for name, factor in r.off.items()
    )
    return finding(
        "F2", Severity.NOTE, asked.rate,
        f"The best learning rate grows as the batch size to the power {_power(r.exponent)}: "
        f"{fits}. At the largest size {off}.",
        numbers={"power": r.exponent, **{f"{n} rule is off by": f for n, f in r.off.items()}},
    )  # fmt: skip


def _missed(asked: BatchSizeAsked, found: BatchSizeReading, missed: list[int]) -> Finding:
    reached = {b: found.tuned[b].reached for b in missed}
    known = [v for v in reached.values() if not math.isnan(v)]
    silent = [b for b in missed if math.isnan(reached[b])]
    shown = ", ".join(f"{b} (best {digits(reached[b], 4)})" for b in missed if b not in silent)
    # The worst of their bests: every size that reported anything got there at least once.
    reachable = max(known, key=lambda v: abs(v - asked.target)) if known else None
    remedy = None
    parts = []
    if reachable is not None:
        every = len(missed) == len(found.tuned)
        who = "No batch size reached" if every else f"Batch sizes {shown} did not reach"
        size = "Every size" if not silent else "Every other size"
        parts.append(
            f"{who} the target {spell(asked.target)}, so steps to it are not compared. {size} "
            f"reached {digits(reachable, 4)}: ask again with target={digits(reachable, 4)} and a "
            "question of its own, or with more steps."
        )
        remedy = Remedy(
            kind=RemedyKind.STATE,
            values={"target": round_to(reachable, 4)},
            because="a target that some sizes miss compares nothing",
        )
    if silent:
        parts.append(
            f"At batch sizes {', '.join(map(str, silent))} nothing was reported: is an epoch "
            "shorter than a batch? Leave these sizes out, or look at what training prints."
        )
    return finding("F4", Severity.PROBLEM, asked.size, " ".join(parts), remedy=remedy)


def _at_the_edge(asked: BatchSizeAsked, edges: dict[int, str]) -> Finding:
    shown = ", ".join(f"{b} ({side})" for b, side in edges.items())
    return finding(
        "F4", Severity.WARNING, asked.rate,
        f"The best learning rate still lies at the edge after {MOVES} moved ranges, at batch "
        f"sizes {shown}: steps there may be fewer than measured. Widen learning_rates.",
    )  # fmt: skip


def _spread(asked: BatchSizeAsked, spread: dict[float, BatchRegimes]) -> Finding:
    ends = {t: r.perfect_until.estimate for t, r in spread.items()}
    told = ", ".join(f"{digits(end, 3)} for {digits(target, 4)}" for target, end in ends.items())
    return finding(
        "F4", Severity.NOTE, asked.size,
        f"Where perfect scaling ends depends on the target: {told}.",
        numbers={f"perfect scaling up to, target {t:.4g}": r.perfect_until
                 for t, r in spread.items()},
    )  # fmt: skip


def _turn(r: BatchRegimes, at: Interval) -> str:
    """A batch size; where its interval is wider than all that was measured, that is said."""
    if at.low < r.batch_sizes[0] and at.high > r.batch_sizes[-1]:
        return f"{steps_text(at.estimate)} (not enough evidence: by its interval anywhere)"
    return _about(at)


def _about(interval: Interval) -> str:
    """Whole numbers of three digits, with their interval."""
    shown = (round_to(v, 3) for v in (interval.estimate, interval.low, interval.high))
    middle, low, high = (f"{v:,.0f}" for v in shown)
    return f"{middle} ({low} to {high})"


def _power(interval: Interval) -> str:
    return f"{interval.estimate:.2f} ({interval.low:.2f} to {interval.high:.2f})"


def _not_enough(told: NotApplicable) -> str:
    return f"Not enough evidence for regimes: {told.reason}. It needs {told.needs}."


def _answer(found: BatchSizeReading) -> dict[str, float | str | None]:
    regimes = found.regimes if isinstance(found.regimes, BatchRegimes) else None
    rates = found.rates if isinstance(found.rates, BatchRates) else None
    slope = regimes.perfect_slope if regimes else None
    return {
        "perfect_until": regimes.perfect_until.estimate if regimes else None,
        "floor_from": regimes.floor_from.estimate if regimes else None,
        "floor": regimes.floor.estimate if regimes else None,
        "perfect_slope": slope.estimate if slope else None,
        "learning_rate_power": rates.exponent.estimate if rates else None,
    }
