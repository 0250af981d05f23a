from types import MappingProxyType

import pytest
import scipy.linalg  # noqa: F401
from threadpoolctl import threadpool_info, threadpool_limits

from tunebook.analysis import CHECKS
from tunebook.report import examine as module
from tunebook.report.examine import conclude, examine, results
from tunebook.words.finding import Finding, NotApplicable, RemedyKind, Severity
from tunebook.words.table import TrialTable


class Said:
    def __init__(self, *findings):
        self.findings = findings


def finding(check, severity):
    return Finding(check=check, severity=severity, subject="", numbers={}, sentence="")


def test_every_check_of_the_catalogue_speaks_or_says_why_not(book):
    found = results(book.rounds[2].table)
    assert list(found) == list(CHECKS)
    for result in found.values():
        assert isinstance(result, NotApplicable) or result.findings


def test_the_same_table_and_seed_give_the_same_examination(book):
    assert examine(book.rounds[2].table, seed=3) == examine(book.rounds[2].table, seed=3)


def test_findings_come_worst_first_then_in_the_playbooks_order(book):
    said = {
        "C1": Said(finding("C1", Severity.PASS), finding("C1", Severity.PROBLEM)),
        "C10": Said(finding("C10", Severity.NOTE)),
        "C2": Said(finding("C2", Severity.NOTE)),
        "B2": Said(finding("B2", Severity.PROBLEM)),
    }
    ordered = conclude(book.rounds[0].table, said).findings
    assert [f.check for f in ordered] == ["B2", "C1", "C2", "C10", "C1"]


def test_a_hyperparameter_never_read_is_a_problem(book):
    table = book.rounds[2].table
    found = conclude(table, {}, unread={"momentum": ["3.0", "3.2"]}).findings
    assert [(f.check, f.severity, f.subject) for f in found] == [
        ("B2", Severity.PROBLEM, "momentum")
    ]
    assert found[0].numbers == {"unread": 2, "trials": 32}
    assert found[0].remedy is not None
    assert found[0].remedy.kind is RemedyKind.INSPECT
    assert found[0].trials == ("3.0", "3.2")


def test_a_published_search_over_epochs_is_answered_with_one_voice(shared_data):
    """B9 says fix, C1 and C6 that longer is better: one length, no wider range, no tuning."""
    folder = shared_data / "opda"
    table = TrialTable.from_csv(
        folder / "convnext-trials.csv.gz",
        folder / "convnext-curves.csv.gz",
        objective="maximize:top_1",
    )
    found = [f for f in examine(table).findings if f.subject == "epochs"]
    asked = {f.check: f.remedy for f in found if f.remedy}
    assert {check: (r.kind, dict(r.values)) for check, r in asked.items()} == {
        "B9": (RemedyKind.FIX, {"value": 150}),
        "C1": (RemedyKind.TRAIN_LONGER, {"epochs": 150}),
        "C6": (RemedyKind.TRAIN_LONGER, {"epochs": 150}),
    }
    sentences = " ".join(f.sentence for f in found)
    assert "not widened" in sentences
    assert "keep tuning" not in sentences


def test_trials_that_no_statistic_counts_are_told(running_book):
    left_out = conclude(running_book.rounds[2].table, {}).left_out
    assert "3.20: failed, machine lost, not its own fault" in left_out
    assert sum("pending, has not ended" in text for text in left_out) == 20


def test_a_check_that_crashes_is_not_hidden(book, monkeypatch):
    def broken(table, *, seed):
        raise ZeroDivisionError

    monkeypatch.setattr(module, "CHECKS", MappingProxyType({"C1": ""}))
    monkeypatch.setattr(module, "load_check", lambda check: broken)
    with pytest.raises(ZeroDivisionError):
        results(book.rounds[0].table)


def test_checks_read_with_one_thread_and_leave_the_process_as_it_was(book, monkeypatch):
    def threads():
        return {p["num_threads"] for p in threadpool_info() if p["user_api"] == "blas"}

    seen = []

    def check(table, *, seed):
        seen.append(threads())
        return NotApplicable(check="C1", reason="", needs="")

    monkeypatch.setattr(module, "load_check", lambda name: check)
    with threadpool_limits(2, user_api="blas"):
        before = threads()
        results(book.rounds[0].table)
        assert threads() == before
    assert seen
    assert all(s == {1} for s in seen)


def test_reruns_that_read_nothing_are_not_counted_as_trials(book):
    table = book.rounds[1].table
    (found,) = conclude(table, {}, unread={"momentum": ["2.0", "2.r0", "2.r1"]}).findings
    assert found.numbers == {"unread": 1, "trials": 32}
    assert found.trials == ("2.0",)
