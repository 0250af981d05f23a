"""Where an imported round came from: a sweep that another tool ran (C11 D6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tunebook.domain.frozen import freeze
from tunebook.domain.space import Branch


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What a book keeps of a sweep that it did not run itself.

    Attributes:
        source: the place as people name it.
        identity: of the sweep, by which it is found again: its whole place, and its study.
        tool: that ran it, as far as the source says.
        objective: as the source calls it, `minimize:value`.
        left_out: "name: reason" for rows that are no trials of the round.
        notes: how the source was read, a sentence each.
        sampler: what chose the configurations, as far as the source says.
        adaptive: earlier results chose later configurations.
        inferred_space: ranges were read off the trials.
        one_length: all trials trained as many steps as the plan says; else it is not known.
        from_curve: the objective was reduced from a curve; else it was a column.
        branches: the flat space of each study, as it was read.
    """

    source: str
    identity: str
    tool: str = ""
    objective: str = ""
    left_out: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    sampler: str = ""
    adaptive: bool = False
    inferred_space: bool = False
    one_length: bool = False
    from_curve: bool = True
    branches: Mapping[str, Branch] = field(default_factory=dict)

    def __post_init__(self) -> None:
        freeze(self, "branches")


UNKNOWN_SEED = -1
"""Kept as the seed of a trial whose source does not name one."""
