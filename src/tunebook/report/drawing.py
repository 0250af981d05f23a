"""The pictures of a round's checks, as data that can be kept (C12)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np

from tunebook.charts.picture import Picture
from tunebook.checks import SPECS, Result, check_failed
from tunebook.checks.charts import draw, named_apart
from tunebook.domain.doing import doing
from tunebook.domain.finding import NotApplicable
from tunebook.domain.table import TrialTable

MOST_STUDIES = 12
"""Studies with pictures of their own; of more, those with the best trials."""
MOST_AXES = 48
"""Axis plots of all studies together, beyond the three best studies: each takes 0.1 s."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundDrawing:
    """The pictures of a round's checks.

    Attributes:
        pictures: in the playbook's order, no two with one name.
        silent: check to the reason why it has no picture; empty where it has.
        studies: of the table; left: how many of these have no picture of their own.
        lasting: False where a picture could not be drawn.
    """

    pictures: tuple[Picture, ...]
    silent: Mapping[str, str]
    studies: int = 1
    left: int = 0
    lasting: bool = True

    @property
    def whole(self) -> bool:
        """True where it has every picture that could be drawn."""
        return self.lasting and not self.left

    def to_json(self) -> str:
        """The drawing as JSON, exact; `from_json` reads it."""
        content = {f.name: getattr(self, f.name) for f in fields(self)}
        content |= {"pictures": [p.to_data() for p in self.pictures], "silent": dict(self.silent)}
        return json.dumps(content, allow_nan=False, separators=(",", ":"))

    @staticmethod
    def from_json(text: str) -> RoundDrawing:
        """The drawing that `to_json` wrote.

        Raises:
            ValueError: it is no JSON, or no drawing.
        """
        try:
            content = json.loads(text)
            pictures = tuple(map(Picture.from_data, content["pictures"]))
            return RoundDrawing(**{**content, "pictures": pictures})
        except (TypeError, KeyError, AttributeError) as error:
            raise ValueError(str(error)) from error


def drawing_of(table: TrialTable, results: Mapping[str, Result | NotApplicable]) -> RoundDrawing:
    """Draw every result of a table that has pictures.

    Args:
        table: the trials; of many studies those with the best trials have pictures.
        results: of the checks on it.
    """
    chosen = _best_studies(table)
    drawn: list[Picture] = []
    silent: dict[str, str] = {}
    failed = False
    for check, spec in SPECS.items():
        if not spec.chart or check not in results:
            continue
        doing(f"pictures of {check} {spec.title}")
        result = results[check]
        silent[check] = result.reason if isinstance(result, NotApplicable) else ""
        try:
            drawn += draw(check, result, studies=chosen)
        except Exception as error:  # as with a check that fails: the others still report
            silent[check] = check_failed(check, error).reason
            failed = True
    of = len(table.branches)
    return RoundDrawing(
        pictures=named_apart(drawn),
        silent=silent,
        studies=of,
        left=of - len(chosen) if chosen else 0,
        lasting=not failed,
    )


def _best_studies(table: TrialTable) -> list[str] | None:
    """The studies of the best trials, as many as are drawn; None where all are."""
    widest = max((len(b.axes) for b in table.branches.values()), default=0)
    most = min(MOST_STUDIES, max(3, MOST_AXES // max(widest, 1)))
    if len(table.branches) <= most:
        return None
    ranked = (table.study[i] for i in np.argsort(table.losses, kind="stable"))  # nan last
    return list(dict.fromkeys(s for s in ranked if s in table.branches))[:most]
