"""What the source itself says of how trials were chosen (C11)."""

from __future__ import annotations

from collections import Counter

from tunebook.domain.finding import Finding, Severity
from tunebook.domain.formats.numbers import listed, plural
from tunebook.domain.origin import BY_HAND, INDEPENDENT, samplers, steered
from tunebook.domain.table import TrialTable


def known_samplers(table: TrialTable) -> Finding | None:
    """The finding on trials whose source says what chose them; None where C11 has to test.

    It has to where no result is known to have chosen any, and some trials bear no mark: these may
    come from a sampler that leaves none.
    """
    counts = Counter(table.chosen)
    by_results = [name for name in samplers(table.chosen) if steered(name)]
    if by_results and table.adaptive:
        return _steered(table, counts, by_results)
    if table.adaptive or not table.chosen or counts[""]:
        return None
    own = [name for name in INDEPENDENT if counts[name]]
    if not own:
        return None
    are = "is" if counts[BY_HAND] == 1 else "are"
    by_hand = f" {plural(counts[BY_HAND], 'trial')} chosen by hand {are} left out."
    independent = sum(counts[name] for name in own)
    return Finding(
        check="C11",
        severity=Severity.PASS,
        subject="order of trials",
        numbers=_numbers(table, counts),
        sentence=f"No result chose these trials: the source says that {independent} of "
        f"{len(table)} are {listed(own)}." + by_hand * bool(counts[BY_HAND]),
        remedy=None,
    )


def _steered(table: TrialTable, counts: Counter[str], by_results: list[str]) -> Finding:
    chosen = sum(counts[name] for name in by_results)
    rest = [
        *(f"{counts[name]} {name}" for name in (*INDEPENDENT, BY_HAND) if counts[name]),
        *([f"{counts['']} without a mark"] if counts[""] else []),
    ]
    others = f" The others: {listed(rest)}." if rest else ""
    return Finding(
        check="C11",
        severity=Severity.NOTE,
        subject="order of trials",
        numbers=_numbers(table, counts),
        sentence=f"Earlier results chose {chosen} of {len(table)} trials ({listed(by_results)}), "
        f"as the source says.{others} Checks that need independent trials read those that no "
        "result chose, where they are enough. To explore further, run a quasi-random search.",
        remedy=None,
    )


def _numbers(table: TrialTable, counts: Counter[str]) -> dict[str, int]:
    return {
        "steered": sum(n for name, n in counts.items() if steered(name)),
        "independent": int(table.independent.sum()),
        "by_hand": counts[BY_HAND],
        "unmarked": counts[""],
    }
