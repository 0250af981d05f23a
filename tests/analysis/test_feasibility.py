"""C3: causes, the region that fails, what looks like a bug."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binom
from surfaces import table

from tunebook.analysis import failing_places, feasibility
from tunebook.words.design import Role
from tunebook.words.finding import RemedyKind, Severity
from tunebook.words.space import Choice
from tunebook.words.trial import Cause, Status


def failing(rng, trials, chance, axes=2):
    """Trials that fail by chance, wherever they lie."""
    base = table(rng, trials, [0.5] * axes)
    failed = rng.random(trials) < chance
    return replace(
        base,
        status=tuple(Status.INFEASIBLE if f else Status.COMPLETE for f in failed),
        cause=tuple(Cause.CRASHED if f else None for f in failed),
        value=np.where(failed, np.nan, base.value),
    )


def test_all_feasible_passes(fresh_rng):
    found = feasibility.check(table(fresh_rng, 20, [0.5])).findings[0]
    assert (found.severity, found.numbers["infeasible"]) == (Severity.PASS, 0)


def test_no_place_is_named_where_there_is_none(fresh_rng):
    named = sum(
        feasibility.check(failing(fresh_rng, 40, 0.3)).studies[0].place is not None
        for _ in range(60)
    )
    assert named <= binom.ppf(1 - 1e-6, 60, failing_places.ALPHA)


def test_the_region_that_fails_is_found(fresh_rng):
    found = 0
    for _ in range(30):
        (study,) = feasibility.check(table(fresh_rng, 40, [0.2, 0.5], fails_above=0.7)).studies
        region = study.place
        if region and (region.hyperparameter, region.side) == ("x0", "high"):
            assert region.threshold == pytest.approx(0.7, abs=0.15)
            found += 1
    assert found >= binom.ppf(1e-6, 30, 0.95)


def test_a_region_far_from_the_best_is_cut_away(fresh_rng):
    finding = feasibility.check(table(fresh_rng, 60, [0.2, 0.5], fails_above=0.8)).findings[0]
    assert finding.remedy.kind is RemedyKind.SHRINK
    assert finding.remedy.values["high"] == pytest.approx(0.8, abs=0.1)
    assert finding.subject == "x0"


def test_the_best_beside_the_region_means_instability(fresh_rng):
    finding = feasibility.check(
        table(fresh_rng, 60, [0.7, 0.5], strength=[4, 0.1], fails_above=0.72, noise=0.01)
    ).findings[0]
    assert finding.remedy is None
    assert "instability" in finding.sentence


def test_failures_everywhere_look_like_a_bug(fresh_rng):
    rng = np.random.default_rng(5)
    finding = feasibility.check(failing(rng, 60, 0.4)).findings[0]
    assert finding.severity is Severity.WARNING
    assert finding.remedy.kind is RemedyKind.INSPECT
    assert "bug" in finding.sentence


def test_two_failures_name_no_place(fresh_rng):
    base = table(fresh_rng, 30, [0.5])
    status = tuple(Status.INFEASIBLE if i < 2 else s for i, s in enumerate(base.status))
    (study,) = feasibility.check(replace(base, status=status)).studies
    assert study.place is None
    assert study.infeasible == 2


def test_causes_are_counted_and_failed_trials_left_out(fresh_rng):
    base = failing(np.random.default_rng(1), 30, 0.3)
    status = tuple(Status.FAILED if i == 0 else s for i, s in enumerate(base.status))
    (study,) = feasibility.check(replace(base, status=status)).studies
    assert study.trials == 29
    assert study.causes == ((Cause.CRASHED, study.infeasible),)


def with_choice(rng, fails):
    """Sixty trials with a choice of three beside the axis; `fails` has the value that fails."""
    base = table(rng, 60, [0.5])
    (study,) = base.branches
    axes = {**base.branches[study].axes, "act": Choice(("relu", "tanh", "gelu"))}
    acts = [axes["act"].values[i] for i in rng.integers(3, size=60)]
    failed = [rng.random() < (0.8 if act == fails else 0.0) for act in acts]
    return replace(
        base,
        branches={study: replace(base.branches[study], axes=axes)},
        roles={**base.roles, "act": Role.NUISANCE},
        config=tuple({**c, "act": act} for c, act in zip(base.config, acts, strict=True)),
        status=tuple(Status.INFEASIBLE if f else Status.COMPLETE for f in failed),
        cause=tuple(Cause.CRASHED if f else None for f in failed),
        value=np.where(failed, np.nan, base.value),
    )


def test_the_value_of_a_choice_that_fails_is_found(fresh_rng):
    finding = feasibility.check(with_choice(fresh_rng, "tanh")).findings[0]
    assert (finding.subject, finding.numbers["value"]) == ("act", "tanh")
    assert "they lie at act = tanh" in finding.sentence
    assert finding.numbers["share_outside"].estimate == 0


def test_a_choice_is_not_blamed_for_what_fails_anywhere(fresh_rng):
    named = 0
    for _ in range(60):
        base = with_choice(fresh_rng, None)
        failed = fresh_rng.random(60) < 0.3
        status = tuple(Status.INFEASIBLE if f else Status.COMPLETE for f in failed)
        named += feasibility.check(replace(base, status=status)).studies[0].place is not None
    assert named <= binom.ppf(1 - 1e-6, 60, failing_places.ALPHA)
