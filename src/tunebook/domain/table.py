"""TrialTable: the trials of one round as columns, all that analysis ever sees (C11)."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tunebook.domain.curves import Curves as Curves
from tunebook.domain.curves import reduce_curve as reduce_curve
from tunebook.domain.curves import reduce_curves
from tunebook.domain.design import Objective, Role
from tunebook.domain.errors import EvidenceError, TableError, nearest
from tunebook.domain.formats import data_frame
from tunebook.domain.formats.places import places_on
from tunebook.domain.frozen import freeze
from tunebook.domain.origin import INDEPENDENT, Origin
from tunebook.domain.space import Axis, Branch, Per
from tunebook.domain.trial import Cause, Configuration, Status, Value

if TYPE_CHECKING:
    from jaxtyping import Bool, Float, Int


_COLUMNS = ("name", "study", "config", "seed", "status", "cause")
_MAY_BE_EMPTY = ("carried", "weight", "evaluation_share", "rerun_of", "chosen")


@dataclass(frozen=True, slots=True, eq=False, kw_only=True, repr=False)
class TrialTable:
    """Trials as columns. All columns have one entry a trial, in order of trial number.

    Attributes:
        objective: which metric decides.
        name: how pictures and findings call the trial, `3.17`.
        study: key into `branches`.
        config: every hyperparameter that exists for the trial, fixed ones included.
        seed: None where it is not known.
        status, cause: the trial's fate.
        seconds: wall-clock time; NaN where it is not known.
        value: the objective in its own units; NaN unless the trial is complete.
        curves: by metric; may be empty.
        branches: the flat space of each study: what is settled in it, what varies and where.
        roles: of every hyperparameter named in `branches` or fixed.
        inferred_space: True where ranges were read off the trials, not declared.
        max_train_steps: asked of each trial; None where it is not known.
        training_objective: name of the training-set metric, or empty.
        chance: the objective's value of guessing, or None.
        adaptive: True where earlier results chose later configurations, be it some of them.
        chosen: what chose each trial, as `domain/origin.py` names it; empty where the source does
            not say.
        cut: number of those that were stopped early, by what they had reached by then.
        left_out: "name: reason" for rows that were not read as trials.
        planned_objective: what the objective was before another one was taken afterwards; None
            where it is the planned one.
        carried: number of the earlier round that ran the trial, 0 for the table's own; empty
            where all are its own.
        weight: one over the density of trials where each lies, with mean 1 in each study; empty
            where trials lie evenly.
        origin: what a foreign file's columns were taken for; None for a round of a book.
        evaluation_share: of each trial's time that evaluations took, NaN where not seen; empty
            where nothing is known.
        rerun_of: name of the arm that each trial reruns with a new seed, empty for a search
            trial; no entries where all are search trials.
        least_improvement: of the round's plan, in the objective's units; 0 where it has none.

    Example:
        >>> from pathlib import Path
        >>> import tunebook as tb
        >>> _ = Path("t.csv").write_text("lr,loss\\n0.1,0.5\\n0.01,0.3\\n")
        >>> table = TrialTable.from_csv("t.csv", objective=tb.minimize("loss"))
        >>> len(table), table.value.tolist()
        (2, [0.5, 0.3])
    """

    objective: Objective
    name: tuple[str, ...]
    study: tuple[str, ...]
    config: tuple[Configuration, ...]
    seed: tuple[int | None, ...]
    status: tuple[Status, ...]
    cause: tuple[Cause | None, ...]
    seconds: Float[np.ndarray, "trials"]
    value: Float[np.ndarray, "trials"]
    curves: Mapping[str, Curves] = field(default_factory=dict)
    branches: Mapping[str, Branch] = field(default_factory=dict)
    roles: Mapping[str, Role] = field(default_factory=dict)
    inferred_space: bool = False
    max_train_steps: int | None = None
    training_objective: str = ""
    chance: float | None = None
    adaptive: bool = False
    chosen: tuple[str, ...] = ()
    cut: int = 0
    left_out: tuple[str, ...] = ()
    planned_objective: Objective | None = None
    carried: tuple[int, ...] = ()
    weight: tuple[float, ...] = ()
    origin: Origin | None = None
    evaluation_share: tuple[float, ...] = ()
    rerun_of: tuple[str, ...] = ()
    least_improvement: float = 0.0

    def __post_init__(self) -> None:
        n = len(self.name)
        used = [c for c in _MAY_BE_EMPTY if getattr(self, c)]
        for column in (*_COLUMNS, "seconds", "value", *used):
            if len(getattr(self, column)) != n:
                raise TableError(
                    f'every column of a table has one entry a trial; "{column}" has '
                    f"{len(getattr(self, column))} for {n} trials"
                )
        for metric, curves in self.curves.items():
            if len(curves.offsets) != n + 1:
                raise TableError(f'curves of "{metric}" cover {len(curves.offsets) - 1} trials')
        unknown = sorted(set(self.study) - set(self.branches))
        if unknown:
            raise TableError(f'study "{unknown[0]}" has no branch in the table')
        freeze(self, "curves", "branches", "roles")

    @classmethod
    def from_csv(
        cls,
        trials: str | os.PathLike[str],
        curves: str | os.PathLike[str] | None = None,
        *,
        objective: Objective | str,
        hyperparameters: Sequence[str] | None = None,
        scientific: Sequence[str] = (),
        chance: float | None = None,
        reduce: str = "best",
        space: Mapping[str, Axis | Per] | None = None,
        training_objective: str = "",
        adaptive: bool = False,
    ) -> TrialTable:
        """Read a sweep that was run elsewhere.

        Args:
            trials: CSV (gzip or not), one row a trial. Columns of known tools, and others with a
                common name, are taken for what they are; `origin` says for what. Any other
                column is a hyperparameter; an empty cell says that it does not exist for that
                trial.
            curves: CSV (gzip or not): trial, step, metric, value, or one row a step with a column
                for each metric.
            objective: `"minimize:valid/error"`, or an Objective. One that is in `curves` is
                reduced to one number a trial, else the column of `trials` is taken as it is.
            hyperparameters: these columns and no others (the scientific ones come along).
            scientific: hyperparameters whose effect is the question.
            chance: the objective's value of guessing; trials that never beat it are infeasible.
            reduce: "best", "last" or "mean-last-5" (the mean of the last five) of a curve.
            space: a range for each hyperparameter; else ranges are read off the trials, and
                `inferred_space` is true.
            training_objective: metric of the training set that shows fitting.
            adaptive: earlier results chose later configurations.

        Returns:
            A table in which a complete trial without a finite objective is infeasible, and
            `left_out` says which rows could not be used and why.

        Raises:
            TableError: no such file, an empty one, no such column (with the nearest), a cell
                that is no number (with its line), or two rows of one trial.
            DesignError: the objective has no direction.
        """
        from tunebook.importers.csv.sweep import read_csv, read_sweep

        return cls(
            **read_sweep(
                read_csv(trials, curves),
                objective=objective,
                hyperparameters=hyperparameters,
                scientific=scientific,
                chance=chance,
                reduce=reduce,
                space=space,
                training_objective=training_objective,
                adaptive=adaptive,
            )
        )

    def __len__(self) -> int:
        return len(self.name)

    def __repr__(self) -> str:
        return data_frame.as_text(self)

    def _repr_html_(self) -> str:
        return data_frame.as_html(self)

    def to_pandas(self) -> Any:
        """A pandas DataFrame, one row a trial: its fate, its objective, its hyperparameters.

        Raises:
            TableError: pandas is not installed.

        Example:
            >>> table.to_pandas().sort_values("valid/error")  # doctest: +SKIP
        """
        return data_frame.to_pandas(self)

    def curves_to_pandas(self) -> Any:
        """A pandas DataFrame of all curves: trial, step, metric, value.

        Raises:
            TableError: pandas is not installed.
        """
        return data_frame.curves_to_pandas(self)

    @property
    def losses(self) -> Float[np.ndarray, "trials"]:
        """The objective with its sign turned so that lower is better; NaN unless complete."""
        return np.asarray(self.objective.sign * self.value)

    @property
    def complete(self) -> Bool[np.ndarray, "trials"]:
        """Trials with an objective."""
        return np.array([s is Status.COMPLETE for s in self.status], dtype=bool)

    @property
    def infeasible(self) -> Bool[np.ndarray, "trials"]:
        """Trials whose configuration can't work."""
        return np.array([s is Status.INFEASIBLE for s in self.status], dtype=bool)

    @property
    def unexplained(self) -> Bool[np.ndarray, "trials"]:
        """Trials that failed, where nothing says whether their configuration was the cause."""
        fates = zip(self.status, self.cause, strict=True)
        return np.array([s is Status.FAILED and c is None for s, c in fates], dtype=bool)

    @property
    def counted(self) -> Bool[np.ndarray, "trials"]:
        """Trials that are part of every statistic: complete and infeasible ones."""
        return np.asarray(self.complete | self.infeasible)

    @property
    def independent(self) -> Bool[np.ndarray, "trials"]:
        """Trials that no earlier result and no person chose, as far as the source says.

        Where it says that some were steered, a trial of which it says nothing is none of these.
        """
        if not self.chosen:
            return np.full(len(self), not self.adaptive)
        sampled = np.array([name in INDEPENDENT for name in self.chosen], dtype=bool)
        unknown = np.array([not name for name in self.chosen], dtype=bool)
        return sampled if self.adaptive else sampled | unknown

    @property
    def scientific(self) -> tuple[str, ...]:
        """Names of the scientific hyperparameters."""
        return tuple(n for n, role in self.roles.items() if role is Role.SCIENTIFIC)

    def column(self, hyperparameter: str) -> list[Value | None]:
        """Its value for each trial, None where it does not exist."""
        return [c.get(hyperparameter) for c in self.config]

    def take(self, rows: Bool[np.ndarray, "trials"] | Int[np.ndarray, "chosen"]) -> TrialTable:
        """The chosen trials as a table of their own, with the same spaces and roles."""
        chosen = np.flatnonzero(rows) if rows.dtype == bool else rows
        if len(chosen) == len(self) and (chosen == np.arange(len(self))).all():
            return self
        pick = chosen.tolist()
        columns: dict[str, Any] = {
            c: tuple(map(own.__getitem__, pick))
            for c in (*_COLUMNS, *_MAY_BE_EMPTY)
            if (own := getattr(self, c))
        }
        return replace(
            self,
            **columns,
            seconds=self.seconds[pick],
            value=self.value[pick],
            curves={m: c.take(np.asarray(pick, np.int64)) for m, c in self.curves.items()},
        )

    def with_objective(self, objective: Objective) -> TrialTable:
        """The same trials with another metric of their curves as the objective (C11).

        Complete trials that have no finite value of it diverged; those that were infeasible
        stay so. With the same metric in the other direction, each trial is compared with chance
        again: what was stuck at chance may be good, and the reverse. Chance was said of the
        metric before, and is not known of another one. What is then found is exploratory: the
        objective was chosen after the results were seen.

        Raises:
            TableError: there is no curve of that metric; names the nearest.
            EvidenceError: the trials were chosen by their results on the objective before.
        """
        if objective == self.objective:
            return self
        if self.adaptive:
            raise EvidenceError(
                "another objective afterwards needs trials that do not depend on results; these "
                f'were chosen by what earlier ones reached in "{self.objective.metric}"',
                next_step="run a quasi-random search: its trials serve any objective",
            )
        if objective.metric not in self.curves:
            raise TableError(
                f'there is no curve of "{objective.metric}" to take as the objective.'
                + nearest(objective.metric, self.curves),
                next_step=f"metrics that were reported: {', '.join(self.curves) or 'none'}",
            )
        if (
            objective.metric == self.objective.metric
            and objective.sign != self.objective.sign
            and self.chance is not None
        ):
            return self._turned(self.chance)._reduced_by(objective)
        return self._reduced_by(objective)

    def _turned(self, chance: float) -> TrialTable:
        """The same trials, judged against chance in the other direction."""
        curves, sign = self.curves[self.objective.metric], -self.objective.sign
        ran = self.complete | np.array([c is Cause.CHANCE for c in self.cause], dtype=bool)
        stuck = np.zeros(len(self), dtype=bool)
        for i in np.flatnonzero(ran):
            values = curves.of(int(i))[1]
            finite = values[np.isfinite(values)]
            stuck[i] = len(finite) > 0 and float((sign * finite).min()) >= sign * chance
        fates: list[tuple[Status, Cause | None]] = [
            (Status.INFEASIBLE, Cause.CHANCE)
            if s
            else (Status.COMPLETE, None)
            if r
            else (own, why)
            for s, r, own, why in zip(stuck, ran, self.status, self.cause, strict=True)
        ]
        return replace(
            self, status=tuple(own for own, _ in fates), cause=tuple(why for _, why in fates)
        )

    def _reduced_by(self, objective: Objective) -> TrialTable:
        """The table with another objective's values of the complete trials."""
        value = np.where(
            self.complete, reduce_curves(self.curves[objective.metric], objective), np.nan
        )
        lost = self.complete & np.isnan(value)
        planned = self.planned_objective or self.objective
        return replace(
            self,
            objective=objective,
            value=value,
            status=tuple(
                Status.INFEASIBLE if bad else s for s, bad in zip(self.status, lost, strict=True)
            ),
            cause=tuple(
                Cause.DIVERGED if bad else c for c, bad in zip(self.cause, lost, strict=True)
            ),
            chance=self.chance if objective.metric == self.objective.metric else None,
            planned_objective=None if objective == planned else planned,
        )

    def of_study(self, study: str) -> TrialTable:
        """The trials of one study."""
        return self.take(np.array([s == study for s in self.study], dtype=bool))

    def axis(self, study: str, hyperparameter: str) -> Axis:
        """The axis of a hyperparameter that varies in a study."""
        return self.branches[study].axes[hyperparameter]

    def units(self, study: str) -> Float[np.ndarray, "trials axes"]:
        """Configurations of one study's trials in the unit cube of its scales.

        Shape: trials of that study (in the table's order) by its varied hyperparameters (in the
        branch's order).
        """
        axes = self.branches[study].axes
        rows = [c for c, s in zip(self.config, self.study, strict=True) if s == study]
        cube = np.empty((len(rows), len(axes)))
        for at, (name, axis) in enumerate(axes.items()):
            cube[:, at] = places_on(axis, [c[name] for c in rows])
        return cube


def stacked(
    tables: Sequence[TrialTable], *, like: TrialTable | None = None, **changes: Any
) -> TrialTable:
    """The trials of several tables one after the other; without curves, weights, shares of time.

    Args:
        tables: one or more.
        like: has objective, spaces and roles of the whole; the first if left out.
        changes: fields of the whole that are other than those of its parts together.
    """
    columns = {
        name: tuple(v for t in tables for v in getattr(t, name))
        for name in ("name", "study", "config", "seed", "status", "cause")
    }
    if any(t.rerun_of for t in tables):
        columns["rerun_of"] = tuple(r for t in tables for r in t.rerun_of or ("",) * len(t))
    arrays = {n: np.concatenate([getattr(t, n) for t in tables]) for n in ("seconds", "value")}
    left_out: dict[str, Any] = {"curves": {}, "weight": (), "evaluation_share": (), "carried": ()}
    left_out["chosen"] = ()
    if any(t.chosen for t in tables):
        columns["chosen"] = tuple(c for t in tables for c in t.chosen or ("",) * len(t))
    return replace(like or tables[0], **{**left_out, **columns, **arrays, **changes})
