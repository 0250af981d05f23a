"""Remedies that no plan can carry out, each with the reason why a person must."""

from __future__ import annotations

from collections.abc import Mapping

from tunebook.advice.draft import Asked
from tunebook.domain.error_kind import CodingErrors
from tunebook.domain.finding import Finding, Remedy, RemedyKind
from tunebook.domain.space import spell

WHY: Mapping[RemedyKind, str] = {
    RemedyKind.ADD: "training must read it first, then give it a role and a range",
    RemedyKind.REPARAMETRISE: "training must take the combination and work out the "
    "hyperparameter from it",
    RemedyKind.INSPECT: "only a reader of the training code can say whether it is a bug; a round "
    "on top of one is wasted",
    RemedyKind.CORRECT: "only you know which metric decides",
    RemedyKind.STATE: "only you know what guessing reaches; give it to the book",
}
"""Kinds of remedies that are never carried out by a plan."""


def by_hand(asked: Asked) -> str:
    """One remedy for a person, with its reason."""
    finding, remedy = asked
    what = remedy.kind.value.replace("_", " ")
    if more := _named(remedy):
        what += f" {more}"
    return f"{finding.sentence} (by hand: {what}; {WHY[remedy.kind]})"


def bug_first(finding: Finding, remedy: Remedy) -> bool:
    """Whether a finding means that the results themselves can't be trusted yet."""
    kinds = (RemedyKind.INSPECT, RemedyKind.CORRECT)
    return remedy.kind in kinds and finding.severity.value in ("problem", "warning")


def errors_first(errors: CodingErrors, number: int, *, decided: bool) -> str:
    """What comes before the next round where trials ended by an error in the code."""
    if decided:
        return f"{errors.sentence} Correct the training code before this round runs."
    return (
        f"{errors.sentence} Correct it first, train them again (tunebook run --round {number} "
        "--again crashed), and propose the next round anew."
    )


def _named(remedy: Remedy) -> str:
    if "hyperparameters" in remedy.values:
        return str(remedy.values["hyperparameters"])
    if "combination" in remedy.values:
        return f"as {remedy.values['combination']}"
    if remedy.kind is RemedyKind.CORRECT:
        return f"the objective: {remedy.values['objective']}"
    if "chance" in remedy.values:
        return f"chance = {spell(remedy.values['chance'])}"
    if remedy.kind is RemedyKind.ADD:
        return ", ".join(f"{n.replace('_', ' ')} ({v})" for n, v in remedy.values.items())
    return ""
