"""The findings' remedies put together as the next round's plan, for a person to edit (B C1 E5 H5).

What depends on what: a settled question changes the roles; ranges come next, since the density of
trials and the length of training are judged anew in a space of another size; then length, then
trials. Where remedies meet, one gives way by a rule, and the proposal says by which; what no plan
can carry out is said as unresolved, with the reason why a person must.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from tunebook.advice.budget import (
    say_cost,
    set_evaluations,
    set_least_improvement,
    set_length,
    set_trials,
)
from tunebook.advice.draft import Asked, Draft
from tunebook.advice.manual_remedies import WHY, bug_first, by_hand, errors_first
from tunebook.advice.next_question import ask_next, nothing_complete
from tunebook.advice.predictions import predict
from tunebook.advice.ranges import rerange
from tunebook.advice.roles import fix, settle_decision, vary_anew
from tunebook.advice.summary import story
from tunebook.domain.decision import Decision, Verdict
from tunebook.domain.design import Round
from tunebook.domain.error_kind import CodingErrors
from tunebook.domain.finding import Examination, Interval, Remedy, RemedyKind
from tunebook.domain.record import Proposal
from tunebook.domain.space import Per
from tunebook.domain.table import TrialTable

RANGES = (RemedyKind.WIDEN, RemedyKind.SHRINK)
SETTLED = frozenset({"D3", "B5"})
"""Changes that ask nothing new: a question settled, a budget held to."""
LENGTHS = (RemedyKind.TRAIN_LONGER, RemedyKind.TRAIN_SHORTER)


def propose(
    plan: Round,
    examination: Examination,
    *,
    decision: Decision | None = None,
    table: TrialTable | None = None,
    number: int = 0,
    most_trials: int | None = None,
    goals: Collection[str] = (),
    baseline: Interval | None = None,
    searched: Mapping[int, Round] | None = None,
    errors: CodingErrors | None = None,
) -> Proposal:
    """The round after `plan`: what its findings ask for, changed, each change with its reason.

    - A scientific choice whose winner was adopted is fixed at it; what was found of the others
      is dropped, and so is what was found of a hyperparameter that training never read.
    - A cut-off range is widened, a failing end cut off. Where one end asks for both, it stays:
      instability holds this workload back, which is no matter of ranges. A range that studies
      share is cut where all of them fail.
    - What matters little is fixed, unless its range is being widened, the value lies where
      trials fail, nothing else would vary, or a study in which it varies does not say so.
    - While a range is being widened, trials and steps stay as they are.
    - Longer training wins over shorter; shorter waits until the question is answered.
    - A remedy of overfitting that is fixed is varied, since training reads it; others wait for
      a person.
    - A decision that keeps the baseline fixes the question at its values, and takes out what
      the baseline does not have. More trials are not
      asked for once a decision has answered the question.
    - After the first baseline the learning rate is searched around its value, at a new length
      where the findings ask for one. After any other decision that leaves nothing to change, or
      nothing that varies, a hyperparameter that was fixed is varied, unless a decided round
      has searched its range already.
    - A round of which no trial completed is proposed again, after its cause is mended.
    - Trials are evaluated as often as I1 asks for, where the plan asked for less.
    - A least improvement that is not less than all that the metric can still improve by is made
      smaller, since nothing could be adopted.
    - The seed is another, since the same one would draw the same points again.

    Args:
        plan: of the round that was run; not changed.
        examination: what the checks said of it.
        decision: the last one on it, if there is one.
        table: its trials, from which the proposal predicts what its changes bring.
        number: of the round.
        most_trials: what the next round may have at most.
        goals: of the book's rounds; the proposal has another.
        searched: rounds that are decided, by number.
        errors: trials of the round that ended by an error in the code.
        baseline: what the baseline of the next round is expected to reach, where there is one.

    Returns:
        A plan that is valid, runs as it is, and has a goal of its own (a book knows its rounds by
        their goals).
    """
    draft = Draft(plan=replace(plan, predictions=(), origin=None))
    settle_decision(draft, decision)
    asked = _still_asked(draft, examination)
    _take_up(draft, asked, decision, most_trials)
    say_cost(draft, plan)
    crashed = nothing_complete(draft, table)
    _for_a_person(draft, [x for x in asked if x[1].kind in WHY], crashed=crashed)
    draft.unresolved += _near_an_end(draft, examination)
    if errors is not None and not crashed:
        draft.unresolved.insert(0, errors_first(errors, number, decided=decision is not None))
    answered = decision is not None and decision.verdict is not Verdict.MORE_EVIDENCE
    unvaried = answered and not draft.plan.varied
    if not crashed and (unvaried or all(c.check in SETTLED for c in draft.changes)):
        ask_next(draft, decision, most_trials=most_trials, searched=searched or {})
    if not draft.plan.varied and not crashed and not draft.nothing:
        draft.unresolved.append(
            "Nothing varies in this plan: every trial is one configuration with another seed. "
            "Choose what to vary next."
        )
    predictions = predict(plan, draft.plan, draft.done, table, number)
    summary = story(draft, decision, number, crashed=crashed)
    set_least_improvement(draft, table, baseline)
    _new_points(draft)
    goal = _goal({plan.goal, *goals}, plan, draft, decision)
    return Proposal(
        plan=replace(draft.plan, goal=goal, predictions=predictions),
        changes=draft.changes,
        unresolved=tuple(dict.fromkeys(draft.unresolved)),
        resolved=tuple(dict.fromkeys(draft.resolved)),
        summary=summary,
        repeats=bool(draft.nothing),
    )


def _take_up(
    draft: Draft, asked: Sequence[Asked], decision: Decision | None, most_trials: int | None
) -> None:
    """Ranges, fixed values, length and trials as the remedies ask for."""
    ranges = [x for x in asked if x[1].kind in RANGES]
    widened = frozenset(r.subject for _, r in ranges if r.kind is RemedyKind.WIDEN)
    narrowed = [x for x in ranges if x[1].kind is RemedyKind.SHRINK]
    fixed = fix(draft, [x for x in asked if x[1].kind is RemedyKind.FIX], widened, narrowed)
    widening = rerange(draft, [x for x in ranges if x[1].subject not in fixed])
    set_length(draft, [x for x in asked if x[1].kind in LENGTHS], widening=widening)
    more = _more_trials(draft, [x for x in asked if x[1].kind is RemedyKind.MORE_TRIALS], decision)
    set_trials(draft, more, widening=widening, most_trials=most_trials)


def _still_asked(draft: Draft, examination: Examination) -> list[Asked]:
    """Remedies on branches that are open, of hyperparameters that training reads."""
    asked = [(f, f.remedy) for f in examination.findings if f.remedy is not None]
    unread = {
        f.subject
        for f, r in asked
        if f.check == "B2" and r.kind is RemedyKind.INSPECT and "unread" in f.numbers
    }
    left: list[Asked] = []
    for finding, remedy in asked:
        if not _still_there(draft.plan, remedy):
            draft.resolved.append(
                f"Dropped, since a decision has closed that branch: {finding.sentence}"
            )
        elif remedy.subject in unread and remedy.kind is not RemedyKind.INSPECT:
            draft.resolved.append(
                f"Dropped, since training never read {remedy.subject}: {finding.sentence}"
            )
        else:
            left.append((finding, remedy))
    return left


def _still_there(plan: Round, remedy: Remedy) -> bool:
    """False for what is said of a branch that a decision has closed."""
    held = {name: value for name, value in plan.fixed.items() if not isinstance(value, Per)}
    return all(held.get(name, value) == value for name, value in remedy.conditions.items())


def _more_trials(draft: Draft, asked: list[Asked], decision: Decision | None) -> list[Asked]:
    """Findings that ask for more trials, unless a decision has answered their question."""
    if not asked or decision is None or decision.verdict is Verdict.MORE_EVIDENCE:
        return asked
    draft.resolved.append(
        f"The findings ask for more trials, but decision {decision.number} has answered this "
        "question."
    )
    return []


def _for_a_person(draft: Draft, asked: Sequence[Asked], *, crashed: bool) -> None:
    """Vary anew what can be, and hand the rest over; what looks like a bug comes first."""
    left = set_evaluations(draft, vary_anew(draft, asked))
    bugs = [x for x in left if bug_first(*x)]
    if bugs and not crashed:
        draft.unresolved.insert(
            0, "Look at the training code before this round runs: its results may show a bug."
        )
    draft.unresolved += [by_hand(x) for x in (*bugs, *(x for x in left if x not in bugs))]


def _near_an_end(draft: Draft, examination: Examination) -> list[str]:
    """Notes of C1 that the best trials lie next to an end, without evidence for a wider range."""
    notes = [f for f in examination.findings if f.check == "C1" and "best_near_edge" in f.numbers]
    return [
        f"{f.sentence} The range stays as it is: widen that end by hand if you expect better "
        "values beyond it."
        for f in notes
        if f.numbers.get("hyperparameter") in draft.plan.varied
    ]


def _new_points(draft: Draft) -> None:
    """Another seed, so that no trial of the next round repeats one of this round."""
    because = "the same seed would draw the same points and train them with the same seeds"
    draft.set_value("seed", draft.plan.seed + 1, because, "B6")


def _goal(taken: Collection[str], plan: Round, draft: Draft, decision: Decision | None) -> str:
    """The question with what changed about it, or the next one: never the same text again."""
    base = plan.goal.split(" [", 1)[0]
    changes = [c for c in draft.changes if c.key not in ("seed", "least_improvement")]
    said = [f"{c.key.split('.', 1)[-1]} {c.after}" for c in changes if c.check != "D3"]
    won = {c.key.split(".", 1)[-1]: c.after for c in changes if c.check == "D3" and c.after}
    if won and decision is not None:
        base = f"What improves {', '.join(f'{n}={v}' for n, v in won.items())} further?"
    elif (
        decision is not None and decision.verdict is Verdict.KEEP and decision.baseline is not None
    ):
        base = "What improves the baseline further?"
    elif any(c.check == "B1" and c.key.startswith("nuisance.") for c in changes):
        names = [c.key.removeprefix("nuisance.") for c in changes if c.check == "B1"]
        base, said = f"Which {names[0]} suits the baseline?", []
    goal = f"{base} [{', '.join(said)}]" if said else base
    while goal in taken:
        said.append("again")
        goal = f"{base} [{', '.join(said)}]"
    return goal
