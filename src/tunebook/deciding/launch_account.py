"""The book's account: false launches among all launches, kept under a rate (D3).

NULL of a decision: no candidate improves by more than its least improvement. Over the decisions
of a book the false discovery rate, the mean of false / max(1, launches), is kept under RATE by
LORD++: each decision is granted a level before its first rerun, and each launch earns level for
those after it. Assumes that a null decision adopts with at most its level whatever came before:
each reruns candidate and baseline on seeds of its own. Measured over books of 30 rounds, some
with a reused baseline: docs/claims/books.md. Source: Ramdas, Yang, Wainwright and Jordan 2017,
equation 5 (LORD++).

A first baseline takes no part: it is compared with chance, and would earn level for nothing. Nor
does a round while every rerun of its baseline crashes: nothing is compared there. Planned anew, it
counts once, at its new place. False launches in 4,000 simulated books of 30 rounds, 95 %: 4.8 %
(4.6 to 5.1 %) where 30 % of rounds are judged later so, 5.2 % (4.9 to 5.5 %) where none is.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from scipy import special

from tunebook.domain.decision import Decision, RerunPlan, Verdict

RATE = 0.1
WEALTH = 0.08
"""Of RATE, what there is before any launch."""
DECAY = 1.6
MOST = 0.05
"""No decision is granted more than this, however many launches came before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountLine:
    """One decision against a baseline, as the account has it.

    Attributes:
        plan: number of its first plan of reruns, `round` of its round.
        level: granted to it before its first rerun.
        adopted: it adopted, and earned level for those after it.
    """

    plan: int
    round: int
    level: float
    adopted: bool


def account(
    plans: Sequence[RerunPlan],
    decisions: Sequence[Decision],
    never_judged: Collection[int] = (),
) -> tuple[AccountLine, ...]:
    """Every planned decision against a baseline, in order; an extension is the same decision.

    Args:
        plans, decisions: of the book.
        never_judged: numbers of plans that spent no level, since nothing could be compared.
    """
    adopting = {d.plan for d in decisions if d.verdict is Verdict.ADOPT}
    left_out = {*never_judged, *_resumed(plans, {d.plan for d in decisions})}
    lines: list[AccountLine] = []
    newest: dict[int, int] = {}
    for plan in plans:
        if plan.baseline is None or plan.number in left_out:
            continue
        if not plan.extension:
            newest[plan.round] = len(lines)
            lines.append(
                AccountLine(plan=plan.number, round=plan.round, level=plan.level, adopted=False)
            )
        if plan.number in adopting:
            at = newest[plan.round]
            lines[at] = replace(lines[at], adopted=True)
    return tuple(lines)


def _resumed(plans: Sequence[RerunPlan], judged: Collection[int | None]) -> set[int]:
    """Numbers of plans that could not be judged, and whose question the round's next plan repeats.

    A round has two plans of the same candidates and baseline in a row only where every rerun of
    the baseline crashed under the first. Only the second one can adopt.
    """
    newest: dict[int, RerunPlan] = {}
    found: set[int] = set()
    for plan in plans:
        before = newest.get(plan.round)
        if before and not plan.extension and before.question == plan.question:
            found.add(before.number)
        newest[plan.round] = plan
    return found - set(judged)


def next_level(lines: Sequence[AccountLine]) -> float:
    """What the account grants the next decision."""
    return granted([line.adopted for line in lines])


def levels_after(lines: Sequence[AccountLine]) -> tuple[float, float]:
    """What the decision after the newest one gets: if the newest adopts, and if it does not."""
    earlier = [line.adopted for line in lines[:-1]]
    return granted([*earlier, True]), granted([*earlier, False])


def granted(adopted: Sequence[bool]) -> float:
    """The level of the next decision.

    Args:
        adopted: of each earlier decision in order, whether it adopted; one that is still open
            counts as not.
    """
    now = len(adopted) + 1
    at = [t for t, yes in enumerate(adopted, 1) if yes]
    level = WEALTH * _share(now)
    if at:
        level += (RATE - WEALTH) * _share(now - at[0])
    level += RATE * sum(_share(now - t) for t in at[1:])
    return min(MOST, level)


def _share(later: int) -> float:
    """Of the level that was earned, what goes to the decision so many later; all make one."""
    return float(later**-DECAY / special.zeta(DECAY))
