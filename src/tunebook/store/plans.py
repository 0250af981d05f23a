"""What a book is about and what it plans: its setting, its objective, its rounds (D6)."""

from __future__ import annotations

import functools
from dataclasses import replace

import sqlalchemy as sa

from tunebook.domain.decision import Setting
from tunebook.domain.design import Objective, Round
from tunebook.domain.errors import StoreError
from tunebook.domain.formats.json_text import from_json
from tunebook.domain.origin import Imported
from tunebook.domain.record import TrainingSource
from tunebook.domain.sealing import Seal
from tunebook.domain.trial import Status
from tunebook.domain.version import VERSION
from tunebook.store.database.server import take_turn
from tunebook.store.database.transactions import Transactions
from tunebook.store.records import StoredRound
from tunebook.store.rows import readable
from tunebook.store.schema import chunk, decision, rerun_plan, seal
from tunebook.store.schema import round_ as rounds
from tunebook.store.schema import setting as settings
from tunebook.store.schema import trial as trials


class Plans(Transactions):
    """The setting of a book and its rounds."""

    def setting(self) -> tuple[Setting, Objective] | None:
        """What the book was made with, or None for a book without a setting yet."""
        with self._reading() as connection:
            row = connection.execute(sa.select(settings)).first()
            if row is None or row.setting is None:
                return None
            return from_json(Setting, row.setting), from_json(Objective, row.objective)

    def set_setting(self, setting: Setting, objective: Objective) -> None:
        """Write the setting of a new book, or what an older one left open.

        A training objective that no trial has reported may be replaced.

        Raises:
            StoreError: it differs otherwise from the setting of before.
        """
        values = {"setting": readable(setting), "objective": readable(objective)}
        with self._writing() as connection:
            take_turn(connection, settings.name)
            row = connection.execute(sa.select(settings)).first()
            if row is None:
                row_values = {"id": 1, "made_by": VERSION, **values}
                connection.execute(sa.insert(settings).values(row_values))
                return
            if row.setting is not None:
                known = from_json(Setting, row.setting), from_json(Objective, row.objective)
                stands = known[0]
                if not is_reported(connection, stands.training_objective):
                    stands = replace(stands, training_objective="")
                if (setting, objective) != (stands.with_unsaid(setting), known[1]):
                    raise StoreError(
                        f"a book keeps its setting; {self.location} has {known}",
                        next_step="begin another book",
                    )
            connection.execute(sa.update(settings).values(values))

    def correct_objective(self, objective: Objective) -> bool:
        """Replace an objective that no trial has reported; returns whether it was replaced.

        It stays if no trial has ended yet, if one runs or is complete, if one reported the metric,
        if the new metric is sealed, and once reruns or a decision were planned by it.
        """
        with self._writing() as connection:
            take_turn(connection, settings.name)
            if not _may_correct(connection, objective):
                return False
            connection.execute(sa.update(settings).values(objective=readable(objective)))
            return True

    def add_round(self, plan: Round, created_at: float) -> StoredRound:
        """Add a round, numbered on; where one of this goal is there already, it is returned."""
        text = readable(plan)
        with self._writing() as connection:
            take_turn(connection, rounds.name)
            known = rounds_of(connection)
            for stored in known:
                if stored.plan.goal == plan.goal:
                    return stored
            number = len(known) + 1
            row = {"number": number, "plan": text, "created_at": created_at}
            connection.execute(sa.insert(rounds).values(row))
        return StoredRound(number=number, plan=plan, source=None, created_at=created_at)

    def extend_round(self, number: int, plan: Round) -> None:
        """Replace a round's plan by one that differs in `trials` alone, upwards."""
        text = readable(plan)
        with self._writing() as connection:
            mine = rounds.c.number == number
            stands = connection.execute(
                sa.select(rounds.c.plan).where(mine).with_for_update()
            ).scalar()
            if stands is None:
                raise self._no_round(number)
            if from_json(Round, stands).trials <= plan.trials:
                connection.execute(sa.update(rounds).where(mine).values(plan=text))

    def set_source(self, number: int, source: TrainingSource) -> None:
        """Remember which code trains the round."""
        with self._writing() as connection:
            changed = connection.execute(
                sa.update(rounds).where(rounds.c.number == number).values(source=readable(source))
            )
            if not changed.rowcount:
                raise self._no_round(number)

    def add_spent_twice(self, number: int, seconds: float) -> None:
        """Count compute of a round that had to be repeated after something was lost.

        The one method that counts twice where it is repeated after a BookAwayError.
        """
        total = rounds.c.spent_twice_s + seconds
        with self._writing() as connection:
            connection.execute(
                sa.update(rounds).where(rounds.c.number == number).values(spent_twice_s=total)
            )

    def rounds(self) -> tuple[StoredRound, ...]:
        """All rounds, in order."""
        with self._reading() as connection:
            return rounds_of(connection)

    def round(self, number: int) -> StoredRound:
        """One round, without reading the others.

        Raises:
            StoreError: there is no such round.
        """
        with self._reading() as connection:
            found = rounds_of(connection, rounds.c.number == number)
        if not found:
            raise self._no_round(number)
        return found[0]

    def _no_round(self, number: int) -> StoreError:
        return StoreError(
            f"the book {self.location} has no round {number}",
            next_step="read its rounds: tunebook status",
        )


def _may_correct(connection: sa.Connection, objective: Objective) -> bool:
    """Whether no trial's value, and nothing decided, rests on the objective of before."""
    row = connection.execute(sa.select(settings)).first()
    if row is None or row.objective is None:
        return False
    known = from_json(Objective, row.objective)
    statuses = set(connection.execute(sa.select(trials.c.status).distinct()).scalars())
    if Status.INFEASIBLE not in statuses or statuses & {Status.COMPLETE, Status.RUNNING}:
        return False
    if is_reported(connection, known.metric) or any(
        connection.execute(sa.select(found).limit(1)).first() for found in (decision, rerun_plan)
    ):
        return False
    sealed = connection.execute(sa.select(seal.c.content)).scalars()
    return all(from_json(Seal, text).metric != objective.metric for text in sealed)


def is_reported(connection: sa.Connection, metric: str) -> bool:
    """Whether any trial of the book has reported a metric."""
    found = sa.select(chunk.c.id).where(chunk.c.metric == metric).limit(1)
    return connection.execute(found).first() is not None


@functools.lru_cache(maxsize=256)
def _plan(text: str) -> Round:
    """A plan from its text; the rounds of a book are read again and again."""
    return from_json(Round, text)


@functools.lru_cache(maxsize=16)
def _imported(text: str) -> Imported:
    return from_json(Imported, text)


def rounds_of(
    connection: sa.Connection, *which: sa.ColumnElement[bool]
) -> tuple[StoredRound, ...]:
    return tuple(
        StoredRound(
            number=row.number,
            plan=_plan(row.plan),
            source=from_json(TrainingSource, row.source) if row.source else None,
            created_at=row.created_at,
            spent_twice_s=row.spent_twice_s,
            imported=_imported(row.imported) if row.imported else None,
        )
        for row in connection.execute(sa.select(rounds).where(*which).order_by(rounds.c.number))
    )
