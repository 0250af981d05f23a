"""What fails and where: a map of the failing region, or counts by cause (C3)."""

from __future__ import annotations

from tunebook.charts.layers import Plane, finish, tip
from tunebook.charts.picture import Picture, Row
from tunebook.charts.specification import Spec, channel
from tunebook.charts.ticks import whole_ticks
from tunebook.checks.failures.check import FeasibilityResult
from tunebook.checks.failures.counts import StudyFeasibility
from tunebook.checks.failures.map_chart import combination_map, failure_map
from tunebook.checks.failures.regions import FailingCombination, FailingRegion
from tunebook.domain.formats.numbers import percent_interval, plural

BAR_HEIGHT = 26


def draw(result: FeasibilityResult) -> tuple[Picture, ...]:
    """A picture for each study that has an infeasible trial.

    Where the check found a region that fails, trials by cause against its hyperparameter; where
    two hyperparameters decide together, trials by both with the boundary; otherwise a bar for
    each cause.
    """
    return tuple(_picture(study, result) for study in result.studies if study.infeasible)


def _picture(study: StudyFeasibility, result: FeasibilityResult) -> Picture:
    place = study.place
    if isinstance(place, FailingRegion):
        return failure_map(study, place, result.table.of_study(study.study))
    if isinstance(place, FailingCombination):
        return combination_map(study, place, result.table.of_study(study.study))
    return _causes(study)


def _causes(study: StudyFeasibility) -> Picture:
    rows: list[Row] = [
        {
            "cause": str(cause),
            "trials": int(count),
            "share": int(count) / study.trials,
            "y": place,
            "label": f"{count}",
        }
        for place, (cause, count) in enumerate(
            sorted(study.causes, key=lambda c: (-c[1], str(c[0])))
        )
    ]
    subject = f" with {study.study}" if study.study else ""
    return finish(
        _bars(study, max(row["trials"] for row in rows)),
        {"causes": rows},
        name=f"feasibility-{study.study}",
        about=(study.study,),
        study=study.study,
        title=f"{study.fate.capitalize()} trials{subject}",
        subtitle=_subtitle(study),
        alternative=_alternative(study, subject, rows),
        height=max(60, BAR_HEIGHT * len(rows)),
    )


def _bars(study: StudyFeasibility, most: int) -> list[Spec]:
    """A bar for each cause with its count at the end, which leaves room for it."""
    y = channel(
        "cause",
        type="nominal",
        sort=None,
        title=None,
        axis=dict(ticks=False, domain=False, labelLimit=180),
    )
    x = channel(
        "trials",
        type="quantitative",
        title=f"{study.fate} trials of {study.trials}",
        scale=dict(domain=[0, most * 1.12], nice=False),
        axis=dict(values=whole_ticks(0, most), format="d"),
    )
    on = Plane(x, y)
    tooltip = [
        tip("cause"),
        tip("trials", kind="quantitative"),
        tip("share", "share of the study", ".0%"),
    ]
    text = {"align": "left", "dx": 4}
    return [
        on.layer("causes", "bar", "count", look={"size": 14}, tooltip=tooltip),
        on.layer("counts", "text", "strong-note", "causes", look=text, text="label:N"),
    ]


def _subtitle(study: StudyFeasibility) -> list[str]:
    return [
        f"{study.infeasible} of {plural(study.trials, 'trial')}, {percent_interval(study.share)}"
    ]


def _alternative(study: StudyFeasibility, subject: str, rows: list[Row]) -> str:
    causes = ", ".join(f"{row['trials']} {row['cause']}" for row in rows)
    return (
        f"Bars of {study.fate} trials by cause{subject}: {study.infeasible} of "
        f"{plural(study.trials, 'trial')}, {causes}."
    )
