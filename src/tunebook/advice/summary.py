"""A proposal in one sentence: what is proposed and after what, or that nothing is (B)."""

from __future__ import annotations

from tunebook.advice.draft import Draft
from tunebook.domain.decision import Decision, Verdict

NAMED = 3
"""Changes that the sentence names; each has its reason at its place in the plan."""
VERDICTS = {Verdict.ADOPT: "adopted", Verdict.KEEP: "kept the baseline"}


def story(draft: Draft, decision: Decision | None, number: int, *, crashed: bool) -> str:
    """What is proposed.

    Args:
        draft: with all that was taken.
        decision: the last one on the round, if there is one.
        number: of the round.
        crashed: no trial of it completed.
    """
    of = f"round {number}" if number else "the round"
    if crashed:
        return f"Proposed: {of} again with new seeds, once the cause is corrected."
    if draft.nothing:
        return (
            f"No new round is proposed after {of}: {draft.nothing}. The plan below starts from "
            "its own, for you to edit; as it is, it would only repeat the search with new seeds."
        )
    named = [
        f"{c.key.split('.', 1)[-1]} {c.after}" if c.after else f"no {c.key.split('.', 1)[-1]}"
        for c in draft.changes
    ]
    more = f" and {len(named) - NAMED} more changes" if len(named) > NAMED else ""
    changed = f"with {', '.join(named[:NAMED])}{more}" if named else "with new seeds"
    if decision is None:
        return f"Proposed: the plan of {of} {changed}. {of.capitalize()} is not decided."
    if decision.verdict is Verdict.MORE_EVIDENCE:
        return (
            f"Proposed for later: the plan of {of} {changed}. First settle decision "
            f"{decision.number}, which asks for more evidence."
        )
    done = VERDICTS[decision.verdict]
    return f"Proposed, since decision {decision.number} {done}: the plan of {of} {changed}."
