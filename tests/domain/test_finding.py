"""Findings: frozen, in words."""

from __future__ import annotations

import pytest

from tunebook.domain.finding import (
    Finding,
    Interval,
    PairwiseDifference,
    Remedy,
    RemedyKind,
    Severity,
    subject_name,
)
from tunebook.domain.formats.codec import from_data, to_data


def test_a_subject_names_its_branch():
    assert subject_name("learning_rate", {}) == "learning_rate"
    named = subject_name("learning_rate", {"optimizer": "adam", "schedule": "cosine"})
    assert named == "learning_rate[optimizer=adam, schedule=cosine]"


def test_an_interval_reads_short():
    assert str(Interval(0.123456, 0.1, 0.2)) == "0.1235 [0.1, 0.2]"


def test_a_finding_keeps_its_own_numbers():
    numbers = {"p_value": 0.01}
    found = Finding(
        check="C1", severity=Severity.WARNING, subject="lr", numbers=numbers, sentence="x"
    )
    numbers["p_value"] = 1.0
    assert found.numbers["p_value"] == 0.01
    with pytest.raises(TypeError):
        found.numbers["p_value"] = 1.0


def test_a_remedy_keeps_its_own_values():
    values = {"low": 1e-6}
    remedy = Remedy(kind=RemedyKind.WIDEN, values=values)
    values["low"] = 1.0
    assert remedy.values["low"] == 1e-6


def test_severities_go_from_nothing_to_everything():
    assert list(Severity) == ["pass", "note", "warning", "problem"]


def test_pairs_that_an_earlier_version_wrote_are_read_by_their_old_name():
    pair = PairwiseDifference(
        a="adam", b="sgd", difference=-0.1, low=-0.2, high=-0.05, significant=True
    )
    old = to_data(pair)
    old["told_apart"] = old.pop("significant")
    assert from_data(PairwiseDifference, old) == pair
    with pytest.warns(DeprecationWarning, match="significant"):
        assert pair.told_apart
