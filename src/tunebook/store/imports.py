"""Rounds that another tool ran: added as they are, and grown with their source (C11 D6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import sqlalchemy as sa

from tunebook.domain.design import Round
from tunebook.domain.origin import Imported
from tunebook.domain.trial import TrialRecord
from tunebook.store.database import statements as sql
from tunebook.store.database.server import take_turn
from tunebook.store.database.transactions import Transactions
from tunebook.store.plans import rounds_of
from tunebook.store.rows import readable, to_row
from tunebook.store.schema import attempt as attempts
from tunebook.store.schema import round_ as rounds
from tunebook.store.schema import trial as trials

if TYPE_CHECKING:
    from tunebook.store.curves.chunks import Points


class Imports(Transactions):
    """Rounds whose trials have ended before the book knew them."""

    def add_imported(self, plan: Round, imported: Imported, created_at: float) -> int:
        """Add a round that has been run elsewhere; returns its number."""
        with self._writing() as connection:
            take_turn(connection, rounds.name)
            number = len(rounds_of(connection)) + 1
            row = {
                "number": number,
                "plan": readable(plan),
                "created_at": created_at,
                "imported": readable(imported),
            }
            connection.execute(sa.insert(rounds).values(row))
        return number

    def grow_imported(
        self, number: int, plan: Round, imported: Imported, studies: Mapping[int, str]
    ) -> None:
        """Replace the plan of an imported round by that of its grown sweep.

        Args:
            number: of the round.
            plan: with all its trials.
            imported: what is known of its source now.
            studies: of the trials that are there, by number.
        """
        with self._writing() as connection:
            changed = {"plan": readable(plan), "imported": readable(imported)}
            connection.execute(sa.update(rounds).where(rounds.c.number == number).values(changed))
            for trial, study in studies.items():
                mine = (trials.c.round == number) & (trials.c.number == trial)
                connection.execute(sa.update(trials).where(mine).values(study=study))

    def add_ended(
        self, records: Sequence[TrialRecord], points: Sequence[Mapping[str, Points]]
    ) -> None:
        """Add trials that have ended, each with what it reported, by metric."""
        from tunebook.store.curves.chunk_table import chunk_row

        if not records:
            return
        with self._writing() as connection:
            connection.execute(sa.insert(trials), [to_row(t) for t in records])
            own = [
                {"round": t.round, "number": t.number, "attempt": t.attempt, "first_step": 0,
                 "lines": sum(len(p.steps) for p in curves.values())}
                for t, curves in zip(records, points, strict=True)
            ]  # fmt: skip
            connection.execute(sa.insert(attempts), own)
            chunks = [
                chunk_row(t.key, t.attempt, metric, p)
                for t, curves in zip(records, points, strict=True)
                for metric, p in curves.items()
                if len(p.steps)
            ]
            if chunks:
                connection.execute(sql.ADD_CHUNKS, chunks)
