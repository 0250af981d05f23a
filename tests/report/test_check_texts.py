from dataclasses import replace

import pytest

from tunebook.checks import SPECS
from tunebook.domain.finding import (
    Finding,
    Interval,
    PairwiseDifference,
    Remedy,
    RemedyKind,
    Severity,
)
from tunebook.report.check_texts import (
    REMEDY_LABELS,
    check_text,
    numbers_texts,
    remedy_text,
)


def finding(numbers=(), remedy=None):
    return Finding(
        check="C9",
        severity=Severity.NOTE,
        subject="x",
        numbers=dict(numbers),
        sentence="",
        remedy=remedy,
    )


def test_every_check_and_every_remedy_has_words():
    assert all(check_text(i) is spec for i, spec in SPECS.items())
    assert set(REMEDY_LABELS) == set(RemedyKind)
    assert check_text("Z1").method == ""


def test_numbers_carry_their_intervals_and_pairs_their_verdict():
    pair = PairwiseDifference(
        a="nesterov", b="adam", difference=-0.0007, low=-0.015, high=0.014, significant=False
    )
    numbers = {"low_seeds": Interval(0.02, 0.01, 0.03, 0.9), "trials": 6, "pairs": (pair,)}
    assert numbers_texts(finding(numbers)) == [
        ("seeds, low end", "0.020 (0.010 to 0.030), 90 %"),
        ("trials", "6"),
        ("nesterov minus adam", "−0.001 (−0.015 to 0.014), no significant difference"),
    ]


def test_of_many_pairs_those_told_apart_are_written_first_and_the_others_counted():
    pairs = tuple(
        PairwiseDifference(a=f"v{i}", b="best", difference=1, low=0, high=2, significant=i == 99)
        for i in range(100)
    )
    lines = numbers_texts(finding({"pairs": pairs}))
    assert lines[0][0] == "v99 minus best"
    assert (len(lines), lines[-1]) == (13, ("and more pairs", "88"))


@pytest.mark.parametrize(
    ("remedy", "text"),
    [
        (None, ""),
        (
            Remedy(
                kind=RemedyKind.WIDEN,
                subject="lr",
                conditions={"optimizer": "adam"},
                values={"low": 1e-4, "high": 1.0, "scale": "near_one"},
                because="it is cut off",
            ),
            "Widen the range of lr[optimizer=adam]: 1e-4 to 1, log of 1 − x, "
            "because it is cut off",
        ),
        (
            Remedy(kind=RemedyKind.TRAIN_LONGER, values={"max_train_steps": 3000}),
            "Train longer: max_train_steps 3000",
        ),
        (
            Remedy(kind=RemedyKind.FIX, subject="momentum", values={"value": 0.9}),
            "Fix momentum at 0.9",
        ),
        (
            Remedy(kind=RemedyKind.TRAIN_LONGER, subject="epochs", values={"epochs": 150}),
            "Train longer: epochs 150",
        ),
        (
            Remedy(
                kind=RemedyKind.REPARAMETRISE,
                subject="lr",
                values={
                    "combination": "lr / (1 - momentum)",
                    "in_place_of": "lr",
                    "low": 0.02,
                    "high": 8.9,
                    "scale": "log",
                },
            ),
            "Search lr / (1 - momentum) in place of lr: 0.02 to 8.9, log",
        ),
        (
            Remedy(kind=RemedyKind.ADD, values={"hyperparameters": "dropout"}),
            "Add hyperparameters: dropout",
        ),
        (
            Remedy(kind=RemedyKind.ADD, values={"schedule": "decay", "validation_set": "larger"}),
            "Try a learning rate that decays or more validation data",
        ),
    ],
)
def test_a_remedy_says_what_to_do_to_what_and_why(remedy, text):
    assert remedy_text(finding(remedy=remedy)) == text


def test_a_remedy_of_one_study_names_it():
    remedy = Remedy(
        kind=RemedyKind.MORE_TRIALS, conditions={"optimizer": "adam"}, values={"trials": 80}
    )
    found = Finding(
        check="C2",
        severity=Severity.WARNING,
        subject="optimizer=adam",
        numbers={"good_region": 1},
        sentence="Sampled thinly.",
        remedy=remedy,
    )
    assert remedy_text(found) == "Run more trials with optimizer=adam, 80 in all"
    counted = remedy_text(replace(found, numbers={"trials": 60}))
    assert "20 more trials with optimizer=adam" in counted and "80 in all" in counted
    assert numbers_texts(found) == [("about as good as the best", "1")]


def test_a_hyperparameter_among_the_numbers_keeps_its_spelling():
    names = [name for name, _ in numbers_texts(finding({"weight_decay[batch_norm=false]": 0.5}))]
    assert names == ["weight_decay[batch_norm=false]"]
