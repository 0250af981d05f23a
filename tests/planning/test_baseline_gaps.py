"""What a launched baseline lacks in a round that varies other hyperparameters."""

from __future__ import annotations

import pytest

from tunebook.domain.design import Round
from tunebook.domain.formats.spelling import choice, log_uniform, per
from tunebook.planning.baseline_gaps import completed, lacking

RATES = {"lr": log_uniform(1e-3, 1)}
CLIP = {"clip": choice(0.0, 1.0)}
OPTIMIZERS = {"optimizer": choice("sgd", "adam")}
MOMENTUM = {"momentum": per("optimizer", sgd=log_uniform(0.5, 0.9))}


def plan(scientific=None, nuisance=None, fixed=None):
    return Round(goal="?", scientific=scientific or {}, nuisance=nuisance or {},
                 fixed=fixed or {}, trials=8, max_train_steps=10)  # fmt: skip


@pytest.mark.parametrize(
    ("round_", "baseline", "missing"),
    [
        (plan(CLIP, RATES), {"lr": 0.1}, ("clip",)),
        (plan(CLIP, RATES), {"lr": 0.1, "clip": 0.0}, ()),
        (plan({}, {**RATES, "decay": log_uniform(1e-6, 0.1)}), {"lr": 0.1}, ("decay",)),
        (plan({}, RATES, {"width": 64}), {"lr": 0.1}, ()),  # held fixed: the baseline gets it
        (plan(OPTIMIZERS, {**RATES, **MOMENTUM}), {"lr": 0.1}, ("optimizer",)),
        (plan(OPTIMIZERS, {**RATES, **MOMENTUM}), {"lr": 0.1, "optimizer": "adam"}, ()),
        (plan(OPTIMIZERS, {**RATES, **MOMENTUM}), {"lr": 0.1, "optimizer": "sgd"}, ("momentum",)),
        (plan(OPTIMIZERS, {**RATES, **MOMENTUM}), {"lr": 0.1, "optimizer": "lion"}, ()),
        (plan({}, RATES), {"lr": 0.1, "unused": 1}, ()),
    ],
)
def test_what_every_trial_has_and_the_baseline_does_not(round_, baseline, missing):
    assert lacking(round_, baseline) == missing


def test_the_baseline_takes_what_the_round_holds_fixed_and_keeps_its_own():
    asked = plan({}, RATES, {"width": 64, "depth": 2})
    assert completed(asked, {"lr": 0.1, "width": 32}) == {"lr": 0.1, "width": 32, "depth": 2}
