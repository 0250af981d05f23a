"""The chart of each check: a function of its result, drawn with Vega-Lite (C12).

A check's chart is named in its `CheckSpec`. `checks/x/chart.py` draws the result of
`checks/x/check.py`, has `draw(result) -> tuple[Picture, ...]` and computes nothing.

What a page can rely on:

- Every picture that draws trials has one selection parameter named `HOVER` ("trial_hover"), a
  point selection on the field `TRIAL_FIELD` ("trial"), set while the pointer is over a trial.
  Its signal is `{"trial": ["3.17"]}`, or `{}` while there is none. To light the same trial up in
  another picture, write its store: `view.data("trial_hover_store", [{"fields": [{"type": "E",
  "field": "trial"}], "values": ["3.17"]}]).runAsync()`; an empty list puts the light out.
- A specification has no colours: marks name styles, and `theme.config(dark=..., page=True)` says
  how these look. Give it to Vega-Embed as `config`, and change the theme by embedding again.
- Rows are by name in `Picture.rows`; they go into the specification's `datasets`, as
  `Picture.full` does.
- Nothing in a picture needs `eval`: embed with `{ast: true}` (see `charts/script.py`).
"""

from __future__ import annotations

import dataclasses
import importlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

from tunebook.charts.picture import Picture
from tunebook.checks import SPECS
from tunebook.domain.finding import NotApplicable


def draw(
    check: str, result: Any, *, studies: Collection[str] | None = None
) -> tuple[Picture, ...]:
    """Draw the result of a check; no picture for a check without one, or that can't speak.

    Args:
        check: playbook id, as in `checks.SPECS`.
        result: what that check returned.
        studies: those that have pictures of their own; None for all.
    """
    spec = SPECS.get(check)
    if spec is None or not spec.chart or isinstance(result, NotApplicable):
        return ()
    if studies is not None and (field := spec.drawn_by_study):
        own = tuple(part for part in getattr(result, field) if part.study in studies)
        result = dataclasses.replace(result, **{field: own})
    module, _, function = spec.chart.partition(":")
    drawing = getattr(importlib.import_module(module), function)
    drawn: tuple[Picture, ...] = drawing(result)
    return tuple(dataclasses.replace(picture, check=check) for picture in drawn)


def without_repeats(drawn: Iterable[Picture]) -> list[Picture]:
    """Pictures for a reader of all of them: each thing is shown once.

    A detail of another picture is left out. So are the training curves of a study (C6) whose best
    trial is in the picture of overfitting (C4), beside its training metric.
    """
    every = list(drawn)
    shown = {p.trial for p in every if p.check == "C4" and p.trial}
    return [p for p in every if not p.detail and not (p.check == "C6" and p.trial in shown)]


class Drawn(Sequence[Picture]):
    """Pictures that are drawn once somebody looks at them.

    Findings are read far more often than their pictures, and drawing takes longer.

    Args:
        draw: makes them.
    """

    def __init__(self, draw: Callable[[], Iterable[Picture]]) -> None:
        self._draw = draw

    @cached_property
    def _pictures(self) -> tuple[Picture, ...]:
        return tuple(self._draw())

    def __len__(self) -> int:
        return len(self._pictures)

    def __getitem__(self, place: Any) -> Any:
        return self._pictures[place]


def pictures(results: Mapping[str, Any]) -> tuple[Picture, ...]:
    """Every picture of a round, in the playbook's order, no two with one name.

    Args:
        results: by check, as `examination.examine.results` makes them.
    """
    return named_apart(
        p for check in SPECS if check in results for p in draw(check, results[check])
    )


def named_apart(drawn: Iterable[Picture]) -> tuple[Picture, ...]:
    """The same pictures, no two with one name."""
    used: dict[str, int] = {}
    named = []
    for picture in drawn:
        used[picture.name] = used.get(picture.name, 0) + 1
        again = used[picture.name]
        name = picture.name if again == 1 else f"{picture.name}-{again}"
        named.append(dataclasses.replace(picture, name=name))
    return tuple(named)
