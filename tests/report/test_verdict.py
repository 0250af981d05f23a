from dataclasses import replace

import numpy as np
import pytest

from tunebook.domain.decision import Estimand, Side, Verdict
from tunebook.domain.finding import Examination, Finding, Interval, Severity
from tunebook.examination.examine import examine
from tunebook.report.in_a_line import best_trial, verdict_label
from tunebook.report.notebook.views import book_html, decision_html, round_html
from tunebook.report.page.evidence import LETTER, evidence, mark_of, reference_lines
from tunebook.report.page.page import render
from tunebook.report.terminal.lines import plain
from tunebook.report.terminal.summaries import book_renderable, decision_renderable
from tunebook.report.verdict import answer, level_note


def examination(*findings):
    return Examination(trials=64, left_out=(), findings=list(findings), not_applicable=())


def test_the_decision_is_the_answer(book):
    found = answer(book.rounds[2], book.decisions[2], examination())
    assert found.sentence == book.decisions[2].sentence
    assert (found.kind, found.label) == ("adopt", "Adopt")


def test_a_first_baseline_is_called_one(book):
    assert answer(book.rounds[0], book.decisions[0], examination()).label == (
        "Adopt as the first baseline"
    )


def test_more_evidence_is_a_verdict_of_its_own(book):
    thin = replace(book.decisions[2], verdict=Verdict.MORE_EVIDENCE)
    assert answer(book.rounds[2], thin, examination()).kind == "more-evidence"


def test_without_a_decision_the_best_is_said_to_be_selected(book):
    found = answer(book.rounds[2], None, examination())
    assert found.kind == "open"
    assert "selected for that value" in found.sentence


def test_insight_and_launch_stay_two_claims(book):
    told = Finding(
        check="C9",
        severity=Severity.NOTE,
        subject="optimizer",
        numbers={},
        sentence="nesterov and adam cannot be told apart.",
    )
    found = answer(book.rounds[2], book.decisions[2], examination(told))
    assert found.insights == (told.sentence,)
    assert told.sentence not in found.sentence


def test_the_best_trial_is_the_best_complete_one(book):
    table = book.rounds[2].table
    best = best_trial(table)
    assert best is not None
    assert best.value == np.nanmin(table.value)
    assert best_trial(table.take(table.infeasible)) is None


def test_marks_lie_within_the_drawing_and_in_order(book):
    drawn = evidence(answer(book.rounds[2], book.decisions[2], examination()))
    assert drawn is not None
    for mark in drawn.marks:
        assert 0 <= mark.low <= mark.estimate <= mark.high <= 100
    assert [t.kind for t in drawn.ticks] == ["zero", "least"]
    assert drawn.ticks[0].at < drawn.ticks[1].at < drawn.marks[0].low
    assert "0.0175" in drawn.alt


@pytest.mark.parametrize("at", [2, 30, 44, 46, 70, 95])
@pytest.mark.parametrize("worth", [2, 30, 44, 46, 70, 95])
def test_texts_of_reference_lines_keep_clear_of_the_other_line(at, worth):
    if worth <= at:
        return
    zero, least = reference_lines(at, "baseline", (worth, "least worth it, 0.004"))
    # Each line begins below its own text, so that only the text in the lower row meets the
    # other line: it points away from it, or is the short one and far from it.
    assert {zero.row, least.row} == {0, 1}
    if zero.row == 1:
        assert zero.anchor == "end" or least.at - zero.at > 20
    else:
        assert least.anchor == "start"


def test_a_name_has_room_on_a_narrow_screen():
    side = Side(name="optimizer=nesterov", config={}, mean=Interval(1, 0, 2))
    for low, high in ((0, 30), (40, 60), (45, 100), (80, 99)):
        mark = mark_of(side, low, low + 1, high, "")
        long = LETTER * len(side.name)
        if mark.name_anchor == "start":
            assert mark.name_at + long <= 100
        else:
            assert mark.name_at - long >= 0


def test_unbounded_gains_are_drawn_to_the_edge(book):
    side = replace(book.decisions[2].sides[0], gain=Interval(0.01, -np.inf, np.inf))
    decision = replace(book.decisions[2], sides=(side, book.decisions[2].sides[-1]))
    drawn = evidence(answer(book.rounds[2], decision, examination()))
    assert drawn is not None
    assert (drawn.marks[0].low, drawn.marks[0].high) == (0, 100)


def test_estimates_of_a_table_have_equal_decimals(book):
    drawn = evidence(answer(book.rounds[2], book.decisions[2], examination()))
    assert drawn is not None
    assert {len(r.mean.partition(".")[2]) for r in drawn.rows} == {4}
    assert drawn.rows[-1].gain == "–"


@pytest.mark.parametrize("gain", [None, Interval(np.nan, np.nan, np.nan)])
def test_nothing_is_drawn_without_a_gain(book, gain):
    sides = tuple(replace(s, gain=gain) for s in book.decisions[2].sides)
    decision = replace(book.decisions[2], sides=sides)
    assert evidence(answer(book.rounds[2], decision, examination())) is None


def test_one_trial_was_not_selected(book):
    found = book.rounds[0]
    one = replace(found, plan=replace(found.plan, trials=1), table=found.table.take(np.array([0])))
    said = answer(one, None, examine(one.table)).sentence
    assert "the one trial, 1.0, reached" in said and "selected" not in said


def test_a_round_left_open_promises_no_reruns(book):
    found = answer(book.rounds[1], None, examination(), followed=True)
    assert found.label == "Not decided"
    assert "Left open" in found.sentence and "will tell" not in found.sentence


def test_a_chance_to_beat_is_shown_in_percent_against_one_half(book):
    decided = book.decisions[2]
    sides = tuple(
        replace(s, gain=Interval(0.83, 0.61, 0.97)) if s.gain is not None else s
        for s in decided.sides
    )
    found = answer(
        book.rounds[2], replace(decided, sides=sides, estimand=Estimand.BEATS), examination()
    )
    drawn = evidence(found)
    assert [t.text for t in drawn.ticks] == ["half of the time"]
    assert drawn.rows[0].gain == "83 %" and drawn.rows[0].gain_range == "61 to 97 %"
    assert drawn.marks[0].text == "better in 83 % (61 to 97 %)"
    assert drawn.ticks[0].at < drawn.marks[0].low
    assert drawn.alt.startswith("Chance to beat the baseline: ")


def decided(book, **more):
    """The third decision with a plan, its best side changed by `side`."""
    last = book.decisions[2]
    side = replace(last.sides[0], **more.pop("side", {}))
    return replace(last, plan=1, sides=(side, *last.sides[1:]), **more)


def test_a_label_says_why_the_baseline_is_kept(book):
    kept = verdict_label(decided(book, verdict=Verdict.KEEP))
    early = verdict_label(decided(book, verdict=Verdict.KEEP, side={"unused": 5}))
    open_ = verdict_label(decided(book, verdict=Verdict.MORE_EVIDENCE))
    assert kept.startswith("Keep the baseline") and "not shown to be better by enough" in kept
    short = {"unused": 5, "gain": Interval(0.001, -0.001, 0.003)}
    assert "(not better by enough)" in verdict_label(
        decided(book, verdict=Verdict.KEEP, side=short)
    )
    assert early.startswith("Keep the baseline") and "stopped early" in early
    assert len({kept, early, open_}) == 3
    none = verdict_label(decided(book, verdict=Verdict.KEEP, baseline=None))
    assert none.startswith("No baseline yet") and "chance" in none


def test_every_display_gives_the_reason(book):
    early = decided(book, verdict=Verdict.KEEP, side={"unused": 5})
    record = replace(book, decisions=(*book.decisions[:2], early))
    assert "KEEP THE BASELINE (stopped early" in plain(decision_renderable(early)).splitlines()[0]
    assert "stopped early" in plain(book_renderable(record))
    assert "stopped early" in decision_html(early) and "stopped early" in book_html(record)
    assert "stopped early" in round_html(record, 3)
    assert render(record, rounds=[3]).count("Keep the baseline (stopped early") >= 1


@pytest.mark.parametrize(("level", "texts"), [(0.05, ("94 %", "5 %", "1 %")),
                                              (0.02, ("97.6 %", "2 %", "0.4 %"))])  # fmt: skip
def test_the_level_of_a_gain_s_interval_is_explained_once(book, level, texts):
    gain = Interval(0.0175, 0.0151, 0.0199, 1 - 1.2 * level)
    found = decided(book, error_rate=level, side={"gain": gain})
    note = level_note(found)
    assert all(text in note for text in texts) and "level of this decision" in note
    assert " ".join(plain(decision_renderable(found)).split()).count(note) == 1
    assert decision_html(found).count(note) == 1
    record = replace(book, decisions=(*book.decisions[:2], found))
    assert render(record, rounds=[3]).replace("\xa0", " ").count(note) == 1
    unknown = Interval(float("nan"), float("-inf"), float("inf"))
    sides = tuple(replace(s, gain=s.gain and unknown) for s in found.sides)
    assert level_note(replace(found, sides=sides)) == ""
