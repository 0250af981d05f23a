"""A book's store as the record that reports read (D6)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tunebook.book.sealing import sealed_of, veiled
from tunebook.domain.doing import doing
from tunebook.domain.record import BookRecord, RoundRecord
from tunebook.domain.table import TrialTable
from tunebook.domain.trial import Purpose, TrialRecord
from tunebook.examination.carried_over import EarlierRound, alike, carry_over
from tunebook.execution.environment import versions
from tunebook.store import Store, StoredRound
from tunebook.store.setting import setting_of
from tunebook.store.table import table


def book_record(store: Store) -> BookRecord:
    """Read a whole book."""
    setting, objective = setting_of(store)
    return BookRecord(
        setting=setting,
        objective=objective,
        rounds=tuple(round_record(store, stored) for stored in store.rounds()),
        decisions=store.decisions(),
        launches=store.launches(),
        versions=versions(),
        file=Path(store.location).name,
        seals=store.seals(),
        looks=store.looks(),
        rerun_plans=store.rerun_plans(),
    )


def round_record(store: Store, stored: StoredRound) -> RoundRecord:
    """Read one round with its search trials and its reruns."""
    doing(f"Reading round {stored.number}")
    trials = veiled(store.trials(stored.number), sealed_of(store, stored.number))
    own = table(store, stored.number)
    return RoundRecord(
        number=stored.number,
        plan=stored.plan,
        table=own,
        reruns=table(store, stored.number, reruns=True),
        source=stored.source,
        created_at=stored.created_at,
        spent_twice_s=stored.spent_twice_s,
        details={t.name: t.detail for t in trials if t.detail},
        output_tails={t.name: t.output_tail for t in trials if t.output_tail},
        unread=unread(trials),
        carried=with_earlier(store, stored, own),
        environments=tuple(e for e in store.environments() if e.round == stored.number),
        exploitation=len(own)
        if own.adaptive and not own.chosen
        else sum(t.purpose is Purpose.EXPLOIT for t in trials),
    )


def with_earlier(store: Store, stored: StoredRound, own: TrialTable) -> TrialTable | None:
    """A round's trials with those of earlier rounds that lie in its space; None where none does.

    Only once its own trials have ended: before that, earlier ones alone would speak again. Never
    beside trials that results chose: no check speaks of these.
    """
    if own.adaptive or not len(own) or not all(status.ended for status in own.status):
        return None
    earlier = [
        EarlierRound(
            number=r.number,
            plan=r.plan,
            table=table(store, r.number),
            sha256=r.source.sha256 if r.source else "",
        )
        for r in store.rounds()[: stored.number - 1]
        if alike(stored.plan, r.plan)
    ]
    code = stored.source.sha256 if stored.source else ""
    carried = carry_over(stored.plan, own, earlier, sha256=code)
    return carried if len(carried) > len(own) else None


def unread(trials: Sequence[TrialRecord]) -> dict[str, tuple[str, ...]]:
    """Varied hyperparameters that training never read, with the trials that show it."""
    found: dict[str, tuple[str, ...]] = {}
    for trial in trials:
        for name in trial.unread:
            found[name] = (*found.get(name, ()), trial.name)
    return found
