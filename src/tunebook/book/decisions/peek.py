"""A peek at the reruns of a decision: free, exploratory, and recorded nowhere (D1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tunebook.book.decisions.decisions import candidates
from tunebook.book.decisions.fresh_reruns import evidence_of
from tunebook.book.decisions.refusals import refuse_same
from tunebook.book.decisions.rerun_plans import question
from tunebook.deciding.comparison import plain_gain
from tunebook.domain.decision import BASELINE, Estimand
from tunebook.domain.errors import EvidenceError
from tunebook.domain.finding import Interval
from tunebook.domain.formats.numbers import gain_text, plural
from tunebook.store import Store
from tunebook.store.setting import setting_of
from tunebook.store.table import table


@dataclass(frozen=True, slots=True, kw_only=True)
class Peek:
    """What the reruns seem to say, as no decision.

    Attributes:
        gain: of each candidate, with a plain 95 % interval; NaN where reruns are too few.
        reruns: ended ones, by side.
        looks: reruns a side at which the plan looks.
        estimand: what the gain is of.
        round: number of the round.
    """

    gain: Mapping[str, Interval]
    reruns: Mapping[str, int]
    looks: tuple[int, ...]
    estimand: Estimand
    round: int

    def __repr__(self) -> str:
        return f"{self.text} To go on to the next one: round.decide(train)"

    @property
    def text(self) -> str:
        """What the reruns seem to say, and where the plan looks."""
        sides = "\n".join(
            f"  {name}: {gain_text(gain, self.estimand)} over {plural(self.reruns[name], 'rerun')}"
            for name, gain in self.gain.items()
        )
        looks = ", ".join(map(str, self.looks))
        return (
            "Exploratory, and no decision: plain 95 % intervals, which do not allow for interim "
            f"looks or for the choice among candidates.\n{sides}\nThe plan has interim looks at "
            f"{looks} reruns of each."
        )


def peek_at(store: Store, number: int) -> Peek:
    """Peek at the reruns of a round's newest plan.

    Raises:
        EvidenceError: the round has no plan of reruns yet.
    """
    plans = [p for p in store.rerun_plans() if p.round == number]
    if not plans:
        raise EvidenceError(
            f"a peek looks at reruns with new seeds; round {number} has none yet",
            next_step=f"let some run: tunebook decide {number}, or round.decide(train)",
        )
    setting, objective = setting_of(store)
    plan, stored = plans[-1], store.round(number)
    baseline = None if plan.baseline is None else store.launches()[plan.baseline]
    sides = refuse_same(candidates(stored.plan, table(store, number), baseline, number))
    asked = question(objective, stored.plan.least_improvement, setting, plan)
    found = evidence_of(store, number, sides)
    base = found.pop(BASELINE, None)
    return Peek(
        gain={name: plain_gain(side, base, asked) for name, side in found.items()},
        reruns={name: side.reruns for name, side in found.items()},
        looks=plan.looks,
        estimand=plan.estimand,
        round=number,
    )
