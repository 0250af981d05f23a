"""Origins of rounds in books of version 0.1, which has them as JSON in the round's note.

They are read, and never written. A note that somebody took over to another round is none: the
goal of a procedure's round ends with its name, stage and question.
"""

from __future__ import annotations

import json
from dataclasses import replace

from tunebook.domain.design import Round
from tunebook.domain.origin import RoundOrigin, Stage

NOTE = "Planned by a procedure: "


def origin_in(plan: Round) -> RoundOrigin | None:
    """The origin of a round of any version; None where a person planned it.

    A stage of version 0.1 has a name alone.
    """
    if plan.origin is not None or not plan.note.startswith(NOTE):
        return plan.origin
    try:
        data = json.loads(plan.note[len(NOTE) :])
        arguments, stage = data["asked"], data["stage"]
        procedure, question = arguments["procedure"], arguments["question"]
    except (ValueError, KeyError, TypeError):
        return None
    asks, mark, rest = plan.goal.partition(f" [{procedure}, {stage}: {question}]")
    if not mark or rest:
        return None
    return RoundOrigin(
        procedure=procedure,
        question=question,
        stage=Stage(kind="", name=stage),
        asks=asks,
        arguments=arguments,
    )


def with_origin(plan: Round, stage: Stage) -> Round:
    """The plan of a round of any version, with its origin as data."""
    origin = origin_in(plan)
    if plan.origin is not None or origin is None:
        return plan
    return replace(plan, origin=replace(origin, stage=stage))
