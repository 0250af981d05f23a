"""Leases: who may run a trial, until when, on the database's clock (I2 I3)."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import sqlalchemy as sa

from tunebook.domain.trial import RERUN_FROM, Purpose, Status, TrialKey, TrialRecord
from tunebook.store.database.connection import database_now, host_now
from tunebook.store.database.transactions import Transactions
from tunebook.store.records import Claim
from tunebook.store.rows import to_trial
from tunebook.store.schema import trial as trials

PENDING, RUNNING = Status.PENDING.value, Status.RUNNING.value
AT_A_TIME = 500
"""Trials that are named in one statement."""


class Claims(Transactions):
    """Who trains which trial of a book."""

    def claim(
        self,
        number: int,
        host: str,
        lease_s: float,
        limit: int = 1,
        purpose: Purpose | None = None,
        holding: Collection[int] = (),
    ) -> tuple[Claim, ...]:
        """Claim pending trials, and running ones whose lease has ended, by turn, then by number.

        `holding` names trials that this host trains: their leases never count as ended.
        Each claim raises the trial's attempt number and sets it running.
        """
        with self._writing() as connection:
            now = database_now(connection)
            chosen = _free(connection, number, now, limit, purpose, holding)
            if not chosen:
                return ()
            changed = connection.execute(
                sa.update(trials)
                .where(trials.c.round == number, trials.c.number.in_(chosen))
                .values(
                    status=RUNNING,
                    attempt=trials.c.attempt + 1,
                    host=host,
                    lease_until=now + lease_s,
                    started_at=sa.func.coalesce(trials.c.started_at, host_now()),
                )
                .returning(trials)
            )
            records = sorted(
                (to_trial(row) for row in changed), key=lambda t: (chosen[t.number], t.number)
            )
            return tuple(Claim(trial=t, lease_s=lease_s) for t in records)

    def renew(self, host: str, keys: Sequence[TrialKey], lease_s: float) -> tuple[TrialKey, ...]:
        """Renew leases; returns the keys that this host no longer holds."""
        with self._writing() as connection:
            until = database_now(connection) + lease_s
            kept: set[TrialKey] = set()
            for number in sorted({key.round for key in keys}):
                asked = [key.number for key in keys if key.round == number]
                for first in range(0, len(asked), AT_A_TIME):
                    changed = connection.execute(
                        sa.update(trials)
                        .where(trials.c.round == number)
                        .where(trials.c.number.in_(asked[first : first + AT_A_TIME]))
                        .where(trials.c.status == RUNNING, trials.c.host == host)
                        .values(lease_until=until)
                        .returning(trials.c.number)
                    )
                    kept |= {TrialKey(number, n) for n in changed.scalars()}
            return tuple(key for key in keys if key not in kept)

    def release(self, key: TrialKey, attempt: int, seconds: float = 0.0) -> None:
        """Give a claimed trial back as pending; its attempt number stays used."""
        with self._writing() as connection:
            connection.execute(
                sa.update(trials)
                .where(trials.c.round == key.round, trials.c.number == key.number)
                .where(trials.c.attempt == attempt, trials.c.status == RUNNING)
                .values(
                    status=PENDING,
                    host=None,
                    lease_until=None,
                    seconds=trials.c.seconds + seconds,
                )
            )

    def held(self, number: int) -> tuple[TrialRecord, ...]:
        """Running trials of a round, whoever holds them."""
        query = sa.select(trials).where(
            trials.c.round == number, trials.c.status == Status.RUNNING.value
        )
        with self._reading() as connection:
            return tuple(to_trial(r) for r in connection.execute(query.order_by(trials.c.number)))

    def hosts(self, number: int) -> dict[TrialKey, str]:
        """Which host holds each running trial of a round."""
        query = sa.select(trials.c.number, trials.c.host).where(
            trials.c.round == number, trials.c.status == Status.RUNNING.value
        )
        with self._reading() as connection:
            return {TrialKey(number, n): h or "" for n, h in connection.execute(query).all()}


def _free(
    connection: sa.Connection,
    number: int,
    now: float,
    limit: int,
    purpose: Purpose | None,
    holding: Collection[int],
) -> dict[int, int]:
    """Numbers of the trials that may be claimed, with their turns.

    Looks at as many pending trials as are asked for, and at the running ones: never at those that
    have ended. Trials that another host is just claiming are passed over.
    """
    late = sa.and_(trials.c.status == RUNNING, trials.c.lease_until < now)
    if holding:  # a clock that jumped makes leases look ended that this very host keeps
        late = sa.and_(late, trials.c.number.not_in(holding))
    found: list[tuple[int, int]] = []
    for free in (trials.c.status == PENDING, late):
        query = sa.select(trials.c.turn, trials.c.number).where(trials.c.round == number, free)
        if purpose is not None:
            query = query.where(trials.c.purpose == purpose.value)
        if purpose is Purpose.RERUN:  # by the index
            query = query.where(trials.c.number >= RERUN_FROM)
        by_turn = (trials.c.round, trials.c.status, trials.c.turn, trials.c.number)
        query = query.order_by(*by_turn).limit(limit).with_for_update(skip_locked=True)
        found += [(row.turn, row.number) for row in connection.execute(query)]
    return {n: turn for turn, n in sorted(found)[:limit]}
