"""Where in the playbook's loop a book or a round stands, and what comes next (D6)."""

from __future__ import annotations

import math
import shlex
from dataclasses import dataclass
from enum import StrEnum

from tunebook.analysis.rerun_count import MOST_MORE, more_reruns
from tunebook.report.wording import plural
from tunebook.words.decision import Decision, Verdict
from tunebook.words.record import BookRecord, RoundRecord


class Step(StrEnum):
    """The playbook's loop, in its order; after the last it begins anew."""

    PLAN = "plan"
    RUN = "run"
    READ = "read"
    RERUN = "rerun"
    DECIDE = "decide"
    LAUNCH = "launch"
    NEXT = "next"


MEANING = {
    Step.PLAN: "one question, a role for all",
    Step.RUN: "quasi-random search",
    Step.READ: "the checks before the question",
    Step.RERUN: "the best of each side, fresh seeds",
    Step.DECIDE: "adopt, keep, or more evidence",
    Step.LAUNCH: "the new baseline",
    Step.NEXT: "the question that follows",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a round stands.

    Attributes:
        step: the step that is to be taken now.
        sentence: what was done, and what that leaves to do.
        command: of the shell that takes the step.
        skipped: steps that this round has no need of.
    """

    step: Step
    sentence: str
    command: str
    skipped: tuple[Step, ...] = ()


def where(record: BookRecord) -> Step:
    """The step that a book is to take now: that of its newest round."""
    return standing(record, record.rounds[-1].number).step if record.rounds else Step.PLAN


def decision_of(record: BookRecord, number: int) -> Decision | None:
    """The decision that stands for a round: its newest."""
    return next((d for d in reversed(record.decisions) if d.round == number), None)


def standing(record: BookRecord, number: int) -> Standing:
    """Where one round of a book stands."""
    found = next(r for r in record.rounds if r.number == number)
    decision = decision_of(record, number)
    book = f" --book {shlex.quote(record.file)}" if record.file else ""
    if decision is None:
        return _undecided(record, found, book)
    followed = number < record.rounds[-1].number
    if decision.verdict is Verdict.MORE_EVIDENCE and followed:
        return Standing(
            step=Step.NEXT,
            sentence=f"The evidence settled nothing; round {number + 1} followed.",
            command=f"tunebook report {number + 1}{book}",
            skipped=(Step.LAUNCH,),
        )
    if decision.verdict is Verdict.MORE_EVIDENCE:
        return _open(decision, record.setting.chance, book)
    launched = any(launch.decision == decision.number for launch in record.launches)
    if decision.verdict is Verdict.ADOPT and not launched:
        return Standing(
            step=Step.LAUNCH,
            sentence="The change is worth adopting, and is not the baseline yet.",
            command=f"tunebook launch {decision.number}{book}",
        )
    if followed:
        return Standing(
            step=Step.NEXT,
            sentence=f"Done; round {number + 1} followed.",
            command=f"tunebook report {number + 1}{book}",
            skipped=() if launched else (Step.LAUNCH,),
        )
    done = "launched" if launched else "the baseline stays"
    return Standing(
        step=Step.NEXT,
        sentence=f"Decided, and {done}; the next question is open.",
        command=f"tunebook next{book}",
        skipped=() if launched else (Step.LAUNCH,),
    )


def _open(decision: Decision, chance: float | None, book: str) -> Standing:
    """After a decision that asks for more evidence: reruns, or a person's judgement."""
    more = more_reruns(decision)
    unknown = decision.baseline is None or any(math.isinf(s.mean.high) for s in decision.sides)
    if more is None and chance is None and unknown:
        return Standing(
            step=Step.DECIDE,
            sentence="It can't be judged while the book does not know chance, the objective of "
            "guessing. Open it once with tb.Book(..., chance=...), and decide again.",
            command=f"tunebook decide {decision.round} --no-run{book}",
        )
    if more is not None and more >= MOST_MORE:
        near = "what was asked for" if decision.least_improvement else "nothing"
        less = ", or ask for a smaller least improvement" if decision.least_improvement else ""
        return Standing(
            step=Step.DECIDE,
            sentence=f"The gain is so near to {near} that no realistic number of reruns would "
            f"tell. It is yours to judge: keep what there is{less}, and ask the next question.",
            command=f"tunebook next{book}",
        )
    sides = max(1, len(decision.sides))
    each = max((len(side.reruns) for side in decision.sides), default=0)
    # The next look may lie beyond what a gain as seen would need; twice as many always reach it.
    most = sides * max(2 * each, each + (more or 0))
    about = f": about {more} more a side, if the gain is what it seems" if more else ""
    return Standing(
        step=Step.RERUN,
        sentence=f"The evidence so far settles nothing; more fresh-seed reruns would{about}.",
        command=f"tunebook decide {decision.round} --max-reruns {most}{book}",
    )


def _undecided(record: BookRecord, found: RoundRecord, book: str) -> Standing:
    waiting = sum(not s.ended for s in found.table.status)
    waiting += found.plan.trials - len(found.table) if len(found.table) < found.plan.trials else 0
    if waiting:
        return Standing(
            step=Step.RUN,
            sentence=f"{plural(waiting, 'trial')} of {found.plan.trials} have not ended.",
            command=f"tunebook run --round {found.number}{book}",
        )
    if found.number < record.rounds[-1].number and not len(found.reruns):
        return Standing(
            step=Step.NEXT,
            sentence=f"Read, and not decided; round {found.number + 1} followed.",
            command=f"tunebook report {found.number + 1}{book}",
            skipped=(Step.RERUN, Step.DECIDE, Step.LAUNCH),
        )
    open_reruns = sum(not s.ended for s in found.reruns.status)
    if open_reruns:
        return Standing(
            step=Step.RERUN,
            sentence=f"{plural(open_reruns, 'fresh-seed rerun')} of {len(found.reruns)} "
            "have not ended.",
            command=f"tunebook decide {found.number}{book}",
        )
    if len(found.reruns):
        return Standing(
            step=Step.DECIDE,
            sentence=f"{plural(len(found.reruns), 'fresh-seed rerun')} have ended and wait "
            "to be judged.",
            command=f"tunebook decide {found.number}{book}",
        )
    return Standing(
        step=Step.READ,
        sentence="Every trial has ended. Read the findings first, then decide on fresh seeds.",
        command=f"tunebook decide {found.number}{book}",
    )
