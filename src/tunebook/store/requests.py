"""What people ask of rounds while they run: pause, drain, cancel, which trials go first (D6).

A request is a row that every host of the round reads about once a second. A trial that no host
trains is cancelled at once; one that is trained, by its host.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import sqlalchemy as sa

from tunebook.domain.trial import Cause, Outcome, Status, TrialKey
from tunebook.store.database.connection import database_now
from tunebook.store.database.transactions import Transactions
from tunebook.store.records import Asked
from tunebook.store.rows import outcome_columns
from tunebook.store.schema import chunk
from tunebook.store.schema import request as requests
from tunebook.store.schema import trial as trials

ALL = -1
"""Stands for the round where a request names no trial."""
PAUSE, DRAIN, CANCEL = "pause", "drain", "cancel"
CANCELLED_DETAIL = "cancelled by request"


class Requests(Transactions):
    """The requests that a book holds."""

    def ask(self, number: int, what: str) -> None:
        """Ask all hosts of a round to pause, or to drain; replaces what was asked before."""
        with self._writing() as connection:
            self._withdraw(connection, number)
            row = {"round": number, "number": ALL, "what": what}
            asked_at = database_now(connection)
            connection.execute(sa.insert(requests).values(asked_at=asked_at, **row))

    def withdraw(self, number: int) -> bool:
        """Take back a pause or a drain; False where nothing was asked."""
        with self._writing() as connection:
            return self._withdraw(connection, number)

    def asked(self, number: int) -> Asked:
        """What stands; of trials, those that still run."""
        with self._reading() as connection:
            query = sa.select(requests.c.number, requests.c.what, requests.c.asked_at)
            rows = connection.execute(query.where(requests.c.round == number)).all()
        of_round = {row.what: row.asked_at for row in rows if row.number == ALL}
        return Asked(
            paused=PAUSE in of_round,
            drained_at=of_round.get(DRAIN),
            cancelled=frozenset(row.number for row in rows if row.number != ALL),
        )

    def cancel(self, keys: Sequence[TrialKey]) -> tuple[TrialKey, ...]:
        """End trials that no host trains, and ask the hosts of the others to end them.

        Returns:
            those that had not ended: every one of them will, as failed, `cancelled`.
        """
        reached = []
        with self._writing() as connection:
            now = database_now(connection)
            for key in keys:
                mine = sa.and_(trials.c.round == key.round, trials.c.number == key.number)
                late = sa.and_(trials.c.status == Status.RUNNING.value, trials.c.lease_until < now)
                ended = connection.execute(
                    sa.update(trials)
                    .where(mine, sa.or_(trials.c.status == Status.PENDING.value, late))
                    .values(
                        status=Status.FAILED.value,
                        cause=Cause.CANCELLED.value,
                        detail=CANCELLED_DETAIL,
                        ended_at=time.time(),
                        host=None,
                        lease_until=None,
                    )
                ).rowcount
                if ended or self._ask_to_cancel(connection, key, mine, now):
                    reached.append(key)
        return tuple(reached)

    def again(self, keys: Sequence[TrialKey]) -> tuple[TrialKey, ...]:
        """Set trials that have ended pending, to be trained anew; their attempts stay numbered.

        What they reported is replaced by what they report then.

        Returns:
            those that had ended.
        """
        ended = [s.value for s in Status if s.ended]
        reached = []
        with self._writing() as connection:
            for key in keys:
                mine = sa.and_(trials.c.round == key.round, trials.c.number == key.number)
                changed = connection.execute(
                    sa.update(trials)
                    .where(mine, trials.c.status.in_(ended))
                    .values({**outcome_columns(Outcome(status=Status.PENDING)), "ended_at": None})
                ).rowcount
                if changed:
                    own = sa.and_(chunk.c.round == key.round, chunk.c.number == key.number)
                    connection.execute(sa.delete(chunk).where(own))
                    asked = sa.and_(requests.c.round == key.round, requests.c.number == key.number)
                    connection.execute(sa.delete(requests).where(asked))
                    reached.append(key)
        return tuple(reached)

    def prioritise(self, keys: Sequence[TrialKey], priority: int) -> None:
        """Let trials go before (above 0) or after (below 0) the others of their round."""
        with self._writing() as connection:
            for key in keys:
                connection.execute(
                    sa.update(trials)
                    .where(trials.c.round == key.round, trials.c.number == key.number)
                    .values(turn=-priority)
                )

    def now(self) -> float:
        """Seconds since 1970 on the database's clock."""
        with self._reading() as connection:
            return database_now(connection)

    def _ask_to_cancel(
        self, connection: sa.Connection, key: TrialKey, mine: sa.ColumnElement[bool], now: float
    ) -> bool:
        running = trials.c.status == Status.RUNNING.value
        if connection.execute(sa.select(trials.c.number).where(mine, running)).first() is None:
            return False
        own = sa.and_(requests.c.round == key.round, requests.c.number == key.number)
        if connection.execute(sa.select(requests.c.number).where(own)).first() is None:
            row = {"round": key.round, "number": key.number, "what": CANCEL, "asked_at": now}
            connection.execute(sa.insert(requests).values(row))
        return True

    def _withdraw(self, connection: sa.Connection, number: int) -> bool:
        whole = sa.and_(requests.c.round == number, requests.c.number == ALL)
        return bool(connection.execute(sa.delete(requests).where(whole)).rowcount)
