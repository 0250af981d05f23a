"""What a plan's numbers lean on, and what is too small for any verdict, in words (B5)."""

from __future__ import annotations

import math

from tunebook.domain.design import studies
from tunebook.domain.formats.numbers import digits, percent
from tunebook.planning.detectable_difference import told_trials
from tunebook.planning.earlier_trials import FEWEST as FEWEST_COMPLETE
from tunebook.planning.earlier_trials import FEWEST_FREE
from tunebook.planning.forecast import PlannedRound
from tunebook.planning.response import NOISE_SHARE, Ground
from tunebook.planning.too_few import too_few_reruns, too_few_trials


def assumption(found: PlannedRound) -> str:
    """What the smallest difference and the gain are worked out from."""
    noise, spread, by = digits(found.noise), digits(found.spread), ""
    if found.seeds_of is not None:
        by = f", as reruns of round {found.seeds_of} say"
    if found.ground is Ground.FITTED:
        said = (
            f"From round {found.number}: the responses that its trials allow. Trials spread "
            f"{spread} over the space, seeds {noise}{by or ', as the fit says'}"
        )
    elif found.ground is Ground.NEAREST:
        said = (
            f"From round {found.number}: the best trials seen are compared, since no smooth "
            f"response fits them. Trials spread {spread} over the space, seeds "
            f"{noise}{by or ', as is assumed'}"
        )
    elif not any(study.branch.axes for study in studies(found.plan)):
        said = _seeds_alone(found, by)
    elif found.metric:
        spread += f", as in round {found.number}" if found.number else ", as is assumed"
        said = (
            "Assumed: a bowl over the nuisance hyperparameters, equally wide on each. Trials "
            f"spread {spread}; seeds {noise}{by or ', as is assumed'}"
        )
    else:
        said = _not_known(found)
    told = told_trials(found.plan)
    if found.plan.trials > told and found.questions:
        said += f". Differences are those of {told} trials: this many tell smaller ones"
    return said + "."


def _seeds_alone(found: PlannedRound, by: str) -> str:
    """What is assumed where no range is searched: trials of one value are repeats."""
    alone = "no nuisance hyperparameter varies, so that trials of one value differ by seeds alone"
    if found.metric:
        return f"Assumed: {alone}, by {digits(found.noise)}{by or ', as is assumed'}"
    return (
        "Not known yet: how much seeds vary. A decision with about "
        f"{FEWEST_FREE + 1} reruns measures it"
    )


def _not_known(found: PlannedRound) -> str:
    """What no trial has measured yet, what would measure it, and what changes are compared by."""
    said = (
        "Not known yet: how much the objective varies over the space and between seeds. A round "
        f"with {FEWEST_COMPLETE} complete trials in a study measures it"
    )
    if not any(math.isfinite(q.difference) for q in found.questions):
        return said
    return (
        f"{said}. Changes are compared on an assumption: a bowl over the nuisance "
        f"hyperparameters, and seeds that vary {percent(NOISE_SHARE)} as much as trials do"
    )


def too_small(found: PlannedRound) -> tuple[str, ...]:
    """What no trial will settle, however it comes out; said before any is spent."""
    return (*too_few_trials(found.plan), *_too_few_reruns(found), *_tells_nothing(found))


def _too_few_reruns(found: PlannedRound) -> list[str]:
    decided = found.decision
    if found.out_of_reach:
        return [
            f"the decision adopts a gain of {digits(found.promised_gain)} {found.metric} in 80 % "
            f"of cases, and {digits(decided.left)} is left. Next: decide with max_reruns above "
            f"{decided.reruns * decided.sides}, or lower least_improvement"
        ]
    return too_few_reruns(decided.sides, decided.reruns)


def _tells_nothing(found: PlannedRound) -> list[str]:
    said = []
    for question in found.questions:
        if question.values < 2 or too_few_trials(found.plan):
            continue
        if math.isinf(question.difference):
            said.append(
                f"{question.name}: with {question.trials} trials a value no difference, however "
                "large, is significant in 80 % of rounds. Next: more trials, or a smaller space"
            )
        elif question.difference > found.spread and found.ground is not Ground.ASSUMED:
            said.append(
                f"{question.name}: only differences larger than what trials spread over the whole "
                "space would be significant. Next: more trials, fewer values, or fewer nuisance "
                "hyperparameters"
            )
    return said
