"""Fresh-seed evidence judged at one look, as if no more were planned and none came before."""

from __future__ import annotations

from scipy.special import ndtri

from tunebook.deciding.comparison import Judgement, conclude, read_look
from tunebook.deciding.rerun_evidence import Question
from tunebook.domain.decision import RerunPlan


def judge(
    candidates,
    baseline,
    *,
    objective,
    least_improvement,
    chance=None,
    error_rate=0.05,
) -> Judgement:
    """Adopted above the one-sided level shared by all candidates, dropped below it."""
    score = float(-ndtri(error_rate / len(candidates)))
    plan = RerunPlan(
        number=1,
        round=1,
        candidates=tuple(c.name for c in candidates),
        configs=tuple({"side": c.name} for c in candidates),
        looks=(max(c.reruns for c in candidates),),
        adopt=(score,),
        drop=(-score,),
        outer=(score,),
        level=error_rate,
        confidence=1 - 2 * error_rate / len(candidates),
        excess=1.0,
        planned_at=0.0,
    )
    asked = Question(objective=objective, least_improvement=least_improvement, chance=chance)
    return conclude([read_look(c, baseline, asked, plan, 0) for c in candidates], asked)
