"""G2: a more general optimizer that lost to a special case is flagged, and no other is."""

from __future__ import annotations

from dataclasses import replace

import isolation as measured
import numpy as np
import pytest
from scipy.stats import binom

from integrations import digits
from tunebook.book.notebook import Book
from tunebook.checks.included_optimizers.check import known, lost_to_included
from tunebook.checks.isolation import check as isolation
from tunebook.domain.design import Direction, Objective
from tunebook.domain.finding import Finding, Interval, NotApplicable, PairwiseDifference, Severity
from tunebook.domain.formats.spelling import choice, minimize, per
from tunebook.domain.optimizers.catalogue import OPTIMIZERS
from tunebook.domain.optimizers.spaces import optimizer_space

ERROR = Objective("error")
ACCURACY = Objective("accuracy", Direction.MAXIMIZE)


def c9(*pairs: tuple) -> Finding:
    made = tuple(
        PairwiseDifference(a=a, b=b, difference=d, low=d - 0.01, high=d + 0.01, significant=abs(d) > 0.01)
        for a, b, d in pairs
    )  # fmt: skip
    return Finding(
        check="C9",
        severity=Severity.NOTE,
        subject="optimizer",
        numbers={"pairs": made},
        sentence=".",
    )


@pytest.mark.parametrize(
    ("pair", "objective", "flagged"),
    [
        (("adam", "momentum", 0.05), ERROR, "adam"),
        (("momentum", "adam", -0.05), ERROR, "adam"),
        (("adam", "momentum", -0.05), ACCURACY, "adam"),
        (("SGD", "NAdam", 0.05), ACCURACY, "NAdam"),
        (("adam", "momentum", -0.05), ERROR, None),  # the general one won
        (("adam", "momentum", 0.005), ERROR, None),  # not told apart
        (("momentum", "nesterov", 0.05), ERROR, None),  # neither includes the other
        (("adam", "nesterov", 0.05), ERROR, None),
        (("lion", "mine", 0.05), ERROR, None),  # not of the catalogue
    ],
)
def test_only_a_general_optimizers_loss_is_flagged(pair, objective, flagged):
    found = lost_to_included([c9(pair)], objective)
    assert [f.subject for f in found] == ([] if flagged is None else [f"optimizer={flagged}"])
    for finding in found:
        assert (finding.check, finding.severity) == ("G2", Severity.WARNING)
        by = finding.numbers["worse_by"]
        assert by == Interval(pytest.approx(0.05), pytest.approx(0.04), pytest.approx(0.06))


def test_other_hyperparameters_are_no_optimizers():
    assert lost_to_included([c9(("relu", "gelu", 0.05), (1, 2, 0.05))], ERROR) == ()
    assert known("SGD-momentum") == "momentum" and known("adamax") is None and known(3) is None


ROUND = {"trials": 96, "max_train_steps": 250, "seed": 1}


@pytest.fixture(scope="module")
def rates():
    """Training that was done is not done again: the error by configuration."""
    return {}


def compared(tmp_path, adam, rates):
    """A real round on digits: momentum, tuned, against Adam in this space."""

    def train(trial):
        config = dict(trial.config)
        key = tuple(sorted(config.items()))
        if key not in rates:
            rates[key] = digits.torch_error(config, steps=trial.max_train_steps)
        trial.report(trial.max_train_steps - 1, {"valid/error": rates[key]})

    momentum = optimizer_space("momentum", trials=20)
    names = dict.fromkeys([*momentum, *adam])
    nuisance = {
        n: per(
            "optimizer", {o: s[n] for o, s in (("momentum", momentum), ("adam", adam)) if n in s}
        )
        for n in names
    }
    with Book(tmp_path / "g.db", objective=minimize("valid/error")) as book:
        asked = book.round(
            "Momentum or Adam?", scientific={"optimizer": choice("momentum", "adam")},
            nuisance=nuisance, **ROUND,
        )  # fmt: skip
        asked.run(train, workers=0, progress=False)
        return asked.findings().findings


@pytest.mark.slow
def test_adam_with_epsilon_pinned_badly_is_flagged_and_in_the_open_space_is_not(tmp_path, rates):
    """Choi et al.: what an optimizer is allowed to tune turns the verdict around."""
    usual = OPTIMIZERS["adam"].tunables[0].axis
    pinned = {"learning_rate": usual, "epsilon": choice(10.0)}
    (tmp_path / "a").mkdir(), (tmp_path / "b").mkdir()
    told = [f for f in compared(tmp_path / "a", pinned, rates) if f.check == "G2"]
    assert [f.subject for f in told] == ["optimizer=adam"]
    assert "inclusive=True" in told[0].sentence
    opened = optimizer_space("adam", trials=48, inclusive=True)
    told = compared(tmp_path / "b", opened, rates)
    assert not [f for f in told if f.check == "G2"]
    # And not for want of evidence: the two end alike.
    ((pair,),) = [f.numbers["pairs"] for f in told if f.check == "C9"]
    assert abs(pair.difference) < 0.1 and pair.high - pair.low < 0.3


NAMES = {0: "momentum", 1: "adam"}


def flags(shift: float, trials: int, repeats: int, rng) -> int:
    """Rounds of Adam and momentum, Adam worse by `shift`, in which Adam is flagged."""
    raised = 0
    for each in rng.spawn(repeats):
        made = measured.compared(each, trials, 2, shift=shift)
        result = isolation.check(made)
        for finding in () if isinstance(result, NotApplicable) else result.findings:
            pairs = finding.numbers.get("pairs", ())
            named = tuple(replace(p, a=NAMES[p.a], b=NAMES[p.b]) for p in pairs)
            told = replace(finding, numbers={"pairs": named})
            raised += bool(lost_to_included([told], made.objective))
    return raised


@pytest.mark.slow
def test_alike_optimizers_are_flagged_no_oftener_than_c9_errs(fresh_rng):
    assert flags(0.0, 32, 60, fresh_rng) <= binom.ppf(1 - 1e-6, 60, isolation.ALPHA)


@pytest.mark.slow
def test_a_worse_general_optimizer_is_flagged(fresh_rng):
    assert flags(0.3, 64, 40, fresh_rng) >= binom.ppf(1e-6, 40, 0.99)
    assert flags(-0.3, 64, 10, fresh_rng) == 0


def test_a_few_rounds_of_a_fixed_seed():
    """C9 tells 99 % of these apart: fewer than 6 of 8 are flagged at one seed in ten thousand."""
    rng = np.random.default_rng(2)
    assert flags(0.3, 64, 8, rng) >= 6
    assert flags(-0.3, 64, 2, rng) == 0


def test_thin_data_flags_nothing(fresh_rng):
    assert flags(1.0, 3, 10, fresh_rng) == 0
