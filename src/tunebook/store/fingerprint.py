"""What a book holds in one short text, which differs where any of it does."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from tunebook.store import schema as s

_PASSING = {"host", "lease_until", "turn"}
"""Columns of a trial that say who runs it, and nothing of what came of it."""
_AT_A_TIME = 2000
"""Rows that are read and digested together."""


def fingerprint(
    connection: sa.Connection, rounds: Collection[int], *, decided: bool = False
) -> str:
    """A digest of the setting, what is sealed, and all that the book has of some rounds.

    Points are told by the checksum that each chunk has, so that no curve is read. Time grows with
    trials and chunks.

    Args:
        connection: to the book.
        rounds: their numbers.
        decided: what was decided and launched counts as well.
    """
    digest = hashlib.sha256()
    trial = [c for c in s.trial.c if c.name not in _PASSING]
    chunk = [c for c in s.chunk.c if c.name != "points"]
    added = (s.decision, s.launch, s.rerun_plan) if decided else ()
    for table in (s.setting, s.seal, s.look, *added):
        _feed(digest, connection, sa.select(table).order_by(*table.primary_key))
    for table, columns, key in (
        (s.round_, [*s.round_.c], s.round_.c.number),
        (s.trial, trial, s.trial.c.round),
        (s.attempt, [*s.attempt.c], s.attempt.c.round),
        (s.chunk, chunk, s.chunk.c.round),
    ):
        asked = sa.select(*columns).where(key.in_(sorted(rounds)))
        _feed(digest, connection, asked.order_by(*table.primary_key))
    return digest.hexdigest()


def _feed(digest: hashlib._Hash, connection: sa.Connection, asked: sa.Select[Any]) -> None:
    for rows in connection.execute(asked).partitions(_AT_A_TIME):
        digest.update(repr(rows).encode("utf-8", "backslashreplace"))
    digest.update(b";")
