"""Round: one round of a book, from its plan to its report (B C12 D1)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from tunebook.book.decisions.limits import MAX_RERUNS
from tunebook.book.files.writing import write_text
from tunebook.book.round_results import ReadRound
from tunebook.domain.decision import Decision
from tunebook.domain.errors import DesignError, TrainingCodeError
from tunebook.domain.searchers import ADAPTIVE
from tunebook.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from tunebook.book.decisions.peek import Peek
    from tunebook.book.planning.planned import Planned
    from tunebook.book.planning.proposals import NextRound
    from tunebook.domain.program import Program
    from tunebook.domain.record import RoundRecord
    from tunebook.execution import Executor
    from tunebook.execution.code import TrainingCode
    from tunebook.execution.reuse import KeptWorkers
    from tunebook.execution.scheduler import RunSummary
    from tunebook.training.handle import Trial

Train: TypeAlias = "Callable[[Trial], float | None] | str | Program"


class Round(ReadRound):
    """A round in a book: run it, read it, decide it. Made by `Book.round`.

    What a round has is a property (`trials`, `best`); what is worked out or done is a method
    (`table()`, `findings()`, `run(...)`).

    Example:
        >>> import tunebook as tb
        >>> book = tb.Book("round.db", objective=tb.minimize("loss"))
        >>> asked = book.round(
        ...     "Which x?", nuisance={"x": tb.uniform(0, 1)}, trials=8, max_train_steps=1
        ... )
        >>> summary = asked.run(lambda trial: trial.config["x"] ** 2, workers=0, progress=False)
        >>> summary.complete, asked.best.value == min(asked.values().values())
        (8, True)
    """

    def __init__(self, store: Store, number: int, kept: KeptWorkers | None = None) -> None:
        self._store = store
        self._kept = kept
        self.number = number

    def planned(self, *, workers: int | None = None, max_reruns: int = MAX_RERUNS) -> Planned:
        """Work out what the round would cost and tell, and what one change of it would buy (B5).

        Args:
            workers: trials at a time; one a core if left out.
            max_reruns: of the decision to come, as for `decide`.

        Returns:
            the plan's numbers, which show themselves.
        """
        from tunebook.book.planning.planned import look_ahead

        return look_ahead(
            self._store, self.plan, self.number, workers=workers, max_reruns=max_reruns
        )

    def run(
        self,
        train: Train | None = None,
        *,
        workers: int | None = None,
        executor: Executor | None = None,
        wait: bool = True,
        time_budget_s: float | None = None,
        memory_limit_mb: int | None = None,
        progress: bool = True,
        again: str | None = None,
        keep_going: bool = False,
    ) -> RunSummary | Future[RunSummary]:
        """Run what is left of the round's trials; run it again to go on after a stop.

        Args:
            train: `train(trial)`, or "module:function"; the remembered one if left out.
            workers: trials at a time, each in a process of its own; 0 runs them here.
            executor: where trials run; processes on this machine if left out.
            wait: False returns at once, with a `concurrent.futures.Future` of the summary.
            time_budget_s: no trial begins after this many seconds.
            memory_limit_mb: a trial whose processes hold more is infeasible.
            progress: show live progress in the terminal.
            again: which trials that have ended are trained anew, from step 0: "crashed",
                "infeasible", "failed", or "changed", all that ran under other training code.
                What they reported before is replaced.
            keep_going: go on although the first three trials crashed alike.

        Returns:
            how many trials ran, and how they ended; a Future of that with `wait=False`.

        Raises:
            TrainingCodeError: the training code can't be found; nothing has run.
            KeyboardInterrupt: stopped by Ctrl-C, after everything reported was stored.
        """
        from tunebook.book.background import in_background
        from tunebook.book.decisions.limits import check_limits
        from tunebook.book.running import say_after_training
        from tunebook.execution import RunOptions
        from tunebook.execution.shown_progress import terminal_progress

        check_limits(workers=workers, time_budget_s=time_budget_s, memory_limit_mb=memory_limit_mb)
        code = self._training_code(train, here=workers == 0)
        self._begin(code, again, workers, quiet=not progress)
        options = RunOptions(
            workers=workers,
            executor=executor,
            time_budget_s=time_budget_s,
            memory_limit_mb=memory_limit_mb,
            progress=progress,
            keep_going=keep_going,
            kept=self._kept,
        )
        if self.plan.searcher in ADAPTIVE:
            from tunebook.book.bayesian.exploitation_round import run_exploitation as start
        else:
            from tunebook.execution.scheduler import run_trials as start

        def work() -> RunSummary:
            with terminal_progress(self.goal, shown=progress) as show:
                summary = start(self._store, self.number, code, options, on_progress=show)
            say_after_training(self._store, self.number, summary)
            return summary

        return work() if wait else in_background(work, f"round {self.number}")

    def _begin(
        self, code: TrainingCode, again: str | None, workers: int | None, *, quiet: bool
    ) -> None:
        """Add what is to be trained, and say what it costs."""
        from tunebook.book.again import set_again
        from tunebook.book.planning.before_running import say_before_running
        from tunebook.book.running import add_search_trials, say_before_training

        if self._store.round(self.number).imported is not None:
            raise DesignError(
                f"round {self.number} was imported: another tool has run it",
                next_step="plan the next round from it: tunebook next, or book.next_round()",
            )
        add_search_trials(self._store, self.plan, self.number)
        if again is not None:
            set_again(self._store, self.number, again, code)
        if not any(t.status.ended for t in self.trials):
            say_before_running(self._store, self.plan, self.number, workers, quiet=quiet)
        say_before_training(self._store, self.number, code, quiet=quiet)

    def report(self, path: str | os.PathLike[str]) -> Path:
        """Write the round as one offline HTML file.

        Returns:
            the path.
        """
        from tunebook.book.records import book_record
        from tunebook.report.page.page import render

        newest = self.number == len(self._store.rounds())
        proposal = self.next_round().with_ahead() if newest else None
        record = book_record(self._store)
        text = render(record, rounds=[self.number], proposal=proposal, views=self._views())
        return write_text(path, text)

    def decide(
        self,
        train: Train | None = None,
        *,
        max_reruns: int = 20,
        workers: int | None = None,
        executor: Executor | None = None,
        run: bool = True,
        error_rate: float = 0.05,
        estimand: str | None = None,
        infeasible_as: float | None = None,
        paired: bool | None = None,
        validation_examples: int | None = None,
        again: str | None = None,
        progress: bool = True,
    ) -> Decision:
        """Rerun the best candidates and the baseline with new seeds, and judge those reruns alone.

        The runs that selected a configuration are never part of the evidence for it. A round
        that has its answer keeps it; one that asked for more evidence goes on where it stood.

        Args:
            train: as for `run`.
            max_reruns: over all arms together.
            run: False judges the reruns that are there.
            error_rate: chance of adopting a change that brings the least improvement or less.
            estimand: what decides: `"mean"` of the objective, or `"beats"`, the chance that a
                rerun beats one of the baseline by more than the least improvement.
            infeasible_as: what an infeasible rerun counts as in a mean; chance if left out.
            paired: compare seed by seed, where a seed means the same to both arms: the same
                initial weights, the same order of the data.
            validation_examples: in the validation set; of an error rate or an accuracy the
                decision then says how far another set of that size might move the gain.
            again: "crashed" trains the reruns again that ended by an error of the training code,
                with the same seeds. Before a first verdict, changed code does so by itself.

        What decides is fixed before the first rerun; left out it is as planned.

        Returns:
            the verdict with its evidence.

        Raises:
            EvidenceError: trials of the round have not ended, none is complete, or the best one
                is the baseline itself.
            DesignError: what decides is not what was planned, or has no meaning here.
        """
        from tunebook.book.decisions.decisions import decide
        from tunebook.book.decisions.fresh_reruns import Reruns
        from tunebook.book.decisions.limits import check_limits
        from tunebook.book.decisions.open_problems import open_problems

        check_limits(
            workers=workers,
            max_reruns=max_reruns,
            error_rate=error_rate,
            estimand=estimand,
            infeasible_as=infeasible_as,
            validation_examples=validation_examples,
        )
        if again is not None and not run:
            raise DesignError(
                f"again={again!r} trains reruns, and run=False trains nothing",
                next_step="leave one of them out (in a shell: --again or --no-run)",
            )
        code = self._training_code(train, here=workers == 0) if run else None
        reruns = Reruns(
            code=code,
            max_reruns=max_reruns,
            workers=workers,
            executor=executor,
            kept=self._kept,
            error_rate=error_rate,
            estimand=estimand,
            infeasible_as=infeasible_as,
            paired=paired,
            validation_examples=validation_examples,
            again=again,
            show=progress,
        )
        return decide(self._store, self.number, reruns, lambda: open_problems(self.examination()))

    def peek(self) -> Peek:
        """Show what the reruns seem to say: exploratory, no interim look, no decision.

        Returns:
            gains with plain intervals, which show themselves.

        Raises:
            EvidenceError: no rerun was planned yet.
        """
        from tunebook.book.decisions.peek import peek_at

        return peek_at(self._store, self.number)

    def next_round(self, *, most_trials: int | None = None) -> NextRound:
        """Propose the round after this one, with the reason for each change.

        Args:
            most_trials: what the next round may have at most.

        Returns:
            the proposal, to edit, write or plan.
        """
        from tunebook.book.planning.proposals import next_round

        return next_round(self._store, self.number, self.examination(), most_trials=most_trials)

    def record(self) -> RoundRecord:
        """Return the round as reports read it."""
        from tunebook.book.records import round_record

        return round_record(self._store, self._store.round(self.number))

    def __repr__(self) -> str:
        from tunebook.report.terminal.lines import plain
        from tunebook.report.terminal.summaries import round_renderable

        return plain(round_renderable(self.record()))

    def _repr_html_(self) -> str:
        from tunebook.book.records import book_record
        from tunebook.report.notebook.views import round_html

        return round_html(book_record(self._store), self.number, self._views().get(self.number))

    def code_to_replay(self, train: Train | None, *, here: bool) -> TrainingCode:
        """Return the training code given, or remembered; the book is left as it is.

        Raises:
            TrainingCodeError: none was given, and none is remembered by import path.
        """
        from tunebook.execution.code import training_code

        source = self._store.round(self.number).source
        if train is None:
            if source is None or not source.path:
                raise TrainingCodeError(
                    f"round {self.number} remembers no training function by import path",
                    next_step='pass it: run(train), or run("train.py:train")',
                )
            train = source.path
        return training_code(train, here=here)

    def _training_code(self, train: Train | None, *, here: bool) -> TrainingCode:
        from tunebook.execution.code import check_program

        code = self.code_to_replay(train, here=here)
        check_program(code, self.plan)
        return code
