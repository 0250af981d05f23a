"""A plan as advice changes it: every change is taken only if the plan still runs (B2)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from tunebook.domain.decision import Change
from tunebook.domain.design import Round, studies
from tunebook.domain.errors import TunebookError
from tunebook.domain.finding import Finding, Remedy
from tunebook.search.assignment import search_trials

Asked = tuple[Finding, Remedy]
"""A finding, and the remedy that it asks for."""

TRIED = 4
"""Points of each study that are drawn to see whether a space still has some."""


@dataclass(slots=True, kw_only=True)
class Draft:
    """The plan as it takes shape.

    Attributes:
        plan: valid at any time.
        changes: what was taken.
        done: for each change, the findings that asked for it.
        resolved, unresolved: as in Proposal.
        nothing: why no new round is proposed; empty where one is.
    """

    plan: Round
    changes: list[Change] = field(default_factory=list)
    done: list[tuple[Change, tuple[Asked, ...]]] = field(default_factory=list)
    resolved: list[str] = field(default_factory=list)
    unresolved: list[str] = field(default_factory=list)
    nothing: str = ""

    def take(self, plan: Round, change: Change, *asked: Asked) -> bool:
        """Take a change, unless the plan would not run; False, and the reason, where not."""
        plan = with_fewer(plan)
        if broken := why_not(plan):
            self.unresolved.append(
                f"{change.key} stays {change.before or 'as it is'}, though {change.because}: with "
                f"{change.after} the plan would not run ({broken})"
            )
            return False
        if plan.trials != self.plan.trials and change.key != "trials":
            self.resolved.append(
                f"{plan.trials} trials in place of {self.plan.trials}: the grid that is left has "
                "no more points."
            )
        self.plan = plan
        self.changes.append(change)
        self.done.append((change, asked))
        return True


def why_not(plan: Round) -> str:
    """What keeps a plan from running, or ""; of a grid every point is tried, else a few are."""
    few = plan.trials if plan.searcher == "grid" else TRIED * len(studies(plan))
    try:
        search_trials(replace(plan, trials=min(plan.trials, few)), 1)
    except TunebookError as error:
        return error.rule
    return ""


def with_fewer(plan: Round) -> Round:
    """A grid's plan with as many trials as it has points, where it asked for more."""
    if plan.searcher != "grid" or not why_not(plan):
        return plan
    runs, fails = 0, plan.trials
    while fails - runs > 1:
        middle = (runs + fails) // 2
        if why_not(replace(plan, trials=middle)):
            fails = middle
        else:
            runs = middle
    return replace(plan, trials=runs) if runs else plan
