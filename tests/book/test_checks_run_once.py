"""Each check runs once for each round, whatever a process asks of a book."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from tunebook import checks
from tunebook.checks import CHECKS
from tunebook.examination.memory import digest_of


@pytest.fixture
def runs(monkeypatch):
    """How often each check ran."""
    counted: Counter[str] = Counter()
    load = checks.load_check

    def counting(check):
        run = load(check)

        def once_more(table, *, seed=0):
            counted[check] += 1
            return run(table, seed=seed)

        return once_more

    monkeypatch.setattr(checks, "load_check", counting)
    return counted


def test_a_report_runs_each_check_once_for_each_round(decided, runs, tmp_path):
    decided.report(tmp_path / "r.html")
    assert runs == dict.fromkeys(CHECKS, len(decided.rounds))


def test_findings_summary_pictures_and_proposal_read_one_examination(decided, runs):
    last = decided.rounds[-1]
    for ask in (last.findings, last.summary, last.pictures, last.next_round, last.predictions):
        ask()
    last._repr_html_()
    assert runs == dict.fromkeys(CHECKS, 1)


def test_another_metric_or_a_changed_trial_is_examined_anew(decided):
    table = decided.rounds[-1].table()
    known = digest_of(table)
    assert digest_of(replace(table, name=table.name)) == known
    value = table.value.copy()
    value[0] += 1e-12
    others = [
        replace(table, value=value),
        replace(table, chance=0.1),
        replace(table, curves={}),
        table.take(np.arange(len(table) - 1)),
    ]
    assert len({known, *map(digest_of, others)}) == 5
