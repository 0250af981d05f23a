"""Optimizers: the answer with its findings and tables, and the round to run next (G1 G2)."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from tunebook.checks.included_optimizers.check import known
from tunebook.domain.decision import Change
from tunebook.domain.finding import Interval
from tunebook.domain.formats.numbers import axis_text, config_text, interval_text, number
from tunebook.domain.formats.text_table import TextTable
from tunebook.domain.optimizers.catalogue import OPTIMIZERS
from tunebook.domain.record import Proposal
from tunebook.procedures.optimizers.arguments import MOST_TRIALS, OptimizersArguments
from tunebook.procedures.optimizers.results import OptimizersReading, Tuned
from tunebook.procedures.optimizers.several_searches import SearchVerdict
from tunebook.procedures.optimizers.spaces import (
    Space,
    first_space,
    roles,
    without_others,
)
from tunebook.procedures.optimizers.wording import budgets, findings_of
from tunebook.procedures.steps.stages import Conclusion, Done


def conclude(args: OptimizersArguments, done: Done, found: OptimizersReading) -> Conclusion:
    """What the stages that are done say."""
    findings = tuple(findings_of(args, done, found))
    return Conclusion(
        sentence=findings[0].sentence if found.verdict else _waiting(args, found),
        findings=findings,
        tables=_tables(args, found),
        proposal=_proposal(args, found),
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
                ", ".join(found.worse_than(name)) or "-",
                ", ".join(n for n in verdict.order if n in alone) or "-",
                _config(found.tuned[name]),
            )
        )
    return TextTable(
        title=f"{found.objective.metric} over {args.seeds} new seeds: mean, 95 %. Rank and better "
        "than need both seeds and searches; at most 5 % of such tables have an error",
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
        title=f"Best {found.objective.metric} of n trials: median, with a band that holds for all "
        "budgets and optimizers at once (95 %)",
        columns=("optimizer", *(f"n = {b}" for b in shown), "trials", "not complete"),
        rows=tuple(rows),
    )


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


def _proposal(args: OptimizersArguments, found: OptimizersReading) -> Proposal | None:
    """For a flagged optimizer its inclusive space with what it lost to; else the winner's space.

    None where no optimizer is best beyond the noise.
    """
    verdict = found.verdict
    if not isinstance(verdict, SearchVerdict):
        return None
    for loser, winner, _ in found.flagged:
        opened = _inclusive(args, found.tuned[loser])
        if opened is not None:
            return _again(args, found, loser, winner, opened)
    first = verdict.order[0]
    beaten = {b for a, b in verdict.better if a == first}
    if found.flagged or len(beaten) < len(verdict.order) - 1:
        return None
    return _winner(args, found.tuned[first])


def _inclusive(args: OptimizersArguments, loser: Tuned) -> Space | None:
    """Its space with nothing held and all that it includes; None where it has that already."""
    entry = OPTIMIZERS.get(known(loser.optimizer) or "")
    if entry is None or not entry.inclusive or entry.name != loser.optimizer:
        return None
    spaces = {n: s for n, s in args.spaces.items() if n != loser.optimizer}
    opened = first_space(replace(args, inclusive=True, spaces=spaces), loser.optimizer)
    return None if opened.varied.keys() == loser.space.varied.keys() else opened


def _again(
    args: OptimizersArguments, found: OptimizersReading, loser: str, winner: str, opened: Space
) -> Proposal:
    spaces = {winner: found.tuned[winner].space, loser: opened}
    made: dict[str, Any] = roles(args, spaces)
    made["fixed"] = {
        n: v
        for n, v in {**without_others(args, args.fixed), **made["fixed"]}.items()
        if n not in made["nuisance"] and n != args.optimizer
    }
    plan = args.proposed(
        f"Does {loser} still lose to {winner} in a space that holds what {winner} does?",
        **made,
        trials=min(2 * args.trials, MOST_TRIALS) * len(spaces),
        max_train_steps=args.max_train_steps,
        seed=args.seed,
    )
    before = found.tuned[loser].space.varied
    changes = [
        Change(
            key=f"nuisance.{name}[{args.optimizer}={loser}]",
            before=axis_text(before[name]) if name in before else "-",
            after=axis_text(axis),
            because=f"{loser} lost to {winner}, which it can imitate",
            check="G2",
        )
        for name, axis in opened.varied.items()
        if before.get(name) != axis
    ]
    return Proposal(plan=plan, changes=tuple(changes))


def _winner(args: OptimizersArguments, best: Tuned) -> Proposal:
    chosen = {args.optimizer: best.optimizer}
    plan = args.proposed(
        f"Which configuration of {best.optimizer} is best here?",
        nuisance=dict(best.space.varied),
        fixed={
            n: v
            for n, v in {**without_others(args, args.fixed), **best.space.held, **chosen}.items()
            if n not in best.space.varied
        },
        trials=args.trials,
        max_train_steps=args.max_train_steps,
        seed=args.seed,
    )
    change = Change(
        key=f"fixed.{args.optimizer}",
        before=str(args.fixed[args.optimizer]),
        after=best.optimizer,
        because="it is the best of those compared",
        check="G1",
    )
    return Proposal(plan=plan, changes=(change,))
