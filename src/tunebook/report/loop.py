"""Where in the playbook's loop a book or a round stands, and what comes next (D6)."""

from __future__ import annotations

import math
import shlex
from collections import Counter

from tunebook.checks.failures.unreported import UnreportedObjective, unreported_objective
from tunebook.deciding.broken_baseline import broken_in_round
from tunebook.domain.decision import Decision
from tunebook.domain.error_kind import OF_THE_CODE, CodingErrors, coding_errors, error_kind
from tunebook.domain.formats.numbers import number, plural
from tunebook.domain.metric_direction import likely_direction
from tunebook.domain.record import BookRecord, RoundRecord
from tunebook.report.after_decision import after_decision
from tunebook.report.in_a_line import best_trial
from tunebook.report.steps import ASK_NEXT, in_book, newest_decision
from tunebook.report.steps import MEANING as MEANING
from tunebook.report.steps import Standing as Standing
from tunebook.report.steps import Step as Step
from tunebook.statistics.metric_bounds import most_gain

FIRST_ALIKE = 3
"""Ended trials, all crashed alike, from which on the training code is to be corrected first."""


def where(record: BookRecord) -> Step:
    """The step that a book is to take now: that of its newest round."""
    return standing(record, record.rounds[-1].number).step if record.rounds else Step.PLAN


def decision_of(record: BookRecord, number: int) -> Decision | None:
    """The decision that stands for a round: its newest."""
    return newest_decision(record.decisions, number)


def standing(record: BookRecord, number: int) -> Standing:
    """Where one round of a book stands."""
    decision = decision_of(record, number)
    if decision is None:
        stands = _undecided(record, next(r for r in record.rounds if r.number == number))
    else:
        newest, chance = record.rounds[-1].number, record.setting.chance
        stands = after_decision(decision, record.launches, chance=chance, newest=newest)
    return in_book(stands, record.file)


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
