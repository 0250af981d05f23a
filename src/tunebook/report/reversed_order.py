"""Where the search orders two values the other way round than their reruns do (C9 D3)."""

from __future__ import annotations

from collections.abc import Iterable

from tunebook.words.decision import Comparison, Decision
from tunebook.words.design import Objective
from tunebook.words.finding import Examination, PairwiseDifference
from tunebook.words.space import spell


def reversed_order(
    decision: Decision, examination: Examination, objective: Objective
) -> tuple[str, ...]:
    """A sentence for each pair of candidates that search and reruns order differently.

    Args:
        decision: with the candidates compared by their reruns.
        examination: of the search, with C9's pairs of values.
        objective: which way is better.
    """
    reruns = {(c.a, c.b): c for c in decision.comparisons}
    said = []
    for name, pair in _searched(examination):
        a, b = f"{name}={spell(pair.a)}", f"{name}={spell(pair.b)}"
        better, worse = (a, b) if objective.sign * pair.difference < 0 else (b, a)
        if pair.difference and (found := reruns.get((worse, better))) is not None:
            said.append(_sentence(better, worse, found))
    return tuple(said)


def _searched(examination: Examination) -> Iterable[tuple[str, PairwiseDifference]]:
    """Pairs that C9 compared, with the name of the hyperparameter."""
    for finding in examination.findings:
        pairs = finding.numbers.get("pairs")
        if finding.check == "C9" and isinstance(pairs, tuple):
            yield from ((finding.subject, p) for p in pairs)


def _sentence(better: str, worse: str, found: Comparison) -> str:
    sure = "" if found.significant else ", without a significant difference"
    return (
        f"This order is the reverse of the reruns': here {better} is ahead, there {worse} "
        f"is{sure}. The search compares all configurations that were tried, the reruns one of "
        "each. The verdict counts the reruns alone."
    )
