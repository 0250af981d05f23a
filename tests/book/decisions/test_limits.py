"""What running and deciding may be told, before anything is started (D1)."""

from __future__ import annotations

import pytest

from tunebook.domain.errors import DesignError


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"workers": -1}, "workers is a whole number of at least 0; got -1"),
        ({"workers": "2"}, "workers is a whole number"),
        ({"workers": 1.5}, "workers is a whole number"),
        ({"memory_limit_mb": -1}, "memory_limit_mb is a whole number of at least 1"),
        ({"time_budget_s": -5}, "time_budget_s is above 0"),
        ({"time_budget_s": float("nan")}, "time_budget_s is above 0"),
        ({"time_budget_s": "1h"}, "time_budget_s is a number"),
    ],
)
def test_a_run_is_refused_before_any_training(book, rates, train, more, said):
    made = book.round("Which rate?", nuisance=rates, trials=4, max_train_steps=40)
    with pytest.raises(DesignError, match=said) as caught:
        made.run(train, progress=False, **more)
    assert caught.value.next_step and made.trials == ()


@pytest.mark.parametrize("rate", [0, 1, 2, -0.1, float("nan"), "5%"])
def test_an_error_rate_is_a_chance(launched, train, rate):
    with pytest.raises(DesignError, match="error_rate is a"):
        launched.rounds[0].decide(train, error_rate=rate, progress=False)
    assert len(launched.decisions) == 1
