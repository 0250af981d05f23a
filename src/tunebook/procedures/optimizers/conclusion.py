"""Optimizers: the answer with its findings and tables, and what to run next (G1 G2)."""

from __future__ import annotations

import math

from tunebook.domain.finding import Interval
from tunebook.domain.formats.numbers import config_text, interval_text, number
from tunebook.domain.formats.text_table import TextTable
from tunebook.procedures.optimizers.arguments import OptimizersArguments
from tunebook.procedures.optimizers.proposal import propose
from tunebook.procedures.optimizers.results import OptimizersReading, Tuned
from tunebook.procedures.optimizers.several_searches import SearchVerdict
from tunebook.procedures.optimizers.verdict import told_worse
from tunebook.procedures.optimizers.wording import budgets, by_budget, judged, troubles
from tunebook.procedures.steps.stages import Conclusion, Done


def conclude(args: OptimizersArguments, done: Done, found: OptimizersReading) -> Conclusion:
    """What the stages that are done say."""
    findings = (
        *judged(args, found),
        *by_budget(args, found),
        *troubles(args, done, found),
    )
    return Conclusion(
        sentence=findings[0].sentence if found.verdict else _waiting(args, found),
        findings=findings,
        tables=_tables(args, found),
        proposal=propose(args, found),
        left=_left(found),
        answer=_answer(found),
    )


def _waiting(args: OptimizersArguments, found: OptimizersReading) -> str:
    if not found.tuned:
        return "Nothing has run yet."
    trained = [n for n, t in found.tuned.items() if t.config is not None]
    if len(trained) < 2:
        return (
            "Not enough evidence: "
            + (f"only {trained[0]} trained" if trained else "no optimizer trained")
            + f" among {', '.join(args.optimizers)}, so there is nothing to compare."
        )
    return "Not known yet: the best configurations have not been run with new seeds."


def _tables(args: OptimizersArguments, found: OptimizersReading) -> tuple[TextTable, ...]:
    """The verdict, then what each budget reaches."""
    if not found.curves:
        return ()
    order = found.order
    return (
        *((_verdicts(args, found, found.verdict, order),)
          if isinstance(found.verdict, SearchVerdict) else ()),
        _budgets(args, found, order),
    )  # fmt: skip


def _verdicts(
    args: OptimizersArguments, found: OptimizersReading, verdict: SearchVerdict, order: list[str]
) -> TextTable:
    rows = []
    for name in order:
        seen = name in verdict.mean
        low, high = verdict.ranks(name)
        alone = [b for a, b in verdict.by_seeds_alone if a == name]
        rows.append(
            (
                name,
                "-" if not seen else str(low) if low == high else f"{low} to {high}",
                interval_text(verdict.mean[name]) if seen else "-",
                ", ".join(told_worse(found, verdict, name)) or "-",
                ", ".join(n for n in verdict.order if n in alone) or "-",
                _config(found.tuned[name]),
            )
        )
    return TextTable(
        title=f"{_metric(found)} over {args.seeds} new seeds: mean, 95 %. Rank and better "
        "than: by the seeds and by the searches, at most 5 % that any is wrong",
        columns=(
            "optimizer", "rank", "mean", "better than", "by the seeds alone", "configuration",
        ),
        rows=tuple(rows),
    )  # fmt: skip


def _budgets(args: OptimizersArguments, found: OptimizersReading, order: list[str]) -> TextTable:
    curves, shown = {c.name: c for c in found.curves}, budgets(args.trials)
    rows = []
    for name in order:
        tuned, curve = found.tuned[name], curves.get(name)
        rows.append(
            (
                name,
                *("-" if curve is None else _band(curve.at(b)) for b in shown),
                str(len(tuned.table)) + (f" (+{tuned.left} in spaces left)" if tuned.left else ""),
                str(sum(count for _, count in tuned.causes)),
            )
        )
    return TextTable(
        title=f"Best {_metric(found)} of n trials: median, with a band that holds for all budgets "
        "and optimizers at once (95 %)",
        columns=("optimizer", *(f"n = {b}" for b in shown), "trials", "not complete"),
        rows=tuple(rows),
    )


def _metric(found: OptimizersReading) -> str:
    return found.objective.metric


def _config(tuned: Tuned) -> str:
    if tuned.config is None:
        return "-"
    return config_text({n: v for n, v in tuned.config.items() if n in tuned.space.varied})


def _band(interval: Interval) -> str:
    """An open end is not written as a number."""
    if not math.isfinite(interval.estimate):
        return "-"
    if math.isinf(interval.low) and math.isinf(interval.high):
        return f"{number(interval.estimate)} (open)"
    if math.isinf(interval.low):
        return f"{number(interval.estimate)} (up to {number(interval.high)})"
    if math.isinf(interval.high):
        return f"{number(interval.estimate)} (from {number(interval.low)})"
    return interval_text(interval)


def _left(found: OptimizersReading) -> tuple[str, ...]:
    """What a comparison of optimizers at one budget leaves open."""
    if not isinstance(found.verdict, SearchVerdict):
        return ()
    return (
        "Another training length, batch size or schedule may turn the order around: it holds for "
        "this one.",
    )


def _answer(found: OptimizersReading) -> dict[str, float | str | None]:
    verdict = found.verdict if isinstance(found.verdict, SearchVerdict) else None
    if verdict is None:
        return {"best": None, "flagged": None}
    first = verdict.order[0]
    apart = [b for a, b in verdict.better if a == first]
    alone = len(apart) == len(verdict.order) - 1
    clear = alone and not any(winner == first for _, winner, _ in found.flagged)
    return {
        "best": first if clear else None,
        "best_mean": first,
        "flagged": ", ".join(dict.fromkeys(loser for loser, _, _ in found.flagged)) or None,
        **{f"mean of {n}": verdict.mean[n].estimate for n in verdict.order},
        **{f"seconds of {n}": t.seconds for n, t in found.tuned.items()},
    }
