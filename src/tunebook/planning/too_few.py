"""Too few trials or reruns for any verdict: what takes no estimate to say (B5)."""

from __future__ import annotations

from tunebook.deciding.rerun_evidence import FIRST_ADOPT
from tunebook.domain.design import Round, studies
from tunebook.domain.formats.numbers import plural
from tunebook.statistics.fewest_trials import FEWEST, FEWEST_SEEDS

LISTED = 4


def candidates(plan: Round) -> int:
    """Arms of the decision beside the baseline: scientific values, as `book.decisions` has it."""
    settled = {
        tuple((k, v) for k, v in s.branch.conditions.items() if k in plan.scientific)
        for s in studies(plan)
        if s.numbers
    }
    return max(1, len(settled))


def too_few_trials(plan: Round) -> list[str]:
    """Scientific values that C9 will say nothing of."""
    split = studies(plan)
    alone = len(split) == 1 and not split[0].branch.axes  # one configuration compares nothing
    if not plan.scientific or alone:
        return []
    said = []
    short = [s for s in split if len(s.numbers) < (FEWEST if s.branch.axes else FEWEST_SEEDS)]
    if short:
        least = max(FEWEST if s.branch.axes else FEWEST_SEEDS for s in short)
        names = ", ".join(s.name or "the search" for s in short[:LISTED])
        names += f" and {len(short) - LISTED} more" if len(short) > LISTED else ""
        fewest = min(len(s.numbers) for s in short)
        said.append(
            f"{names}: {fewest} trial{'s' if fewest != 1 else ''}, and C9 says nothing of a value "
            f"below {least}. Next: trials = {least * len(split)} or more, or fewer scientific "
            "values"
        )
    return said


def too_few_reruns(arms: int, reruns: int) -> list[str]:
    """Arms that get too few reruns each to adopt one."""
    if reruns >= FIRST_ADOPT:
        return []
    return [
        f"{arms} arms get {plural(reruns, 'new-seed rerun')} each, and an adoption takes "
        f"{FIRST_ADOPT}. Next: decide with max_reruns = {FIRST_ADOPT * arms} or more, or compare "
        "fewer values"
    ]
