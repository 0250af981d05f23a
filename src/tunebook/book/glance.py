"""A book at a glance, read without its curves where its decisions say where it stands (D6)."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from tunebook.book.kept_results import Kind, kept
from tunebook.domain.design import Objective
from tunebook.domain.formats.codec import from_json, to_json
from tunebook.domain.trial import Purpose, Status, TrialKey
from tunebook.report.after_decision import after_decision
from tunebook.report.glance import BookGlance, RoundGlance
from tunebook.report.steps import in_book, newest_decision
from tunebook.store import Store, StoredRound
from tunebook.store.setting import setting_of


def _ended(found: BookGlance) -> bool:
    return all(status.ended for r in found.rounds for status in (*r.trials, *r.reruns))


# While trials run, each look finds another state: none is written.
GLANCE = Kind(BookGlance, to_json, partial(from_json, BookGlance), _ended)


def book_glance(store: Store) -> BookGlance:
    """Read what `status` says of a book.

    Of one whose newest round is undecided, all of it is read, once for each state of the book.
    """
    found = _decided(store)
    if found is not None:
        return found
    rounds = [r.number for r in store.rounds()]
    file = Path(store.location).name
    return kept(store, "glance", rounds, GLANCE, lambda: _whole(store), decided=True, beside=file)


def _whole(store: Store) -> BookGlance:
    from tunebook.book.records import book_record
    from tunebook.report.record_glance import glance_of

    return glance_of(book_record(store))


def _decided(store: Store) -> BookGlance | None:
    """None where more has to be read to say it."""
    setting, objective = setting_of(store)
    rounds, decisions, launches = store.rounds(), store.decisions(), store.launches()
    decision = newest_decision(decisions, rounds[-1].number) if rounds else None
    if decision is None:
        return None
    seen = [_round(store, stored, objective) for stored in rounds]
    if any(found is None for found in seen):
        return None
    newest = rounds[-1].number
    stands = after_decision(decision, launches, chance=setting.chance, newest=newest)
    return BookGlance(
        name=setting.name,
        objective=objective,
        rounds=tuple(filter(None, seen)),
        decisions=decisions,
        launches=launches,
        stands=in_book(stands, Path(store.location).name),
    )


def _round(store: Store, stored: StoredRound, objective: Objective) -> RoundGlance | None:
    fates = store.fates(stored.number)
    complete = [n for n, purpose, status in fates
                if purpose is not Purpose.RERUN and status is Status.COMPLETE]  # fmt: skip
    values = store.plain_values(stored.number, complete, objective)
    if values is None:
        return None
    losses = [(objective.sign * value, n) for n, value in values.items() if value == value]
    best = min(losses, default=None)
    return RoundGlance(
        number=stored.number,
        goal=stored.plan.goal,
        trials=tuple(s for _, purpose, s in fates if purpose is not Purpose.RERUN),
        reruns=tuple(s for _, purpose, s in fates if purpose is Purpose.RERUN),
        best=(TrialKey(stored.number, best[1]).name, values[best[1]]) if best else None,
    )
