"""Where in the playbook's loop a book or a round stands, and what comes next (D6)."""

from __future__ import annotations

import math
import shlex
from collections import Counter
from dataclasses import dataclass, replace
from enum import StrEnum

from tunebook.checks.failures.unreported import UnreportedObjective, unreported_objective
from tunebook.deciding.broken_baseline import broken_in_round
from tunebook.domain.decision import Decision, Verdict
from tunebook.domain.error_kind import OF_THE_CODE, CodingErrors, coding_errors, error_kind
from tunebook.domain.formats.numbers import number, plural
from tunebook.domain.metric_direction import likely_direction
from tunebook.domain.record import BookRecord, RoundRecord
from tunebook.report.in_a_line import best_trial
from tunebook.statistics.metric_bounds import most_gain

FIRST_ALIKE = 3
"""Ended trials, all crashed alike, from which on the training code is to be corrected first."""


ASK_NEXT = "Ask the next question. If the command proposes none, write one of your own."


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
    Step.RERUN: "the best of each side, new seeds",
    Step.DECIDE: "adopt, keep, or more evidence",
    Step.LAUNCH: "the new baseline",
    Step.NEXT: "the question that follows",
}


@dataclass(frozen=True, slots=True)
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
    stands = _standing(record, number)
    book = f" --book {shlex.quote(record.file)}" if record.file else ""
    return replace(stands, command=f"{stands.command}{book}")


def _standing(record: BookRecord, number: int) -> Standing:
    """The same, with a command that does not name the book yet."""
    found = next(r for r in record.rounds if r.number == number)
    decision = decision_of(record, number)
    if decision is None:
        return _undecided(record, found)
    followed = number < record.rounds[-1].number
    if decision.verdict is Verdict.MORE_EVIDENCE and followed:
        return Standing(
            Step.NEXT,
            f"The evidence did not decide; round {number + 1} followed.",
            f"tunebook report {number + 1}",
            skipped=(Step.LAUNCH,),
        )
    if decision.verdict is Verdict.MORE_EVIDENCE:
        return _open(decision, record.setting.chance)
    launched = any(launch.decision == decision.number for launch in record.launches)
    if decision.verdict is Verdict.ADOPT and not launched:
        return _to_launch(decision)
    if followed:
        return Standing(
            Step.NEXT,
            f"Done; round {number + 1} followed.",
            f"tunebook report {number + 1}",
            skipped=() if launched else (Step.LAUNCH,),
        )
    return Standing(
        Step.NEXT,
        _done(record, decision, launched=launched),
        "tunebook next",
        skipped=() if launched else (Step.LAUNCH,),
    )


def _done(record: BookRecord, decision: Decision, *, launched: bool) -> str:
    """After a launch, or a decision that keeps the baseline; perhaps at another length."""
    if launched:
        return f"The new baseline is launched. {ASK_NEXT}"
    if decision.baseline is None:
        return "There is no baseline yet. Correct the training code, or ask another question."
    steps = decision.max_train_steps
    base = next((s for s in decision.sides if s.name == "baseline"), None)
    now = record.launches[-1] if record.launches else None
    if base is None or now is None or decision.baseline != now.number:
        return f"The baseline stays. {ASK_NEXT}"
    if steps == now.max_train_steps or not math.isfinite(base.mean.estimate):
        return f"The baseline stays. {ASK_NEXT}"
    return (
        f"The baseline stays. To record what it reaches at {steps} steps "
        f"({number(base.mean.estimate)}): tunebook launch {decision.number} --baseline-length. "
        "Then ask the next question."
    )


def _to_launch(decision: Decision) -> Standing:
    """After a decision that adopts."""
    first = decision.baseline is None
    change = "The configuration can be the first baseline" if first else "The change is adopted"
    checks = ", ".join(dict.fromkeys(p.check for p in decision.problems))
    if checks:
        return Standing(
            Step.LAUNCH,
            f"{change}, but a problem is open ({checks}). Mend it first, or add "
            "--despite-problems.",
            f"tunebook findings {decision.round}",
        )
    return Standing(
        Step.LAUNCH,
        f"{change}." if first else f"{change}, and is not the baseline yet.",
        f"tunebook launch {decision.number}",
    )


def _open(decision: Decision, chance: float | None) -> Standing:
    """After a decision that asks for more evidence: reruns, or a person's judgement."""
    from tunebook.deciding.rerun_count import MOST_MORE, more_reruns

    more = more_reruns(decision)
    unknown = decision.baseline is None or any(math.isinf(s.mean.high) for s in decision.sides)
    if more is None and chance is None and unknown:
        return Standing(
            Step.DECIDE,
            "It can't be judged before the book knows chance, the objective's value of "
            "guessing. State it, and decide again; tb.Book(..., chance=...) does so too.",
            f"tunebook decide {decision.round} --no-run --chance VALUE",
        )
    if _seedless(decision):
        return Standing(
            Step.NEXT,
            "Every rerun of a configuration gave the same value, so more reruns show "
            "nothing new. Use trial.seed in training (initial weights, order of the data), "
            "and ask again.",
            "tunebook next",
        )
    if more is not None and more >= MOST_MORE:
        near = "what was asked for" if decision.least_improvement else "nothing"
        less = ", or ask for a smaller least improvement" if decision.least_improvement else ""
        return Standing(
            Step.DECIDE,
            f"The gain is so near to {near} that no realistic number of reruns can "
            f"decide. Judge it yourself: keep the baseline{less}, and ask the next question.",
            "tunebook next",
        )
    sides = max(1, len(decision.sides))
    each = max((len(side.reruns) for side in decision.sides), default=0)
    # The next look may lie beyond what a gain as seen would need; twice as many always reach it.
    most = sides * max(2 * each, each + (more or 0))
    about = f": about {more} more a side, if the gain is what it seems" if more else ""
    return Standing(
        Step.RERUN,
        f"The evidence does not decide yet. Add reruns with new seeds{about}.",
        f"tunebook decide {decision.round} --max-reruns {most}",
    )


def _seedless(decision: Decision) -> bool:
    """Every side's reruns gave one value."""
    means = [s.mean for s in decision.sides]
    return all(len(s.reruns) > 1 for s in decision.sides) and all(m.low == m.high for m in means)


def _undecided(record: BookRecord, found: RoundRecord) -> Standing:
    return (
        _not_ended(found)
        or _reruns_so_far(record, found)
        or _nothing_to_compare(record, found)
        or _ready_to_read(record, found)
    )


def _not_ended(found: RoundRecord) -> Standing | None:
    """Trials that wait, or an objective that none of them reports."""
    waiting = sum(not s.ended for s in found.table.status)
    waiting += found.plan.trials - len(found.table) if len(found.table) < found.plan.trials else 0
    unreported = unreported_objective(found.table)
    if unreported is not None and unreported.reported:
        return Standing(
            Step.RUN,
            f"{unreported.sentence} Correct the objective, here and in the round file, "
            "then train again.",
            correcting_command(unreported, found.number),
        )
    alike = _all_crashed_alike(found)
    if waiting and alike:
        return Standing(
            Step.RUN,
            f"{alike} Correct the training code, then train them again, together with "
            f"the {plural(waiting, 'trial')} that have not ended.",
            f"tunebook run --round {found.number} --again crashed",
        )
    if waiting:
        return Standing(
            Step.RUN,
            f"{plural(waiting, 'trial')} of {found.plan.trials} have not ended.",
            f"tunebook run --round {found.number}",
        )
    return None


def _reruns_so_far(record: BookRecord, found: RoundRecord) -> Standing | None:
    """Reruns that were begun, or another round that was begun instead."""
    if found.number < record.rounds[-1].number and not len(found.reruns):
        return Standing(
            Step.NEXT,
            f"Read, and not decided; round {found.number + 1} followed.",
            f"tunebook report {found.number + 1}",
            skipped=(Step.RERUN, Step.DECIDE, Step.LAUNCH),
        )
    open_reruns = sum(not s.ended for s in found.reruns.status)
    if open_reruns:
        return Standing(
            Step.RERUN,
            f"{plural(open_reruns, 'rerun')} with new seeds of {len(found.reruns)} "
            "have not ended.",
            f"tunebook decide {found.number}",
        )
    broken = broken_in_round(found) if record.launches else None
    if broken is not None:
        what = broken.sentence(record.launches[-1].number)
        return Standing(
            Step.RERUN,
            f"{what[0].upper()}{what[1:]}. Let the training code train the baseline too: "
            "give a hyperparameter that it does not have a default. Then train the crashed reruns "
            "again.",
            f"tunebook decide {found.number} --again crashed",
        )
    if len(found.reruns):
        return Standing(
            Step.DECIDE,
            f"{plural(len(found.reruns), 'rerun')} with new seeds have ended and wait "
            "to be judged.",
            f"tunebook decide {found.number}",
        )
    return None


def _nothing_to_compare(record: BookRecord, found: RoundRecord) -> Standing | None:
    """Ended trials that leave no candidate, or that should be trained again first."""
    if not found.table.complete.any():
        return _nothing_complete(found)
    if (errors := _coding_errors(found)) is not None:
        return Standing(
            Step.RUN,
            f"{errors.sentence} Correct the training code and train them again, before "
            "you read what the others say.",
            f"tunebook run --round {found.number} --again crashed",
        )
    if (left := _most_gain(record, found)) <= found.plan.least_improvement:
        return Standing(
            Step.NEXT,
            "No configuration of this round can be adopted: its least improvement is "
            f"{number(found.plan.least_improvement)}, and {record.objective.metric} can improve "
            f"by {number(left)} at most. Keep the baseline, and ask for a smaller gain.",
            "tunebook next",
            skipped=(Step.RERUN, Step.DECIDE, Step.LAUNCH),
        )
    if _is_the_baseline(record, found):
        return Standing(
            Step.NEXT,
            "The best trial is the baseline's own configuration, so there is nothing to "
            f"compare. {ASK_NEXT}",
            "tunebook next",
            skipped=(Step.RERUN, Step.DECIDE, Step.LAUNCH),
        )
    return None


def _ready_to_read(record: BookRecord, found: RoundRecord) -> Standing:
    likely = likely_direction(record.objective.metric)
    if likely is not None and likely != record.objective.direction.value:
        return Standing(
            Step.READ,
            f"Every trial has ended, but this book {record.objective.direction.value}s "
            f"{record.objective.metric}, which may be the wrong direction. If it is, begin a new "
            f"book; else decide by reruns: tunebook decide {found.number}.",
            f"tunebook findings {found.number} --objective "
            f"{shlex.quote(f'{likely}:{record.objective.metric}')}",
        )
    if record.setting.chance is None and not record.launches:
        return Standing(
            Step.READ,
            "Every trial has ended. A first baseline is compared with chance: state the "
            "objective's value of guessing, then decide by reruns with new seeds.",
            f"tunebook decide {found.number} --chance VALUE",
        )
    return Standing(
        Step.READ,
        "Every trial has ended. Read the findings first, then decide by reruns with new seeds.",
        f"tunebook decide {found.number}",
    )


def _most_gain(record: BookRecord, found: RoundRecord) -> float:
    """By how much the metric can improve on the baseline; `decide` refuses to ask for more."""
    if not record.launches or not found.plan.least_improvement:
        return math.inf
    values, expected = found.table.value.tolist(), record.launches[-1].expected
    return most_gain(record.objective, expected, values, record.setting.chance)


def _is_the_baseline(record: BookRecord, found: RoundRecord) -> bool:
    """The one candidate of the round is the baseline, which `decide` refuses to compare."""
    best = best_trial(found.table)
    if not record.launches or found.plan.scientific or best is None:
        return False
    config = found.table.config[found.table.name.index(best.trial)]
    return dict(config) == dict(record.launches[-1].config)


def _coding_errors(found: RoundRecord) -> CodingErrors | None:
    """Those of the search trials."""
    return coding_errors(found.table.name, found.table.cause, found.details)


def _all_crashed_alike(found: RoundRecord) -> str:
    """That every ended trial crashed with the same error, where three or more did."""
    ended = [i for i, s in enumerate(found.table.status) if s.ended]
    details = [found.details.get(found.table.name[i], "") for i in ended]
    of_code = all(found.table.cause[i] in OF_THE_CODE for i in ended)
    if len(ended) < FIRST_ALIKE or not of_code or len(set(map(error_kind, details))) > 1:
        return ""
    return f"All {len(ended)} trials that ended crashed alike: {details[0]}."


def correcting_command(unreported: UnreportedObjective, number: int) -> str:
    """The command that corrects the objective and trains the trials again that lacked it."""
    objective = shlex.quote(unreported.corrected)
    return f"tunebook run --round {number} --objective {objective} --again crashed"


def _nothing_complete(found: RoundRecord) -> Standing:
    """After a round of which no trial completed: there is nothing to decide."""
    causes = Counter(str(c).replace("_", " ") for c in found.table.cause if c is not None)
    why = ", ".join(f"{cause}: {n}" for cause, n in causes.most_common())
    return Standing(
        Step.READ,
        f"None of {plural(len(found.table), 'trial')} completed ({why or 'no cause'}). "
        "Find the cause, check the mended code with tunebook try, and run the round that "
        "tunebook next proposes.",
        f"tunebook findings {found.number}",
        skipped=(Step.RERUN, Step.DECIDE, Step.LAUNCH),
    )
