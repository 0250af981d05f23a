"""A baseline that the round's training code can no longer train is not beaten."""

from __future__ import annotations

from collections import Counter

import pytest

import tunebook as tb
from tunebook.book.decisions.levels import book_account
from tunebook.deciding.launch_account import next_level
from tunebook.domain.errors import DesignError, EvidenceError
from tunebook.domain.finding import Examination
from tunebook.domain.formats.numbers import percent
from tunebook.domain.trial import Purpose
from tunebook.report.loop import standing
from tunebook.report.verdict import answer

QUIET = {"workers": 0, "progress": False}


def first(trial):
    return 0.2 + 0.001 * (trial.seed % 7)


def needs_decay(trial):
    return 0.3 + 0.001 * (trial.seed % 7) + (0.01 if trial.config["decay"] == "none" else 0.0)


def needs_what_is_not_there(trial):
    return trial.config["nothing"]


def has_a_default(trial):
    return 0.3 + 0.001 * (trial.seed % 7) - (0.2 if trial.config.get("decay") == "linear" else 0.0)


@pytest.fixture
def launched(tmp_path):
    with tb.Book(tmp_path / "b.db", objective=tb.minimize("loss"), chance=0.9) as book:
        begun = book.round("Does it learn?", fixed={"lr": 0.1}, trials=2, max_train_steps=1)
        begun.run(first, **QUIET)
        book.launch(begun.decide(first, max_reruns=6, **QUIET))
        yield book


def ask(book):
    return book.round(
        "Does decay help?", scientific={"decay": tb.choice("linear", "none")}, trials=4,
        max_train_steps=1, least_improvement=0.005,
    )  # fmt: skip


def reruns_of(asked):
    return Counter(t.rerun_of for t in asked.trials if t.purpose is Purpose.RERUN)


def test_a_baseline_whose_reruns_all_crash_is_refused(launched):
    asked = ask(launched)
    asked.run(needs_decay, **QUIET)
    for _ in range(2):
        with pytest.raises(EvidenceError, match=r"launch 0.*crashed alike.*decay"):
            asked.decide(needs_decay, max_reruns=18, **QUIET)
    assert len(launched.decisions) == 1 and len(launched.launches) == 1


def test_reruns_are_not_trained_again_where_nothing_is_to_run(launched):
    asked = ask(launched)
    asked.run(needs_decay, **QUIET)
    with pytest.raises(DesignError, match=r"again='crashed'.*run=False"):
        asked.decide(needs_decay, again="crashed", run=False, **QUIET)


def test_it_is_refused_before_a_candidate_is_rerun_and_costs_no_level(launched):
    asked = ask(launched)
    asked.run(needs_decay, **QUIET)
    before = book_account(launched._store)
    with pytest.raises(EvidenceError, match=r"2 reruns crashed alike"):
        asked.decide(needs_decay, max_reruns=18, **QUIET)
    assert reruns_of(asked) == Counter({"baseline": 2})
    assert book_account(launched._store) == before == ()
    # Unchanged code is not tried again.
    with pytest.raises(EvidenceError, match=r"--again crashed"):
        asked.decide(needs_decay, max_reruns=18, **QUIET)
    assert reruns_of(asked) == Counter({"baseline": 2})
    assert {t.attempt for t in asked.trials if t.rerun_of == "baseline"} == {1}
    other = launched.round(
        "Does warmup help?", scientific={"warmup": tb.choice(1, 2)}, trials=2, max_train_steps=1
    )  # fmt: skip
    other.run(first, **QUIET)
    other.decide(first, max_reruns=12, **QUIET)
    lines = book_account(launched._store)
    assert [line.round for line in lines] == [other.number]
    assert lines[0].level == pytest.approx(next_level(()))
    said = " ".join(launched.history().history.account)
    assert (
        "1 round (2)" in said and f"to round {other.number}" in said and "to round 2" not in said
    )
    assert percent(next_level(lines), 2) in said
    # The question of round 2 is judged after all, at a level of its own.
    asked.decide(has_a_default, max_reruns=18, **QUIET)
    levels = [line.level for line in book_account(launched._store)]
    assert [x.round for x in book_account(launched._store)] == [other.number, asked.number]
    assert levels[-1] == pytest.approx(next_level(lines)) and levels[-1] < levels[0]


@pytest.mark.parametrize("again", [None, "crashed"])
def test_corrected_code_trains_the_crashed_reruns_again_with_their_seeds(launched, again):
    asked = ask(launched)
    asked.run(needs_decay, **QUIET)
    with pytest.raises(EvidenceError):
        asked.decide(needs_decay, max_reruns=18, **QUIET)
    crashed = {t.name: t.seed for t in asked.trials if t.rerun_of == "baseline"}
    decision = asked.decide(has_a_default, max_reruns=18, again=again, **QUIET)
    assert decision.verdict == "adopt"
    now = {t.name: t for t in asked.trials}
    assert {n: now[n].seed for n in crashed} == crashed
    assert all(now[n].attempt == 2 and now[n].status == "complete" for n in crashed)
    assert set(crashed) <= set(decision.sides[-1].reruns)
    assert any("code changed between the reruns" in c for c in decision.caveats)
    assert [line.level for line in book_account(launched._store)] == [
        pytest.approx(next_level(()))
    ]
    with pytest.raises(EvidenceError, match=r"decision 2.*adopt"):
        asked.decide(has_a_default, again="crashed", **QUIET)


def test_the_status_says_what_stops_the_decision_and_its_command_goes_on(launched):
    asked = ask(launched)
    asked.run(needs_decay, **QUIET)
    with pytest.raises(EvidenceError):
        asked.decide(needs_decay, max_reruns=18, **QUIET)
    found = standing(launched.record(), 2)
    assert "2 reruns crashed alike" in found.sentence and "decay" in found.sentence
    assert found.command == "tunebook decide 2 --again crashed --book b.db"
    asked.decide(has_a_default, max_reruns=18, again="crashed", **QUIET)
    assert standing(launched.record(), 2).command == "tunebook launch 2 --book b.db"


def test_the_status_of_a_round_that_only_crashes_trains_them_again(launched):
    asked = ask(launched)
    asked.run(needs_what_is_not_there, **QUIET)
    found = standing(launched.record(), 2)
    assert "3 trials" in found.sentence and "nothing" in found.sentence
    assert found.command == "tunebook run --round 2 --again crashed --book b.db"
    asked.run(has_a_default, again="crashed", **QUIET)
    assert standing(launched.record(), 2).command == "tunebook decide 2 --book b.db"


def test_the_status_does_not_ask_to_compare_the_baseline_with_itself(launched):
    asked = launched.round("Again?", fixed={"lr": 0.1}, trials=2, max_train_steps=1)
    asked.run(first, **QUIET)
    with pytest.raises(EvidenceError, match="baseline's own"):
        asked.decide(first, **QUIET)
    assert standing(launched.record(), 2).command == "tunebook next --book b.db"


def test_the_report_names_the_failure_and_the_reruns_that_wait(launched, tmp_path):
    asked = ask(launched)
    asked.run(needs_decay, **QUIET)

    def page():
        return asked.report(tmp_path / "r.html").read_text("utf-8")

    assert "No configuration was rerun" in page()
    with pytest.raises(EvidenceError):
        asked.decide(needs_decay, max_reruns=18, **QUIET)
    said = page()
    assert said.count("2 reruns crashed alike") >= 2, "headline and caveat"
    assert "No configuration was rerun" not in said and "will show what it is worth" not in said


def test_reruns_that_wait_to_be_judged_are_no_absence_of_reruns(launched, tmp_path):
    asked = ask(launched)
    asked.run(has_a_default, **QUIET)
    asked.decide(has_a_default, max_reruns=18, **QUIET)
    found = launched.record().rounds[-1]
    ended = len(found.reruns)
    said = answer(
        found, None, Examination(trials=4, left_out=(), findings=[], not_applicable=())
    ).sentence
    assert f"{ended} of {ended} reruns" in said and "not judged" in said


def test_a_good_baseline_costs_no_rerun_more_than_before(launched):
    asked = ask(launched)
    asked.run(has_a_default, **QUIET)
    asked.decide(has_a_default, max_reruns=18, **QUIET)
    made = reruns_of(asked)
    assert made["baseline"] == max(made.values()) == made["decay=linear"], made


def test_a_baseline_that_the_code_trains_by_a_default_is_compared(launched):
    asked = ask(launched)
    asked.run(has_a_default, **QUIET)
    decision = asked.decide(has_a_default, max_reruns=18, **QUIET)
    assert decision.verdict == "adopt"
