"""The one change of a book's objective: to a metric that trials report, from one that none did."""

from __future__ import annotations

import sqlalchemy as sa

from tunebook.domain.design import Objective
from tunebook.domain.formats.codec import from_json
from tunebook.domain.sealing import Seal
from tunebook.domain.trial import Status
from tunebook.store.schema import chunk, decision, rerun_plan, seal
from tunebook.store.schema import setting as settings
from tunebook.store.schema import trial as trials


def may_correct(connection: sa.Connection, objective: Objective) -> bool:
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
