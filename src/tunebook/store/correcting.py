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
    reported = sa.select(chunk.c.id).where(chunk.c.metric == known.metric).limit(1)
    if any(
        connection.execute(found).first()
        for found in (reported, sa.select(decision).limit(1), sa.select(rerun_plan).limit(1))
    ):
        return False
    sealed = connection.execute(sa.select(seal.c.content)).scalars()
    return all(from_json(Seal, text).metric != objective.metric for text in sealed)
