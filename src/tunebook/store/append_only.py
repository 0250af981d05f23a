"""What a book only ever adds: decisions, plans of reruns, launches, environments, seals, looks."""

from __future__ import annotations

from typing import TypeVar

import sqlalchemy as sa

from tunebook.domain.decision import Decision, Launch, RerunPlan
from tunebook.domain.environment import Environment
from tunebook.domain.errors import StoreError
from tunebook.domain.formats.codec import from_json
from tunebook.domain.sealing import Look, Seal
from tunebook.store.database.server import take_turn
from tunebook.store.database.transactions import Transactions
from tunebook.store.rows import readable
from tunebook.store.schema import decision as decisions
from tunebook.store.schema import environment as environments
from tunebook.store.schema import launch as launches
from tunebook.store.schema import look as looks
from tunebook.store.schema import rerun_plan as rerun_plans
from tunebook.store.schema import seal as seals

N = TypeVar("N")


class OnlyAdded(Transactions):
    """The tables that triggers guard: each row gets the next number, and stays."""

    def add_decision(self, decision: Decision) -> None:
        """Add a decision; its number must be the next."""
        self._add(decisions, decision.number, readable(decision), first=1)

    def decisions(self) -> tuple[Decision, ...]:
        """All decisions, in order."""
        return self._contents(decisions, Decision)

    def add_rerun_plan(self, plan: RerunPlan) -> None:
        """Add a plan of reruns; its number must be the next."""
        self._add(rerun_plans, plan.number, readable(plan), first=1)

    def rerun_plans(self) -> tuple[RerunPlan, ...]:
        """All plans of reruns, in order."""
        return self._contents(rerun_plans, RerunPlan)

    def add_launch(self, launch: Launch) -> None:
        """Add a launch; its number must be the next."""
        self._add(launches, launch.number, readable(launch), first=0)

    def launches(self) -> tuple[Launch, ...]:
        """All launches, in order."""
        return self._contents(launches, Launch)

    def add_environment(self, environment: Environment) -> None:
        """Add what a round runs on; its number must be the next."""
        self._add(environments, environment.number, readable(environment), first=1)

    def environments(self) -> tuple[Environment, ...]:
        """All that rounds ran on, in order."""
        return self._contents(environments, Environment)

    def add_seal(self, seal: Seal) -> None:
        """Add a sealed metric; its number must be the next."""
        self._add(seals, seal.number, readable(seal), first=1)

    def seals(self) -> tuple[Seal, ...]:
        """All sealed metrics, in order."""
        return self._contents(seals, Seal)

    def add_look(self, look: Look) -> None:
        """Add a look at a sealed metric; its number must be the next."""
        self._add(looks, look.number, readable(look), first=1)

    def looks(self) -> tuple[Look, ...]:
        """All looks, in order."""
        return self._contents(looks, Look)

    def _add(self, table: sa.Table, number: int, content: str, *, first: int) -> None:
        with self._writing() as connection:
            take_turn(connection, table.name)
            last = connection.execute(sa.select(sa.func.max(table.c.number))).scalar()
            following = first if last is None else int(last) + 1
            if number != following:
                raise StoreError(
                    f"each {table.name} gets the next number, {following}; got {number}",
                    next_step="read the book again: someone else may have added one",
                )
            connection.execute(sa.insert(table).values(number=number, content=content))

    def _contents(self, table: sa.Table, kind: type[N]) -> tuple[N, ...]:
        with self._reading() as connection:
            query = sa.select(table.c.content).order_by(table.c.number)
            return tuple(from_json(kind, text) for text in connection.execute(query).scalars())
