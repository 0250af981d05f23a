"""Another metric as the objective afterwards: without rerunning, and marked exploratory (C11)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tunebook.domain.errors import DesignError, EvidenceError, TableError
from tunebook.domain.finding import Finding, NotApplicable, Severity
from tunebook.domain.formats.spelling import maximize, minimize
from tunebook.examination.examine import conclude, examine, results


@pytest.fixture
def ran(book, rates):
    """A round whose training reports a loss and an accuracy."""

    def train(trial):
        for step in range(trial.max_train_steps):
            if trial.evaluate_at(step):
                loss = abs(trial.config["learning_rate"] - 0.1) + 1 / (1 + step)
                trial.report(step, {"loss": loss, "accuracy": 1 - loss / 4})

    made = book.round("Where is it best?", nuisance=rates, trials=16, max_train_steps=20)
    made.run(train, workers=0, progress=False)
    return made


def exploratory(findings):
    return [f for f in findings if f.check == "C11" and f.sentence.startswith("Exploratory")]


def test_findings_of_another_metric_are_marked(ran):
    told = ran.findings(objective="maximize:accuracy")
    (mark,) = exploratory(told.findings)
    assert (mark.severity, mark.subject) == (Severity.NOTE, "accuracy")
    assert mark.numbers["planned"] == "minimize:loss, best"
    assert any("accuracy" in f.sentence for f in told.findings if f.check == "C2")
    assert not exploratory(ran.findings().findings)
    assert not exploratory(ran.findings(objective=minimize("loss")).findings)
    assert exploratory(ran.examination("minimize:accuracy").findings)


def test_another_way_to_count_the_same_metric_is_marked_too(ran):
    (mark,) = exploratory(ran.examination(minimize("loss", reduce="mean-last-3")).findings)
    assert "the mean of its last 3 values" in mark.sentence


def test_metrics_that_are_not_there(ran):
    with pytest.raises(TableError, match='Did you mean "accuracy"'):
        ran.findings(objective="maximize:acuracy")
    with pytest.raises(DesignError, match="minimize:NAME"):
        ran.findings(objective="accuracy")


def test_trials_chosen_by_results_serve_one_objective(ran):
    table = replace(ran.table(), adaptive=True)
    with pytest.raises(EvidenceError, match="do not depend on results"):
        table.with_objective(maximize("accuracy"))


def test_taking_the_planned_objective_back_takes_the_mark_off(ran):
    there = ran.table().with_objective(maximize("accuracy"))
    assert there.planned_objective == minimize("loss")
    assert there.with_objective(minimize("loss")).planned_objective is None


def test_adaptive_trials_silence_and_caveat_checks(ran):
    table = replace(ran.table(), adaptive=True)
    said = results(table)
    assert isinstance(said["C2"], NotApplicable) and "no independent sample" in said["C2"].reason
    assert isinstance(said["C9"], NotApplicable)
    for finding in examine(table).findings:
        doubted = "error rate does not hold: earlier results chose" in finding.sentence
        assert doubted == (finding.check in ("C1", "C3", "C10")), finding


def test_trials_that_look_adaptive_caveat_checks(ran):
    class Said:
        def __init__(self, *findings, adaptive=False):
            self.findings, self.adaptive = findings, adaptive

    def finding(check):
        return Finding(
            check=check, severity=Severity.PASS, subject="", numbers={}, sentence="It is so."
        )

    said = {c: Said(finding(c)) for c in ("C1", "C2", "C6")} | {
        "C11": Said(finding("C11"), adaptive=True)
    }
    told = {f.check: f.sentence for f in conclude(ran.table(), said).findings}
    assert (
        told["C1"]
        == told["C2"]
        == "It is so. If earlier results chose later trials (C11), its error rate does not hold."
    )
    assert told["C6"] == told["C11"] == "It is so."
