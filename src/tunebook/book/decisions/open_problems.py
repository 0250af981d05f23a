"""Findings of severity problem that are open when a round is decided and launched (B2 D3 D5)."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from tunebook.domain.decision import Decision, OpenProblem
from tunebook.domain.errors import EvidenceError
from tunebook.domain.finding import Examination, Severity
from tunebook.domain.formats.numbers import plural

MOST_SHOWN = 3


def open_problems(examination: Examination) -> tuple[OpenProblem, ...]:
    """The problems among a round's findings, as a decision records them."""
    return tuple(
        OpenProblem(check=f.check, subject=f.subject, sentence=f.sentence)
        for f in examination.findings
        if f.severity is Severity.PROBLEM
    )


def problem_caveats(problems: Sequence[OpenProblem]) -> tuple[str, ...]:
    """A caveat for each open problem."""
    return tuple(f"Open problem {p.check}: {p.sentence}" for p in problems)


def say_problems(problems: Sequence[OpenProblem], number: int) -> None:
    """Warn on standard error before anything is spent."""
    if not problems:
        return
    print(
        f"Warning: {plural(len(problems), 'problem')} in round {number} may make this decision "
        f"wrong: {_shown(problems)}",
        file=sys.stderr,
    )


def refuse_open_problems(decision: Decision, *, acknowledged: bool) -> None:
    """Refuse to launch a decision past its open problems unless they are acknowledged.

    Raises:
        EvidenceError: names the problems.
    """
    if acknowledged or not decision.problems:
        return
    raise EvidenceError(
        f"round {decision.round} has {plural(len(decision.problems), 'open problem')}: "
        f"{_shown(decision.problems)}",
        next_step="correct the training code and run the question as a new round; or launch "
        "anyway: tunebook launch --despite-problems, book.launch(decision, despite_problems=True)",
    )


def _shown(problems: Sequence[OpenProblem]) -> str:
    shown = [f"{p.check}, {p.sentence}" for p in problems[:MOST_SHOWN]]
    if len(problems) > MOST_SHOWN:
        shown.append(f"and {len(problems) - MOST_SHOWN} more (tunebook findings)")
    return " ".join(shown)
