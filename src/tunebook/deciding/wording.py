"""The verdict on new-seed reruns as one sentence with its numbers (D3 D4)."""

from __future__ import annotations

import math

import numpy as np

from tunebook.deciding.rerun_count import MOST_MORE
from tunebook.deciding.rerun_evidence import FEWEST, Question, Reading, SideEvidence
from tunebook.domain.decision import Estimand, Verdict
from tunebook.domain.finding import Interval
from tunebook.domain.formats.names import spell
from tunebook.domain.formats.numbers import digits, percent, percent_range, range_text, round_to


def sentence(verdict: Verdict, best: Reading, asked: Question, more: int) -> str:
    """The verdict with its numbers: what it is and why first, then the gain.

    A verdict that does not adopt has one of three reasons: the candidate is not better by enough,
    adopting it had become unlikely before all reruns were made, or these do not decide.

    Args:
        verdict: on all candidates.
        best: the reading of the candidate that it speaks of.
        asked: objective, least improvement and chance.
        more: about how many more reruns a side are needed, 0 where none would help.
    """
    side, gain, baseline = best.side, best.gain, best.baseline
    margin, who = asked.margin(baseline), _who(side.name)
    metric = asked.objective.metric
    if not math.isfinite(gain.estimate):
        return _unjudged(verdict, who, best, asked)
    if asked.estimand is Estimand.BEATS:
        return _share_text(verdict, best, asked, more)
    over = "the baseline" if baseline is not None else _chance(side)
    size = f"{digits(gain.estimate, 3)} in {metric} over {over} {_evidence(best)}"
    seen = f"gains {size}"
    if round_to(gain.estimate, 3) < 0:
        worse = f"is {digits(-gain.estimate, 3)} worse in {metric} than {over}"
        seen = f"{worse} {_evidence(best, lost=True)}"
    least = f"the least improvement, {spell(margin)}" if margin else ""
    if verdict is Verdict.ADOPT and baseline is None:
        return f"Adopt as the first baseline: {who} gains {size}.{_subtraction(best, asked)}"
    if verdict is Verdict.ADOPT:
        return f"Adopt {who}: it gains {size}{f', more than {least}' if margin else ''}."
    if verdict is Verdict.KEEP:
        short = f"; more than {least}, is not shown" if margin else ""
        if margin and _is_short(best, asked):
            short = f", no more than {least}"
        if baseline is None:
            return f"{_kept(best, asked)} It {seen}.{_subtraction(best, asked)}"
        return f"{_kept(best, asked)} It {seen}{short}."
    wanted = f" More than {least}, is required." if margin else ""
    wanted = _subtraction(best, asked) if baseline is None else wanted
    return f"{_open(best)} {_upper_first(who)} {seen}.{wanted}{_further(best, asked, more)}"


def against_baseline(reading: Reading, asked: Question) -> str:
    """One candidate that the verdict does not speak of, against the baseline; empty where its
    gain is not known."""
    gain = reading.gain
    if not math.isfinite(gain.estimate):
        return ""
    over = "the baseline" if reading.baseline is not None else _chance(reading.side)
    made, planned = reading.side.reruns, reading.side.reruns + reading.left
    passed = "also enough to adopt" if reading.adopted else "not enough to adopt"
    if reading.ended_early:
        passed = f"and was dropped after {made} of {planned} planned reruns"
    if asked.estimand is Estimand.BEATS:
        size = f"beats {over} in {percent(gain.estimate)} of pairs"
    else:
        size = f"gains {digits(gain.estimate, 3)} over {over}"
        if round_to(gain.estimate, 3) < 0:
            size = f"is {digits(-gain.estimate, 3)} worse than {over}"
    lost = not _beats(asked) and round_to(gain.estimate, 3) < 0
    evidence = _evidence(reading, beats=_beats(asked), lost=lost)
    return f"{_who(reading.side.name)} {size} {evidence}, {passed}."


def _subtraction(best: Reading, asked: Question) -> str:
    """The mean that is compared with chance, and chance; empty where one is not known."""
    side, chance = best.side, asked.chance
    if chance is None or (side.infeasible and asked.worst is None):
        return ""
    worst = () if asked.worst is None else (asked.worst,) * side.infeasible
    mean = float(np.mean((*side.not_chosen, *worst)))
    at = " at the last evaluation" if side.last else ""
    plain = asked.objective.sign * (chance - mean)
    corrected = digits(plain, 3) != digits(best.gain.estimate, 3)
    more = " The gain is their difference, corrected for the interim looks." if corrected else ""
    return f" Its mean{at} is {digits(mean, 4)}, and chance is {spell(chance)}.{more}"


def _chance(side: SideEvidence) -> str:
    return "chance at the last evaluation" if side.last else "chance"


def _who(name: str) -> str:
    return "the best configuration" if name == "best" else name


def _beats(asked: Question) -> bool:
    return asked.estimand is Estimand.BEATS


def _evidence(reading: Reading, *, beats: bool = False, lost: bool = False) -> str:
    """`(94 % CI 0.0012 to 0.019, 6 new seeds each, 1 of them infeasible)`.

    Args:
        reading: of the candidate.
        beats: its gain is a share.
        lost: the sentence says by how much it is worse, so that the interval is named a gain's.
    """
    side, gain = reading.side, reading.gain
    ends = _ends(gain, beats=beats)
    parts = [f"{ends} of the gain" if lost else ends] if math.isfinite(gain.high) else []
    parts.append(f"{side.reruns} new seeds{'' if reading.baseline is None else ' each'}")
    parts += [f"{side.infeasible} of them infeasible"] if side.infeasible else []
    return f"({', '.join(parts)})"


def _share_text(verdict: Verdict, best: Reading, asked: Question, more: int) -> str:
    """The verdict where the estimand is the chance to beat the baseline."""
    margin, who = asked.margin(best.baseline), _who(best.side.name)
    by = f" by more than {spell(margin)}" if margin else ""
    pairs = "of seeds" if asked.paired else "of pairs of new seeds"
    size = (
        f"beats the baseline in {asked.objective.metric}{by} in {percent(best.gain.estimate)} "
        f"{pairs} {_evidence(best, beats=True)}"
    )
    if verdict is Verdict.ADOPT:
        return f"Adopt {who}: it {size}."
    if verdict is Verdict.KEEP:
        return f"{_kept(best, asked)} It {size}; more than half is not shown."
    further = _further(best, asked, more)
    return f"{_open(best)} {_upper_first(who)} {size}. More than half is required.{further}"


def _kept(best: Reading, asked: Question) -> str:
    """Why the best candidate is not adopted: shown, dropped before the end, or not shown."""
    who, first = _who(best.side.name), best.baseline is None
    head = "No baseline yet" if first else "Keep the baseline"
    made, planned = best.side.reruns, best.side.reruns + best.left
    if best.ended_early and not _is_short(best, asked):
        goal = "to beat chance" if first else "to be adopted"
        return (
            f"{head}: the reruns stopped after {made} of {planned} planned, because {who} had "
            f"become unlikely {goal}."
        )
    shown = "is not" if _is_short(best, asked) else "is not shown to be"
    than = "than chance" if first else "by enough" if asked.margin(best.baseline) else ""
    short = " ".join(part for part in (who, shown, "better", than) if part)
    done = f"{made} of {planned}" if best.left else f"all {made}"
    return f"{head}: {short}, after {done} planned reruns{'' if first else ' of each'}."


def _is_short(best: Reading, asked: Question) -> bool:
    """Whether even the high end of the gain is no more than what is required."""
    return best.gain.high <= asked.bar(best.baseline)


def _open(best: Reading) -> str:
    """That the reruns do not decide, and whether all of them were made."""
    made = best.side.reruns
    done = f"{made} of {made + best.left}" if best.left else f"all {made}"
    each = "" if best.baseline is None else " of each"
    return f"Not enough evidence: {done} planned reruns{each} do not decide."


def _ends(gain: Interval, *, beats: bool = False) -> str:
    """`94 % CI 0.0012 to 0.019`; only the upper end where there is no lower one."""
    sure = f"{percent(gain.confidence, 2)} CI"
    if beats:
        low, high = (min(max(end, 0.0), 1.0) for end in (gain.low, gain.high))
        return f"{sure} {percent_range(low, high)}"
    if math.isinf(gain.low):
        return f"{sure} up to {digits(gain.high, 3)}"
    return f"{sure} {range_text(gain.low, gain.high, 3)}"


def _further(best: Reading, asked: Question, more: int) -> str:
    if best.variance == 0:
        return (
            " Every rerun of a configuration gave the same value: the seed has no effect on "
            "training, or the objective is too coarse to show it. Use trial.seed in training "
            "(initial weights, order of the data), then decide again."
        )
    if more == 0:
        return ""
    if more >= MOST_MORE:
        return " No realistic number of reruns can decide a gain this close to what is required."
    if best.baseline is None:
        return f" If that is the gain, about {more} more reruns decide it."
    seems_short = best.gain.estimate <= asked.bar(best.baseline)
    end = ", probably for the baseline" if seems_short else ""
    return f" If that is the gain, about {more} more reruns of each would decide it{end}."


def _unjudged(verdict: Verdict, who: str, best: Reading, asked: Question) -> str:
    """Why there is no gain to show, and what would give one."""
    side, base = best.side, best.baseline
    over = "the baseline" if base is not None else _chance(side)
    ask = "state chance: tunebook decide --chance VALUE, or tb.Book(..., chance=...)"
    failed = f"{side.infeasible} of its {side.reruns} reruns were infeasible"
    if verdict is Verdict.KEEP:
        return (
            f"{_kept(best, asked)} {failed}, and the others alone gain "
            f"{digits(best.gain.high, 3)} in {asked.objective.metric} over {over} at most."
        )
    head = f"Not enough evidence: {who}"
    if base is None and asked.chance is None:
        return f"{head} can't be judged yet: the book does not know chance; {ask}."
    if base is not None and base.infeasible and asked.worst is None:
        some = f"{base.infeasible} of {base.reruns} reruns of the baseline were infeasible"
        return f"{head} can't be judged yet: {some}, and chance is not known; {ask}."
    if side.infeasible and asked.worst is None:
        return f"{head} can't be adopted yet: {failed}, and chance is not known; {ask}."
    few = f"fewer than {FEWEST} complete reruns"
    return f"{head} can't be judged yet: the candidate or the baseline has {few}."


def _upper_first(said: str) -> str:
    """A sentence that opens with a word of ours is capitalised; a side's name stays as it is."""
    return f"The{said[3:]}" if said.startswith("the ") else said
