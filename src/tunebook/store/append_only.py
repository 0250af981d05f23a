"""What a book only ever adds: decisions, plans of reruns, launches, environments, seals, looks."""

from __future__ import annotations

from typing import TypeVar

import sqlalchemy as sa

from tunebook.domain.decision import Decision, Launch, RerunPlan
from tunebook.domain.environment import Environment
from tunebook.domain.errors import StoreError
from tunebook.domain.formats.json_text import from_json
from tunebook.domain.sealing import Look, Seal
from tunebook.store.database.server import take_turn
from tunebook.store.database.transactions import Transactions
from tunebook.store.rows import readable
from tunebook.store.schema import decision, environment, launch, look, rerun_plan, seal

Added = Decision | RerunPlan | Launch | Environment | Seal | Look
N = TypeVar("N")

TABLES: dict[type, sa.Table] = {
    Decision: decision,
    RerunPlan: rerun_plan,
    Launch: launch,
    Environment: environment,
    Seal: seal,
    Look: look,
}


class OnlyAdded(Transactions):
    """The tables that triggers guard: each row gets the next number, and stays."""

    def add(self, noun: Added) -> None:
        """Add a decision, a plan of reruns, a launch, an environment, a seal or a look.

        Raises:
            StoreError: its number is not the next; launches count from 0, all others from 1.
        """
        table, content = TABLES[type(noun)], readable(noun)
        with self._writing() as connection:
            take_turn(connection, table.name)
            last = connection.execute(sa.select(sa.func.max(table.c.number))).scalar()
            first = 0 if table is launch else 1
            following = first if last is None else int(last) + 1
            if noun.number != following:
                raise StoreError(
                    f"each {table.name} gets the next number, {following}; got {noun.number}",
                    next_step="read the book again: someone else may have added one",
                )
            connection.execute(sa.insert(table).values(number=noun.number, content=content))

    def decisions(self) -> tuple[Decision, ...]:
        """All decisions, in order."""
        return self._all(Decision)

    def rerun_plans(self) -> tuple[RerunPlan, ...]:
        """All plans of reruns, in order."""
        return self._all(RerunPlan)

    def launches(self) -> tuple[Launch, ...]:
        """All launches, in order."""
        return self._all(Launch)

    def environments(self) -> tuple[Environment, ...]:
        """All that rounds ran on, in order."""
        return self._all(Environment)

    def seals(self) -> tuple[Seal, ...]:
        """All sealed metrics, in order."""
        return self._all(Seal)

    def looks(self) -> tuple[Look, ...]:
        """All looks, in order."""
        return self._all(Look)

    def _all(self, kind: type[N]) -> tuple[N, ...]:
        table = TABLES[kind]
        with self._reading() as connection:
            query = sa.select(table.c.content).order_by(table.c.number)
            return tuple(from_json(kind, text) for text in connection.execute(query).scalars())
