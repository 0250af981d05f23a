"""Optimizers: which of several trains this workload best, at which budget (G1 G2).

Each optimizer has a space of its own and the same number of trials in it. A space that is cut off
(C1) is widened, at most MOVES times, and searched anew: trials in spaces that were left choose the
range and nothing else, and everyone has the same allowance of them. What is compared is therefore
as many trials of each, in a space that passes. The best configuration of each is then run with
fresh seeds, and those alone are judged, all pairs at once. An optimizer that lost to one that it
can imitate is flagged, and that pair is not decided.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tunebook.domain.errors import nearest
from tunebook.procedures.optimizers import plans
from tunebook.procedures.optimizers.arguments import MOVES, OptimizersAsked
from tunebook.procedures.optimizers.conclusion import conclude
from tunebook.procedures.optimizers.results import read, to_widen, tuned_so_far
from tunebook.procedures.optimizers.spaces import first_space
from tunebook.procedures.steps.arguments import Workload
from tunebook.procedures.steps.stages import Conclusion, Done, Stage, Step

OPTIMIZERS = ("momentum", "nesterov", "adam", "nadam")


class Optimizers:
    """The procedure; see `Procedure`."""

    name = "optimizers"
    about = "Which optimizer trains this workload best, at which budget, beyond the noise?"
    asked = OptimizersAsked
    drives = ("optimizer",)

    def defaults(self, given: Mapping[str, Any], workload: Workload) -> dict[str, Any]:
        """The question, two optimizers and two that can imitate them."""
        del workload
        found: dict[str, Any] = {
            "question": "Which optimizer trains this workload best?",
            "optimizers": OPTIMIZERS,
        }
        name = dict(given.get("names", {})).get("optimizer", "optimizer")
        fixed = given.get("fixed", {})
        named = given.get("optimizers", OPTIMIZERS)
        # Where a name is near, the person is asked whether that one is meant.
        if name not in fixed and not nearest(name, fixed) and named:
            found["fixed"] = {name: next(iter(named))}
        return found

    def stages(self, asked: OptimizersAsked) -> tuple[Stage, ...]:
        """Every stage, with the most that it can cost."""
        return plans.all_stages(asked, {o: first_space(asked, o) for o in asked.optimizers})

    def next_step(self, asked: OptimizersAsked, done: Done) -> Step | None:
        """Search every space, widen what is cut off, then run the best with fresh seeds."""
        if plans.search_name(0) not in done:
            spaces = {o: first_space(asked, o) for o in asked.optimizers}
            return Step(stage=plans.search_name(0), plan=plans.search(asked, spaces, 0))
        tuned = tuned_so_far(asked, done)
        for moved in range(1, MOVES + 1):
            wider = to_widen({n: t for n, t in tuned.items() if t.moves == moved - 1}, done)
            if wider:
                return Step(stage=plans.search_name(moved), plan=plans.search(asked, wider, moved))
        best = {n: t.config for n, t in tuned.items() if t.config is not None}
        if plans.CONFIRM in done or len(best) < 2:
            return None
        return Step(stage=plans.CONFIRM, plan=plans.confirm(asked, best))

    def conclude(self, asked: OptimizersAsked, done: Done) -> Conclusion:
        """What is known so far."""
        return conclude(asked, done, read(asked, done))
