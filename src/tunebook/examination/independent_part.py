"""The trials that a check may read where earlier results, or a person, chose some (C11).

Marks of the sampler are set before a trial's own result, so that the trials which no result chose
are a sample of the space by themselves: a check that reads these alone keeps its error rates
(docs/claims/marked_trials.md).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from tunebook.checks import SPECS
from tunebook.checks.spec import Assumes
from tunebook.domain.formats.numbers import plural
from tunebook.domain.origin import BY_HAND
from tunebook.domain.table import TrialTable

FEWEST = 16
"""Independent trials that a check reads which otherwise does not apply: as many as C11 needs to
tell a random search. Fewer are the start of a sampler, and say nothing of the search."""
FEWEST_PREFERRED = 32
"""For a check that otherwise reads all trials without its error rate: with 16 of 5 axes C1 finds
none of the bests outside of a range, with 32 nine in ten (docs/claims/boundaries.md)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a check reads.

    Attributes:
        table: its trials; None where too few are independent.
        part: they are not all of them.
        independent: how many of the trials that count no result and no person chose.
        needed: how many it takes.
    """

    table: TrialTable | None
    part: bool
    independent: int
    needed: int


def reading_of(check: str, table: TrialTable) -> Reading:
    """The trials that a check reads of a table."""
    spec = SPECS.get(check)
    assumes = Assumes.ANY_TRIALS if spec is None else spec.assumes
    needed = FEWEST if assumes is Assumes.INDEPENDENT_TRIALS else FEWEST_PREFERRED
    own = table.independent
    if assumes is Assumes.ANY_TRIALS or own.all():
        return Reading(table=table, part=False, independent=len(table), needed=needed)
    counted = int((own & table.counted).sum())
    if counted >= needed or (counted and not table.adaptive):
        return Reading(table=_part(table), part=True, independent=counted, needed=needed)
    needs_them = assumes is Assumes.INDEPENDENT_TRIALS and table.adaptive
    whole = None if needs_them else table
    return Reading(table=whole, part=False, independent=counted, needed=needed)


def part_text(table: TrialTable, reading: Reading) -> str:
    """What a finding says of the trials that its check left out; empty for none."""
    if not reading.part or reading.table is None:
        return ""
    if table.adaptive:
        read, whole = len(reading.table), plural(len(table), "trial")
        return f"Read on {read} of {whole}: earlier results or a person chose the others."
    by_hand = sum(name == BY_HAND for name in table.chosen)
    return f"Left out: {plural(by_hand, 'trial')} chosen by hand, no part of a random sample."


def _part(table: TrialTable) -> TrialTable:
    """The independent trials as a table that is not adaptive, with the studies that it has."""
    own = table.take(table.independent)
    branches = {key: b for key, b in own.branches.items() if key in set(own.study)}
    return replace(own, adaptive=False, branches=branches)
