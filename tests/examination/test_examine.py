from dataclasses import replace

import numpy as np
import pytest
import scipy.linalg  # noqa: F401
from tests.report.conftest import run
from threadpoolctl import threadpool_info, threadpool_limits

from tunebook import checks
from tunebook.checks import CHECKS
from tunebook.checks.charts import draw
from tunebook.domain.design import Objective, Role, Round
from tunebook.domain.finding import CheckFailed, Finding, NotApplicable, RemedyKind, Severity
from tunebook.domain.formats.equal_numbers import representatives
from tunebook.domain.formats.spelling import log_uniform, near_one
from tunebook.domain.space import Branch, Choice
from tunebook.domain.table import TrialTable
from tunebook.domain.trial import Status
from tunebook.examination.examine import conclude, examine, results, with_equal_values
from tunebook.examination.memory import forget_results
from tunebook.report import drawing as drawing_module
from tunebook.report.drawing import drawing_of
from tunebook.report.gallery import gallery
from tunebook.report.terminal.lines import plain
from tunebook.report.terminal.summaries import findings_text


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


def test_what_was_found_comes_before_what_is_not_known_yet(book):
    """Severity first, then whether there is enough evidence, then the playbook's order."""
    thin = replace(finding("C1", Severity.NOTE), settled=False)
    said = {
        "C1": Said(thin, replace(finding("C1", Severity.PASS), settled=False)),
        "C10": Said(finding("C10", Severity.NOTE)),
        "C2": Said(replace(finding("C2", Severity.NOTE), settled=False)),
        "C9": Said(finding("C9", Severity.NOTE), finding("C9", Severity.WARNING)),
    }
    examined = conclude(book.rounds[0].table, said)
    assert [f.check for f in examined.findings] == ["C9", "C9", "C10", "C1", "C2", "C1"]
    on_a_terminal = plain(findings_text(examined, everything=False))
    heads = [line.split()[2] for line in on_a_terminal.splitlines() if line.startswith(("●", "▲"))]
    assert heads == ["C1", "C2", "C9", "C10", "C9"]


@pytest.mark.parametrize(("trials", "open_"), [(8, {"C2", "C6"}), (200, set())])
def test_too_few_trials_settle_nothing(trials, open_):
    """Checks mark what they can't tell; a table that answers them marks none of these."""
    plan = Round(
        goal="What matters?",
        scientific={},
        nuisance={"learning_rate": log_uniform(1e-4, 1e-1)},
        trials=trials,
        max_train_steps=2000,
    )
    table = run(plan, 1, lambda c: 0.1 + 0.1 * (np.log10(c["learning_rate"]) + 2.5) ** 2).table
    assert {f.check for f in examine(table).findings if not f.settled} == open_


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


@pytest.mark.checks_may_fail
def test_a_check_that_raises_is_reported_and_the_others_stand(book, monkeypatch):
    def broken(table, *, seed):
        return max([]) if seed is not None else table

    table = book.rounds[2].table
    whole = examine(table)
    load = checks.load_check
    monkeypatch.setattr(checks, "load_check", lambda c: broken if c == "C1" else load(c))
    forget_results()
    found = results(table)
    assert list(found) == list(CHECKS)
    failed = found["C1"]
    assert isinstance(failed, CheckFailed)
    assert "ValueError" in failed.reason and "tunebook.checks:" in failed.reason
    assert "Traceback" not in failed.reason and "\n" not in failed.reason
    assert "report" in failed.needs
    part = conclude(table, found)
    assert failed in part.not_applicable
    assert part.findings == [f for f in whole.findings if f.check != "C1"]


@pytest.mark.checks_may_fail
def test_the_place_of_a_failure_is_a_line_of_ours_and_a_long_text_is_cut(monkeypatch):
    def deep(table, *, seed):
        return np.linalg.inv(np.zeros((2, 3)))

    monkeypatch.setattr(checks, "load_check", lambda check: deep)
    assert "LinAlgError in tunebook.checks:" in checks.run_check("C2", None).reason
    long = checks.check_failed("C2", ValueError("x" * 5000 + "\nsecond line"))
    assert len(long.reason) < 300 and "\n" not in long.reason


@pytest.mark.checks_may_fail
def test_a_picture_that_raises_leaves_the_other_pictures(book, monkeypatch):
    table = book.rounds[2].table
    found = results(table)
    before = gallery("r", drawing_of(table, found))

    def broken(check, result, *, studies=None):
        if check == "C1":
            raise KeyError("x")
        return draw(check, result, studies=studies)

    monkeypatch.setattr(drawing_module, "draw", broken)
    after = gallery("r", drawing_of(table, found))
    assert [g.check for g in after.drawn] == [g.check for g in before.drawn if g.check != "C1"]
    (silent,) = [g for g in after.silent if g.check == "C1"]
    assert "KeyError" in silent.silent


def test_tests_see_an_error_in_a_check(book, monkeypatch):
    def broken(table, *, seed):
        raise ZeroDivisionError

    monkeypatch.setattr(checks, "load_check", lambda check: broken)
    with pytest.raises(ZeroDivisionError):
        results(book.rounds[0].table)


def test_values_that_differ_in_the_last_digit_are_one_value():
    rates = [0.3, 0.1 + 0.2, float(np.float32(0.3)), 0.5] * 8
    n = len(rates)
    table = TrialTable(
        objective=Objective("loss"),
        name=tuple(map(str, range(n))), study=("",) * n,
        config=tuple({"dropout": r, "width": w} for w, r in enumerate(rates)),
        seed=(None,) * n, status=(Status.COMPLETE,) * n, cause=(None,) * n,
        seconds=np.ones(n), value=np.arange(n, dtype=float),
        branches={"": Branch(axes={"dropout": Choice(tuple(dict.fromkeys(rates)))})},
        roles={"dropout": Role.SCIENTIFIC, "width": Role.FIXED},
    )  # fmt: skip
    merged = with_equal_values(table)
    assert set(merged.column("dropout")) == {0.3, 0.5}
    assert merged.branches[""].axes["dropout"].values == (0.3, 0.5)
    assert [v.trials for v in results(table)["C9"].hyperparameters[0].values] == [24, 8]
    assert with_equal_values(merged) is merged


def test_a_fine_grid_and_momentum_near_one_keep_their_values():
    grid = [1e-3 * (1 + 2e-6 * k) for k in range(50)]
    assert not representatives(grid)
    assert not representatives([1, 2, True, "0.3", None, 0.25, 0.5])
    near = tuple(1 - 10.0**-k for k in (7.0, 7.2, 7.4, 7.6))
    assert representatives(near)
    table = TrialTable(
        objective=Objective("loss"), name=("0", "1"), study=("", ""),
        config=({"momentum": near[0]}, {"momentum": near[3]}), seed=(1, 2),
        status=(Status.COMPLETE,) * 2, cause=(None, None),
        seconds=np.ones(2), value=np.ones(2),
        branches={"": Branch(axes={"momentum": near_one(0.9, 0.99999999)})},
    )  # fmt: skip
    assert with_equal_values(table) is table


def test_checks_read_with_one_thread_and_leave_the_process_as_it_was(book, monkeypatch):
    def threads():
        return {p["num_threads"] for p in threadpool_info() if p["user_api"] == "blas"}

    seen = []

    def check(table, *, seed):
        seen.append(threads())
        return NotApplicable(check="C1", reason="", needs="")

    monkeypatch.setattr(checks, "load_check", lambda name: check)
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
