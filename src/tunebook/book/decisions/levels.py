"""The levels that a book has granted, read from its store (D3)."""

from __future__ import annotations

from tunebook.deciding.broken_baseline import broken_in, never_judged
from tunebook.deciding.launch_account import AccountLine, account
from tunebook.store import Store


def book_account(store: Store) -> tuple[AccountLine, ...]:
    """Every decision against a baseline that was judged or still can be, in order."""
    return account(store.rerun_plans(), store.decisions(), plans_never_judged(store))


def plans_never_judged(store: Store) -> frozenset[int]:
    """Numbers of plans whose baseline crashed in every rerun."""
    plans, decisions = store.rerun_plans(), store.decisions()
    judged = {d.plan for d in decisions}
    doubtful = {p.round for p in plans if p.baseline is not None and p.number not in judged}
    broken = frozenset(n for n in doubtful if broken_in(store.trials(n)) is not None)
    return never_judged(plans, decisions, broken)
