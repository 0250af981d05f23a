"""C9 where configurations repeat, where the space has no other hyperparameter, and in words."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest

from tunebook.checks import SPECS
from tunebook.checks.isolation import check as isolation
from tunebook.domain.design import Objective, Role
from tunebook.domain.finding import Interval, PairwiseDifference, Severity
from tunebook.domain.space import Branch, Float, Integer
from tunebook.domain.table import TrialTable
from tunebook.domain.trial import Status
from tunebook.statistics.value_pairs import cut_pair


def table(sides, *, scientific="side", axes=None, infeasible=()) -> TrialTable:
    """(value of the scientific hyperparameter, x, loss) a trial."""
    n = len(sides)
    axes = axes or {"x": Float(0.0, 1.0)}
    values = list(dict.fromkeys(s for s, _, _ in sides))
    failed = np.isin(np.arange(n), list(infeasible))
    return TrialTable(
        objective=Objective("loss"),
        name=tuple(f"1.{i}" for i in range(n)),
        study=tuple(f"{scientific}={s}" for s, _, _ in sides),
        config=tuple({scientific: s, "x": x} for s, x, _ in sides),
        seed=tuple(range(n)),
        status=tuple(Status.INFEASIBLE if f else Status.COMPLETE for f in failed),
        cause=(None,) * n,
        seconds=np.ones(n),
        value=np.where(failed, np.nan, [y for _, _, y in sides]),
        branches={
            f"{scientific}={v}": Branch(conditions={scientific: v}, axes=axes) for v in values
        },
        roles={scientific: Role.SCIENTIFIC, "x": Role.NUISANCE},
    )


def study(rng, side, height, trials=30, noise=0.02):
    x = rng.random(trials)
    return [(side, float(u), float(height + (u - 0.5) ** 2 + noise * rng.normal())) for u in x]


def test_reruns_of_the_best_are_no_draws_of_a_study():
    """Ten seeds at one configuration count once, with their mean: else luck would win."""
    rng = np.random.default_rng(0)
    rows = study(rng, "a", 0.0) + study(rng, "b", 0.0)
    lucky = [("a", 0.5, float(0.05 * rng.normal())) for _ in range(50)]
    result = isolation.check(table(rows + lucky))
    a, b = result.hyperparameters[0].values
    assert (a.trials, b.trials) == (80, 30)
    assert not result.hyperparameters[0].pairs[0].significant
    assert abs(a.best.estimate - b.best.estimate) < 0.06


@pytest.mark.parametrize(("shift", "told"), [(0.0, False), (0.5, True)])
def test_one_configuration_a_side_is_compared_by_its_mean(shift, told):
    rng = np.random.default_rng(1)
    rows = [
        (s, 0.5, float(h + 0.1 * rng.normal()))
        for s, h in (("a", 0.0), ("b", shift))
        for _ in range(8)
    ]
    pair = isolation.check(table(rows)).hyperparameters[0].pairs[0]
    assert pair.significant is told
    means = [np.mean([y for s, _, y in rows if s == side]) for side in "ab"]
    assert pair.difference == pytest.approx(means[0] - means[1])


def test_a_value_that_hardly_works_is_said_and_the_others_are_compared():
    rng = np.random.default_rng(0)
    rows = study(rng, "a", 0.0) + study(rng, "b", 1.0) + study(rng, "c", 0.0)
    result = isolation.check(table(rows, infeasible=range(62, 90)))
    (finding,) = result.findings
    assert finding.severity is Severity.WARNING
    assert "a is better than b" in finding.sentence
    assert "Not enough evidence on side=c (2 of 30 trials complete)" in finding.sentence
    assert [p.significant for p in finding.numbers["pairs"]] == [True, False, False]


def test_what_can_not_be_told_apart_says_what_would_settle_it():
    rng = np.random.default_rng(3)
    result = isolation.check(table(study(rng, "a", 0.0) + study(rng, "b", 0.005)))
    assert "No significant difference" in result.findings[0].sentence
    assert "each of the two needs about" in result.findings[0].sentence


def test_a_value_alone_has_nothing_to_compare_with():
    result = isolation.check(table(study(np.random.default_rng(0), "a", 0.0)))
    assert "nothing to compare" in result.findings[0].sentence


def test_few_integers_are_compared_one_by_one_and_many_in_slices():
    rng = np.random.default_rng(0)
    rows = [(int(k), x, y) for k in range(1, 5) for _, x, y in study(rng, "", 0.3 * (k - 2) ** 2)]
    whole = table(rows, scientific="layers")
    branch = Branch(axes={"layers": Integer(1, 4), "x": Float(0.0, 1.0)})
    whole = replace(whole, study=("",) * len(whole), branches={"": branch})
    found = isolation.check(whole).hyperparameters[0]
    assert [v.value for v in found.values] == [1, 2, 3, 4]
    many = replace(
        whole, config=tuple({**c, "layers": i % 60 + 1} for i, c in enumerate(whole.config))
    )
    branch = Branch(axes={"layers": Integer(1, 60), "x": Float(0.0, 1.0)})
    sliced = isolation.check(replace(many, branches={"": branch})).hyperparameters[0]
    assert [s.ends for s in sliced.values] == [(1, 15), (16, 30), (31, 45), (46, 60)]
    assert len(sliced.pairs) == 6


def test_the_same_table_gives_the_same_answer_whatever_the_seed():
    made = table(
        study(np.random.default_rng(0), "a", 0.0) + study(np.random.default_rng(1), "b", 0.1)
    )
    first, again = (isolation.check(made, seed=s).findings[0] for s in (0, 1))
    assert first == again


def test_published_optimizers_that_are_too_close_to_call(shared_data):
    for problem in ("fmnist_2c2d", "cifar10_3c3d"):
        sweep = TrialTable.from_csv(
            shared_data / "deepobs" / f"{problem}-trials.csv.gz",
            shared_data / "deepobs" / f"{problem}-curves.csv.gz",
            objective="maximize:test_accuracy",
            hyperparameters=["lr"],
            scientific=["optimizer"],
            reduce="last",
        )
        start = time.process_time()
        result = isolation.check(sweep)
        assert time.process_time() - start < 5
        assert not any(p.significant for p in result.hyperparameters[0].pairs)


@pytest.mark.parametrize(
    ("metric", "direction", "bound"), [("accuracy", "maximize", 1.0), ("error", "minimize", 0.0)]
)
def test_estimates_end_at_what_the_metric_can_reach_and_verdicts_stay(metric, direction, bound):
    """Curved responses close to the bound, whose intervals pass it as long as it is not known."""
    passed = 0
    for seed in (2, 3, 5):
        rng = np.random.default_rng(seed)
        rows = [
            (side, u, min(1.0, height - 2 * abs(u - 0.5) + 0.05 * float(rng.normal())))
            for side, height in (("a", 0.985), ("b", 0.97))
            for u in rng.random(16).tolist()
        ]
        sign = 1 if direction == "maximize" else -1
        made = table([(side, u, bound + sign * (v - 1.0)) for side, u, v in rows])
        before, after = (
            isolation.check(replace(made, objective=Objective(name, direction))).hyperparameters[0]
            for name in ("score", metric)
        )
        ends = [e for v in after.values for e in (v.best.estimate, v.best.low, v.best.high)]
        assert max(sign * e for e in ends) <= sign * bound
        (pair,), (a, b) = after.pairs, after.values
        worst = [v.best.low if sign > 0 else v.best.high for v in (a, b)]
        ends = sorted((bound - worst[1], worst[0] - bound))
        assert ends[0] - 1e-12 <= pair.low <= pair.difference <= pair.high <= ends[1] + 1e-12
        assert [p.significant for p in after.pairs] == [p.significant for p in before.pairs]
        passed += any(
            max(sign * v.best.low, sign * v.best.high) > sign * bound for v in before.values
        )
    assert passed == 3


def test_a_pair_beyond_the_bound_keeps_its_verdict():
    pair = PairwiseDifference(a="x", b="y", difference=0.3, low=0.2, high=0.4, significant=True)
    ends = {"x": Interval(1.0, 1.0, 1.0), "y": Interval(0.9, 0.85, 0.95)}
    cut = cut_pair(pair, ends, Objective("accuracy", "maximize"), 1.0)
    assert (cut.low, cut.difference, cut.high) == pytest.approx((0.15, 0.15, 0.15))
    assert cut.significant
    ends["y"] = Interval(1.0, 1.0, 1.0)
    assert cut_pair(pair, ends, Objective("accuracy", "maximize"), 1.0) == pair


def test_the_finding_says_how_values_were_compared():
    rng = np.random.default_rng(0)
    fitted = isolation.check(table(study(rng, "a", 0.0) + study(rng, "b", 0.5))).findings[0]
    assert "model fit" in fitted.sentence
    few = [(s, float(u), float(u + d)) for s, d in (("a", 0), ("b", 3)) for u in rng.random(5)]
    assert "subsamples" in isolation.check(table(few)).findings[0].sentence
    lone = [(s, 0.5, float(d + rng.normal())) for s, d in (("a", 0), ("b", 9)) for _ in range(5)]
    assert "over seeds" in isolation.check(table(lone)).findings[0].sentence
    assert all(word in SPECS["C9"].method for word in ("seeds", "decision"))
