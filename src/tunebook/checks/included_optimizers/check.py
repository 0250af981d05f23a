"""An optimizer that lost to one that it can imitate: its space or its budget is wrong (G2).

Nothing is estimated here: it reads C9's pairs, and so has C9's error rate, shared over all pairs
(ALPHA), or less, since only those pairs count in which the catalogue knows an inclusion, and of
those only the general optimizer's losses. Choi et al. 2019: tuned well, a more general optimizer
did never worse than one that it includes.
"""

from __future__ import annotations

from collections.abc import Sequence

from tunebook.domain.design import Objective
from tunebook.domain.finding import (
    Finding,
    Interval,
    PairwiseDifference,
    Severity,
)
from tunebook.domain.formats.numbers import digits, range_text
from tunebook.domain.optimizers.catalogue import OPTIMIZERS
from tunebook.domain.optimizers.spaces import includes
from tunebook.domain.trial import Value

ALIASES = {
    "heavy_ball": "momentum", "sgdm": "momentum", "sgd_momentum": "momentum", "nag": "nesterov",
    "sgd_nesterov": "nesterov",
}  # fmt: skip
"""What else people call them, in lower case."""


def lost_to_included(findings: Sequence[Finding], objective: Objective) -> tuple[Finding, ...]:
    """A warning for each more general optimizer that C9 finds worse than a special case of it.

    Args:
        findings: of a round; those of C9 are read.
        objective: says which way is better.
    """
    found = []
    for finding in findings:
        pairs = finding.numbers.get("pairs")
        if finding.check != "C9" or not isinstance(pairs, tuple) or "=" in finding.subject:
            continue
        for pair in pairs:
            told = lost(pair, objective.sign)
            if told is not None:
                found.append(_finding(finding.subject, *told, objective.metric))
    return tuple(found)


def known(value: Value) -> str | None:
    """The catalogue's name of an optimizer, however it is written; None for any other value."""
    if not isinstance(value, str):
        return None
    name = value.strip().lower().replace("-", "_").replace(" ", "_")
    name = ALIASES.get(name, name)
    return name if name in OPTIMIZERS else None


def lost(pair: PairwiseDifference, sign: int) -> tuple[Value, Value, Interval] | None:
    """(loser, winner, by how much) of a pair that differs and whose loser includes the winner."""
    a, b = known(pair.a), known(pair.b)
    if not pair.significant or a is None or b is None:
        return None
    worse = 1 if sign * pair.difference > 0 else -1
    (loser, general), (winner, special) = ((pair.a, a), (pair.b, b))[::worse]
    if general == special or not includes(general, special):
        return None
    toward = sign * worse
    low, high = sorted((toward * pair.low, toward * pair.high))
    return loser, winner, Interval(toward * pair.difference, low, high)


def imitates_when(general: str, special: str) -> str:
    """The settings under which one optimizer of the catalogue acts as another."""
    entry = OPTIMIZERS[general]
    return next((i.when for i in entry.includes if includes(i.of, special)), "")


def _finding(
    hyperparameter: str, loser: Value, winner: Value, by: Interval, metric: str
) -> Finding:
    general, special = known(loser), known(winner)
    assert general is not None and special is not None
    entry = OPTIMIZERS[general]
    how = imitates_when(general, special)
    way = (
        f'tb.optimizer_space("{special}", "{general}", trials=..., inclusive=True) has a space '
        "that holds both"
        if entry.inclusive
        else "widen its space until it holds these settings"
    )
    return Finding(
        check="G2",
        severity=Severity.WARNING,
        subject=f"{hyperparameter}={loser}",
        numbers={"worse_by": by},
        sentence=(
            f"{loser} is worse than {winner} by {digits(by.estimate, 3)} "
            f"({range_text(by.low, by.high, 3)}) in {metric}, though it can imitate it ({how}): "
            "its space leaves that out, or its trials were too few, so this round does not say "
            f"which of the two is better. Give it more trials, or another space: {way}."
        ),
    )
