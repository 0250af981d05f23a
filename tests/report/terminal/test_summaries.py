from dataclasses import replace

import pytest

from tunebook.domain.finding import (
    Examination,
    Finding,
    Interval,
    NotApplicable,
    Remedy,
    RemedyKind,
    Severity,
)
from tunebook.report.terminal.lines import plain, show
from tunebook.report.terminal.summaries import (
    book_renderable,
    decision_renderable,
    findings_text,
    launch_renderable,
    round_renderable,
    show_standing,
)

CUT_OFF = Finding(
    check="C1",
    severity=Severity.WARNING,
    subject="learning_rate[optimizer=adam]",
    numbers={"share": Interval(0.2, 0.1, 0.3), "side": "high"},
    sentence="The best trials crowd the upper edge of learning_rate[optimizer=adam].",
    remedy=Remedy(
        kind=RemedyKind.WIDEN,
        subject="learning_rate",
        conditions={"optimizer": "adam"},
        values={"low": 1e-4, "high": 1.0, "scale": "log"},
        because="the best region is probably cut off",
    ),
)
EXAMINATION = Examination(
    trials=64,
    left_out=("3.4: failed, machine lost",),
    findings=[CUT_OFF],
    not_applicable=(
        NotApplicable(check="C6", reason="There are no curves.", needs="evaluations"),
    ),
)


def test_of_many_findings_that_say_the_like_some_are_written_and_the_others_counted():
    many = replace(EXAMINATION, findings=[CUT_OFF] * 1000)
    text = plain(findings_text(many))
    assert text.count("crowd the upper edge") == 12
    assert "C1: 988 similar findings; --json lists them all" in text


@pytest.mark.parametrize("width", [60, 88, 120])
def test_findings_fit_the_width_and_keep_their_words(width):
    text = plain(findings_text(EXAMINATION, title="Round 3"), width=width)
    assert max(map(len, text.splitlines())) <= width
    words = " ".join(text.split())
    assert "warning C1 Search space boundaries · learning_rate[optimizer=adam]" in words
    assert "share: 0.20 (0.10 to 0.30)" in words
    assert "Do: Widen the range of learning_rate[optimizer=adam]: 1e-4 to 1, log, because" in words
    assert "C6" in words and "There are no curves." in words
    assert "1 trial left out, failed, machine lost: 3.4" in words


def test_passed_checks_are_one_line_and_the_worst_finding_comes_last():
    """What matters must stay in view where a terminal scrolls."""
    passed = replace(CUT_OFF, severity=Severity.PASS, sentence="All is well here.", remedy=None)
    note = replace(CUT_OFF, check="C9", severity=Severity.NOTE, sentence="A small thing.")
    every = replace(EXAMINATION, findings=[CUT_OFF, note, *[passed] * 3])
    text = plain(findings_text(every, everything=False))
    assert "3 checks passed, 1 did not apply" in text
    assert "All is well" not in text
    assert text.index("3 checks passed") < text.index("A small thing.") < text.index("crowd the")
    assert plain(findings_text(every, everything=True)).count("All is well") == 3


@pytest.mark.parametrize("width", [60, 120])
def test_a_book_fits_the_width(book, width):
    text = plain(book_renderable(book), width=width)
    assert max(map(len, text.splitlines())) <= width
    assert "tunebook launch 3 --book digits.db" in " ".join(text.split())


def test_control_characters_never_reach_the_terminal(hostile_book):
    for text in (
        plain(book_renderable(hostile_book)),
        plain(round_renderable(hostile_book.rounds[2])),
    ):
        assert "\x1b" not in text
        assert "alert(1)" in text


def test_markup_in_names_is_shown_not_obeyed():
    bold = Finding(
        check="C1",
        severity=Severity.NOTE,
        subject="[bold]x[/bold] \x1b[2J",
        numbers={},
        sentence="[red]loud[/red]",
    )
    text = plain(findings_text(_of(bold)))
    assert "[bold]x[/bold]" in text
    assert "[red]loud[/red]" in text
    assert "\x1b" not in text


def _of(finding):
    return Examination(trials=1, left_out=(), findings=[finding], not_applicable=())


def test_output_in_a_pipe_is_plain(book, capsys):
    show(book_renderable(book))
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "Does Nesterov momentum beat Adam here?" in " ".join(out.split())


def test_decisions_and_launches_show_their_evidence(book):
    text = plain(decision_renderable(book.decisions[2]), width=60)
    assert "ADOPT" in text
    assert "+0.0175 (0.0151 to 0.0199)" in " ".join(text.split())
    assert "0.1100 (0.1071 to 0.1129)" in plain(launch_renderable(book.launches[0]))


def test_what_comes_next_is_a_command_of_its_own_line(book, capsys):
    show_standing(book, 3)
    out = capsys.readouterr().out.splitlines()
    assert out[-1] == "tunebook launch 3 --book digits.db"
    assert any(line.startswith("Now: launch.") for line in out)
