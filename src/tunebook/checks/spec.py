"""A check's entry in the catalogue: all that others know of it, and nothing heavy loads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from tunebook.domain.finding import Severity


class Assumes(StrEnum):
    """What a check assumes of the trials that it reads."""

    ANY_TRIALS = "any_trials"
    INDEPENDENT_TRIALS = "independent_trials"
    """It describes what a search of this size finds. It does not apply where earlier results
    chose later configurations."""
    INDEPENDENT_TRIALS_PREFERRED = "independent_trials_preferred"
    """It models the response over the space. Where earlier results chose later configurations,
    good points crowd: its findings are worth reading, and its error rates do not hold."""


class Uses(StrEnum):
    """Which trials a check reads."""

    OWN_TRIALS = "own_trials"
    CARRIED = "carried"
    """Trials of earlier rounds that lie in the space, too: it models the response (see
    docs/decisions/0013-evidence-carried-over.md)."""
    CARRIED_WITHOUT_BEST = "carried_without_best"
    """The same, without the earlier trials that chose the space."""
    REPEATS = "repeats"
    """Reruns and the rounds that repeat the search, too, with the labels of split and repeat."""

    @property
    def carries(self) -> bool:
        """Whether trials of earlier rounds are among them."""
        return self in (Uses.CARRIED, Uses.CARRIED_WITHOUT_BEST)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckSpec:
    """One playbook id: its check, its chart and its words. The only place where it is registered.

    Code is named as "module:function", so that the catalogue loads none of it.

    Attributes:
        id: playbook id, "C1".
        title: short, for headings and badges.
        question: what its findings and pictures answer.
        method: how it judges, for a reader who doubts a finding.
        check: a `Check`; empty where the findings come with another id's result.
        chart: draws the result of the check; empty where no picture exists.
        drawn_by_study: field of the result that holds what is drawn study by study.
        shown_with: ids whose pictures show its findings, the first choice first; empty for its
            own alone.
        assumes: what it assumes of the trials.
        uses: which trials it reads.
        leaves_out_failed: it describes the whole space and leaves out trials that failed without
            a stated cause, so its findings say how many these are.
        blocks_exploitation: severities of its findings that exploration must first answer (B7);
            with any, the check must apply as well.
        labels: names of its numbers for people, where the number's own name does not read well.
    """

    id: str
    title: str
    question: str
    method: str
    check: str = ""
    chart: str = ""
    drawn_by_study: str = ""
    shown_with: tuple[str, ...] = ()
    assumes: Assumes = Assumes.ANY_TRIALS
    uses: Uses = Uses.OWN_TRIALS
    leaves_out_failed: bool = False
    blocks_exploitation: frozenset[Severity] = frozenset()
    labels: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        carried = {"carried_over": "trials carried over"} if self.uses.carries else {}
        object.__setattr__(self, "labels", MappingProxyType({**carried, **self.labels}))


OTHER_FINDINGS: dict[str, CheckSpec] = {}
"""Entries of findings that no check makes, by playbook id: `tunebook.procedures` adds its own."""
