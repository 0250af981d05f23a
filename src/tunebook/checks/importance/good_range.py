"""The good values of a hyperparameter, as data that loads nothing."""

from __future__ import annotations

from dataclasses import dataclass

from tunebook.domain.trial import Value

BEST = 8
"""Configurations whose values make the range."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GoodRange:
    """The good values of one hyperparameter in one study.

    Attributes:
        study: key of the study; hyperparameter: its name; subject: as findings write it.
        low, high: of the best configurations, both None for a choice, and where the evidence is
            too thin.
        reach: where the best value is, in 95 % of studies, as its two ends; empty where `low` is
            None. `open_low`, `open_high`: it goes up to the bound of the searched range.
        values: of a choice that the best configurations have, best first; empty for a range,
            and where too thin. `possible`: others that chance may have kept from these.
        best: the value of the best trial.
        share: of the reach in the searched range, on its scale; of the values of a choice that
            are good or possible.
        configurations: that were compared; `chosen` of them are the best.
        reason: why no range is given; empty where one is.
    """

    study: str
    hyperparameter: str
    subject: str
    low: Value | None = None
    high: Value | None = None
    reach: tuple[Value, ...] = ()
    open_low: bool = False
    open_high: bool = False
    values: tuple[Value, ...] = ()
    possible: tuple[Value, ...] = ()
    best: Value
    share: float = 1.0
    configurations: int
    chosen: int = BEST
    reason: str = ""
