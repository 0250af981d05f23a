"""What a book can be asked beyond one round: procedures (A3 E1 F G H)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from tunebook.book.rounds import Round, Train
from tunebook.book.steering import SteeredBook
from tunebook.domain.formats.numbers import plural
from tunebook.domain.formats.plain_data import to_data

if TYPE_CHECKING:
    from tunebook.book.planning.proposals import NextRound
    from tunebook.charts.picture import Picture
    from tunebook.execution import Executor
    from tunebook.execution.reuse import KeptWorkers
    from tunebook.procedures.steps.arguments import Arguments
    from tunebook.procedures.steps.costs import StageCost
    from tunebook.procedures.steps.driving import Progress, RoundOfBook, RoundsBook, Standing
    from tunebook.report.page.procedure_chapter import ProcedureChapter, StageLine

    class _Book(RoundsBook, Protocol):
        _kept: KeptWorkers

        def _round(self, number: int) -> Round: ...


class ProcedureView:
    """A procedure of a book, which shows itself: its plan before it ran, then what it found."""

    def __init__(self, stands: Standing, *, train: str = "") -> None:
        self._stands = stands
        self._train = train
        self.name = stands.spec.id
        self.asked = stands.arguments
        self.finished = stands.finished
        self.sentence = stands.conclusion.sentence
        self.findings = stands.conclusion.findings
        self.tables = stands.conclusion.tables
        self.left = stands.conclusion.left
        self.answer = stands.conclusion.answer

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """The pictures of its findings; drawn at the first look."""
        return tuple(self._stands.conclusion.pictures)

    @property
    def proposal(self) -> NextRound | None:
        """The round to run next, to edit or to plan as it is; None where nothing is changed."""
        from tunebook.book.planning.proposals import NextRound
        from tunebook.domain.formats.codec import RoundFile

        found = self._stands.conclusion.proposal
        if found is None:
            return None
        return NextRound(found, RoundFile(plan=found.plan, train=self._train))

    @property
    def plan(self) -> str:
        """Its stages with what each would cost, as text."""
        from tunebook.report.terminal.procedure import plan_text

        return plan_text(self.chapter(), self._costs())

    def chapter(self) -> ProcedureChapter:
        """It as a chapter of the report."""
        from tunebook.report.page.procedure_chapter import ProcedureChapter

        stands = self._stands
        return ProcedureChapter(
            name=self.name,
            question=self.asked.question,
            state="done" if stands.finished else "not finished",
            sentence=stands.conclusion.sentence,
            findings=stands.conclusion.findings,
            pictures=stands.conclusion.pictures,
            tables=stands.conclusion.tables,
            stages=self._lines(),
            proposal=stands.conclusion.proposal,
            left=stands.conclusion.left,
            command=f"tunebook procedure {self.name}",
        )

    def data(self) -> dict[str, Any]:
        """The same as `tunebook procedure NAME --json` prints, less its schema."""
        stands, proposal = self._stands, self._stands.conclusion.proposal
        return {
            "name": self.name,
            "asked": to_data(self.asked),
            "finished": stands.finished,
            "stages": [_stage_data(cost) for cost in stands.costs],
            "sentence": self.sentence,
            "answer": dict(self.answer),
            "findings": to_data(self.findings),
            "tables": to_data(self.tables),
            "left": list(self.left),
            "proposal": to_data(proposal) if proposal else None,
        }

    def _costs(self) -> tuple[tuple[int, int, float | None], ...]:
        return tuple((c.trials, c.steps, c.seconds) for c in self._stands.costs)

    def _lines(self) -> tuple[StageLine, ...]:
        from tunebook.report.page.procedure_chapter import StageLine

        lines = []
        for cost in self._stands.costs:
            if cost.round is not None:
                state = "done" if self._stands.finished else "begun"
            elif self._stands.finished:
                state = "not needed"
            else:
                state = f"only if {cost.only_if}" if cost.only_if else "to come"
            trials = cost.ended if cost.round is not None else cost.most
            lines.append(
                StageLine(
                    name=cost.stage.name,
                    asks=cost.asks,
                    round=cost.round,
                    trials=f"{plural(trials, 'trial')} of {cost.max_train_steps} steps",
                    state=state,
                )
            )
        return tuple(lines)

    def __repr__(self) -> str:
        from tunebook.report.terminal.procedure import result_text

        return result_text(self.chapter()) if self._stands.rounds else self.plan

    def _repr_html_(self) -> str:
        from tunebook.report.terminal.procedure import result_html

        return result_html(self.chapter())


class ProcedureBook(SteeredBook):
    """What a book can be asked that takes many rounds."""

    def procedure(
        self: _Book,
        name: str,
        train: Train | None = None,
        *,
        run: bool = True,
        workers: int | None = None,
        executor: Executor | None = None,
        time_budget_s: float | None = None,
        memory_limit_mb: int | None = None,
        progress: bool = True,
        **asked: Any,
    ) -> ProcedureView:
        """Run a procedure, or go on with it: the same question and arguments find it again.

        Args:
            name: `"instability"`; docs/procedures.md has them all.
            train: as for `Round.run`.
            run: False runs nothing: the plan and its cost, or what was found so far.
            workers, executor, time_budget_s, memory_limit_mb, progress: as for `Round.run`;
                the time is that of each round.
            asked: the procedure's own arguments, and `question`, `max_train_steps`, `fixed`,
                `names`, `seed`.

        Returns:
            its stages, costs and answer, which show themselves.

        Raises:
            DesignError: no such procedure or argument, one that is missing, or one that differs
                from those that it began with.
            KeyboardInterrupt: stopped by Ctrl-C; the same call goes on.
        """
        from tunebook.execution import RunOptions
        from tunebook.execution.reuse import ReusedExecutor, executor_for
        from tunebook.procedures.steps.driving import arguments_in, run_on

        arguments = arguments_in(self, name, asked)

        def run_round(found: RoundOfBook, kept: Executor) -> None:
            self._round(found.number).run(
                train,
                workers=workers,
                executor=kept,
                time_budget_s=time_budget_s,
                memory_limit_mb=memory_limit_mb,
                progress=progress,
                # A stage whose trials all crash has a conclusion of the procedure's own.
                keep_going=True,
            )

        progress_made = None
        if run:
            say: Callable[[str], None] | None = None if progress else (lambda _: None)
            options = RunOptions(workers=workers, executor=executor, kept=self._kept)
            with ReusedExecutor(executor_for(options)) as reused:
                progress_made = run_on(self, arguments, partial(run_round, kept=reused), say=say)
        return _view(self, arguments, workers, progress_made)

    @property
    def procedures(self: _Book) -> tuple[ProcedureView, ...]:
        """Every procedure of the book, in the order in which they began."""
        from tunebook.procedures.steps.driving import arguments_in, questions_in

        return tuple(
            _view(self, arguments_in(self, name, {"question": question}), None)
            for name, question in questions_in(self)
        )


def _view(
    book: _Book, args: Arguments, workers: int | None, progress: Progress | None = None
) -> ProcedureView:
    from tunebook.book.planning.before_running import at_a_time
    from tunebook.procedures.steps.driving import standing

    stands = standing(book, args, workers=at_a_time(workers), progress=progress)
    sources = [book._round(n).record().source for n in stands.rounds]
    train = next((s.path for s in reversed(sources) if s and s.path), "")
    return ProcedureView(stands, train=train)


def _stage_data(cost: StageCost) -> dict[str, Any]:
    """As `--json` has it: the stage with the most trials, then what is left of its cost."""
    return {
        "stage": {
            "name": cost.stage.name,
            "asks": cost.asks,
            "trials": cost.most,
            "max_train_steps": cost.max_train_steps,
            "only_if": cost.only_if,
        },
        "trials": cost.trials,
        "steps": cost.steps,
        "seconds": cost.seconds,
        "ended": cost.ended,
        "round": cost.round,
    }
