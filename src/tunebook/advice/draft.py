"""A plan as advice changes it: every change is taken only if the plan still runs (B2)."""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tunebook.domain.decision import Change
from tunebook.domain.design import Round, studies
from tunebook.domain.errors import DesignError, TunebookError
from tunebook.domain.finding import Finding, Remedy
from tunebook.domain.space import Float, Integer, spell
from tunebook.search.assignment import search_trials

Asked = tuple[Finding, Remedy]
"""A finding, and the remedy that it asks for."""
Done = tuple[Change, Sequence[Asked]]
"""A change, and the findings that asked for it."""

TRIED = 4
"""Points of each study that are drawn to see whether a space still has some."""


@dataclass(slots=True, kw_only=True)
class Draft:
    """The plan as it takes shape.

    Attributes:
        plan: valid at any time.
        done: the changes that were taken, each with the findings that asked for it.
        resolved, unresolved: as in Proposal.
        nothing: why no new round is proposed; empty where one is.
    """

    plan: Round
    done: list[Done] = field(default_factory=list)
    resolved: list[str] = field(default_factory=list)
    unresolved: list[str] = field(default_factory=list)
    nothing: str = ""

    @property
    def changes(self) -> tuple[Change, ...]:
        """The changes that were taken, in their order."""
        return tuple(change for change, _ in self.done)

    def take(self, plan: Round, change: Change, asked: Sequence[Asked] = ()) -> bool:
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
        self.done.append((change, asked))
        return True

    def set_value(
        self, key: str, value: Any, because: str, check: str, asked: Sequence[Asked] = ()
    ) -> bool:
        """Set an attribute of the plan, such as `trials`; False, and why, where it can't."""
        change = Change(
            key=key, before=spell(getattr(self.plan, key)), after=spell(value), because=because,
            check=check,
        )  # fmt: skip
        try:
            plan = replace(self.plan, **{key: value})
        except DesignError as error:
            self.unresolved.append(f"Set {key} by hand ({because}): {error.rule}")
            return False
        return self.take(plan, change, asked)

    def vary(
        self, name: str, axis: Float, because: str, check: str, asked: Sequence[Asked] = ()
    ) -> bool:
        """Vary a fixed hyperparameter as a nuisance; False where the plan does not allow it."""
        fixed = {n: v for n, v in self.plan.fixed.items() if n != name}
        try:
            plan = replace(self.plan, fixed=fixed, nuisance={**self.plan.nuisance, name: axis})
        except DesignError:
            return False
        change = Change(
            key=f"nuisance.{name}", before=f"fixed at {spell(self.plan.fixed[name])}",  # type: ignore[arg-type]
            after=range_text(axis), because=because, check=check,
        )  # fmt: skip
        return self.take(plan, change, asked)


def range_text(axis: Float | Integer) -> str:
    """`0.001 to 1`."""
    return f"{spell(axis.low)} to {spell(axis.high)}"


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
    counts = range(1, plan.trials)
    runs = bisect.bisect_left(counts, True, key=lambda n: bool(why_not(replace(plan, trials=n))))
    return replace(plan, trials=runs) if runs else plan
