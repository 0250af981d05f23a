"""Whether longer training would help, in words: from curve ends, or from lengths (C6)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy import stats

from tunebook.analysis.curve_ends import FEWEST_POINTS, NEGLIGIBLE, noise_about_trend, noise_of
from tunebook.analysis.curve_reading import EARLY, FEWEST_TRIALS, LATE, CurveReading
from tunebook.analysis.length_growth import FEWEST, Growth
from tunebook.analysis.majority import most_by_a_margin
from tunebook.analysis.more_steps import FIRST, gain_of_more, mean_curve
from tunebook.analysis.number_words import (
    LONGER_BY,
    half_again,
    percent,
    rounded,
    spelled,
)
from tunebook.words.finding import Finding, Interval, Number, Remedy, RemedyKind, Severity

WILD = 5.0
"""Times the usual range of a good curve, beyond which it is left out of the mean."""
IN_THE_MEAN = 100
"""Good trials whose mean curve is extrapolated, and whose noise is read."""


def still_improving(
    readable: Sequence[CurveReading],
    coarse: Sequence[CurveReading],
    length: int,
    sign: int,
    metric: str,
    caveat: str,
) -> tuple[Finding, bool]:
    """C6 where all trials train equally long, and whether it warns.

    Args:
        readable: good trials with a slope at their end.
        coarse: good trials with a last quarter.
        length: of the training, in steps.
        sign, metric: of the objective.
        caveat: what the schedule leaves open.
    """
    sure = _sure(readable)
    late = sum(r.best_fraction > LATE for r in coarse)
    # Of level curves' best checkpoints, half lie in the last quarter at the most.
    crowded = not readable and bool(stats.binom.sf(late - 1, len(coarse), 0.5) < 0.025)
    improving = [r for r in readable if r.improving]
    gain = float(np.median([r.late_gain.estimate for r in improving])) if improving else 0.0
    more = _half_again(sure[0] if sure else readable, length, sign)
    warned = bool(sure) and _material(improving, sign, gain, more)
    numbers: dict[str, Number] = {
        "improving": len(improving),
        "good_trials": len(readable) or len(coarse),
        "median_late_gain": gain,
        "best_in_last_quarter": late,
        "best_in_first_tenth": sum(r.best_fraction <= EARLY for r in coarse),
    }
    if math.isfinite(more.low):
        numbers["gain_of_half_again"] = more
    of = f"the {len(readable) or len(coarse)} best trials"
    who = _who(readable, sure) if sure else f"{late} of {of}"
    case = "crowded" if crowded else "level" if _few(len(improving), len(readable)) else "open"
    case = "warned" if warned else "sure" if sure else case
    words = _end_words(who, f"{len(improving)} of {of}", length, metric, gain, more, caveat)
    because = "still improve at the end" if warned else "are best in the last quarter of training"
    remedy = Remedy(
        kind=RemedyKind.TRAIN_LONGER,
        values={"max_train_steps": rounded(LONGER_BY * length)},
        because=f"{who} {because}",
    )
    finding = Finding(
        check="C6",
        severity=_SEVERITY.get(case, Severity.NOTE),
        subject="max_train_steps",
        numbers=numbers,
        sentence=words[case],
        remedy=remedy if warned or crowded else None,
        trials=tuple(r.trial for r in improving),
    )
    return finding, warned


def _sure(readable: Sequence[CurveReading]) -> list[Sequence[CurveReading]]:
    """All good trials, or those of a study, of which more than half surely still improve."""
    studies = [
        [r for r in readable if r.study == s] for s in dict.fromkeys(r.study for r in readable)
    ]
    groups = [g for g in (readable, *studies) if len(g) >= FEWEST_TRIALS]
    return [g for g in groups if most_by_a_margin(sum(r.improving for r in g), len(g))]


def _few(improving: int, readable: int) -> bool:
    """Whether surely less than half still improve; a single one may be luck."""
    if 2 * improving >= readable > 0:
        return False
    return improving <= 1 or most_by_a_margin(readable - improving, readable)


def _end_words(
    who: str,
    improving: str,
    length: int,
    metric: str,
    gain: float,
    more: Interval,
    caveat: str,
) -> dict[str, str]:
    """What curve ends say, in each of the cases."""
    longer = rounded(LONGER_BY * length)
    bring = ""
    if math.isfinite(more.low):
        bring = f", which would bring about {spelled(more)} if they go on as they went"
    few = (
        "no sign that longer training would help" if improving[:2] == "0 " else "not most of them"
    )
    return {
        "warned": f"{who} still improve at the end, by {gain:.2g} in {metric} over the last tenth "
        f"of {length} steps: try {longer} steps{bring}.{caveat}",
        "sure": f"{who} still improve at the end of {length} steps, but little: by {gain:.2g} in "
        f"{metric} over the last tenth; half as long again would bring no more than the noise of "
        "one evaluation.",
        "crowded": f"{who} have their best checkpoint in the last quarter: try {longer} steps, "
        f"and evaluate {FEWEST_POINTS} times or more to see how they end.{caveat}",
        "level": f"{improving} still improve at the end of {length} steps: {few}.",
        "open": f"Not enough evidence on training length: {improving} still improve at the end of "
        f"{length} steps, too near half of them to tell whether most do; a round of {longer} "
        "steps would tell.",
    }


def _who(readable: Sequence[CurveReading], sure: Sequence[Sequence[CurveReading]]) -> str:
    if any(g is readable for g in sure):
        return f"{sum(r.improving for r in readable)} of the {len(readable)} best trials"
    return " and ".join(
        f"{sum(r.improving for r in g)} of the {len(g)} best trials of {g[0].study}"
        for g in sorted(sure, key=lambda g: g[0].study)
    )


def _half_again(good: Sequence[CurveReading], length: int, sign: int) -> Interval:
    """What half as long again would bring to the mean of these trials."""
    curves = []
    for r in good[:: max(1, math.ceil(len(good) / IN_THE_MEAN))]:
        finite = np.isfinite(r.values)
        steps, losses = r.steps[finite], sign * r.values[finite]
        if len(steps) and steps[-1] + 1 >= 0.95 * length:
            curves.append((steps, losses))
    # A curve that exploded on its way, NaN or not, would be all that their mean shows.
    widths = np.array([np.ptp(v[s >= FIRST * length]) for s, v in curves])
    usual = float(np.median(widths)) if curves else 0.0
    curves = [c for c, w in zip(curves, widths, strict=True) if w <= WILD * usual]
    if len(curves) < FEWEST_TRIALS:
        return Interval(0.0, -math.inf, math.inf)
    return gain_of_more(*mean_curve(curves), length, LONGER_BY)


def _material(improving: Sequence[CurveReading], sign: int, gain: float, more: Interval) -> bool:
    """True where half as long again would bring more than the noise of one evaluation.

    Five more tenths at the late rate at most, since curves flatten; as extrapolated, where they
    can be.
    """
    some = improving[:: math.ceil(len(improving) / IN_THE_MEAN)]
    losses = [sign * r.values[np.isfinite(r.values)] for r in some]
    noise = float(np.median([noise_of(own) for own in losses]))
    whole = float(np.median([own[0] - own.min() for own in losses]))
    most = 5 * gain
    if math.isfinite(more.low):
        most = min(most, more.estimate)
    return most > max(noise, NEGLIGIBLE * whole)


_SEVERITY = {"warned": Severity.WARNING, "level": Severity.PASS}


def of_lengths(
    grown: Sequence[Growth], good: Sequence[CurveReading], metric: str
) -> tuple[Finding, bool]:
    """C6 where a hyperparameter sets each trial's length, and whether it warns.

    Args:
        grown: of each study that has trials enough.
        good: the good trials.
        metric: of the objective.
    """
    still = [g for g in grown if g.at_the_end.low > 0]
    longer = [g for g in grown if g.per_doubling.low > 0]
    shown = max(still or longer or grown, key=lambda g: g.trials)
    numbers: dict[str, Number] = {
        "gain_per_doubling": shown.per_doubling,
        "gain_per_doubling_of_the_longer": shown.at_the_end,
        "longer_from": shown.longer_from,
        "longest": shown.longest,
        "good_trials": len(good),
        "best_in_last_quarter": sum(r.best_fraction > LATE for r in good),
    }
    if shown.tied.low > 0.5:
        numbers["ends_ahead"] = shown.tied
    further = half_again(shown.longest)
    noises = [noise_about_trend(r.values[np.isfinite(r.values)]) for r in good[:IN_THE_MEAN]]
    noise = float(np.median(noises)) if noises else 0.0
    warned = bool(still) and math.log2(LONGER_BY) * shown.at_the_end.estimate > noise
    # Told level only where even the far end of the interval would be lost in the noise.
    level = math.log2(LONGER_BY) * shown.per_doubling.high <= noise
    case = "longer" if longer else "level" if level else "open"
    case = "warned" if warned else "still" if still else case
    remedy = Remedy(
        kind=RemedyKind.TRAIN_LONGER,
        subject=shown.setter,
        values={shown.setter: further},
        because=f"the good trials gain {spelled(shown.at_the_end)} in {metric} per doubling from "
        f"{shown.setter} {shown.longer_from:g} up",
    )
    finding = Finding(
        check="C6",
        severity=_SEVERITY.get(case, Severity.NOTE),
        subject=shown.setter,
        numbers=numbers,
        sentence=_length_words(shown, metric, further)[case] + _tied_words(shown),
        remedy=remedy if warned else None,
        trials=tuple(r.trial for r in good if r.highlighted),
    )
    return finding, warned


def _length_words(shown: Growth, metric: str, further: float) -> dict[str, str]:
    """What the lengths say, in each of the cases."""
    name = shown.setter
    where = f" in {shown.study}" if shown.study else ""
    beyond = f"from {name} {shown.longer_from:g} up{where}"
    over_all = f"{spelled(shown.per_doubling)} in {metric} per doubling"
    at_the_end = (
        f"Longer trials are still better at the upper end: {beyond} the good ones gain "
        f"{spelled(shown.at_the_end)} in {metric} per doubling"
    )
    return {
        "warned": f"{at_the_end}; try {name} {further:g}, the same in all trials of a round.",
        "still": f"{at_the_end}; half as long again would bring no more than the noise of one "
        "evaluation.",
        "longer": f"Longer trials are better over the whole range of {name}{where}, by {over_all},"
        f" but {beyond} that can't be told: they gain {spelled(shown.at_the_end)} there; a round "
        f"at {name} {further:g} would tell.",
        "open": f"Not enough evidence on {name}{where}: of {shown.trials} trials the good ones "
        f"gain {over_all}, so that it can't be told whether longer trials are better; a round at "
        f"{name} {further:g} would tell.",
        "level": f"No sign that more {name} would help{where}: the good trials gain {over_all}.",
    }


def _tied_words(shown: Growth) -> str:
    if shown.tied.low <= 0.5:
        return ""
    return (
        " Curve ends don't tell: shorter trials end ahead of longer ones at the same step "
        f"({percent(shown.tied.estimate)} of pairs), as where the learning rate decays over each "
        "trial's own length."
    )


def cannot_tell(good: Sequence[CurveReading], setter: str, shortest: int, longest: int) -> Finding:
    """C6 where trials differ in length and nothing says what more of it would bring."""
    late = sum(r.best_fraction > LATE for r in good)
    why = (
        f"{setter} sets them, and it takes {FEWEST} complete trials of one study to follow that"
        if setter
        else "no hyperparameter sets them, so that something else ends a trial: a target that it "
        "reached, a limit of time, or a cut"
    )
    return Finding(
        check="C6",
        severity=Severity.NOTE,
        subject=setter or "max_train_steps",
        numbers={"best_in_last_quarter": late, "good_trials": len(good)},
        sentence=f"Not enough evidence on training length: trials have lengths of their own, "
        f"{shortest} to {longest} steps, and {why}. {late} of the {len(good)} best trials are "
        "best in their last quarter, which says nothing of longer training then; trials of one "
        "length would.",
    )
