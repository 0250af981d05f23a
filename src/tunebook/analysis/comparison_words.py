"""The verdict on new-seed reruns as one sentence with its numbers (D3 D4)."""

from __future__ import annotations

import math

from tunebook.analysis.rerun_count import MOST_MORE
from tunebook.analysis.rerun_evidence import FEWEST, Question, Reading, SideEvidence
from tunebook.words.decision import Estimand, Verdict
from tunebook.words.finding import Interval


def sentence(verdict: Verdict, best: Reading, asked: Question, more: int) -> str:
    """The verdict in one sentence with its numbers, conclusion first.

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
        return _upper_first(_unjudged(verdict, who, best, asked))
    if asked.estimand is Estimand.BEATS:
        return _upper_first(_share_text(verdict, best, asked, more))
    over = "the baseline" if baseline is not None else _chance(side)
    size = f"{gain.estimate:.3g} in {metric} over {over} {_evidence(best)}"
    least = f"the least improvement, {margin:g}" if margin else ""
    if verdict is Verdict.ADOPT and baseline is None:
        return f"Adopt as the first baseline: {who} gains {size}."
    if verdict is Verdict.ADOPT:
        return f"Adopt {who}: it gains {size}{f', more than {least}' if margin else ''}."
    if verdict is Verdict.KEEP and baseline is None:
        return (
            f"No baseline yet: {who} is not shown to beat chance. It gains {size}.{_early(best)}"
        )
    if verdict is Verdict.KEEP:
        short = f"more than {least}, is not shown" if margin else "an improvement is not shown"
        return f"Keep the baseline: {who} gains {size}, and {short}.{_early(best)}"
    wanted = f" More than {least}, is required." if margin else ""
    return f"No clear answer yet: {who} gains {size}.{wanted}{_further(best, asked, more)}"


def against_baseline(reading: Reading, asked: Question) -> str:
    """One candidate that the verdict does not speak of, against the baseline; empty where its
    gain is not known."""
    gain = reading.gain
    if not math.isfinite(gain.estimate):
        return ""
    over = "the baseline" if reading.baseline is not None else _chance(reading.side)
    passed = "also enough to adopt" if reading.adopted else "not enough to adopt"
    if asked.estimand is Estimand.BEATS:
        size = f"beats {over} in {100 * gain.estimate:.0f} % of pairs"
    else:
        size = f"gains {gain.estimate:.3g} over {over}"
    return f"{_who(reading.side.name)} {size} {_evidence(reading, beats=_beats(asked))}, {passed}."


def _chance(side: SideEvidence) -> str:
    return "chance at the last evaluation" if side.last else "chance"


def _who(name: str) -> str:
    return "the best configuration" if name == "best" else name


def _beats(asked: Question) -> bool:
    return asked.estimand is Estimand.BEATS


def _evidence(reading: Reading, *, beats: bool = False) -> str:
    """`(94 % CI 0.0012 to 0.019, 6 new seeds each, 1 of them infeasible)`."""
    side, gain = reading.side, reading.gain
    parts = [_ends(gain, beats=beats)] if math.isfinite(gain.high) else []
    parts.append(f"{side.reruns} new seeds{'' if reading.baseline is None else ' each'}")
    parts += [f"{side.infeasible} of them infeasible"] if side.infeasible else []
    return f"({', '.join(parts)})"


def _share_text(verdict: Verdict, best: Reading, asked: Question, more: int) -> str:
    """The verdict where the estimand is the chance to beat the baseline."""
    margin, who = asked.margin(best.baseline), _who(best.side.name)
    by = f" by more than {margin:g}" if margin else ""
    pairs = "of seeds" if asked.paired else "of pairs of new seeds"
    size = (
        f"beats the baseline in {asked.objective.metric}{by} in {100 * best.gain.estimate:.0f} % "
        f"{pairs} {_evidence(best, beats=True)}"
    )
    if verdict is Verdict.ADOPT:
        return f"Adopt {who}: it {size}."
    if verdict is Verdict.KEEP:
        return f"Keep the baseline: {who} {size}, and more than half is not shown.{_early(best)}"
    further = _further(best, asked, more)
    return f"No clear answer yet: {who} {size}. More than half is required.{further}"


def _early(best: Reading) -> str:
    """Why fewer reruns were made than planned, where a candidate was dropped."""
    if not best.ended_early:
        return ""
    made = best.side.reruns
    return (
        f" Its reruns ended after {made} of {made + best.left} planned, because an adoption had "
        "become unlikely."
    )


def _ends(gain: Interval, *, beats: bool = False) -> str:
    """`94 % CI 0.0012 to 0.019`; only the upper end where there is no lower one."""
    sure = f"{100 * gain.confidence:.3g} % CI"
    if beats:
        low, high = (min(max(end, 0.0), 1.0) for end in (gain.low, gain.high))
        return f"{sure} {100 * low:.0f} to {100 * high:.0f} %"
    if math.isinf(gain.low):
        return f"at most {gain.high:.3g}"
    return f"{sure} {gain.low:.3g} to {gain.high:.3g}"


def _further(best: Reading, asked: Question, more: int) -> str:
    if best.variance == 0:
        return (
            " Every rerun of a side gave the same value: the seed has no effect on training, or "
            "the objective is too coarse to show it. Use trial.seed in training (initial weights, "
            "order of the data), then decide again."
        )
    if more == 0:
        return ""
    if more >= MOST_MORE:
        return " No realistic number of reruns can decide a gain this close to what is required."
    if best.baseline is None:
        return f" If that is the gain, about {more} more reruns decide it."
    seems_short = best.gain.estimate <= asked.bar(best.baseline)
    end = ", probably for the baseline" if seems_short else ""
    return f" If that is the gain, about {more} more reruns a side decide it{end}."


def _unjudged(verdict: Verdict, who: str, best: Reading, asked: Question) -> str:
    """Why there is no gain to show, and what would give one."""
    side, base = best.side, best.baseline
    over = "the baseline" if base is not None else _chance(side)
    ask = "state chance: tunebook decide --chance VALUE, or tb.Book(..., chance=...)"
    failed = f"{side.infeasible} of its {side.reruns} reruns were infeasible"
    if verdict is Verdict.KEEP:
        return (
            f"{who} is not adopted: {failed}, and the others alone gain {best.gain.high:.3g} in "
            f"{asked.objective.metric} over {over} at most."
        )
    if base is None and asked.chance is None:
        return f"{who} can't be judged yet: the book does not know chance; {ask}."
    if base is not None and base.infeasible and asked.worst is None:
        some = f"{base.infeasible} of {base.reruns} reruns of the baseline were infeasible"
        return f"{who} can't be judged yet: {some}, and chance is not known; {ask}."
    if side.infeasible and asked.worst is None:
        return f"{who} can't be adopted yet: {failed}, and chance is not known; {ask}."
    return f"{who} can't be judged yet: a side has fewer than {FEWEST} complete reruns."


def _upper_first(said: str) -> str:
    """A sentence that opens with a word of ours is capitalised; a side's name stays as it is."""
    return f"The{said[3:]}" if said.startswith("the ") else said
