"""Leases: who may run a trial, until when, on the database's clock (I2 I3)."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from tunebook.store import Claim
from tunebook.store.connection import database_now, host_now
from tunebook.store.rows import to_trial
from tunebook.store.schema import trial as trials
from tunebook.words.trial import Purpose, Status, TrialKey

PENDING, RUNNING = Status.PENDING.value, Status.RUNNING.value


def claim(
    connection: sa.Connection,
    number: int,
    host: str,
    lease_s: float,
    limit: int,
    purpose: Purpose | None,
) -> tuple[Claim, ...]:
    """Claim pending trials, and running ones whose lease has ended, lowest number first."""
    now = database_now(connection)
    free = sa.or_(
        trials.c.status == PENDING,
        sa.and_(trials.c.status == RUNNING, trials.c.lease_until < now),
    )
    wanted = [] if purpose is None else [trials.c.purpose == purpose.value]
    query = sa.select(trials.c.number).where(trials.c.round == number, free, *wanted)
    chosen = connection.execute(query.order_by(trials.c.number).limit(limit)).scalars().all()
    if not chosen:
        return ()
    mine = sa.and_(trials.c.round == number, trials.c.number.in_(chosen))
    connection.execute(
        sa.update(trials)
        .where(mine)
        .values(
            status=RUNNING,
            attempt=trials.c.attempt + 1,
            host=host,
            lease_until=now + lease_s,
            started_at=sa.func.coalesce(trials.c.started_at, host_now()),
        )
    )
    rows = connection.execute(sa.select(trials).where(mine).order_by(trials.c.number))
    return tuple(Claim(trial=to_trial(row), lease_s=lease_s) for row in rows)


def renew(
    connection: sa.Connection, host: str, keys: Sequence[TrialKey], lease_s: float
) -> tuple[TrialKey, ...]:
    """Renew leases; returns the keys that this host no longer holds."""
    until = database_now(connection) + lease_s
    lost = []
    for key in keys:
        changed = connection.execute(
            sa.update(trials)
            .where(trials.c.round == key.round, trials.c.number == key.number)
            .where(trials.c.status == RUNNING, trials.c.host == host)
            .values(lease_until=until)
        )
        if not changed.rowcount:
            lost.append(key)
    return tuple(lost)


def release(connection: sa.Connection, key: TrialKey, attempt: int, seconds: float) -> None:
    """Give a claimed trial back as pending, where this attempt still holds it."""
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


def reclaim(
    connection: sa.Connection, number: int, host: str, lost_s: float
) -> tuple[TrialKey, ...]:
    """Set pending the running trials of a host that is known to be gone."""
    mine = sa.and_(trials.c.round == number, trials.c.status == RUNNING, trials.c.host == host)
    numbers = connection.execute(sa.select(trials.c.number).where(mine)).scalars().all()
    share = lost_s / len(numbers) if numbers else 0.0
    connection.execute(
        sa.update(trials)
        .where(mine)
        .values(status=PENDING, host=None, lease_until=None, seconds=trials.c.seconds + share)
    )
    return tuple(TrialKey(number, n) for n in numbers)
