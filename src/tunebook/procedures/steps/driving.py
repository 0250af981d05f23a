"""Running a procedure: from the rounds that are there to the next, until it has its answer.

Nothing but the book's rounds says where a procedure stands, so that Ctrl-C, `kill -9` or a power
cut lose nothing that a round would not lose, and the same call goes on.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from threadpoolctl import threadpool_limits

from tunebook.domain.decision import Launch, Setting
from tunebook.domain.design import Objective, Round
from tunebook.domain.errors import EvidenceError
from tunebook.domain.finding import Severity
from tunebook.domain.table import Curves, TrialTable
from tunebook.domain.trial import TrialRecord
from tunebook.procedures import LaysBeside, Procedure, procedure_named
from tunebook.procedures.steps.arguments import Asked, Workload, read_note
from tunebook.procedures.steps.costs import StageCost, searched, stage_costs
from tunebook.procedures.steps.defaults import settle
from tunebook.procedures.steps.stages import Conclusion, Done, DoneStage, Stage, Step, question_of


class RoundOfBook(Protocol):
    """What a procedure needs of a round."""

    number: int

    @property
    def plan(self) -> Round:
        """Its plan."""

    @property
    def trials(self) -> tuple[TrialRecord, ...]:
        """Its trials."""

    def table(self) -> TrialTable:
        """Its search trials as columns."""

    def report_times(self) -> Curves:
        """When its search trials reported."""


class RoundsBook(Protocol):
    """What a procedure needs of a book."""

    setting: Setting
    objective: Objective

    @property
    def baseline(self) -> Launch | None:
        """The newest launch."""

    @property
    def rounds(self) -> Sequence[RoundOfBook]:
        """All rounds, oldest first."""

    def plan_round(self, plan: Round) -> RoundOfBook:
        """Add a plan as a round, or find it again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A procedure as it stands in a book.

    Attributes:
        name: of the procedure; asked: its arguments.
        rounds: stage to the number of its round.
        finished: nothing is left to run.
        stages: all that it may take; costs: with what each would cost.
        conclusion: what the stages that are done say.
    """

    name: str
    asked: Asked
    rounds: Mapping[str, int]
    finished: bool
    stages: tuple[Stage, ...]
    costs: tuple[StageCost, ...]
    conclusion: Conclusion


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the stages that are done say, and the round that comes next; None at the end."""

    done: Done
    conclusion: Conclusion
    step: Step | None


def asked_in(book: RoundsBook, name: str, given: Mapping[str, Any]) -> Asked:
    """The arguments of a procedure: settled anew, or as they stand in the book.

    Raises:
        DesignError: see `defaults.settle`.
    """
    procedure = procedure_named(name)
    notes = [n for r in book.rounds if (n := read_note(r.plan)) and n.procedure == name]
    questions = list(dict.fromkeys(n.question for n in notes))
    question = given.get("question") or (questions[-1] if len(questions) == 1 else None)
    stands = next((n.asked for n in notes if n.question == question), None)
    if question is None and questions and "question" not in given:
        shown = "; ".join(questions)
        raise EvidenceError(
            f"the procedure {name} stands in this book with {len(questions)} questions: {shown}",
            next_step='say which one goes on: question="..."',
        )
    workload = Workload(setting=book.setting, objective=book.objective, baseline=book.baseline)
    return settle(procedure, given, workload, stands)


def standing(
    book: RoundsBook, asked: Asked, *, workers: int, known: Known | None = None
) -> Standing:
    """Where a procedure stands, and what is left of it would cost.

    Args:
        book: whose rounds they are.
        asked: the arguments.
        workers: trials at a time.
        known: what `carry_on` came to just now.
    """
    procedure = procedure_named(asked.procedure)
    rounds = _rounds_of(book, asked)
    done = _done(rounds, known.done if known else {})
    if known is None or known.done != done:
        known = _known(book, asked, done)
    stages = tuple(_as_planned(s, rounds.get(s.name)) for s in procedure.stages(asked))
    return Standing(
        name=asked.procedure,
        asked=asked,
        rounds={stage: r.number for stage, r in rounds.items()},
        finished=known.step is None,
        stages=stages,
        costs=stage_costs(stages, rounds, book.rounds, workers=workers),
        conclusion=known.conclusion,
    )


def _as_planned(stage: Stage, there: RoundOfBook | None) -> Stage:
    """A stage whose round is there asks what that asks, and trains as long."""
    if there is None:
        return stage
    return replace(stage, asks=question_of(there.plan), max_train_steps=there.plan.max_train_steps)


def carry_on(
    book: RoundsBook,
    asked: Asked,
    run: Callable[[RoundOfBook], None],
    *,
    say: Callable[[str], None] | None = None,
) -> Known:
    """Run rounds until the procedure has its answer, or a run leaves trials undone.

    Args:
        book: whose rounds they are.
        asked: the arguments.
        run: runs what is left of a round's trials; what it raises ends the procedure for now.
        say: told in a sentence what comes next, and what was found; stderr if left out.

    Returns:
        what it came to.
    """
    tell = say or (lambda text: print(text, file=sys.stderr))
    told: set[str] = set()
    done: Done = {}
    while True:
        rounds = _rounds_of(book, asked)
        done = _done(rounds, done)
        known = _known(book, asked, done)
        for finding in known.conclusion.findings:
            if finding.severity is not Severity.PASS and finding.sentence not in told:
                told.add(finding.sentence)
                tell(f"{finding.check} {finding.severity}: {finding.sentence}")
        if known.step is None:
            return known
        step = known.step
        there = rounds.get(step.stage)
        # A stage that stands is not planned anew: a later version may plan it otherwise.
        plan = step.plan if there is None else _more(there.plan, step.plan.trials)
        tell(f"Procedure {asked.procedure}, {step.stage}: {question_of(plan)}")
        found = book.plan_round(plan)
        run(found)
        trials = searched(found)
        if not trials or not all(t.status.ended for t in trials):
            return known


def _known(book: RoundsBook, asked: Asked, done: Done) -> Known:
    """As for the checks (`report.examine`): matrices are small, so one thread is fastest."""
    procedure = procedure_named(asked.procedure)
    with threadpool_limits(1, user_api="blas"):
        return Known(
            done=done,
            conclusion=_concluded(book, procedure, asked, done),
            step=procedure.next_step(asked, done),
        )


def _concluded(
    book: RoundsBook, procedure: Procedure[Any], asked: Asked, done: Done
) -> Conclusion:
    """What a procedure says, and what another one of the book adds to that."""
    said = procedure.conclude(asked, done)
    name = getattr(procedure, "beside", "")
    if not name:
        return said
    lays: LaysBeside = procedure  # type: ignore[assignment]
    others = [
        (theirs, _done(_rounds_of(book, theirs), {}))
        for other, question in questions_in(book)
        if other == name
        for theirs in [asked_in(book, name, {"question": question})]
    ]
    return lays.conclude_beside(said, asked, done, others)


def _more(plan: Round, trials: int) -> Round:
    return plan if trials <= plan.trials else replace(plan, trials=trials)


def questions_in(book: RoundsBook) -> tuple[tuple[str, str], ...]:
    """Every procedure of a book as (name, question), in the order in which they began."""
    notes = [n for r in book.rounds if (n := read_note(r.plan))]
    return tuple(dict.fromkeys((n.procedure, n.question) for n in notes))


def _rounds_of(book: RoundsBook, asked: Asked) -> dict[str, RoundOfBook]:
    found = {}
    for round_ in book.rounds:
        note = read_note(round_.plan)
        if note and (note.procedure, note.question) == (asked.procedure, asked.question):
            found[note.stage] = round_
    return found


def _done(rounds: Mapping[str, RoundOfBook], before: Done) -> Done:
    """The stages that are done; a table is read once as long as its trials stay as they are."""
    done = {}
    for stage, round_ in rounds.items():
        trials, known = searched(round_), before.get(stage)
        if known and (known.trials, known.plan) == (trials, round_.plan):
            done[stage] = known
        elif trials and len(trials) >= round_.plan.trials and all(t.status.ended for t in trials):
            unread = tuple(dict.fromkeys(n for t in trials for n in t.unread))
            done[stage] = DoneStage(
                stage=stage,
                number=round_.number,
                plan=round_.plan,
                table=round_.table(),
                unread=unread,
                trials=trials,
                report_times=round_.report_times,
            )
    return done
