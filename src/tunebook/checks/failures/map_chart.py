"""Failure maps: trials against what decides their failing, one hyperparameter or two (C3)."""

from __future__ import annotations

import numpy as np

from tunebook.charts.hyperparameter_axes import HyperparameterScale, hyperparameter_scale
from tunebook.charts.layers import Plane, called, finish, tip
from tunebook.charts.picture import Picture, Row
from tunebook.charts.ticks import jitter
from tunebook.charts.value_rows import side_axis
from tunebook.checks.failures.counts import StudyFeasibility
from tunebook.checks.failures.regions import FailingCombination, FailingRegion
from tunebook.domain.formats.numbers import number, percent, percent_interval, plural, round_to
from tunebook.domain.space import Choice
from tunebook.domain.table import TrialTable
from tunebook.statistics.estimators import good_region

COMPLETE = "complete"
ROW = 34
"""Pixels of height for each cause."""
MOST = 1500
"""Trials drawn at most; of more, as many are chosen evenly, failures and others alike."""


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
    best = sum(row["kind"] == "best" for row in rows)
    on = Plane(x.x(region.hyperparameter), side_axis(_counted_names(study, names)))
    tooltip = [tip("trial"), tip("value", region.hyperparameter, ".4~g"), tip("cause", "fate")]
    return finish(
        [
            on.layer("region", "rect", "failing", x2="x2", y=None),
            on.layer("threshold", "rule", "threshold", "region", y=None),
            *on.trial_points(("trial", "infeasible", "best"), *tooltip, best=best),
        ],
        {"trials": rows, "region": [_region_row(region, x)]},
        name=f"feasibility-{region.subject}",
        about=(region.subject, region.hyperparameter, study.study),
        study=study.study,
        title=f"Failures by {region.subject}",
        subtitle=[
            f"{study.infeasible} of {plural(study.trials, 'trial')} {study.fate}, "
            f"{percent_interval(study.share)}",
            f"{_where(region)}: {_shares(region)}",
            *_thinned(table, rows),
        ],
        alternative=_alternative(study, region, names),
        height=max(80, ROW * len(names)),
    )


def combination_map(
    study: StudyFeasibility, place: FailingCombination, table: TrialTable
) -> Picture:
    """Draw one study's trials by the two hyperparameters that decide, and the boundary.

    Args:
        study: what the check counted.
        place: the combination, with its boundary.
        table: the study's counted trials.
    """
    found = place.combination
    first, second = found.first.hyperparameter, found.second.hyperparameter
    x = hyperparameter_scale(table.axis(study.study, first))
    up = hyperparameter_scale(table.axis(study.study, second))
    rows = _pair_rows(table, first, second, x, up)
    best = sum(row["kind"] == "best" for row in rows)
    line = [{"x": x.place(a), "y": up.place(b), "order": i}
            for i, (a, b) in enumerate(found.boundary)]  # fmt: skip
    on = Plane(x.x(first), up.y(second))
    tooltip = [
        tip("trial"),
        tip("first", first, ".4~g"),
        tip("second", second, ".4~g"),
        tip("cause", "fate"),
    ]
    side = "above" if found.side == "high" else "below"
    limit = f"{side} {found.expression} = {number(round_to(found.threshold))}"
    return finish(
        [
            on.layer("boundary", "line", "threshold", order="order:Q"),
            *on.trial_points(("trial", "infeasible", "best"), *tooltip, best=best),
        ],
        {"trials": rows, "boundary": line},
        name=f"feasibility-{place.subject}",
        about=(place.subject, first, second, study.study),
        study=study.study,
        title=f"Failures by {place.subject}",
        subtitle=[
            f"{study.infeasible} of {plural(study.trials, 'trial')} {study.fate}, "
            f"{percent_interval(study.share)}",
            f"{limit}: {_shares(place)}",
            *_thinned(table, rows),
        ],
        alternative=f"Trials by {first} and {second}: {study.infeasible} of "
        f"{plural(study.trials, 'trial')} {study.have}. "
        f"{limit.capitalize()}, {_shares(place)}; the line is where that is.",
    )


def _trial_rows(
    table: TrialTable, region: FailingRegion, names: list[str], x: HyperparameterScale
) -> list[Row]:
    rows: list[Row] = []
    values = table.column(region.hyperparameter)
    for i, kind in _drawn(table):
        trial, value = table.name[i], values[i]
        fate = str(table.cause[i]) if kind == "infeasible" else COMPLETE
        if value is None or fate not in names:
            continue
        rows.append(
            {
                "trial": trial,
                "kind": kind,
                "called": called(kind),
                "cause": fate,
                "value": value,
                "x": x.place(value, trial),
                "y": names.index(fate) + 0.5 * jitter(f"{trial} up"),
            }
        )
    return rows


def _pair_rows(
    table: TrialTable, first: str, second: str, x: HyperparameterScale, up: HyperparameterScale
) -> list[Row]:
    a, b = table.column(first), table.column(second)
    rows: list[Row] = []
    for i, kind in _drawn(table):
        one, other = a[i], b[i]
        if one is None or other is None:
            continue
        rows.append(
            {
                "trial": table.name[i],
                "kind": kind,
                "called": called(kind),
                "cause": str(table.cause[i] or kind) if kind == "infeasible" else COMPLETE,
                "first": one,
                "second": other,
                "x": x.place(one, table.name[i]),
                "y": up.place(other, f"{table.name[i]} up"),
            }
        )
    return rows


def _drawn(table: TrialTable) -> list[tuple[int, str]]:
    """Rows of the trials that are drawn, with their kinds: all, or evenly chosen ones of many."""
    n, best = len(table), good_region(table.losses)
    kinds = np.where(table.infeasible, "infeasible", np.where(best, "best", "trial")).tolist()
    chosen = range(n) if n <= MOST else [i * n // MOST for i in range(MOST)]
    return [(i, kinds[i]) for i in chosen]


def _thinned(table: TrialTable, rows: list[Row]) -> list[str]:
    return [f"{len(rows)} of them drawn"] if len(table) > MOST else []


def _counted_names(study: StudyFeasibility, names: list[str]) -> list[str]:
    counts = {str(cause): count for cause, count in study.causes}
    counts[COMPLETE] = study.trials - study.infeasible
    return [f"{name} ({counts.get(name, 0)})" for name in names]


def _region_row(region: FailingRegion, x: HyperparameterScale) -> Row:
    axis = x.axis
    assert not isinstance(axis, Choice)  # a region has a side, a choice has none
    end = axis.high if region.side == "high" else axis.low
    return {"x": x.place(region.threshold), "x2": x.place(end), "threshold": region.threshold}


def _where(region: FailingRegion) -> str:
    side = "above" if region.side == "high" else "below"
    return f"{side} {number(round_to(region.threshold))}"


def _shares(region: FailingRegion | FailingCombination) -> str:
    inside, outside = region.share_inside.estimate, region.share_outside.estimate
    return f"{percent(inside)} fail, elsewhere {percent(outside)}"


def _alternative(study: StudyFeasibility, region: FailingRegion, names: list[str]) -> str:
    causes = ", ".join(_counted_names(study, names[:-1]))
    return (
        f"Map of failures against {region.subject}: {study.infeasible} of "
        f"{plural(study.trials, 'trial')} {study.have}, "
        f"{causes}. {_where(region).capitalize()}, {_shares(region)}."
    )
