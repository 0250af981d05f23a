"""Findings: frozen, in words."""

from __future__ import annotations

import pytest

from tunebook.domain.finding import (
    Finding,
    Interval,
    Remedy,
    RemedyKind,
    Severity,
    subject_name,
)


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
