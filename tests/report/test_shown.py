"""Records that show themselves: the terminal's text by `str`, a short `repr`, HTML once (C12)."""

from __future__ import annotations

from importlib import import_module

import pytest

from tunebook.domain.finding import Finding, Severity
from tunebook.domain.formats.display import WRITERS, Shown
from tunebook.domain.prediction import Expectation, Met, Prediction, PredictionOutcome
from tunebook.examination.examine import examine
from tunebook.report.notebook.views import decision_html
from tunebook.report.terminal.lines import plain
from tunebook.report.terminal.summaries import decision_renderable, launch_renderable

HOSTILE = "<script>alert(1)</script>\x1b[31m"


def test_a_decision_and_a_launch_print_as_the_terminal_does(book):
    decision, launch = book.decisions[2], book.launches[1]
    assert str(decision) == plain(decision_renderable(decision))
    assert f"{launch}" == plain(launch_renderable(launch))
    assert decision._repr_html_() == decision_html(decision)
    assert repr(decision) == "<Decision 3 of round 3: adopt>"
    assert repr(launch) == "<Launch 1 of decision 2>"


def test_findings_and_examinations_print_their_sentences(book):
    found = examine(book.rounds[2].table)
    first = found.findings[0]
    words = " ".join(str(first).split())
    assert first.sentence in words and first.check in words
    assert first.sentence in " ".join(str(found).split())
    assert f"of {found.trials} trials" in repr(found) and len(repr(found)) < 80
    assert repr(first).startswith(f"<Finding {first.check} {first.severity}")
    assert first.sentence.partition(" ")[0] in first._repr_html_()


def test_a_proposal_and_a_prediction_print_what_they_say(book, proposal_of):
    proposal = proposal_of(book)
    text = " ".join(str(proposal).split())
    assert proposal.plan.goal in text and all(c.key in text for c in proposal.changes)
    told = Prediction(check="C6", what=Expectation.QUIET, sentence="C6 has nothing to ask")
    missed = PredictionOutcome(prediction=told, met=Met.NO, sentence="It asks again.")
    assert "not met" in str(missed) and "It asks again." in str(missed)


def test_what_is_shown_drives_no_terminal_and_runs_no_script():
    hostile = Finding(check="C1", severity=Severity.WARNING, subject=HOSTILE, numbers={},
                      sentence=HOSTILE)  # fmt: skip
    assert "\x1b" not in str(hostile)
    assert "<script" not in hostile._repr_html_()


@pytest.mark.parametrize("name", WRITERS)
def test_every_writer_exists_and_its_noun_shows_itself(name):
    module, _, attribute = WRITERS[name].partition(":")
    text, html = getattr(import_module(module), attribute)
    assert callable(text) and callable(html)
    nouns = {kind.__name__ for kind in Shown.__subclasses__()}
    assert name in nouns
