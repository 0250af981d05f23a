"""C1 as a claim: nothing to find, a planted effect, thin data; and what it proposes."""

from __future__ import annotations

import re
from dataclasses import replace

import boundaries as measured
import numpy as np
import pytest
from scipy.stats import binom
from surfaces import Failing, table

from sizes import some_slow
from tunebook.checks.boundaries import check as boundaries
from tunebook.domain.finding import NotApplicable, RemedyKind, Severity
from tunebook.domain.space import Branch, Choice, Float, Integer, Scale

REPEATS = 16
WORST = 0.05
"""docs/claims/boundaries.md: the worst case is measured below it."""


QUICK = (
    "no axis matters, 2 axes",
    "bowl, 2 axes, best at 0.15",
    "cusp, 2 axes",
    "flat bottom, 3 axes",
    "first fails above 0.6, best at 0.5",
)


@pytest.mark.parametrize("case", some_slow(measured.NOTHING, QUICK))
def test_false_alarms(case, fresh_rng):
    seed = int(fresh_rng.integers(2**32))
    found = measured.counts(measured.NOTHING[case], 32, REPEATS, seed).anywhere
    assert found <= binom.ppf(1 - 1e-6, REPEATS, WORST)


@pytest.mark.parametrize(
    ("case", "share"),
    some_slow(
        [
            ("bowl, 2 axes", 0.95), ("bowl, 5 axes", 0.95), ("cone, 5 axes", 0.9),
            ("cusp, 5 axes", 0.8),
        ],
        [("bowl, 2 axes", 0.95), ("cone, 5 axes", 0.9)],
    ),
)  # fmt: skip
def test_power(case, share, fresh_rng):
    seed = int(fresh_rng.integers(2**32))
    there = measured.counts(measured.CUT_OFF[case], 64, REPEATS, seed).there
    assert there >= binom.ppf(1e-6, REPEATS, share)


def test_of_many_hyperparameters_those_that_matter_are_judged():
    made = table(np.random.default_rng(4), 128, [1.3] + [0.5] * 59, strength=[1.0] + [0.0] * 59)
    result = boundaries.check(made)
    assert len(result.axes) == 60
    assert [f.subject for f in result.findings if f.severity is Severity.WARNING] == ["x0"]
    notes = [f.numbers for f in result.findings if f.severity is Severity.NOTE]
    assert [n["not_judged"] for n in notes if "not_judged" in n] == [44]
    passed = len([f for f in result.findings if f.severity is Severity.PASS])
    assert passed + sum(n.get("open", 0) for n in notes) == 15 and passed >= 8


@pytest.mark.level(2)
@pytest.mark.parametrize("trials", measured.SIZES)
@pytest.mark.parametrize("case", measured.NOTHING)
def test_false_alarms_at_full_size(case, trials, fresh_rng):
    seed = int(fresh_rng.integers(2**32))
    found = measured.counts(measured.NOTHING[case], trials, 400, seed).anywhere
    assert found <= binom.ppf(1 - 1e-6, 400, WORST)


def test_thin_data_says_what_would_do(fresh_rng):
    result = boundaries.check(table(fresh_rng, 8, [1.5, 0.5]))
    assert isinstance(result, NotApplicable)
    assert "8 complete trials" in result.reason
    assert "32 complete trials (10 where" in result.needs


def test_the_number_of_trials_that_is_asked_for_is_one(fresh_rng):
    """A note and what is needed to say anything name the same number."""
    thin = boundaries.check(table(fresh_rng, 8, [0.5])).needs
    made = table(np.random.default_rng(1), 12, [0.9], noise=0.3)
    note = next(f for f in boundaries.check(made).findings if not f.settled)
    wanted = 12 + int(re.search(r"run (\d+) more", note.sentence)[1])
    assert wanted == boundaries.CERTAIN
    assert f"{wanted} complete trials" in thin and f"{wanted} complete trials" in note.sentence


def test_a_small_p_value_is_not_shown_where_there_is_not_enough_evidence():
    rng, notes = np.random.default_rng(2), []
    for _ in range(20):
        made = table(rng, 12, [1.2])
        result = boundaries.check(made)
        small = min(s.p_value for s in result.axes[0].sides) < 0.05
        notes += [f for f in result.findings if not f.settled and small]
    assert len(notes) > 3
    assert not any(f.numbers.get("p_value", 1.0) < 0.05 or "(p = 0.0" in f.sentence for f in notes)


def test_an_end_that_can_not_be_widened_needs_no_judgement():
    """Dropout's low end is 0: best values there ask for no trials, and the other end passes."""
    rng = np.random.default_rng(3)
    made = table(rng, 40, [0.05], noise=0.01)
    (said,) = boundaries.check(made).findings
    assert said.severity is Severity.PASS
    assert "high end" in said.sentence and "can't be widened" in said.sentence
    moved = {"": Branch(axes={"x0": Float(-1.0, 1.0)})}
    shifted = tuple({"x0": 2 * c["x0"] - 1} for c in made.config)
    open_ = boundaries.check(replace(made, branches=moved, config=shifted)).findings
    assert not any(f.severity is Severity.PASS for f in open_)


def cut_off(rng, **more):
    return boundaries.check(table(rng, 64, [1.5, 0.5], **more))


def test_an_alarm_names_the_side_and_proposes_a_range(fresh_rng):
    result = cut_off(fresh_rng)
    alarm = next(f for f in result.findings if f.severity is Severity.WARNING)
    assert (alarm.subject, alarm.numbers["side"]) == ("x0", "high")
    assert alarm.remedy.kind is RemedyKind.WIDEN
    assert alarm.remedy.values["low"] == 0.0
    assert alarm.remedy.values["high"] == 1.5
    assert set(alarm.trials) <= set(result.axes[0].trials)


def test_axes_that_pass_are_said_to_have_been_looked_at(fresh_rng):
    result = cut_off(fresh_rng)
    assert [f.subject for f in result.findings if f.severity is Severity.PASS] == ["x1"]


def test_one_axis_is_not_widened_because_another_is_too_short(fresh_rng):
    """Where the first axis is small more of the second helps, but not at the best."""
    rng, alarms = fresh_rng, 0
    for _ in range(40):
        made = table(rng, 40, [0.5, 0.5], strength=[0, 0], ridge=True, noise=0.02)
        readings = {a.hyperparameter: a for a in boundaries.check(made).axes}
        alarms += any(side.alarm for side in readings["x1"].sides)
    assert alarms <= binom.ppf(1 - 1e-6, 40, 0.05)


def test_a_side_that_fails_is_not_widened(fresh_rng):
    result = boundaries.check(table(fresh_rng, 128, [1.2, 0.5], fails_above=0.85, noise=0.01))
    first = next(axis for axis in result.axes if axis.hyperparameter == "x0")
    assert not any(side.alarm for side in first.sides)


def test_infeasible_trials_are_kept_for_the_picture(fresh_rng):
    result = boundaries.check(table(fresh_rng, 40, [0.5, 0.5], fails_above=0.7))
    axis = result.axes[0]
    assert axis.infeasible.sum() == (axis.units > 0.7).sum()
    assert np.isnan(axis.objective_values[axis.infeasible]).all()


def test_a_choice_has_no_boundary(fresh_rng):
    base = table(fresh_rng, 40, [0.5])
    config = tuple({**c, "kind": ("a", "b")[i % 2]} for i, c in enumerate(base.config))
    branch = Branch(axes={**base.branches[""].axes, "kind": Choice(("a", "b"))})
    result = boundaries.check(replace(base, config=config, branches={"": branch}))
    assert [a.sides for a in result.axes if a.hyperparameter == "kind"] == [()]
    assert {f.subject for f in result.findings} == {"x0"}


def test_conditional_hyperparameters_are_named_with_their_branch(fresh_rng):
    base = table(fresh_rng, 64, [1.5])
    branch = Branch(conditions={"optimizer": "adam"}, axes=base.branches[""].axes)
    moved = replace(base, study=("adam",) * 64, branches={"adam": branch})
    alarm = boundaries.check(moved).findings[0]
    assert alarm.subject == "x0[optimizer=adam]"
    assert dict(alarm.remedy.conditions) == {"optimizer": "adam"}


def test_a_space_of_choices_alone_has_no_boundary(fresh_rng):
    base = table(fresh_rng, 24, [0.5])
    config = tuple({"kind": ("a", "b")[i % 2]} for i in range(24))
    branch = Branch(axes={"kind": Choice(("a", "b"))})
    result = boundaries.check(replace(base, config=config, branches={"": branch}))
    assert isinstance(result, NotApplicable)
    assert "choice" in result.reason and "range" in result.needs


EDGE = [
    (64, 0.000469, 64, 1000, 5, 0.15184),
    (64, 0.00028, 64, 10000, 5, 0.15216),
    (64, 0.000418, 128, 10000, 2, 0.15245),
    (64, 0.000386, 64, 1000, 2, 0.15177),
    (64, 0.000302, 128, 1000, 5, 0.15358),
    (64, 0.000262, 32, 1000, 2, 0.15056),
    (64, 0.000347, 32, 1000, 5, 0.15131),
    (64, 0.000286, 64, 10000, 3, 0.14812),
    (16, 0.000247, 128, 1000, 4, 0.1605),
    (64, 0.000453, 128, 1000, 4, 0.14759),
    (64, 0.000245, 128, 10000, 2, 0.15307),
    (64, 0.000474, 128, 1000, 4, 0.14849),
    (64, 0.000273, 32, 10000, 4, 0.15189),
    (48, 0.000276, 64, 10000, 3, 0.1556),
    (64, 0.000397, 32, 1000, 2, 0.15272),
    (16, 0.00029, 32, 10000, 4, 0.16473),
    (16, 0.000451, 128, 10000, 3, 0.16329),
    (64, 0.000322, 32, 1000, 4, 0.15358),
    (48, 0.000415, 32, 1000, 2, 0.15533),
    (64, 0.000246, 128, 10000, 3, 0.14961),
    (64, 0.000494, 32, 1000, 2, 0.1532),
    (64, 0.000397, 32, 10000, 4, 0.15094),
]
"""Width, rate, window, period, layers and loss: the best 17 of 22 have the largest width."""


def test_best_trials_at_an_edge_that_is_not_proven_are_no_pass(fresh_rng):
    names = ("x0", "rate", "window", "period", "layers")
    axes = {"x0": Integer(16, 64), "rate": Float(2.45e-4, 4.94e-4), "window": Integer(32, 128),
            "period": Integer(1000, 10000), "layers": Integer(2, 5)}  # fmt: skip
    made = replace(
        table(fresh_rng, 22, [0.5] * 5),
        config=tuple(dict(zip(names, row[:5], strict=True)) for row in EDGE),
        branches={"": Branch(axes=axes)},
        value=np.array([row[5] for row in EDGE]),
    )
    (said,) = boundaries.check(made).findings
    assert said.severity is Severity.NOTE and said.remedy is None
    assert (said.numbers["trials"], said.numbers["best_near_edge"]) == (22, 17)
    assert said.numbers["hyperparameter"] == "x0"
    assert "(22 trials)" in said.sentence and "17" in said.sentence and "64" in said.sentence


@pytest.mark.parametrize(
    ("axes", "trials"),
    some_slow([(1, 16), (2, 24), (2, 32), (5, 32), (8, 64)], [(1, 16), (2, 24), (2, 32), (5, 32)]),
)
def test_a_pass_is_said_only_where_an_alarm_was_possible(axes, trials):
    """The same trials on a response whose best is a quarter outside raise an alarm."""
    rng, passed, told = np.random.default_rng(axes + trials), 0, 0
    for _ in range(2):
        made = table(rng, trials, [0.5] * axes, noise_share=0.1)
        said = [f for f in boundaries.check(made).findings if f.severity is Severity.PASS]
        for name in [f.subject for f in said][:3]:
            u = np.array([c[name] for c in made.config])
            moved = made.value + (u - 1.25) ** 2 - (u - 0.5) ** 2
            again = boundaries.check(replace(made, value=moved))
            passed += 1
            told += name in {f.subject for f in again.findings if f.severity is Severity.WARNING}
    assert passed and told == passed


FAILING = (
    "30% diverge beyond a value",
    "45% at chance by a combination",
    "60% diverge by a combination",
)


@pytest.mark.parametrize("case", some_slow(measured.FAILING, FAILING))
def test_an_edge_is_seen_where_many_trials_fail(case, fresh_rng):
    make = measured.failing(measured.FAILING[case], measured.OUT_6)
    found = measured.counts(make, 128, REPEATS, int(fresh_rng.integers(2**32)))
    assert found.there >= binom.ppf(1e-6, REPEATS, 0.6 if case.startswith("60%") else 0.75)
    assert found.passed <= binom.ppf(1 - 1e-6, REPEATS, WORST)


@pytest.mark.parametrize("case", some_slow(measured.FAILING, FAILING))
def test_no_false_alarm_where_many_trials_fail(case, fresh_rng):
    make = measured.failing(measured.FAILING[case], measured.IN_6)
    found = measured.counts(make, 128, REPEATS, int(fresh_rng.integers(2**32)))
    assert found.anywhere <= binom.ppf(1 - 1e-6, REPEATS, WORST)


def test_an_explosion_is_no_part_of_the_response(fresh_rng):
    """Nearly half of the trials end with huge losses of any size; the edge is seen all the same."""
    alarms = 0
    for _ in range(8):
        made = table(fresh_rng, 128, [1.25] + [0.5] * 3, noise_share=0.1)
        exploded = np.array([c["x1"] > 0.55 for c in made.config])
        huge = 10 ** fresh_rng.uniform(1, 9, 128)
        axes = boundaries.check(replace(made, value=np.where(exploded, huge, made.value))).axes
        alarms += axes[0].sides[1].alarm
        assert not any(s.alarm for a in axes[1:] for s in a.sides)
    assert alarms >= 6


@pytest.mark.parametrize("at_chance", [False, True])
def test_an_edge_at_which_trials_fail_is_not_widened(at_chance, fresh_rng):
    """Losses fall towards the high end of the second hyperparameter, and then trials fail."""
    for _ in range(4):
        made = table(
            fresh_rng,
            128,
            [0.5, 1.5, 0.5],
            failing=Failing(0.3, combined=False, at_chance=at_chance),
        )
        axes = {a.hyperparameter: a for a in boundaries.check(made).axes}
        assert not any(s.alarm for s in axes["x1"].sides)


def test_a_note_says_how_many_trials_were_no_part_of_the_response():
    made = table(np.random.default_rng(3), 40, [0.9] * 3, noise_share=1.0)
    stuck = np.array([c["x1"] > 0.4 for c in made.config])
    made = replace(made, value=np.where(stuck, made.value.max() + 1, made.value))
    note = next(f for f in boundaries.check(made).findings if not f.settled)
    assert note.numbers["trials"] == 40 - stuck.sum() and "of 40" in note.sentence


def test_where_nothing_matters_nothing_passes(fresh_rng):
    """Left-out trials are not foretold, so that no edge can be judged."""
    passed = [
        f.subject
        for _ in range(20)
        for f in boundaries.check(table(fresh_rng, 32, [0.5] * 3, strength=[0] * 3)).findings
        if f.severity is Severity.PASS
    ]
    assert len(passed) <= binom.ppf(1 - 1e-6, 60, 0.25)


@pytest.mark.parametrize(
    ("axis", "side", "proposed"),
    [
        (Float(1e-4, 1e-2, Scale.LOG), "high", 0.1),
        (Float(1e-4, 1e-2, Scale.LOG), "low", 1e-5),
        (Float(0.9, 0.99, Scale.NEAR_ONE), "high", 0.995),
        (Float(0.0, 0.4), "low", None),
        (Float(0.1, 0.5), "high", 0.7),
        (Integer(1, 4), "high", 6),
        (Integer(8, 128, Scale.LOG), "high", 512),
        (Integer(0, 4), "low", None),
    ],
)
def test_proposed_bounds_are_numbers_that_people_write(axis, side, proposed):
    assert boundaries._wider(axis, side) == proposed


def test_the_same_table_gives_the_same_result(fresh_rng):
    made = table(fresh_rng, 40, [0.3, 0.6])
    first, second = boundaries.check(made), boundaries.check(made)
    assert first.findings == second.findings


def test_published_studies(shared_data):
    """ConvNeXt (opda) crowds the upper edge of epochs and not of the learning rate; DeBERTa's
    learning rate is inside."""
    from tunebook.domain.table import TrialTable

    def sides(name, objective, hyperparameters):
        whole = TrialTable.from_csv(
            shared_data / "opda" / f"{name}-trials.csv.gz",
            objective=objective,
            hyperparameters=hyperparameters,
        )
        axes = boundaries.check(whole).axes
        return axes, {(a.hyperparameter, s.side) for a in axes for s in a.sides if s.alarm}

    axes, alarms = sides(
        "convnext",
        "maximize:best_top_1",
        [
            "epochs",
            "lr",
            "momentum",
            "weight_decay",
            "label_smoothing",
            "batch_size",
            "lr_peak_epoch",
        ],
    )
    assert alarms == {("epochs", "high")}
    assert axes[0].infeasible.sum() == 224
    _, alarms = sides(
        "deberta-base",
        "maximize:best_matched",
        ["learning_rate", "train_batch_size", "num_train_epochs", "warmup_steps", "cls_drop_out"],
    )
    assert not alarms
