"""Failure map: each trial's cause of failing against the hyperparameter that decides it (C3)."""

from __future__ import annotations

import altair as alt

from tunebook.analysis.failing_places import FailingRegion
from tunebook.analysis.feasibility import StudyFeasibility
from tunebook.plots.hyperparameter_axes import HyperparameterScale, hyperparameter_scale
from tunebook.plots.layers import called, counted, finish, number, over, target, trial_layer
from tunebook.plots.picture import Picture, Row
from tunebook.plots.sides import side_axis
from tunebook.plots.ticks import jitter
from tunebook.words.space import Choice
from tunebook.words.table import TrialTable

COMPLETE = "complete"
ROW = 34
"""Pixels of height for each cause."""


def failure_map(study: StudyFeasibility, region: FailingRegion, table: TrialTable) -> Picture:
    """Draw one study's trials in rows by cause, the complete ones last, the region shaded.

    Args:
        study: what the check counted.
        region: where trials fail.
        table: the study's counted trials.
    """
    causes = [str(cause) for cause, _ in sorted(study.causes, key=lambda c: (-c[1], str(c[0])))]
    names = [*causes, COMPLETE]
    x = hyperparameter_scale(table.axis(study.study, region.hyperparameter))
    rows = _trial_rows(table, region, names, x)
    at, y = x.x(region.hyperparameter), side_axis(_counted_names(names, rows))
    tooltip = [
        alt.Tooltip("trial", type="nominal"),
        alt.Tooltip("value", type="quantitative", title=region.hyperparameter, format=".4~g"),
        alt.Tooltip("cause", type="nominal", title="fate"),
    ]
    shading = over("region").mark_rect(style="failing").encode(x=at, x2=alt.X2("x2"))
    threshold = over("region").mark_rule(style="threshold").encode(x=at)
    return finish(
        [
            shading.properties(name="region"),
            threshold.properties(name="threshold"),
            trial_layer("trials", "trial", at, y),
            trial_layer("trials", "infeasible", at, y),
            target("trials", at, y, tooltip),
        ],
        {"trials": rows, "region": [_region_row(region, x)]},
        name=f"feasibility-{region.subject}",
        title=f"Failures by {region.subject}",
        subtitle=[
            f"{study.infeasible} of {counted(study.trials, 'trial')} infeasible, "
            f"{share_text(study)}",
            f"{_where(region)}: {_shares(region)}",
        ],
        alternative=_alternative(study, region, names, rows),
        height=max(80, ROW * len(names)),
    )


def share_text(study: StudyFeasibility) -> str:
    """`22 % (13 to 34 %)`, the share of infeasible trials with its interval."""
    share = study.share
    return f"{100 * share.estimate:.0f} % ({100 * share.low:.0f} to {100 * share.high:.0f} %)"


def _trial_rows(
    table: TrialTable, region: FailingRegion, names: list[str], x: HyperparameterScale
) -> list[Row]:
    rows: list[Row] = []
    values = table.column(region.hyperparameter)
    fates = zip(table.name, values, table.infeasible, table.cause, strict=True)
    for trial, value, infeasible, cause in fates:
        fate = str(cause) if infeasible else COMPLETE
        if value is None or fate not in names:
            continue
        kind = "infeasible" if infeasible else "trial"
        rows.append(
            {
                "trial": trial,
                "kind": kind,
                "called": called(kind),
                "cause": fate,
                "value": value,
                "x": x.place(value, trial),
                "y": names.index(fate) + 0.5 * jitter(trial),
            }
        )
    return rows


def _counted_names(names: list[str], rows: list[Row]) -> list[str]:
    return [f"{name} ({sum(r['cause'] == name for r in rows)})" for name in names]


def _region_row(region: FailingRegion, x: HyperparameterScale) -> Row:
    axis = x.axis
    assert not isinstance(axis, Choice)  # a region has a side, a choice has none
    end = axis.high if region.side == "high" else axis.low
    return {"x": x.place(region.threshold), "x2": x.place(end), "threshold": region.threshold}


def _where(region: FailingRegion) -> str:
    side = "above" if region.side == "high" else "below"
    return f"{side} {number(float(f'{region.threshold:.2g}'))}"


def _shares(region: FailingRegion) -> str:
    inside, outside = region.share_inside.estimate, region.share_outside.estimate
    return f"{100 * inside:.0f} % fail, elsewhere {100 * outside:.0f} %"


def _alternative(
    study: StudyFeasibility, region: FailingRegion, names: list[str], rows: list[Row]
) -> str:
    causes = ", ".join(_counted_names(names[:-1], rows))
    return (
        f"Map of failures against {region.subject}: {study.infeasible} of "
        f"{counted(study.trials, 'trial')} are infeasible, {causes}. "
        f"{_where(region).capitalize()}, {_shares(region)}."
    )
