"""What the catalogue says of an optimizer: its hyperparameters, and what it includes (A2 G2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tunebook.domain.space import Axis


@dataclass(frozen=True, slots=True, kw_only=True)
class Tunable:
    """A hyperparameter of an optimizer.

    Attributes:
        name: as training code finds it in its configuration.
        axis: range and scale to search first; the checks of a round say where to move it.
        default: its value where it is not tuned; None for one that is always tuned.
        from_trials: trials of a study from which it is worth tuning.
        source: where range, scale and default come from.
    """

    name: str
    axis: Axis
    default: float | None
    from_trials: int
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Inclusion:
    """Another optimizer that this one becomes under some settings.

    Attributes:
        of: the special case's name.
        when: the settings.
        exact: step by step the same; False where it is so in a limit, or after the first steps.
        source: who says so.
    """

    of: str
    when: str
    exact: bool
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Optimizer:
    """An entry of the catalogue.

    Attributes:
        name: its value in a `choice`.
        title: as people write it.
        rule: what it does, in a line.
        source: the paper.
        tunables: its hyperparameters, the most worth tuning first.
        inclusive: those that replace the ones of the same role in a space that is to hold the
            special cases as well: the ratio learning rate / epsilon, and epsilon over more.
        includes: its special cases, the direct ones.
        frameworks: framework to what builds it there; one that is missing has none.
        note: what a person must know to use it.
    """

    name: str
    title: str
    rule: str
    source: str
    tunables: tuple[Tunable, ...]
    inclusive: tuple[Tunable, ...] = ()
    includes: tuple[Inclusion, ...] = ()
    frameworks: Mapping[str, str] = field(default_factory=dict)
    note: str = ""
