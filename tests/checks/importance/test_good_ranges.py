"""Which values are good: known surfaces, thin data, choices, and how often the optimum is inside."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.stats import binom
from surfaces import table, table_of

from tunebook.checks.importance.good_ranges import BEST, FEWEST, WIDEST, good_ranges
from tunebook.domain.formats.spelling import choice, integer, log_uniform
from tunebook.domain.space import Branch
from tunebook.report.outcome import range_text


def test_the_range_narrows_around_the_optimum_of_what_matters_and_not_around_the_rest():
    bowl = table(np.random.default_rng(1), 64, [0.3, 0.5], strength=[1.0, 0.0])
    matters, rest = good_ranges(bowl)
    low, high = matters.reach
    assert low < 0.3 < high
    assert high - low < 0.5
    assert rest.reason
    assert rest.low is None


def test_ends_are_in_the_hyperparameters_own_units_and_the_bound_is_named():
    units = (np.arange(64)[:, None] + 0.5) / 64
    edge = table_of(units, units[:, 0])
    axis = log_uniform(1e-4, 1.0)
    rows = tuple({"x0": axis.from_unit(float(u))} for u in units[:, 0])
    edge = replace(edge, config=rows, branches={"": Branch(axes={"x0": axis})})
    [found] = good_ranges(edge)
    assert found.reach == (1e-4, rows[BEST]["x0"])
    assert found.open_low and not found.open_high
    assert (found.low, found.high) == (rows[0]["x0"], rows[BEST - 1]["x0"])
    assert found.best == rows[0]["x0"]


def test_too_few_configurations_have_no_range_and_seeds_of_one_count_once():
    few = table(np.random.default_rng(2), FEWEST - 1, [0.5])
    assert str(FEWEST - 1) in good_ranges(few)[0].reason
    twice = few.take(np.repeat(np.arange(len(few)), 2))
    assert good_ranges(twice)[0].configurations == FEWEST - 1
    assert good_ranges(twice)[0].reason


def test_trials_chosen_by_results_have_no_range():
    chosen = replace(table(np.random.default_rng(2), 64, [0.5]), adaptive=True)
    assert good_ranges(chosen)[0].reason


def test_a_choice_is_narrowed_only_where_chance_does_not_explain_it():
    units = np.random.default_rng(3).random((64, 1))
    kinds = ["relu", "gelu", "tanh", "rare"]
    kind = [kinds[3] if i == 0 else kinds[i % 3] for i in range(64)]
    loss = np.array([{"relu": 0.0, "gelu": 0.0}.get(k, 1.0) for k in kind]) + 0.01 * units[:, 0]
    made = replace(
        table_of(units, loss),
        config=tuple({"act": k, "x0": float(u)} for k, u in zip(kind, units[:, 0], strict=True)),
        branches={"": Branch(axes={"act": choice(*kinds)})},
    )
    [found] = good_ranges(made)
    assert set(found.values) == {"relu", "gelu"}
    assert found.possible == ("rare",)  # one trial of it rules nothing out


def test_the_range_contains_the_true_optimum_in_95_percent_of_studies():
    inside = given = 0
    cases = (
        {"optimum": [0.15, 0.6]},
        {"optimum": [0.15, 0.85, 0.5, 0.3, 0.6], "noise_share": 0.5},
        {"optimum": [0.5], "fails_above": 0.6},
        {"optimum": [0.3, 0.6, 0.5], "shape": "flat"},
    )
    for case in cases:
        for rng in np.random.default_rng(4).spawn(60):
            [found] = good_ranges(table(rng, 48, **case), only={("", "x0")})
            if not found.reason:
                given += 1
                low, high = found.reach
                inside += low <= case["optimum"][0] <= high
                assert found.share <= WIDEST
    assert given > 120
    assert inside >= binom.ppf(1e-3, given, 0.95)


def mixed(rng):
    """A random sweep: a conditional rate, a batch size of few values and a choice, some failures."""
    n = int(rng.integers(20, 80))
    axis, few = log_uniform(1e-5, 1.0), integer(1, 4)
    cells = rng.choice(["rnn", "cnn"], size=n)
    config = tuple(
        {
            "cell": str(c),
            "lr": axis.from_unit(float(rng.random())),
            "layers": int(rng.integers(1, 5)),
            "act": str(rng.choice(["relu", "gelu", "tanh"])),
        }
        for c in cells
    )
    units = np.array([[axis.to_unit(c["lr"])] for c in config])
    best = rng.random()
    loss = (units[:, 0] - best) ** 2 + 0.1 * rng.random() * rng.normal(size=n)
    loss[rng.random(n) < 0.1] = np.nan
    branches = {
        f"cell={c}": Branch(
            axes={"lr": axis, "layers": few, "act": choice("relu", "gelu", "tanh")},
            conditions={"cell": c},
        )
        for c in ("rnn", "cnn")
    }
    return replace(
        table_of(units, loss),
        config=config,
        study=tuple(f"cell={c}" for c in cells),
        branches=branches,
    )


def test_a_good_range_holds_values_of_the_best_trials_alone():
    """Its ends, and the values of a choice, are those of the best trials; the reach is around."""
    seen = []
    for rng in np.random.default_rng(8).spawn(60):
        sweep = mixed(rng)
        for found in good_ranges(sweep):
            rows = [i for i, s in enumerate(sweep.study) if s == found.study]
            rows.sort(key=lambda i: (np.isnan(sweep.losses[i]), sweep.losses[i]))
            held = [sweep.config[i][found.hyperparameter] for i in rows[: found.chosen]]
            if found.low is not None:
                seen.append(found.hyperparameter)
                assert (found.low, found.high) == (min(held), max(held))
                assert found.reach[0] <= found.low <= found.best <= found.high <= found.reach[1]
            if found.values:
                seen.append(found.hyperparameter)
                assert set(found.values) == set(held) and not set(found.possible) & set(held)
    assert {"lr", "act"} <= set(seen)


def test_the_line_names_the_best_trials_range_before_the_wider_one():
    units = (np.arange(64)[:, None] + 0.5) / 64
    axis = log_uniform(1e-4, 1.0)
    rows = tuple({"x0": axis.from_unit(float(u))} for u in units[:, 0])
    sweep = replace(table_of(units, (units[:, 0] - 0.1) ** 2), config=rows,
                    branches={"": Branch(axes={"x0": axis})})  # fmt: skip
    [found] = good_ranges(sweep)
    first, _, second = range_text(found).partition(";")
    assert f"{BEST} best trials" in first and "bound" not in first
    assert "95 % CI" in second and "(the bound)" in second
