"""The baseline at another training length: launched there, with no claim that anything is better."""

from __future__ import annotations

import math

import pytest

from tunebook.domain.decision import Verdict
from tunebook.domain.errors import EvidenceError
from tunebook.report.loop import standing

QUIET = {"workers": 0, "progress": False}


def slow(trial):
    """Falls with the steps trained; other rates than the baseline's are worse."""
    rate = trial.config["learning_rate"]
    noise = ((trial.seed * 2654435761) % 1009) / 1009 - 0.5
    level = 0.2 + 0.05 * abs(math.log10(rate / 0.01)) + 0.01 * noise
    for step in range(trial.max_train_steps):
        if trial.evaluate_at(step):
            trial.report(step, {"loss": level + 0.4 * math.exp(-step / 60)})


@pytest.fixture
def kept(book):
    """Launch 0 at 40 steps; a round of 120 steps whose candidate is worse."""
    first = book.round("Does it learn?", fixed={"learning_rate": 0.01}, trials=4,
                       max_train_steps=40)  # fmt: skip
    first.run(slow, **QUIET)
    book.launch(first.decide(slow, max_reruns=4, **QUIET))
    asked = book.round("Is a higher rate better, longer?", fixed={"learning_rate": 0.3}, trials=4,
                       max_train_steps=120)  # fmt: skip
    asked.run(slow, **QUIET)
    return book, asked.decide(slow, max_reruns=16, **QUIET)


def test_a_kept_baseline_is_launched_at_the_length_of_its_reruns(kept):
    book, decision = kept
    assert decision.verdict is Verdict.KEEP
    caveat = next(c for c in decision.caveats if "no gain of a candidate" in c)
    assert "120 steps" in caveat and "launch 40" in caveat
    stands = standing(book.record(), decision.round).sentence
    assert f"tunebook launch {decision.number} --baseline-length" in stands
    before = book.history()
    launch = book.launch(decision, baseline_length=True, who="me")
    base = next(s for s in decision.sides if s.name == "baseline")
    assert launch.max_train_steps == 120 and launch.parent == 0
    assert dict(launch.config) == dict(book.launches[0].config)
    assert launch.expected == base.mean
    assert launch.expected.estimate < book.launches[0].expected.estimate - 0.1
    assert book.launch(decision, baseline_length=True) == launch, "launched once"
    # Nothing was adopted, so the next decision gets the level that it would have got.
    assert book.history().history.account == before.history.account
    assert "steps 40 to 120" in repr(book.history())
    assert "--baseline-length" not in standing(book.record(), decision.round).sentence
    assert book.replay(1, slow, workers=0, progress=False).sentence.startswith("Launch 1 repro")


def test_without_the_option_a_kept_baseline_is_not_launched(kept):
    book, decision = kept
    with pytest.raises(EvidenceError, match="needs the verdict adopt"):
        book.launch(decision)


def test_a_decision_that_adopts_or_trained_the_same_length_is_refused(book, kept):
    _, decision = kept
    first = book.decisions[0]
    with pytest.raises(EvidenceError, match=r"decision 1 says .adopt."):
        _fresh(book, first)
    book.launch(decision, baseline_length=True)
    again = book.round("And a lower one?", fixed={"learning_rate": 1e-3}, trials=4,
                       max_train_steps=120)  # fmt: skip
    again.run(slow, **QUIET)
    with pytest.raises(EvidenceError, match="120 steps, as its launch did"):
        book.launch(again.decide(slow, max_reruns=16, **QUIET), baseline_length=True)


def _fresh(book, decision):
    """As if the decision had not been launched."""
    from tunebook.book.decisions.launching import launch_of

    return launch_of(decision, book.launches, "me", "", 0.0, baseline_length=True)
