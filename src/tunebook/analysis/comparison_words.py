"""The verdict on fresh-seed reruns as one sentence with its numbers (D3 D4)."""

from __future__ import annotations

import math

from tunebook.analysis.rerun_count import MOST_MORE
from tunebook.analysis.rerun_evidence import FEWEST, Question, Reading
from tunebook.words.decision import Estimand, Verdict
from tunebook.words.finding import Interval


def sentence(verdict: Verdict, best: Reading, asked: Question, more: int) -> str:
    """The verdict in one sentence with its numbers.

    Args:
        verdict: on all candidates.
        best: the reading of the candidate that it speaks of.
        asked: objective, least improvement and chance.
        more: about how many more reruns a side would tell, 0 where none would.
    """
    side, gain, baseline = best.side, best.gain, best.baseline
    over = "chance" if baseline is None else "the baseline"
    margin = asked.margin(baseline)
    who = "the best configuration" if side.name == "best" else side.name
    metric = asked.objective.metric
    if not math.isfinite(gain.estimate):
        return _upper_first(_unjudged(verdict, who, best, asked))
    failed = f" ({side.infeasible} of them infeasible)" if side.infeasible else ""
    if asked.estimand is Estimand.BEATS:
        return _upper_first(_share_said(verdict, who, failed, best, asked, more))
    shown = f"{gain.estimate:.3g} {_ends(gain)} in {metric}"
    seeds = f"over {side.reruns} fresh seeds{'' if baseline is None else ' a side'}{failed}"
    wanted = f"; more than {margin:g} was asked for" if margin else ""
    if verdict is Verdict.ADOPT:
        said = f"{who} beats {over} by {shown} {seeds}{wanted}: adopt."
    elif verdict is Verdict.KEEP and baseline is None:
        said = f"{who} is not shown to beat chance: it gains {shown} {seeds}: no baseline yet."
    elif verdict is Verdict.KEEP and margin:
        said = f"{who} gains {shown} over {over} {seeds}{wanted}, and is not shown: keep {over}."
    elif verdict is Verdict.KEEP:
        said = f"{who} is not shown to beat {over}: it gains {shown} {seeds}: keep {over}."
    else:
        said = f"No clear answer yet: {who} gains {shown} over {over} {seeds}{wanted}."
        said += _further(best, asked, more)
    return _upper_first(said)


def _share_said(
    verdict: Verdict, who: str, failed: str, best: Reading, asked: Question, more: int
) -> str:
    """The verdict where a chance to beat the baseline was asked for."""
    gain, margin = best.gain, asked.margin(best.baseline)
    low, high = (f"{100 * min(max(end, 0.0), 1.0):.0f} %" for end in (gain.low, gain.high))
    by = f" by more than {margin:g}" if margin else ""
    pairs = "of seeds" if asked.paired else "of pairs of fresh seeds"
    said = (
        f"{who} beats the baseline in {asked.objective.metric}{by} in {100 * gain.estimate:.0f} % "
        f"[{low}, {high}] {pairs}, {best.side.reruns} a side{failed}"
    )
    if verdict is Verdict.ADOPT:
        return f"{said}: adopt."
    if verdict is Verdict.KEEP:
        return f"{said}, and more than half is not shown: keep the baseline."
    return (
        f"No clear answer yet: {said}; more than half was asked for.{_further(best, asked, more)}"
    )


def _ends(gain: Interval) -> str:
    if math.isinf(gain.low):
        return f"(at most {gain.high:.3g})" if math.isfinite(gain.high) else "(so far)"
    return f"[{gain.low:.3g}, {gain.high:.3g}]"


def _further(best: Reading, asked: Question, more: int) -> str:
    if best.variance == 0:
        return (
            " Every rerun of a side gave the same value: the seed has no effect, or the objective "
            "is too coarse to show it. Let training use trial.seed (initial weights, order of the "
            "data), and decide again."
        )
    if more == 0:
        return ""
    if more >= MOST_MORE:
        return " No realistic number of reruns would tell a gain so near to what was asked for."
    if best.baseline is None:
        return f" If that is the gain, about {more} more reruns would tell."
    seems_short = best.gain.estimate <= asked.bar(best.baseline)
    end = ", and the baseline would probably be kept" if seems_short else ""
    return f" If that is the gain, about {more} more reruns a side would tell{end}."


def _unjudged(verdict: Verdict, who: str, best: Reading, asked: Question) -> str:
    """Why there is no gain to show, and what would give one."""
    side, base = best.side, best.baseline
    over = "chance" if base is None else "the baseline"
    ask = "say what chance is: tb.Book(..., chance=...)"
    failed = f"{side.infeasible} of its {side.reruns} reruns were infeasible"
    if verdict is Verdict.KEEP:
        return (
            f"{who} is not adopted: {failed}, and the others alone gain {best.gain.high:.3g} in "
            f"{asked.objective.metric} over {over} at most: keep {over}."
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
