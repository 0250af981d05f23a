"""Whether longer training would help, in words: from curve ends, or from lengths (C6)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tunebook.checks.training_length.length_growth import FEWEST, Growth
from tunebook.checks.training_length.more_steps import FIRST, gain_of_more, mean_curve
from tunebook.domain.design import Objective
from tunebook.domain.finding import Finding, Interval, Number, Remedy, RemedyKind, Severity
from tunebook.domain.formats.names import spell
from tunebook.domain.formats.numbers import (
    digits,
    estimate_text,
    percent,
    round_steps,
)
from tunebook.statistics.curves.decay import Decay
from tunebook.statistics.curves.ends import FEWEST_POINTS, NEGLIGIBLE, noise_about_trend, noise_of
from tunebook.statistics.curves.lengths import LONGER_BY, half_again
from tunebook.statistics.curves.majority import most_by_a_margin
from tunebook.statistics.curves.trial_curves import (
    EARLY,
    FEWEST_TRIALS,
    LATE,
    NOT_READ,
    CurveReading,
)
from tunebook.statistics.distributions import binomial_tail

WILD = 5.0
"""Times the usual range of a good curve, beyond which it is left out of the mean."""
IN_THE_MEAN = 100
"""Good trials whose mean curve is extrapolated, and whose noise is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """How the good trials were trained.

    Attributes:
        length: in steps, as their curves count them; the median where trials differ.
        planned: whether that is `max_train_steps`, so that advice can name another.
        objective: what their curves are of.
        least: the lowest loss that can be, minus infinity where that is not known.
        decay: what the good trials say of their schedule. Where it decays over the training, the
            end of a curve is no evidence: the decay alone flattens it.
    """

    length: int
    planned: bool
    objective: Objective
    least: float
    decay: Decay

    @property
    def condition(self) -> str:
        """What the ends of curves take for granted where no hyperparameter says it."""
        if self.decay.decays is not None:
            return ""
        if self.decay.subject:
            return f"if {self.decay.subject} does not tie the learning rate to the length"
        return "if the learning rate does not decay during training"

    @property
    def holds(self) -> str:
        """The same as a sentence, behind another one."""
        return f" This holds {self.condition}." if self.condition else ""

    @property
    def longer(self) -> int:
        """Half as many steps again, as people write it."""
        return round_steps(LONGER_BY * self.length)

    def another(self, steps: int) -> str:
        """What settles the question where ends of curves do not."""
        round_ = f"A round of {steps} steps" if self.planned else "Training of another length"
        return f"{round_}, with the schedule stretched to it, would show it."

    def remedy(self, kind: RemedyKind, steps: int, because: str) -> Remedy:
        """Advice on the length, where it is the round's."""
        if not self.planned:
            return Remedy(kind=RemedyKind.INSPECT, because=because)
        return Remedy(kind=kind, values={"max_train_steps": steps}, because=because)


def still_improving(
    readable: Sequence[CurveReading], coarse: Sequence[CurveReading], training: Training
) -> tuple[Finding, bool]:
    """C6 where all trials train equally long, and whether it warns.

    Args:
        readable: good trials with a slope at their end.
        coarse: good trials with a last quarter.
        training: their length and their objective.
    """
    sure, sign = _sure(readable), training.objective.sign
    improving = [r for r in readable if r.improving]
    late = sum(r.best_fraction > LATE for r in coarse)
    gain = float(np.median([r.late_gain.estimate for r in improving])) if improving else 0.0
    more, level = NOT_READ, math.nan
    if not training.decay.decays:  # a longer training would stretch the decay
        more, level = _half_again(sure[0] if sure else readable, training)
    # Of level curves' best checkpoints, half lie in the last quarter at the most.
    crowded = not readable and bool(binomial_tail(late - 1, len(coarse), 0.5) < 0.025)
    longer = bool(sure) and _material(improving, sign, gain, more)
    some, of = late if crowded else len(improving), len(readable) or len(coarse)
    who = _who(readable, sure) if sure else f"{some or 'none'} of the {of} best trials"
    case = _case(
        len(improving), len(readable), sure=bool(sure), longer=longer, crowded=crowded,
        decays=training.decay.decays is True,
    )  # fmt: skip
    numbers: dict[str, Number] = {
        "improving": len(improving),
        "good_trials": of,
        "median_late_gain": gain,
        "best_in_last_quarter": late,
        "best_in_first_tenth": sum(r.best_fraction <= EARLY for r in coarse),
    }
    if math.isfinite(more.low):
        numbers |= {"gain_of_half_again": more, "mean_at_the_end": sign * level}
    because = "still improve at the end" if longer else "are best in the last quarter of training"
    finding = Finding(
        check="C6",
        severity=_SEVERITY.get(case, Severity.NOTE),
        subject="max_train_steps",
        numbers=numbers,
        sentence=_end_words(who, training, len(improving), late, gain, more)[case],
        remedy=training.remedy(RemedyKind.TRAIN_LONGER, training.longer, f"{who} {because}")
        if longer or crowded
        else None,
        trials=tuple(r.trial for r in improving),
        settled=case not in UNSETTLED,
    )
    return finding, case == "warned"


def _sure(readable: Sequence[CurveReading]) -> list[Sequence[CurveReading]]:
    """All good trials, or those of a study, of which more than half surely still improve."""
    studies = [
        [r for r in readable if r.study == s] for s in dict.fromkeys(r.study for r in readable)
    ]
    groups = [g for g in (readable, *studies) if len(g) >= FEWEST_TRIALS]
    return [g for g in groups if most_by_a_margin(sum(r.improving for r in g), len(g))]


def _case(
    improving: int, readable: int, *, sure: bool, longer: bool, crowded: bool, decays: bool
) -> str:
    """Which of the sentences of `_end_words` holds."""
    if decays and (readable or crowded):
        return "decaying" if sure or crowded else "flattened"
    if sure:
        return "warned" if longer else "sure"
    if not readable:
        return "crowded" if crowded else "coarse"
    # Whether surely less than half still improve; a single one may be luck.
    few = improving <= 1 or most_by_a_margin(readable - improving, readable)
    return "level" if few and 2 * improving < readable else "open"


def _end_words(
    who: str, training: Training, improving: int, late: int, gain: float, more: Interval
) -> dict[str, str]:
    """What curve ends say, in each of the cases."""
    then = f"Try {training.longer} steps" if training.planned else "Train half as long again"
    if math.isfinite(more.low):
        then += f", for about {estimate_text(more)} in {training.objective.metric}"
    elif training.condition:
        then += ", which helps"
    then += f" {training.condition}." if training.condition else "."
    few = f"{who} still {'improve' if improving > 1 else 'improves'} at step {training.length}"
    leveled = "Most of the best trials have leveled off"
    leveled = leveled if improving else "No sign that longer training would help"
    unknown = "Not enough evidence on longer training"
    return {
        "decaying": f"{unknown}: {who} improve until the end. Under {training.decay.subject}, "
        f"curves do so at any length. {training.another(training.longer)}",
        "flattened": f"{unknown}: {training.decay.subject} alone flattens curves at their end. "
        f"{training.another(training.longer)}",
        "warned": f"Longer training would help: {few}, by {digits(gain)} over the last tenth. "
        f"{then}",
        "sure": f"Longer training would help little: {few}, but half as long again would gain "
        "less than the noise of one evaluation.",
        "crowded": f"Longer training may help: {who} have their best checkpoint in the last "
        f"quarter. {then} Evaluate {FEWEST_POINTS} times or more to see how they end.",
        "level": f"{leveled}: {few}.{training.holds}",
        "open": f"{unknown}: {few}, which is too few to generalize."
        + (f" Run a round of {training.longer} steps to find out." if training.planned else ""),
        "coarse": f"{unknown}: whether a trial still improves shows from {FEWEST_POINTS} "
        f"evaluations on. {late} of the best trials are best in their last "
        "quarter.",
    }


def _who(readable: Sequence[CurveReading], sure: Sequence[Sequence[CurveReading]]) -> str:
    if any(g is readable for g in sure):
        return f"{sum(r.improving for r in readable)} of the {len(readable)} best trials"
    return " and ".join(
        f"{sum(r.improving for r in g)} of the {len(g)} best trials of {g[0].study}"
        for g in sorted(sure, key=lambda g: g[0].study)
    )


def _half_again(good: Sequence[CurveReading], training: Training) -> tuple[Interval, float]:
    """What half as long again would bring to the mean of these trials, and that mean's end."""
    length, sign = training.length, training.objective.sign
    curves = []
    for r in good[:: max(1, math.ceil(len(good) / IN_THE_MEAN))]:
        steps, values = r.finite
        if len(steps) and steps[-1] + 1 >= 0.95 * length:
            curves.append((steps, sign * values))
    # A curve that exploded on its way, NaN or not, would be all that their mean shows.
    widths = np.array([np.ptp(v[s >= FIRST * length]) for s, v in curves])
    usual = float(np.median(widths)) if curves else 0.0
    curves = [c for c, w in zip(curves, widths, strict=True) if w <= WILD * usual]
    if len(curves) < FEWEST_TRIALS:
        return NOT_READ, math.nan
    steps, losses = mean_curve(curves)
    if not len(steps):
        return NOT_READ, math.nan
    return gain_of_more(steps, losses, length, LONGER_BY, training.least), float(losses[-1])


def _material(improving: Sequence[CurveReading], sign: int, gain: float, more: Interval) -> bool:
    """True where half as long again would bring more than the noise of one evaluation.

    Five more tenths at the late rate at most, since curves flatten; as extrapolated, where they
    can be.
    """
    some = improving[:: math.ceil(len(improving) / IN_THE_MEAN)]
    losses = [sign * r.finite[1] for r in some]
    noise = float(np.median([noise_of(own) for own in losses]))
    whole = float(np.median([own[0] - own.min() for own in losses]))
    most = min(5 * gain, more.estimate) if math.isfinite(more.low) else 5 * gain
    return most > max(noise, NEGLIGIBLE * whole)


_SEVERITY = {"warned": Severity.WARNING, "level": Severity.PASS}
UNSETTLED = ("open", "coarse", "decaying", "flattened")
"""Cases without enough evidence."""


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
    noises = [noise_about_trend(r.finite[1]) for r in good[:IN_THE_MEAN]]
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
        because=f"the good trials gain {estimate_text(shown.at_the_end)} in {metric} per doubling "
        f"from {shown.setter} {spell(shown.longer_from)} up",
    )
    finding = Finding(
        check="C6",
        severity=_SEVERITY.get(case, Severity.NOTE),
        subject=shown.setter,
        numbers=numbers,
        sentence=_length_words(shown, metric, further)[case] + _tied_words(shown),
        remedy=remedy if warned else None,
        trials=tuple(r.trial for r in good if r.highlighted),
        settled=case not in UNSETTLED,
    )
    return finding, warned


def _length_words(shown: Growth, metric: str, further: float) -> dict[str, str]:
    """What the lengths say, in each of the cases."""
    name = shown.setter
    where = f" in {shown.study}" if shown.study else ""
    beyond = f"from {name} {spell(shown.longer_from)} up{where}"
    over_all = f"{estimate_text(shown.per_doubling)} in {metric} per doubling"
    at_the_end = (
        f"Longer trials are still better at the upper end: {beyond}, the best gain "
        f"{estimate_text(shown.at_the_end)} in {metric} per doubling"
    )
    return {
        "warned": f"{at_the_end}. Try {name} {spell(further)}, the same in all trials of a round.",
        "still": f"{at_the_end}. Half as long again would gain less than the noise of one "
        "evaluation.",
        "longer": f"Longer trials are better over the whole range of {name}{where}, by "
        f"{over_all}. At the upper end it is not clear: {beyond}, they gain "
        f"{estimate_text(shown.at_the_end)}. A round at {name} {spell(further)} would show it.",
        "open": f"Not enough evidence on {name}{where}: the best of {shown.trials} trials gain "
        f"{over_all}. A round at {name} {spell(further)} would show more.",
        "level": f"No sign that more {name} would help{where}: the best trials gain {over_all}.",
    }


def _tied_words(shown: Growth) -> str:
    if shown.tied.low <= 0.5:
        return ""
    return (
        " Curve ends say nothing here: at the same step, shorter trials are ahead of longer ones "
        f"in {percent(shown.tied.estimate)} of pairs, as under a decay tied to the length."
    )


def cannot_tell(good: Sequence[CurveReading], setter: str, shortest: int, longest: int) -> Finding:
    """C6 where trials differ in length and nothing says what more of it would bring."""
    late = sum(r.best_fraction > LATE for r in good)
    why = (
        f"{setter} sets them, and it takes {FEWEST} complete trials of one study to follow that"
        if setter
        else "no hyperparameter sets them: early stopping, a target or a time limit may end them"
    )
    return Finding(
        check="C6",
        severity=Severity.NOTE,
        subject=setter or "max_train_steps",
        numbers={"best_in_last_quarter": late, "good_trials": len(good)},
        sentence=f"Not enough evidence on training length: trials train {shortest} to {longest} "
        f"steps. Here {why}. Trials of one length would show it.",
        settled=False,
    )
