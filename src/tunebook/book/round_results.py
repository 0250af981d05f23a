"""What a round says: its trials as columns, its findings, its best configuration, its pictures."""

from __future__ import annotations

import math
import warnings
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NoReturn

from tunebook.book.kept_results import Kind, kept
from tunebook.book.steering import SteeredRound
from tunebook.domain.design import Objective, Round
from tunebook.domain.doing import doing, within
from tunebook.domain.errors import EvidenceError
from tunebook.domain.finding import Examination, NotApplicable
from tunebook.domain.formats.codec import from_json, to_json
from tunebook.domain.formats.notation import parse_objective
from tunebook.domain.plan_edits import same_search
from tunebook.domain.prediction import PredictionOutcome
from tunebook.domain.trial import Purpose, Status, TrialRecord
from tunebook.report.reading import RoundReading

if TYPE_CHECKING:
    from tunebook.book.round_pictures import RoundPictures
    from tunebook.charts.picture import Picture
    from tunebook.checks import Result
    from tunebook.checks.importance.good_range import GoodRange
    from tunebook.domain.table import Curves, TrialTable
    from tunebook.report.drawing import RoundDrawing
    from tunebook.report.notebook.views import FindingsView
    from tunebook.report.outcome import Best, RoundSummary
    from tunebook.report.repeats import RoundView
    from tunebook.report.terminal.trial_list import ListedTrials, TrialList


READING = Kind(RoundReading, to_json, partial(from_json, RoundReading), attrgetter("lasting"))


FROM_OPTUNA = {
    "best_params": "round.best.config",
    "best_value": "round.best.value",
    "best_trial": "round.best",
    "trials_dataframe": "round.to_pandas()",
}
"""What Optuna's study has under another name."""


class RoundTrials(tuple[TrialRecord, ...]):
    """Records of trials; a call, as of a method, says how to write it."""

    __slots__ = ()

    def __call__(self, *_: object, **__: object) -> NoReturn:
        """Tell that `round.trials` is a property.

        Raises:
            TypeError: always.
        """
        raise TypeError(
            "round.trials is a property: write round.trials without parentheses. "
            "round.to_pandas() has one row for each trial"
        )


class ReadRound(SteeredRound):
    """The reading half of a round: nothing here changes the book."""

    @property
    def plan(self) -> Round:
        """The plan as it stands."""
        return self._store.round(self.number).plan

    @property
    def goal(self) -> str:
        """The question of this round."""
        return self.plan.goal

    @property
    def trials(self) -> tuple[TrialRecord, ...]:
        """Records of all trials, reruns included."""
        from tunebook.book.sealing import sealed_of, veiled

        return RoundTrials(
            veiled(self._store.trials(self.number), sealed_of(self._store, self.number))
        )

    def __getattr__(self, name: str) -> Any:
        """Give the right name for what Optuna's users look for."""
        if name in FROM_OPTUNA:
            raise AttributeError(f"a round has no {name}; write {FROM_OPTUNA[name]}")
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def table(self) -> TrialTable:
        """Return the search trials as columns."""
        from tunebook.store.table import table

        return table(self._store, self.number)

    def listing(
        self,
        *,
        reruns: bool = False,
        sort: str | None = None,
        reverse: bool = False,
        most: int | None = None,
    ) -> TrialList:
        """Return the search trials as rows, best first.

        Args:
            reruns: the reruns with new seeds instead.
            sort: a column, or a hyperparameter; the objective if left out.
            reverse: largest first; with the objective, worst first.
            most: rows at most.

        Raises:
            TableError: there is no such column; names the nearest.
        """
        from tunebook.report.terminal.trial_list import listing

        every = self.trials
        listed = self._listed([t for t in every if (t.purpose is Purpose.RERUN) == reruns])
        table = listed or (self.rerun_table() if reruns else self.table())
        details = {t.name: t.detail for t in every if t.detail}
        return listing(table, details, sort=sort, reverse=reverse, most=most)

    def _listed(self, records: list[TrialRecord]) -> ListedTrials | None:
        """These trials; None where their curves have to be merged first."""
        from tunebook.report.terminal.trial_list import ListedTrials

        complete = [t.number for t in records if t.status is Status.COMPLETE]
        values = self._store.plain_values(self.number, complete, self.objective)
        if values is None:
            return None
        of_reruns = any(t.purpose is Purpose.RERUN for t in records)
        return ListedTrials(
            objective=self.objective,
            name=tuple(t.name for t in records),
            study=tuple(t.study for t in records),
            rerun_of=tuple(t.rerun_of for t in records) if of_reruns else (),
            config=tuple(t.config for t in records),
            seed=tuple(t.seed for t in records),
            status=tuple(t.status for t in records),
            cause=tuple(t.cause for t in records),
            seconds=[t.seconds for t in records],
            value=[values.get(t.number, math.nan) for t in records],
        )

    def report_times(self) -> Curves:
        """Return when the search trials reported: of each, steps with the seconds since it began.

        At a step with several reports it is the last one's time. After a resumption the clock
        begins anew.
        """
        from tunebook.store.table import report_times

        return report_times(self._store, self.number)

    def rerun_table(self) -> TrialTable:
        """Return the reruns with new seeds as columns."""
        from tunebook.store.table import table

        return table(self._store, self.number, reruns=True)

    def values(self) -> dict[str, float]:
        """Return the objective of each complete trial, reruns included, by trial name."""
        return {
            name: float(value)
            for trials in (self.table(), self.rerun_table())
            for name, value in zip(trials.name, trials.value, strict=True)
            if value == value
        }

    @property
    def objective(self) -> Objective:
        """The metric that decides."""
        from tunebook.store.setting import setting_of

        return setting_of(self._store)[1]

    def examination(self, objective: Objective | str | None = None) -> Examination:
        """Return what every check says of the round as it stands; see `findings`."""
        return self._read().examination if objective is None else self._examined(objective)[2]

    def reading(self) -> RoundReading:
        """Return findings, outcome of the search and outcomes of predictions, of one moment."""
        return self._read()

    def _read(self) -> RoundReading:
        """What the checks say, the outcome of the search, and that of predictions; kept."""
        name = f"round-{self.number}"
        return kept(self._store, name, self._read_of(), READING, self._work_out).own()

    def _read_of(self) -> list[int]:
        """The rounds that its checks read: those up to it, and later ones of the same search."""
        rounds = self._store.rounds()
        plan = rounds[self.number - 1].plan
        later = [r.number for r in rounds[self.number :] if same_search(r.plan, plan)]
        return [*range(1, self.number + 1), *later]

    def _work_out(self) -> RoundReading:
        from tunebook.report.reading import reading_of

        table_, found, said = self._examined(None)
        tables = (table_, self.rerun_table())
        return reading_of(self.plan, tables, self._details(), found, said)

    def _drawing(self) -> RoundDrawing:
        """The pictures of its checks; kept."""
        from tunebook.report.drawing import RoundDrawing, drawing_of

        def make() -> RoundDrawing:
            table_, found, _ = self._examined(None)
            with within(f"Round {self.number}"):
                return drawing_of(table_, found)

        kind = Kind(
            RoundDrawing, RoundDrawing.to_json, RoundDrawing.from_json, attrgetter("lasting")
        )
        return kept(self._store, f"pictures-{self.number}", self._read_of(), kind, make)

    def _views(self) -> dict[int, RoundView]:
        """What a page shows of its checks, by its number; nothing while it has no trial."""
        from tunebook.report.repeats import RoundView

        if not self._store.fates(self.number):
            return {}
        return {self.number: RoundView(reading=self._read(), drawing=self._drawing())}

    def _checks_pictures(self) -> tuple[Picture, ...]:
        """Every picture of its checks, those of all studies."""
        from tunebook.checks.charts import pictures

        drawn = self._drawing()
        return drawn.pictures if drawn.whole else pictures(self._examined(None)[1])

    def predictions(self, examination: Examination | None = None) -> tuple[PredictionOutcome, ...]:
        """Return the predictions of the round before, each with its outcome.

        Args:
            examination: of this round, where it was made already.
        """
        read = self._read()
        if examination is None or examination == read.examination:
            return read.predictions
        from tunebook.advice.outcomes import judge

        return judge(self.plan, self.table(), examination)

    def foretold(self, examination: Examination | None = None) -> tuple[PredictionOutcome, ...]:
        """Return `predictions`; the old name goes in the next minor version."""
        text = "Round.foretold is now Round.predictions; the old name goes in the next version"
        warnings.warn(text, DeprecationWarning, stacklevel=2)
        return self.predictions(examination)

    def findings(self, objective: Objective | str | None = None) -> FindingsView:
        """Return what the checks say, worst first; shows itself in notebooks and terminals.

        Args:
            objective: another metric that was reported, `"minimize:valid/loss"`, instead of the
                book's: without rerunning, and marked as exploratory, since it was chosen after
                the results were seen.

        Raises:
            TableError: no trial reported that metric; names the nearest.
            EvidenceError: the trials were chosen by their results.
        """
        from tunebook.checks.charts import Drawn
        from tunebook.report.notebook.views import FindingsView

        if objective is None:
            read = self._read()
            return FindingsView(read.examination, Drawn(self._drawn), read.summary)
        from tunebook.book.round_pictures import RoundPictures
        from tunebook.checks.charts import pictures
        from tunebook.report.round_summary import summarize

        table_, found, said = self._examined(objective)
        return FindingsView(
            said,
            Drawn(lambda: RoundPictures.of(pictures(found))),
            summarize(table_, found, self._details(), self.rerun_table()),
        )

    def _drawn(self) -> RoundPictures:
        from tunebook.book.round_pictures import RoundPictures

        return RoundPictures.of(self._checks_pictures())

    def _examined(
        self, objective: Objective | str | None
    ) -> tuple[TrialTable, dict[str, Result | NotApplicable], Examination]:
        from tunebook.book.records import unread
        from tunebook.book.repeated_rounds import with_repeats
        from tunebook.examination.examine import conclude, results

        with within(f"Round {self.number}"):
            doing("reading its trials")
            table_, carried = self._tables_of(objective)
            searched = table_ if objective is None else None
            again = with_repeats(self._store, self.number, table_.objective, searched=searched)
            found = results(table_, carried=carried, repeats=again)
        said = conclude(table_, found, unread=unread(self.trials), carried=carried)
        return table_, found, said

    def _details(self) -> dict[str, str]:
        return {t.name: t.detail for t in self.trials if t.detail}

    @property
    def best(self) -> Best:
        """The best complete trial of the search: its name, value and configuration.

        Its value is optimistic, since it was selected for it; `decide` reruns it with new seeds.

        Raises:
            EvidenceError: no trial is complete; gives the commonest cause.

        Example:
            >>> found.best.config["learning_rate"]  # doctest: +SKIP
        """
        from tunebook.report.in_a_line import best_trial
        from tunebook.report.round_summary import summarize

        table_ = self.table()
        best = best_trial(table_)
        if best is None:
            lost = summarize(table_, {}, self._details()).lost
            why = f": {lost[0].trials} {lost[0].cause}, {lost[0].detail}" if lost else ""
            raise EvidenceError(
                f"no trial of round {self.number} is complete{why}",
                next_step="correct the training code and run the round again"
                if lost
                else "run the round: round.run(train)",
            )
        return best

    def good_ranges(self) -> tuple[GoodRange, ...]:
        """Return the good values of each hyperparameter that matters (C10)."""
        return self.summary().ranges

    def summary(self) -> RoundSummary:
        """Return the best configuration, good values, and why trials did not complete."""
        return self._read().summary

    def to_pandas(self) -> Any:
        """Return the search trials as a pandas DataFrame, one row a trial."""
        return self.table().to_pandas()

    def _tables_of(
        self, objective: Objective | str | None
    ) -> tuple[TrialTable, TrialTable | None]:
        """The round's trials, alone and with those of earlier rounds that lie in its space."""
        from tunebook.book.records import with_earlier
        from tunebook.book.sealing import refuse_sealed, sealed_of

        own = self.table()
        carried = with_earlier(self._store, self._store.round(self.number), own)
        if objective is None:
            return own, carried
        asked = parse_objective(objective) if isinstance(objective, str) else objective
        refuse_sealed(asked.metric, sealed_of(self._store, self.number))
        return own.with_objective(asked), carried.with_objective(asked) if carried else None

    def pictures(self) -> RoundPictures:
        """Return every picture: that of the verdict first, then in the playbook's order.

        Each names its round under the title, so that it can stand alone.
        """
        from tunebook.book.round_pictures import RoundPictures
        from tunebook.charts.layers import in_round
        from tunebook.report.gallery import verdict_pictures

        decided = [d for d in self._store.decisions() if d.round == self.number]
        verdict = verdict_pictures(self.rerun_table(), decided[-1]) if decided else ()
        drawn = (*verdict, *self._checks_pictures())
        return RoundPictures.of(in_round(picture, self.number) for picture in drawn)
