"""The playbook's loop: its steps, and where a round stands in it (D6)."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from tunebook.domain.decision import Decision

ASK_NEXT = "Ask the next question. If the command proposes none, write one of your own."


class Step(StrEnum):
    """The playbook's loop, in its order; after the last it begins anew."""

    PLAN = "plan"
    RUN = "run"
    READ = "read"
    RERUN = "rerun"
    DECIDE = "decide"
    LAUNCH = "launch"
    NEXT = "next"


MEANING = {
    Step.PLAN: "one question, a role for all",
    Step.RUN: "quasi-random search",
    Step.READ: "the checks before the question",
    Step.RERUN: "the best of each side, new seeds",
    Step.DECIDE: "adopt, keep, or more evidence",
    Step.LAUNCH: "the new baseline",
    Step.NEXT: "the question that follows",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a round stands.

    Attributes:
        step: the step that is to be taken now.
        sentence: what was done, and what that leaves to do.
        command: of the shell that takes the step.
        skipped: steps that this round has no need of.
    """

    step: Step
    sentence: str
    command: str
    skipped: tuple[Step, ...] = ()


def newest_decision(decisions: Iterable[Decision], number: int) -> Decision | None:
    """The decision that stands for a round: its newest."""
    return next((d for d in reversed(tuple(decisions)) if d.round == number), None)


def in_book(stands: Standing, file: str) -> Standing:
    """The same, with a command that names the book's file, where it has one."""
    book = f" --book {shlex.quote(file)}" if file else ""
    return replace(stands, command=f"{stands.command}{book}")
