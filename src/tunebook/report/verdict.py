"""A round's answer in one sentence, its verdict, and the numbers it stands on (D1 D3)."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tunebook.deciding.broken_baseline import broken_in_round
from tunebook.deciding.sequential_design import OUTER
from tunebook.domain.decision import Decision, Estimand, OpenProblem, Side
from tunebook.domain.error_kind import OF_THE_CODE
from tunebook.domain.finding import Examination, Severity
from tunebook.domain.formats.numbers import digits, number, percent, plural
from tunebook.domain.record import RoundRecord
from tunebook.report.in_a_line import best_trial, verdict_label
from tunebook.report.outcome import Best
from tunebook.report.reversed_order import reversed_order


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the first screen of a report says.

    Attributes:
        sentence: the answer to the round's question.
        kind: `adopt`, `keep`, `more-evidence`, or `open` where nothing is decided.
        label: the same for a badge.
        insights: what the search itself says of the question: another claim, with other
            evidence, than the verdict's.
        sides: what was rerun with new seeds, candidates first, the baseline last.
        least_improvement: in the metric's units.
        error_rate: chance of adopting a change that is not worth it; None where undecided.
        estimand: what of the reruns decided.
        best: the best trial of the search, None where no trial is complete.
        level_note: where the confidence level of the gain comes from; empty without a gain.
        gain_note: why a gain is not the difference of the means beside it; empty where it is.
        problems: findings of severity problem that were open, each with its check.
    """

    sentence: str
    kind: str
    label: str
    insights: tuple[str, ...]
    sides: tuple[Side, ...]
    least_improvement: float
    error_rate: float | None
    best: Best | None
    estimand: Estimand = Estimand.MEAN
    level_note: str = ""
    gain_note: str = ""
    problems: tuple[OpenProblem, ...] = ()

    @property
    def search(self) -> str:
        """What the insights are, and why they may differ from the verdict that stands above."""
        if not self.sides:
            return "The search alone"
        return (
            "The search alone, which compares all configurations of each value. The reruns "
            "decide; they compare one configuration of each, so the two may differ"
        )


def answer(
    found: RoundRecord,
    decision: Decision | None,
    examination: Examination,
    *,
    followed: bool = False,
) -> Answer:
    """The answer of a round from its decision, or what stands where it has none.

    Args:
        found: the round.
        decision: that stands for it, or None.
        examination: what the checks said of it.
        followed: the book went on to another round.
    """
    best = best_trial(found.table)
    insights = tuple(
        f.sentence
        for f in examination.findings
        if f.check == "C9" and f.severity is not Severity.PROBLEM
    )
    if decision is None:
        return Answer(
            sentence=_undecided(found, best, followed=followed),
            kind="open",
            label="Not decided" if followed else "Not decided yet",
            insights=insights,
            sides=(),
            least_improvement=found.plan.least_improvement,
            error_rate=None,
            best=best,
        )
    return Answer(
        sentence=decision.sentence,
        kind=decision.verdict.replace(" ", "-"),
        label=verdict_label(decision),
        insights=(*insights, *reversed_order(decision, examination, found.table.objective)),
        sides=decision.sides,
        least_improvement=decision.least_improvement,
        error_rate=decision.error_rate,
        best=best,
        estimand=decision.estimand,
        level_note=level_note(decision),
        gain_note=gain_note(decision),
        problems=decision.problems,
    )


def level_note(decision: Decision) -> str:
    """What the two ends of a gain's interval leave out, and why; empty without such a gain."""
    gain = next((s.gain for s in decision.sides if s.gain and math.isfinite(s.gain.low)), None)
    if gain is None:
        return ""
    ends = (1, OUTER) if decision.plan is not None else (1, 1)
    low, high = (percent((1 - gain.confidence) * end / sum(ends), 2) for end in ends)
    whose = ", the level of this decision" if low == percent(decision.error_rate, 2) else ""
    return (
        f"The {percent(gain.confidence, 2)} CI of a gain leaves out {low} below its low end"
        f"{whose}, and {high} above its high end."
    )


FAR = 0.5
"""Share of the larger of gain and difference from which the correction is explained."""


def gain_note(decision: Decision) -> str:
    """Why a gain is not the difference of the two means beside it; empty where it is."""
    unlike = [
        (s, s.gain.estimate, s.difference)
        for s in decision.sides
        if s.gain is not None
        and s.difference is not None
        and math.isfinite(s.gain.estimate)
        and digits(s.gain.estimate, 3) != digits(s.difference, 3)
    ]
    last = last_note(decision)
    if not unlike:
        return last
    shown = ", ".join(
        f"{s.name} {digits(gain, 3)} (difference {digits(plain, 3)})" for s, gain, plain in unlike
    )
    over = "chance" if decision.baseline is None else "the baseline"
    mean = "the mean at the last evaluation" if last else "the mean"
    seeds = {s.compared for s, _, _ in unlike if s.compared}
    base = max((len(s.reruns) for s in decision.sides if s.gain is None), default=0)
    few = len(seeds) == 1 and base > min(seeds)
    first = f", over the first {min(seeds)} seeds of each" if few else ""
    note = (
        f"A gain is the difference of {mean} from {over}, corrected for the interim looks that "
        f"ended the reruns{first}: {shown}."
    )
    why = [_why_far(s.name, gain, plain) for s, gain, plain in unlike]
    return " ".join(text for text in (last, note, *why) if text)


def last_note(decision: Decision) -> str:
    """Which evaluation was compared with chance, where that is not what a trial counts with."""
    shown = ", ".join(
        f"{s.name} {digits(s.last, 3)}" for s in decision.sides if s.last is not None
    )
    if not shown:
        return ""
    return (
        f"The comparison with chance takes the last evaluation (mean: {shown}), because the best "
        "of several evaluations exceeds chance without learning."
    )


def _why_far(name: str, gain: float, plain: float) -> str:
    """Why a correction is as large as the gain itself; empty where it is not."""
    if abs(gain - plain) < FAR * max(abs(gain), abs(plain)):
        return ""
    luck, way = ("bad", "small") if gain > plain else ("good", "large")
    return (
        f"The correction of {name} is large: its reruns ended early, and an early end is more "
        f"likely after {luck} luck, so that the plain difference is probably too {way}."
    )


def unjudged_reruns(found: RoundRecord) -> str:
    """What is known of the reruns of a round without a decision; empty before the first one."""
    broken = broken_in_round(found)
    if broken is not None:
        said = broken.sentence()
        return f"{said[0].upper()}{said[1:]}. Correct the training code, then decide again."
    ended = sum(s.ended for s in found.reruns.status)
    if not ended:
        return ""
    crashed = sum(c in OF_THE_CODE for c in found.reruns.cause)
    of_these = f" ({crashed} crashed)" if crashed else ""
    return (
        f"{ended} of {plural(len(found.reruns), 'rerun')} with new seeds have ended{of_these} and "
        "are not judged yet."
    )


def _undecided(found: RoundRecord, best: Best | None, *, followed: bool) -> str:
    ended = sum(s.ended for s in found.table.status)
    total = max(found.plan.trials, len(found.table))
    if ended < total:
        so_far = f"; the best so far, {best.trial}, reached {number(best.value)}" if best else ""
        return f"No answer yet: {ended} of {plural(total, 'trial')} have ended{so_far}."
    if best is None:
        return f"No answer: none of {plural(total, 'trial')} completed. Find the cause first."
    waiting = unjudged_reruns(found)
    worth = waiting or "Reruns with new seeds will show what it is worth."
    if followed and waiting:
        return f"Left open. {waiting}"
    if followed:
        return (
            f"Left open: the best of {plural(total, 'trial')}, {best.trial}, reached "
            f"{found.table.objective.metric} {number(best.value)}, the value that it was selected "
            "for; its findings led to the round that followed."
        )
    if total == 1:
        return (
            f"No answer yet: the one trial, {best.trial}, reached {found.table.objective.metric} "
            f"{number(best.value)}. {worth}"
        )
    return (
        f"No answer yet: the best of {plural(total, 'trial')}, {best.trial}, reached "
        f"{found.table.objective.metric} {number(best.value)}, but it was selected for that "
        f"value. {worth}"
    )
