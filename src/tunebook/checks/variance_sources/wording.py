"""The sources of variance in words: measured, or what would measure it (D2)."""

from __future__ import annotations

from collections.abc import Sequence

from tunebook.checks.variance_sources.components import Origin, Source
from tunebook.domain.formats.numbers import estimate_text, in_words, range_text

MISSING = {
    Origin.TRIAL: "train one configuration with three seeds or more that did not choose it "
    "(a decision's reruns do)",
    Origin.STUDY: "repeat the search twice or more, each with a seed of its own in a "
    "hyperparameter (search_seed), and rerun the best of each with new seeds",
    Origin.SPLIT: "train one configuration on three or more splits of the data, with the "
    "number of the split in a hyperparameter (data_split)",
}
WHAT = {
    Origin.TRIAL: "training one configuration again",
    Origin.STUDY: "repeating the search",
    Origin.SPLIT: "another split of the data",
}
UNLIKE = 3.0
"""Ratio of two configurations' own standard deviations from which the pooled one hides both."""
LEVELS = {Origin.STUDY: "repeats", Origin.SPLIT: "splits"}


def missing_text(origin: Origin) -> str:
    """What would measure a source."""
    return MISSING[origin]


def sources_text(
    metric: str,
    sources: Sequence[Source],
    *,
    seedless: bool,
    searched: bool,
    constant: bool = False,
) -> str:
    """All three in one paragraph; a round that varies nothing has no search to repeat."""
    measured = [_measured(s) for s in sources if s.deviation is not None]
    said = [f"Standard deviations of {metric}: {'; '.join(measured)}."] if measured else []
    if seedless:
        said.append(
            "Every repeat of a configuration gave the same value: the seed has no effect, or the "
            "objective is too coarse to show it. Let training use trial.seed (initial weights, "
            "order of the data)."
        )
    elif constant:
        said.append(
            "All repeats of the best configuration gave the same value: the seed has no effect "
            "there, or the objective is too coarse to show it. Check that training uses "
            "trial.seed."
        )
    for s in sources:
        if s.origin is Origin.STUDY and not searched:
            continue
        if s.deviation is None and not (seedless and s.origin is Origin.TRIAL):
            said.append(f"{str(s.origin).capitalize()} variance was not measured. To measure it, "
                        f"{MISSING[s.origin]}.")  # fmt: skip
        elif s.with_trial:
            said.append(_mixed(s))
    larger = _larger(sources)
    return " ".join([*said, larger] if larger else said)


def _measured(source: Source) -> str:
    assert source.deviation is not None
    shown = estimate_text(source.deviation)
    if source.origin is Origin.TRIAL:
        several = "" if source.groups == 1 else "s"
        least, most = source.alone
        unlike = most > UNLIKE * least
        apart = f"; single ones range from {range_text(least, most)}" if unlike else ""
        return (
            f"{WHAT[source.origin]} {shown}, from {source.levels} seeds of {source.groups} "
            f"configuration{several}{_in_rounds(source.rounds)}{apart}{_left_out(source.left_out)}"
        )
    luck = " and the luck of one training together" if source.with_trial else ""
    return f"{WHAT[source.origin]}{luck} {shown}, by {source.levels} {LEVELS[source.origin]}"


def _left_out(count: int) -> str:
    """` (2 worse configurations left out, whose seeds vary differently)`."""
    if not count:
        return ""
    several = "s" if count > 1 else ""
    return f" ({count} worse configuration{several} left out, whose seeds vary differently)"


def _in_rounds(rounds: Sequence[int]) -> str:
    """` in round 1`, where earlier rounds measured it."""
    if not rounds:
        return ""
    return f" in round{'s' * (len(rounds) > 1)} {in_words([str(r) for r in rounds])}"


def _mixed(source: Source) -> str:
    if source.origin is Origin.STUDY:
        return (
            "Study variance was not measured apart: bests that a search saw are chosen for their "
            "luck. To measure it, rerun what each repeat chose with new seeds."
        )
    return (
        "Data split variance was not measured apart: no seed was repeated. To measure it, train "
        "one configuration with three seeds or more on one split."
    )


def _larger(sources: Sequence[Source]) -> str:
    """What fresh seeds alone would hide."""
    by = {s.origin: s for s in sources if s.deviation is not None and not s.with_trial}
    trial = by.pop(Origin.TRIAL, None)
    if trial is None or trial.deviation is None:
        return ""
    worse = [
        str(s.origin)
        for s in by.values()
        if s.deviation is not None and s.deviation.low > trial.deviation.high
    ]
    if not worse:
        return ""
    return (
        f"The {' and '.join(worse)} scatters more than the seed does: reruns of one configuration "
        "make a difference look surer than it is."
    )
