"""Running a procedure: from the rounds that a book has to the next, until it has its answer.

Only the book's rounds say how far a procedure is, so Ctrl-C, `kill -9` or a power cut lose nothing
that a round would not lose, and the same call continues.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from threadpoolctl import threadpool_limits

from tunebook.checks.charts import Drawn
from tunebook.domain.decision import Launch, Setting
from tunebook.domain.design import Objective, Round
from tunebook.domain.errors import EvidenceError
from tunebook.domain.finding import Severity
from tunebook.domain.origin import RoundOrigin, Stage
from tunebook.domain.table import Curves, TrialTable
from tunebook.procedures import spec_of
from tunebook.procedures.spec import ProcedureSpec
from tunebook.procedures.steps.arguments import Arguments, Workload
from tunebook.procedures.steps.costs import StageCost, TimedRound, searched, stage_costs
from tunebook.procedures.steps.defaults import complete
from tunebook.procedures.steps.old_notes import origin_in, with_origin
from tunebook.procedures.steps.procedure import load, load_procedure
from tunebook.procedures.steps.stages import (
    Companion,
    Conclusion,
    Done,
    DoneStage,
    origin_of,
)


class RoundOfBook(TimedRound, Protocol):
    """What a procedure needs of a round."""

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
class Progress:
    """How far a procedure is: its finished stages, what they show, and the next round, if any."""

    done: Done
    conclusion: Conclusion
    next_round: Round | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A procedure in a book.

    Attributes:
        spec: of the procedure; arguments: its own.
        finished: nothing is left to run.
        costs: every stage that it may take, with its round and what is left of its cost.
        conclusion: what the finished stages show.
    """

    spec: ProcedureSpec
    arguments: Arguments
    finished: bool
    costs: tuple[StageCost, ...]
    conclusion: Conclusion

    @property
    def rounds(self) -> tuple[int, ...]:
        """Numbers of its rounds, oldest first."""
        return tuple(sorted(cost.round for cost in self.costs if cost.round is not None))


def arguments_in(book: RoundsBook, name: str, given: Mapping[str, Any]) -> Arguments:
    """The arguments of a procedure: new ones, or those that the book has.

    Raises:
        DesignError: see `defaults.complete`.
        EvidenceError: the book has several questions, and none is given.
    """
    spec = spec_of(name)
    origins = [o for o in _origins(book) if o.procedure == name]
    questions = list(dict.fromkeys(o.question for o in origins))
    question = given.get("question") or (questions[-1] if len(questions) == 1 else None)
    if question is None and questions and "question" not in given:
        raise EvidenceError(
            f"this book has the procedure {name} with {len(questions)} questions: "
            + "; ".join(questions),
            next_step='say which one continues: question="..."',
        )
    stored = next((o.arguments for o in origins if o.question == question), None)
    workload = Workload(setting=book.setting, objective=book.objective, baseline=book.baseline)
    return complete(spec, load_procedure(name), given, workload, stored)


def standing(
    book: RoundsBook, args: Arguments, *, workers: int, progress: Progress | None = None
) -> Standing:
    """How far a procedure is, and what is left of its cost.

    Args:
        book: whose rounds they are.
        args: the arguments.
        workers: trials at a time.
        progress: what `run_on` came to just now.
    """
    rounds = _rounds_of(book, args)
    done = _done(rounds, progress.done if progress else {})
    if progress is None or progress.done != done:
        progress = _progress(book, args, done)
    stages = load_procedure(args.procedure).stages(args)
    return Standing(
        spec=spec_of(args.procedure),
        arguments=args,
        finished=progress.next_round is None,
        costs=stage_costs(stages, rounds, book.rounds, workers=workers),
        conclusion=progress.conclusion,
    )


def run_on(
    book: RoundsBook,
    args: Arguments,
    run: Callable[[RoundOfBook], None],
    *,
    say: Callable[[str], None] | None = None,
) -> Progress:
    """Run rounds until the procedure has its answer, or a run leaves trials undone.

    Args:
        book: whose rounds they are.
        args: the arguments.
        run: runs what is left of a round's trials; what it raises ends the procedure for now.
        say: gets a sentence for each next round and each finding; stderr if left out.

    Returns:
        How far it came.
    """
    tell = say or (lambda text: print(text, file=sys.stderr))
    told: set[str] = set()
    done: Done = {}
    while True:
        rounds = _rounds_of(book, args)
        done = _done(rounds, done)
        progress = _progress(book, args, done)
        for finding in progress.conclusion.findings:
            if finding.severity is not Severity.PASS and finding.sentence not in told:
                told.add(finding.sentence)
                tell(f"{finding.check} {finding.severity}: {finding.sentence}")
        plan = progress.next_round
        if plan is None:
            return progress
        origin = origin_of(plan)
        there = rounds.get(origin.stage)
        if there is not None:
            # A round of the book keeps its plan: a later version may plan it otherwise.
            plan = replace(there.plan, trials=max(plan.trials, there.plan.trials))
            origin = origin_in(plan) or origin
        tell(f"Procedure {args.procedure}, {origin.stage.name}: {origin.asks}")
        found = book.plan_round(plan)
        run(found)
        trials = searched(found)
        if not trials or not all(t.status.ended for t in trials):
            return progress


def _progress(book: RoundsBook, args: Arguments, done: Done) -> Progress:
    """As for the checks: matrices are small, so one thread is fastest."""
    spec, procedure = spec_of(args.procedure), load_procedure(args.procedure)
    with threadpool_limits(1, user_api="blas"):
        found = procedure.read(args, done, _companions(book, spec.companion))
        conclusion = procedure.conclude(args, done, found)
        next_round = procedure.next_round(args, done, found)
    pictures = Drawn(lambda: load(spec.chart)(args, done, found))
    return Progress(
        done=done, conclusion=replace(conclusion, pictures=pictures), next_round=next_round
    )


def _companions(book: RoundsBook, name: str) -> list[Companion]:
    """The runs of another procedure in the book, oldest first."""
    questions = [q for other, q in questions_in(book) if other == name]
    every = [arguments_in(book, name, {"question": question}) for question in questions]
    return [(args, _done(_rounds_of(book, args), {})) for args in every]


def questions_in(book: RoundsBook) -> tuple[tuple[str, str], ...]:
    """Every procedure of a book as (name, question), in the order in which they began."""
    return tuple(dict.fromkeys((o.procedure, o.question) for o in _origins(book)))


def _origins(book: RoundsBook) -> list[RoundOrigin]:
    return [origin for r in book.rounds if (origin := origin_in(r.plan))]


def _rounds_of(book: RoundsBook, args: Arguments) -> dict[Stage, RoundOfBook]:
    """Rounds of a procedure, by stage."""
    found: dict[Stage, RoundOfBook] = {}
    named: dict[str, Stage] = {}
    for round_ in book.rounds:
        origin = origin_in(round_.plan)
        if not origin or (origin.procedure, origin.question) != (args.procedure, args.question):
            continue
        if not origin.stage.kind and not named:
            stages = load_procedure(args.procedure).stages(args)
            named = {s.name: s for s in (origin_of(p.plan).stage for p in stages)}
        found[origin.stage if origin.stage.kind else named[origin.stage.name]] = round_
    return found


def _done(rounds: Mapping[Stage, RoundOfBook], before: Done) -> Done:
    """The finished stages; a table is read once as long as its trials stay as they are."""
    done = {}
    for stage, round_ in rounds.items():
        trials, known = searched(round_), before.get(stage)
        plan = with_origin(round_.plan, stage)
        if known and (known.trials, known.plan) == (trials, plan):
            done[stage] = known
        elif trials and len(trials) >= round_.plan.trials and all(t.status.ended for t in trials):
            unread = tuple(dict.fromkeys(n for t in trials for n in t.unread))
            done[stage] = DoneStage(
                number=round_.number,
                plan=plan,
                table=round_.table(),
                unread=unread,
                trials=trials,
                report_times=round_.report_times,
            )
    return done
