"""Book: everything about one workload, in one file (A5 B1 B2 D5 D6)."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tunebook.book.decisions.limits import MAX_RERUNS
from tunebook.book.files.writing import write_text
from tunebook.book.keeping import KeptBook
from tunebook.book.opening import check_named, open_store, settle, user_name, warn_of_direction
from tunebook.book.planning.same_plan import (
    carried_into,
    extend_or_refuse,
    read_constraints,
    same_predictions,
    with_baseline,
)
from tunebook.book.rounds import Round, Train
from tunebook.domain.decision import Decision, Launch, Setting
from tunebook.domain.design import Fixed, Objective
from tunebook.domain.design import Round as Plan
from tunebook.domain.errors import EvidenceError
from tunebook.domain.formats import scalars
from tunebook.domain.formats.book_location import name_of
from tunebook.domain.formats.json_text import alike
from tunebook.domain.formats.notation import check_metric
from tunebook.domain.sealing import check_test_metrics
from tunebook.domain.space import Axis, Constraint, Per
from tunebook.domain.trial import Configuration
from tunebook.execution import Executor
from tunebook.execution.reuse import KeptWorkers
from tunebook.store import Store

if TYPE_CHECKING:
    from tunebook.book.planning.planned import Planned
    from tunebook.book.planning.proposals import NextRound
    from tunebook.book.replay import Replay


class Book(KeptBook):
    """Everything about one workload: its rounds, decisions and launches, in one file.

    Args:
        path: the book's file, with logs and checkpoints in `NAME.files/`; or a shared database,
            `postgresql://USER@HOST/DATABASE`, with files in TUNEBOOK_FILES or `DATABASE.files/`.
        objective: `tb.minimize("valid/error")`; needed for a new book only.
        training_objective: metric of the training set that shows fitting, `"train/loss"`. It can
            be corrected as long as no trial has reported it.
        chance: the objective's value of guessing: a trial that never beats it is infeasible.
            Like `training_objective`, it may be given later where it was left out.
        name: of the workload; the file's stem or the database's name if left out.
        test_metrics: metrics of the test set, `("test/error",)`. They are stored, and sealed:
            shown, drawn and exported nowhere until `unseal`. More may be said later.
        checkpoints: where trials' checkpoints are kept, a URL that fsspec knows,
            `s3://bucket/digits`; beside the book if left out. May be said later, once.
        files: folder for logs and checkpoints; see `path`.

    Raises:
        DesignError: a new book without an objective, or an objective that is not the book's; a
            test metric that is the objective or the training objective.
        StoreError: the file can't be read or written.

    Example:
        >>> import tunebook as tb
        >>> book = tb.Book("digits.db", objective=tb.minimize("valid/error"), chance=0.9)
        >>> book.rounds
        ()
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        objective: Objective | None = None,
        training_objective: str = "",
        chance: float | None = None,
        name: str | None = None,
        test_metrics: Sequence[str] = (),
        checkpoints: str = "",
        files: str | os.PathLike[str] | None = None,
    ) -> None:
        from tunebook.book.sealing import seal

        check_named(path, objective)
        said = Setting(
            name=name or name_of(path),
            chance=chance,
            training_objective=training_objective,
            checkpoints=checkpoints,
        )
        fitting = said.training_objective
        check_metric(fitting)
        check_test_metrics(test_metrics, objective.metric if objective else "", fitting)
        self._kept = KeptWorkers()
        self._store: Store = open_store(path, files, objective)
        try:
            check_test_metrics([s.metric for s in self._store.seals()], "", fitting)
            self.setting, self.objective = settle(self._store, objective, said)
            decides = (self.objective.metric, self.setting.training_objective)
            seal(self._store, test_metrics, *decides)
            if objective is not None:
                warn_of_direction(self._store)
        except BaseException:
            self._store.close()
            raise

    def round(
        self,
        goal: str,
        *,
        scientific: Mapping[str, Axis | Per] | None = None,
        nuisance: Mapping[str, Axis | Per] | None = None,
        fixed: Mapping[str, Fixed] | None = None,
        trials: int,
        max_train_steps: int,
        least_improvement: float = 0.0,
        searcher: str = "halton",
        seed: int = 0,
        subject_to: Sequence[Constraint | str] = (),
        points: Sequence[Configuration] = (),
        levels: Mapping[str, int] | None = None,
        time_limit_s: float | None = None,
        evaluations: int = 20,
        overrule: Sequence[str] = (),
        note: str = "",
    ) -> Round:
        """Plan a round, or find the one with this goal again.

        Hyperparameters of the current baseline that get no role here are fixed at its values.
        The same goal and plan is the existing round, more `trials` extends it.

        Args:
            goal: one question that the round answers.
            scientific, nuisance, fixed: hyperparameters by role.
            trials: number over all studies.
            max_train_steps: of every trial.
            least_improvement: the smallest gain that is worth a change, in the objective's units.
            searcher: "halton", "random", "grid", "by_hand" or "exploit".
            seed: of all that is random in the round.
            subject_to: constraints, such as "warmup < steps".
            points: configurations to train, for the searcher "by_hand".
            levels: number of levels of each hyperparameter, for the searcher "grid".
            time_limit_s: a trial that takes longer is infeasible; None for no limit.
            evaluations: how often a trial is asked to evaluate, evenly over its steps.
            overrule: ids of rules of the playbook that the round breaks on purpose.
            note: anything worth remembering.

        Returns:
            the round, to run, read and decide.

        Raises:
            DesignError: the plan breaks a rule, or differs from the existing round's.

        Example:
            >>> import tunebook as tb
            >>> book = tb.Book("rates.db", objective=tb.minimize("loss"))
            >>> asked = book.round(
            ...     "Which rate?", nuisance={"lr": tb.log_uniform(1e-3, 1)}, trials=8,
            ...     max_train_steps=100,
            ... )
            >>> asked.number, len(book.rounds)
            (1, 1)
        """
        roles = {
            "scientific": scalars.table("scientific", scientific or {}),
            "nuisance": scalars.table("nuisance", nuisance or {}),
            "fixed": scalars.table("fixed", fixed or {}),
        }
        plan = Plan(
            goal=goal,
            **with_baseline(roles, self._known_values(goal)),
            trials=trials,
            max_train_steps=max_train_steps,
            least_improvement=least_improvement,
            searcher=searcher,
            seed=seed,
            subject_to=read_constraints(subject_to),
            points=points,  # type: ignore[arg-type]  # a plan makes a tuple of it
            levels={} if levels is None else levels,
            time_limit_s=time_limit_s,
            evaluations=evaluations,
            overrule=overrule,  # type: ignore[arg-type]
            note=note,
        )
        return self.plan_round(plan)

    def plan_round(self, plan: Plan) -> Round:
        """Add a plan as a round, or find it again; returns the round, see `round`."""
        from tunebook.book.decisions.refusals import check_least_improvement
        from tunebook.book.sealing import say_contaminated
        from tunebook.search.assignment import search_trials

        plan = carried_into(plan, self._known_values(plan.goal))
        stored = next((r for r in self._store.rounds() if r.plan.goal == plan.goal), None)
        if stored is None:
            if plan.subject_to:
                search_trials(plan, 1)  # constraints that nothing satisfies are told at once
            check_least_improvement(plan, self.objective, self.setting, self.baseline)
            stored = self._store.add_round(plan, time.time())
            say_contaminated(self._store, stored.number)
        # Another person may have planned it in the meantime.
        if not alike(stored.plan, plan := same_predictions(stored.plan, plan)):
            extend_or_refuse(stored.number, stored.plan, plan)
            self._store.extend_round(stored.number, plan)
        return self._round(stored.number)

    def planned(
        self, plan: Plan, *, workers: int | None = None, max_reruns: int = MAX_RERUNS
    ) -> Planned:
        """Return what a plan would cost and tell, before it is a round; see `Round.planned`."""
        from tunebook.book.planning.planned import look_ahead

        plan = carried_into(plan, self._known_values(plan.goal))
        there = next((r.number for r in self._store.rounds() if r.plan.goal == plan.goal), None)
        return look_ahead(self._store, plan, there, workers=workers, max_reruns=max_reruns)

    @property
    def rounds(self) -> tuple[Round, ...]:
        """The rounds, oldest first."""
        return tuple(self._round(stored.number) for stored in self._store.rounds())

    def launch(
        self,
        decision: Decision,
        *,
        who: str = "",
        why: str = "",
        despite_problems: bool = False,
        baseline_length: bool = False,
    ) -> Launch:
        """Make the configuration of a decision the new baseline ("launch" in the playbook).

        `adopt` is another name. A second call returns the same launch. `despite_problems`: launch
        with open problems. `baseline_length`: launch a kept baseline at the round's length.

        Returns:
            the launch, which is the baseline from now on.

        Raises:
            EvidenceError: no adoption, a newer baseline exists, or a problem is open.
        """
        from tunebook.book.decisions.launching import launch_of
        from tunebook.book.decisions.open_problems import refuse_open_problems

        launches = self._store.launches()
        earlier = next((x for x in launches if x.decision == decision.number), None)
        if earlier is not None:
            return earlier
        if not any(alike(decision, known) for known in self._store.decisions()):
            raise EvidenceError(
                f"decision {decision.number} is not a decision of this book",
                next_step="decide a round of this book first: round.decide(train)",
            )
        by, now = who or user_name(), time.time()
        made = launch_of(decision, launches, by, why, now, baseline_length=baseline_length)
        refuse_open_problems(decision, acknowledged=despite_problems)
        self._store.add(made)
        return made

    adopt = launch

    def next_round(self) -> NextRound:
        """Propose the next round from what the last one found.

        Returns:
            a plan to edit, with the reason for each change.

        Raises:
            EvidenceError: the book has no round yet.
        """
        rounds = self.rounds
        if rounds:
            return rounds[-1].next_round()
        rule = "a proposal follows from a round's findings; this book has no round"
        raise EvidenceError(rule, next_step='plan one: tunebook init, or book.round("...", ...)')

    def replay(
        self,
        launch: int | None = None,
        train: Train | None = None,
        *,
        workers: int | None = None,
        executor: Executor | None = None,
        progress: bool = True,
    ) -> Replay:
        """Rerun a launch from its record, same seeds, and compare; nothing of it is kept.

        Args:
            launch: its number; the newest if left out.
            train, workers, executor, progress: as for `Round.run`.

        Returns:
            recorded and new values, seed by seed, and whether the launch reproduces.

        Raises:
            EvidenceError: the book has no such launch, or no seeds of it.
            TrainingCodeError: the training code can't be found.
        """
        from tunebook.book.decisions.limits import check_limits
        from tunebook.book.replay import replay

        launches = self._store.launches()
        wanted = len(launches) - 1 if launch is None else launch
        if not 0 <= wanted < len(launches):
            raise EvidenceError(
                f"this book has no launch {wanted} to replay; its newest is {len(launches) - 1}"
                if launches
                else "a replay reruns a launch, and this book has none yet",
                next_step="name one, counted from 0; tunebook history shows them"
                if launches
                else "decide a round, then launch: tunebook decide, tunebook launch",
            )
        check_limits(workers=workers)
        stands = launches[wanted]
        decided = next(d for d in self._store.decisions() if d.number == stands.decision)
        code = self._round(decided.round).code_to_replay(train, here=workers == 0)
        return replay(self._store, stands, code, workers=workers, executor=executor, show=progress)

    def report(self, path: str | os.PathLike[str], *, rounds: Sequence[int] | None = None) -> Path:
        """Write the book (or some rounds of it) as one offline HTML file.

        Args:
            path: of the file to write.
            rounds: numbers of rounds; all if left out.

        Returns:
            the path.
        """
        from tunebook.report.page.page import render

        proposal = self.next_round().with_ahead() if self._store.rounds() else None
        more = tuple(found.chapter() for found in self.procedures)
        shown = [r for r in self.rounds if rounds is None or r.number in rounds]
        views = {number: view for r in shown for number, view in r._views().items()}
        text = render(
            self.record(), rounds=rounds, proposal=proposal, procedures=more, views=views
        )
        return write_text(path, text)

    def __enter__(self) -> Book:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _round(self, number: int) -> Round:
        return Round(self._store, number, self._kept)

    def _known_values(self, goal: str) -> Mapping[str, Fixed]:
        """What a plan of this goal takes over: its round's fixed values, or the baseline's."""
        stored = next((r for r in self._store.rounds() if r.plan.goal == goal), None)
        if stored is not None:
            return stored.plan.fixed
        return self.baseline.config if self.baseline else {}
