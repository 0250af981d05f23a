"""A procedure's entry in the catalogue: all that others know of it, and nothing heavy loads."""

from __future__ import annotations

from dataclasses import dataclass

from tunebook.checks.spec import CheckSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcedureSpec:
    """One procedure: its code, its words and its findings. The only place where it is registered.

    Code is named as "module:name", so that the catalogue loads none of it.

    Attributes:
        id: its name, "batch-size".
        about: what it does, in one line.
        question: what it answers, where a person gives no question.
        procedure: a `steps.procedure.Procedure`.
        chart: draws the pictures: a function of arguments, stages that are done, and reading.
        drives: hyperparameters that it sets, by its own names; `names=` says what training code
            calls them. Each has a value in the book's configuration.
        findings: title, question and method of each playbook id that it answers.
        companion: another procedure whose rounds it reads as well, where the book has them.
    """

    id: str
    about: str
    question: str
    procedure: str
    chart: str
    drives: tuple[str, ...]
    findings: tuple[CheckSpec, ...]
    companion: str = ""

    @property
    def rows(self) -> tuple[str, ...]:
        """Playbook ids that it answers."""
        return tuple(finding.id for finding in self.findings)
