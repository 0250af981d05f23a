"""Optimizers: which of several trains this workload best, at which budget (G1 G2).

Each optimizer has a space of its own and the same number of trials in it. A space that is cut off
(C1) is widened, at most MOVES times, and searched again. Trials in the narrower spaces choose the
range and nothing else, and every optimizer has the same allowance of them. So the comparison is
of as many trials of each, in a space that passes. The best configuration of each then runs with
new seeds, and those alone are judged, all pairs at once. An optimizer that lost to one that it can
imitate is flagged, and that pair is not decided.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tunebook.domain.design import Round
from tunebook.domain.errors import nearest
from tunebook.procedures.optimizers import plans
from tunebook.procedures.optimizers.arguments import OptimizersArguments
from tunebook.procedures.optimizers.conclusion import conclude
from tunebook.procedures.optimizers.results import OptimizersReading, read, to_widen
from tunebook.procedures.optimizers.spaces import first_space
from tunebook.procedures.steps.arguments import Workload
from tunebook.procedures.steps.procedure import Procedure
from tunebook.procedures.steps.stages import Done
from tunebook.procedures.steps.tuned_sweep import MOVES

OPTIMIZERS = ("momentum", "nesterov", "adam", "nadam")
"""Two optimizers, and two that can imitate them."""


def defaults(given: Mapping[str, Any], _: Workload) -> dict[str, Any]:
    """The optimizers, and one of them for the configuration."""
    found: dict[str, Any] = {"optimizers": OPTIMIZERS}
    name = dict(given.get("names", {})).get("optimizer", "optimizer")
    fixed = given.get("fixed", {})
    named = given.get("optimizers", OPTIMIZERS)
    # Where a name is near, the error suggests that one.
    if name not in fixed and not nearest(name, fixed) and named:
        found["fixed"] = {name: next(iter(named))}
    return found


def next_round(args: OptimizersArguments, done: Done, found: OptimizersReading) -> Round | None:
    """Search every space, widen what is cut off, then run the best with new seeds."""
    if plans.search_stage(0) not in done:
        return plans.search(args, {o: first_space(args, o) for o in args.optimizers}, 0)
    for moved in range(1, MOVES + 1):
        wider = to_widen({n: t for n, t in found.tuned.items() if t.moves == moved - 1}, done)
        if wider:
            return plans.search(args, wider, moved)
    best = {n: t.config for n, t in found.tuned.items() if t.config is not None}
    if plans.CONFIRM in done or len(best) < 2:
        return None
    return plans.confirm(args, best)


PROCEDURE = Procedure(
    arguments=OptimizersArguments,
    defaults=defaults,
    stages=plans.all_rounds,
    read=read,
    next_round=next_round,
    conclude=conclude,
)
