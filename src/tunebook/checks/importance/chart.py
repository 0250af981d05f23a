"""Importance bars with intervals, and which pairs interact (C10)."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import Any

from tunebook.charts.layers import SMALL_LETTER, Plane, finish, tip, where
from tunebook.charts.picture import Picture, Row
from tunebook.charts.specification import Spec, channel
from tunebook.charts.theme import WIDTH
from tunebook.charts.ticks import ticks_between
from tunebook.charts.value_rows import LONGEST, side_axis
from tunebook.checks.importance.check import SensitivityResult
from tunebook.checks.importance.result import (
    HyperparameterReading,
    PairReading,
    StudyReading,
    Verdict,
)
from tunebook.checks.importance.surface_chart import surface_plot
from tunebook.domain.finding import Interval
from tunebook.domain.formats.numbers import percent, percent_interval, plural

ROW = 34
MOST_ROWS = 20
"""Hyperparameters that are drawn, the strongest."""
SHORT = 14
"""Letters of a name beside which the legend has room for a row."""
MOST_PAIRS = 12
"""Pairs that are drawn, the strongest."""
ALONE, IN_PAIRS, NEAR = "by itself", "with its pairs", "better half"
SHARE_TIPS = [tip(field, format=".1%") for field in ("share", "low", "high")]
HEIGHTS = {ALONE: -0.24, IN_PAIRS: 0.02, NEAR: 0.28}


def draw(result: SensitivityResult) -> tuple[Picture, ...]:
    """For each study: importance, interactions, and the response to two.

    Of a single pair the response says more than a bar of its own would; of pairs of which none
    is told, there is nothing to draw.
    """
    drawn: list[Picture] = []
    for study in result.studies:
        if study.needs:
            continue
        drawn.append(_importance(study, result.objective.metric))
        if len(study.pairs) > 1 and any(pair.told for pair in study.pairs):
            drawn.append(_pairs(study, result.objective.metric))
        if study.surface is not None:
            drawn.append(surface_plot(study.surface, study.study, result.objective))
    return tuple(drawn)


def _with(study: StudyReading) -> str:
    return f"[{study.study}]" if study.study else ""


def _where(study: StudyReading) -> str:
    """The branch at the end of a title."""
    return f" [{study.study}]" if study.study else ""


def _importance(study: StudyReading, metric: str) -> Picture:
    seen = [h for h in study.hyperparameters if math.isfinite(h.total.estimate)]
    shown = sorted(seen, key=lambda h: -h.total.estimate)[:MOST_ROWS]
    rows = [row for place, h in enumerate(shown) for row in _importance_rows(h, place)]
    names = [h.hyperparameter for h in shown]
    title = f"share of the rank variance of {metric}"
    on = Plane(_shares(rows, title), side_axis(names))
    tooltip = [tip("hyperparameter"), tip("of", "share"), *SHARE_TIPS, tip("verdict")]
    of = f" of {study.ended}" if study.ended > study.trials else ""
    failed = f", {study.infeasible} infeasible ranked last" if study.infeasible else ""
    subtitle = [
        f"{plural(study.trials, 'trial')}{of}{failed}; 95 % intervals",
        f"{percent(study.unexplained)} is seed noise, or beyond the model",
    ]
    if len(seen) > len(shown):
        subtitle.append(f"the strongest {len(shown)} of {len(seen)}")
    return finish(
        _importance_layers(
            on, _shares(rows, title, "low"), tooltip, names, {row["of"] for row in rows}
        ),
        {"shares": rows},
        name=f"sensitivity-{study.study}",
        about=(*names, study.study),
        study=study.study,
        title=f"What matters for {metric}{_first_told(shown)}{_where(study)}",
        subtitle=subtitle,
        alternative=_importance_words(study, shown, metric),
        height=max(80, ROW * len(names)),
    )


def _first_told(shown: Sequence[HyperparameterReading]) -> str:
    """The first few that matter, by name: findings about them find this picture."""
    told = [h.hyperparameter for h in shown if h.verdict is Verdict.MATTERS][:3]
    return f": {', '.join(told)}" if told else ""


def _importance_rows(own: HyperparameterReading, place: int) -> list[Row]:
    shares = {ALONE: own.first, IN_PAIRS: own.total}
    if own.better_total is not None:
        shares[NEAR] = own.better_total
    return [
        {
            "hyperparameter": own.subject,
            "verdict": own.verdict.value,
            "of": of,
            "y": place + HEIGHTS[of],
            **_row_of(share),
        }
        for of, share in shares.items()
    ]


def _row_of(share: Interval) -> Row:
    return {"share": share.estimate, "low": share.low, "high": share.high}


def _shares(rows: Sequence[Row], title: str, field: str = "share") -> Spec:
    most = min(1.0, max([0.1, *(row["high"] for row in rows)]) * 1.03)
    return channel(
        field,
        type="quantitative",
        title=title if len(title) * SMALL_LETTER < WIDTH else "share of its variance",
        scale=dict(domain=[-0.02 * most, most], nice=False),
        axis=dict(values=ticks_between(0, most, most=5), format=".3~%"),
    )


def _importance_layers(
    on: Plane,
    low: Spec,
    tooltip: Sequence[Spec],
    names: Sequence[str],
    kinds: Collection[str],
) -> list[Spec]:
    """Each share's interval, and a point at the estimate; a shape and a colour for each kind.

    The legend has the kinds that are drawn.
    """
    order = list(HEIGHTS)
    # Long names leave no room for three in a row.
    columns = 3 if max(map(len, names)) <= SHORT else 2
    shown = [k for k in order if k in kinds]
    legend = dict(title=None, columns=columns, symbolSize=70, symbolStrokeWidth=0, values=shown)
    colour = channel("of", type="nominal", scale=dict(domain=order), legend=legend)
    shapes = dict(domain=order, range=["circle", "square", "triangle-up"])
    shape = channel("of", type="nominal", scale=shapes, legend=legend)
    both: dict[str, Any] = {"color": colour, "tooltip": list(tooltip)}
    rule, point = {"strokeWidth": 2, "opacity": 0.75}, {"size": 64, "opacity": 1}
    return [
        on.layer("intervals", "rule", "", "shares", look=rule, x=low, x2="high", **both),
        on.layer("shares", "point", look=point, shape=shape, **both),
    ]


def _importance_words(
    study: StudyReading, shown: Sequence[HyperparameterReading], metric: str
) -> str:
    told = "; ".join(
        f"{h.hyperparameter} {percent_interval(h.total)}, {h.verdict.value}" for h in shown
    )
    return (
        f"Importance{_with(study)}: share of the rank variance of {metric} over "
        f"{plural(study.trials, 'trial')}, with pairs. {told}."
    )


def _pairs(study: StudyReading, metric: str) -> Picture:
    shown = study.pairs[:MOST_PAIRS]
    names = [f"{p.a} × {p.b}" for p in shown]
    rows: list[Row] = [
        {
            "pair": name,
            "y": place,
            "told": pair.told,
            "called": "interact" if pair.told else "not told",
            "p_value": pair.p_value,
            **_row_of(pair.share),
        }
        for place, (pair, name) in enumerate(zip(shown, names, strict=True))
    ]
    title = f"share of the rank variance of {metric}"
    on = Plane(_shares(rows, title), side_axis(names))
    tooltip = [
        tip("pair"),
        *SHARE_TIPS,
        tip("p_value", "p-value", ".2~g"),
        tip("called", "told"),
    ]
    told = [p for p in study.pairs if p.told]
    long = max(map(len, names)) > LONGEST
    return finish(
        _pair_layers(on, rows, _shares(rows, title, "low"), tooltip),
        {"pairs": rows},
        name=f"interactions-{study.study}",
        about=(*(f"{p.a} and {p.b}" for p in shown), study.study),
        study=study.study,
        title=f"Which pairs interact in {metric}{_where(study)}",
        subtitle=[
            f"{plural(len(told), 'pair')} of {len(study.pairs)} interact: tune these together",
            *([f"the strongest {len(shown)} are drawn"] * (len(study.pairs) > len(shown))),
        ],
        alternative=_pair_words(study, told, metric),
        height=max(80, int((1 if long else 0.7) * ROW * len(names))),
    )


def _pair_layers(on: Plane, rows: Sequence[Row], low: Spec, tooltip: list[Spec]) -> list[Spec]:
    layers: list[Spec] = []
    for told, name, rule, point in (
        (False, "other", "whisker", "trial"),
        (True, "told", "interval", "mean"),
    ):
        if any(row["told"] is told for row in rows):
            own = where("told", told)
            interval: dict[str, Any] = {"x": low, "x2": "high", "tooltip": tooltip}
            layers += [
                on.layer(f"{name} intervals", "rule", rule, "pairs", own, **interval),
                on.layer(name, "point", point, "pairs", own, tooltip=tooltip),
            ]
    return layers


def _pair_words(study: StudyReading, told: Sequence[PairReading], metric: str) -> str:
    head = (
        f"Interactions{_with(study)}: share of the rank variance of {metric} "
        "that pairs have together"
    )
    listed = "; ".join(f"{p.a} and {p.b} {percent_interval(p.share)}" for p in told)
    return f"{head}. Told: {listed}; of {plural(len(study.pairs), 'pair')}."
