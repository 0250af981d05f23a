"""What a planned round would cost and tell, for a terminal and in one line (B5)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from tunebook.checks.design_faults.one_question import goal_warnings
from tunebook.domain.formats.numbers import ABSENT, digits, percent, plural, seconds_text
from tunebook.domain.space import Choice, Per
from tunebook.planning.detectable_difference import PlannedQuestion
from tunebook.planning.forecast import PlannedRound
from tunebook.planning.trade_offs import Trade
from tunebook.planning.wording import assumption, too_small
from tunebook.report.cost_text import cost_text
from tunebook.report.terminal.lines import grid, line
from tunebook.report.terminal.parts import Group, Text

if TYPE_CHECKING:
    from tunebook.report.terminal.parts import Renderable

COLUMNS = ("Change", "Trials a study", "Points", "Difference", "Compute")


def planned_renderable(
    ahead: PlannedRound, trades: Sequence[Trade], doubts: Mapping[str, str]
) -> Renderable:
    """The plan's numbers, doubts by their head, what is too small, what a change would buy."""
    parts: list[Renderable] = [line(ahead.plan.goal, "bold"), grid((), planned_lines(ahead))]
    warned = [f"▲ {head}  {text}" for head, text in doubts.items()]
    warned += [f"▲ one goal  {text}." for text in goal_warnings(ahead.plan)]
    warned += [f"▲ too small  {text}." for text in too_small(ahead)]
    parts += [line(text, "yellow") for text in warned]
    if trades:
        table = grid(COLUMNS, trade_rows(ahead, trades), how="-rrrr")
        parts += [Text(), line(trades_head(ahead), "bold"), table]
    return Group(*parts, Text(), line(assumption(ahead), "dim"))


def planned_lines(ahead: PlannedRound) -> list[tuple[str, str]]:
    """What each number is called, and the number with its unit."""
    lines = [("Trials", trials_text(ahead)), ("Cost", cost_text(ahead.cost))]
    lines += [("Insight (C9)", difference_text(ahead, q)) for q in ahead.questions]
    if not ahead.plan.scientific:
        lines.append(("Insight (C9)", "nothing is compared: no hyperparameter is scientific"))
    lines.append(("Decision (D3)", decision_text(ahead)))
    return [*lines, *([("Level (D3)", level_text(ahead))] if ahead.decision.after else [])]


def trials_text(ahead: PlannedRound) -> str:
    """`64: 32 a study, 2 studies of 2 hyperparameters, 5.7 points for each`."""
    few, count = ahead.trials_a_study, len(ahead.studies)
    axes = sorted({s.axes for s in ahead.studies})
    varied = str(axes[0]) if len(axes) == 1 else f"{axes[0]} to {axes[-1]}"
    noun = "hyperparameter" if axes[-1] == 1 else "hyperparameters"
    if axes == [0]:
        said = f"{few} of one configuration" if count == 1 else f"{few} of each configuration"
        return f"{ahead.plan.trials}: {said}, with seeds of their own"
    if count == 1:
        said = f"{ahead.plan.trials}: one study of {varied} {noun}"
    else:
        uneven = " or more" if max(s.trials for s in ahead.studies) > few else ""
        said = f"{ahead.plan.trials}: {few}{uneven} in each of {count} studies of {varied} {noun}"
    return f"{said}, {density_text(ahead)} points along each"


def density_text(ahead: PlannedRound) -> str:
    """Points per hyperparameter, two digits."""
    return digits(ahead.density)


def difference_text(ahead: PlannedRound, question: PlannedQuestion) -> str:
    """The smallest difference between two values that the round shows."""
    if question.values < 2:
        return f"{question.name}: one value, nothing to compare"
    if not math.isfinite(question.difference):
        return f"{question.name}: no difference is significant in 80 % of rounds, however large"
    axis = ahead.plan.scientific[question.name]
    slices = "values" if isinstance(axis, Choice | Per) else "parts of its range"
    compared = f"({question.values} {slices}, {question.trials} trials each)"
    if not ahead.metric:
        return (
            f"{question.name}: the smallest difference is not known before trials are run "
            f"{compared}"
        )
    return (
        f"{question.name}: {slices} that differ by {size_text(question.difference, ahead)} are "
        f"distinguished in 80 % of rounds {compared}"
    )


def decision_text(ahead: PlannedRound) -> str:
    """From which gain the decision adopts."""
    decided = ahead.decision
    reruns = f"{plural(decided.sides, 'arm')}, at most {plural(decided.reruns, 'rerun')} each"
    if math.isnan(decided.gain):
        return f"no verdict: {reruns}"
    wrong = f"one that is not worth it in at most {percent(decided.level, 2)}"
    if not ahead.metric:
        return (
            "the smallest gain is not known before about 6 reruns measure what seeds do; "
            f"{wrong} of cases ({reruns})"
        )
    over, size = (
        "the baseline" if decided.after else "chance",
        size_text(ahead.promised_gain, ahead),
    )
    if ahead.out_of_reach:
        return (
            f"no gain that is left is adopted in 80 % of cases: that takes {size} over {over}, "
            f"and {size_text(decided.left, ahead)} is left; {wrong} ({reruns})"
        )
    return f"a gain of {size} over {over} is adopted in 80 % of cases, {wrong} ({reruns})"


def level_text(ahead: PlannedRound) -> str:
    """What the decision spends of the book's account, and what the one after it gets."""
    level, after = percent(ahead.decision.level, 2), ahead.decision.after
    if after is None:
        return level
    return (
        f"this decision gets {level}; the next one {percent(after[0], 2)} if this one adopts, "
        f"else {percent(after[1], 2)}"
    )


def size_text(size: float, ahead: PlannedRound) -> str:
    """A difference with its unit, of a plan that knows one."""
    return f"{digits(size)} {ahead.metric}" if math.isfinite(size) else "nothing"


def one_line(ahead: PlannedRound) -> str:
    """What a round would cost and tell, in one sentence."""
    cost = "of a cost not known yet"
    if ahead.cost is not None:
        cost = f"{seconds_text(ahead.cost.compute_s)} of compute"
        if ahead.cost.workers > 1:
            cost += f", {seconds_text(ahead.cost.wall_s)} with {ahead.cost.workers} at a time"
    said = f"{plural(ahead.plan.trials, 'trial')}, {ahead.trials_a_study} a study, {cost}"
    if not ahead.metric and ahead.questions:
        return said + "; what it can distinguish is not known before trials are run."
    if not ahead.metric:
        return f"{said}."
    if math.isfinite(ahead.difference):
        values = "values" if len(ahead.questions) == 1 else "scientific values"
        said += f"; {values} that differ by {size_text(ahead.difference, ahead)} are distinguished"
    elif ahead.questions:
        said += "; it distinguishes no values"
    if ahead.out_of_reach:
        said += f", and no gain of the {size_text(ahead.decision.left, ahead)} left is adopted"
    elif math.isfinite(ahead.decision.gain):
        said += f", and a gain of {size_text(ahead.promised_gain, ahead)} is adopted"
    told = math.isfinite(ahead.difference) or math.isfinite(ahead.decision.gain)
    return said + (", in 80 % of cases." if told else ".")


def trades_head(ahead: PlannedRound) -> str:
    """What the table of trades shows, and the unit of its differences."""
    unit = ahead.metric or "% of the plan's"
    return f"What one change would buy, best trade first (differences in {unit})"


def trade_rows(ahead: PlannedRound, trades: Sequence[Trade]) -> list[tuple[str, ...]]:
    """The plan and each change: trials a study, points, smallest difference, compute."""
    unit = 1.0 if ahead.metric else ahead.difference / 100
    rows = [("as planned", *_numbers(ahead, unit))]
    for trade in trades:
        open_ = "" if trade.known else " (or another)"
        rows.append((trade.change + open_, *_numbers(trade.ahead, unit)))
    return rows


def _numbers(ahead: PlannedRound, unit: float) -> tuple[str, ...]:
    size = ahead.difference / unit
    difference = digits(size) if math.isfinite(size) else "none is told"
    if math.isfinite(size) and unit != 1.0:
        difference = f"{size:.0f}"
    cost = seconds_text(ahead.cost.compute_s) if ahead.cost else ABSENT
    return str(ahead.trials_a_study), density_text(ahead), difference, cost
