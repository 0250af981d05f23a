"""Trial, study and data-split variance, side by side, each with its interval (D2).

Estimands, standard deviations in the objective's units. Trial: the best configuration and those
like it, each on one split, trained again with another seed; one that is worse and varies
differently, such as a diverging one, is left out and counted. Study: what a configuration that
another repeat of the search would choose is worth on average over its seeds. Split: what one
configuration is worth on average over its seeds, on another split of the data. None of them
contains another.

What measures them: configurations with two seeds or more (the trials that chose them left out);
repeats of one search, whose chosen configurations were trained again; one configuration on several
splits, named by a hyperparameter (`labels`). Where repeats of a search have nothing but
their bests, or splits one seed each while no seed was repeated at all, the spread is told as what
it is: that source and the luck of one training together.

Estimators, assumptions, sources: `components`. Measured coverage:
docs/claims/variance_sources.md. Why they are kept apart: Bouthillier et al. 2021, Accounting for
variance in machine learning benchmarks; Searle, Casella and McCulloch 1992, Variance components.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tunebook.checks.variance_sources.components import (
    Level,
    Noise,
    between_levels,
    like_the_best,
    noise_within,
    spread_of_levels,
)
from tunebook.checks.variance_sources.components import Origin as Origin
from tunebook.checks.variance_sources.components import Source as Source
from tunebook.checks.variance_sources.labels import Labelled, labelled
from tunebook.checks.variance_sources.wording import missing_text, sources_text
from tunebook.domain.design import Objective
from tunebook.domain.finding import Finding, Interval, NotApplicable, Number, Severity
from tunebook.domain.table import TrialTable

if TYPE_CHECKING:
    from jaxtyping import Float

FAR = 1e100
FEWEST_FREEDOM = 2
"""Degrees of freedom below which an interval spans a factor of 70."""
MANY_ALIKE = 4
"""Repeats of one configuration, all of the same value, that are no coincidence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VarianceSourcesResult:
    """The three sources, in the order of Origin.

    Attributes:
        objective: whose values scatter.
        sources: measured or not.
        seedless: every repeat of a configuration gave the same value.
        searched: it has several configurations; else there is no search to repeat.
        constant: those of the best configuration did, MANY_ALIKE or more, and others differ.
    """

    objective: Objective
    sources: tuple[Source, ...]
    seedless: bool
    constant: bool = False
    findings: tuple[Finding, ...]
    searched: bool = True

    @property
    def unmeasured(self) -> tuple[Origin, ...]:
        """Sources that nothing here measures apart."""
        return tuple(s.origin for s in self.sources if s.deviation is None or s.with_trial)


def check(table: TrialTable, *, seed: int = 0) -> VarianceSourcesResult | NotApplicable:  # noqa: ARG001
    """Measure what the table allows; nothing is drawn at random.

    Args:
        table: trials of one round, its reruns too where it has some. Rows that are `carried` are
            reruns of earlier rounds, which measure what a seed does where its own do not.
        seed: as every check takes it.
    """
    size = float(np.nanmax(np.abs(table.value), initial=0.0))
    if size and not 1 / FAR < size < FAR:  # whose squares have no number
        return _scaled(check(replace(table, value=table.value / size)), size)
    earlier = np.array(table.carried or (0,) * len(table)) > 0
    trials = labelled(table.take(~earlier))
    noise = trial_noise(trials)
    rounds: tuple[int, ...] = ()
    before = table.take(earlier)
    if noise is None and earlier.any():
        noise, rounds = trial_noise(labelled(before)), tuple(sorted(set(before.carried)))
    of_trial = trials if not rounds else labelled(before)
    trial = replace(_trial(cells_of(of_trial)), rounds=rounds)
    sources = (trial, _study(trials, noise), _split(trials, noise))
    seedless = noise is not None and noise.variance == 0
    if not seedless and all(s.deviation is None for s in sources):
        return NotApplicable(
            check="D2",
            reason="no configuration was trained again, no search repeated and no split of the "
            "data changed, so no source of variation was measured",
            needs=missing_text(Origin.TRIAL),
        )
    result = VarianceSourcesResult(
        objective=table.objective,
        sources=sources,
        seedless=seedless,
        constant=not seedless and _best_is_constant(cells_of(of_trial)),
        findings=(),
        searched=len({t.key for t in trials}) > 1,
    )
    return replace(result, findings=(_finding(result),))


def _scaled(
    result: VarianceSourcesResult | NotApplicable, size: float
) -> VarianceSourcesResult | NotApplicable:
    """The result for values that are `size` times as large."""
    if isinstance(result, NotApplicable):
        return result
    sources = tuple(
        replace(
            s, deviation=_times(s.deviation, size), alone=(size * s.alone[0], size * s.alone[1])
        )
        for s in result.sources
    )
    found = replace(result, sources=sources)
    return replace(found, findings=(_finding(found),))


def _times(own: Interval | None, size: float) -> Interval | None:
    if own is None:
        return None
    return replace(own, estimate=size * own.estimate, low=size * own.low, high=size * own.high)


def _best_is_constant(cells: Sequence[Float[np.ndarray, "values"]]) -> bool:
    best = min((c for c in cells if len(c) > 1), key=lambda c: float(c.mean()), default=None)
    return best is not None and len(best) >= MANY_ALIKE and not np.ptp(best)


def trial_noise(trials: Iterable[Labelled]) -> Noise | None:
    """The noise of one training over all configurations; None with too few."""
    return _enough(noise_within(cells_of(trials)))


def cells_of(trials: Iterable[Labelled]) -> list[Float[np.ndarray, "values"]]:
    """Losses of each configuration of several on one split, from seeds that did not choose it."""
    cells: dict[tuple[object, ...], list[float]] = {}
    for t in trials:
        if not t.chose:
            cells.setdefault((t.key, t.repeat, t.split), []).append(t.loss)
    return [np.array(c) for c in cells.values() if len(c) > 1]


def _enough(noise: Noise | None) -> Noise | None:
    return noise if noise is not None and noise.freedom >= FEWEST_FREEDOM else None


def _trial(cells: Sequence[Float[np.ndarray, "values"]]) -> Source:
    """Of the best configuration and those like it; of all where these are too few."""
    noise, every = _enough(noise_within(like_the_best(cells))), _enough(noise_within(cells))
    noise = noise or every
    if noise is None or every is None or noise.variance == 0:
        return Source(origin=Origin.TRIAL)
    return Source(
        origin=Origin.TRIAL,
        deviation=noise.deviation(),
        levels=noise.values,
        groups=noise.cells,
        alone=noise.alone,
        left_out=every.cells - noise.cells,
    )


def _study(trials: Sequence[Labelled], noise: Noise | None) -> Source:
    """By repeats of the search: fresh seeds of what each chose, else the bests that they saw."""
    fresh, bests = [], []
    for setting in dict.fromkeys(t.setting for t in trials):
        own = [t for t in trials if t.setting == setting and t.repeat is not None]
        for repeat in dict.fromkeys(t.repeat for t in own):
            searched = [t for t in own if t.repeat == repeat]
            chose = [t for t in searched if t.chose] or searched
            best = min(chose, key=lambda t: t.loss)
            again = [
                t.loss
                for t in searched
                if t.key == best.key and t.split == best.split and not t.chose
            ]
            bests.append(Level(group=setting, label=repeat, values=np.array([best.loss])))
            if len(chose) < len(searched) and again:
                fresh.append(Level(group=setting, label=repeat, values=np.array(again)))
    return _between(Origin.STUDY, fresh, bests, noise)


def _split(trials: Sequence[Labelled], noise: Noise | None) -> Source:
    """By the splits on which one configuration was trained, in one study."""
    cells: dict[tuple[object, object], list[float]] = {}
    for t in trials:
        if t.split is not None and not t.chose:
            cells.setdefault(((t.key, t.repeat), t.split), []).append(t.loss)
    levels = [Level(group=g, label=s, values=np.array(v)) for (g, s), v in cells.items()]
    return _between(Origin.SPLIT, levels, levels, noise)


def _between(
    origin: Origin, apart: Sequence[Level], together: Sequence[Level], noise: Noise | None
) -> Source:
    if noise is not None and _labels(apart) > FEWEST_FREEDOM:
        levels, deviation, with_trial = apart, between_levels(apart, noise), False
    elif _labels(together) > FEWEST_FREEDOM:
        levels, deviation, with_trial = together, spread_of_levels(together), True
    else:
        return Source(origin=origin)
    return Source(
        origin=origin,
        deviation=deviation,
        levels=_labels(levels),
        groups=len({x.group for x in levels}),
        with_trial=with_trial,
    )


def _labels(levels: Sequence[Level]) -> int:
    """Distinct labels in the groups that have several."""
    groups: dict[object, set[object]] = {}
    for x in levels:
        groups.setdefault(x.group, set()).add(x.label)
    return len({label for labels in groups.values() if len(labels) > 1 for label in labels})


def _finding(result: VarianceSourcesResult) -> Finding:
    numbers: dict[str, Number] = {}
    for source in result.sources:
        name = str(source.origin).replace(" ", "_")
        if source.deviation is None:
            unsearched = source.origin is Origin.STUDY and not result.searched
            numbers[name] = "no search to repeat" if unsearched else "not measured"
        else:
            numbers[f"{name}_and_trial" if source.with_trial else name] = source.deviation
    return Finding(
        check="D2",
        severity=Severity.WARNING if result.seedless or result.constant else Severity.NOTE,
        subject="",
        numbers=numbers,
        sentence=sources_text(
            result.objective.metric,
            result.sources,
            seedless=result.seedless,
            searched=result.searched,
            constant=result.constant,
        ),
    )
