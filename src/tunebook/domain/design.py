"""The plan of a round: one goal, a role for every hyperparameter, its studies (A4 B1 B2 B4 B9)."""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar

from tunebook.domain.errors import DesignError, nearest
from tunebook.domain.formats import scalars
from tunebook.domain.frozen import freeze
from tunebook.domain.origin import RoundOrigin
from tunebook.domain.prediction import Prediction, only_predictions
from tunebook.domain.roles import Fixed as Fixed
from tunebook.domain.roles import check_roles, check_rules
from tunebook.domain.searchers import check_searcher
from tunebook.domain.space import (
    Axis,
    Branch,
    Choice,
    Constraint,
    Per,
    branches,
    leaves,
    listed_choice,
    spell,
)
from tunebook.domain.trial import Configuration, Value


class Direction(StrEnum):
    """Which way is better."""

    MINIMIZE = "minimize"
    MAXIMIZE = "maximize"


class Reduce(StrEnum):
    """How a trial's curve becomes its one number."""

    BEST = "best"
    LAST = "last"
    MEAN_LAST = "mean_last"  # of so many values as the objective's `over` says


_MEAN_LAST = re.compile(r"mean[-_]last[-_](\d{1,9})")


@dataclass(frozen=True, slots=True)
class Objective:
    """The metric that decides, which way is better, and how a curve becomes one number.

    The best of a curve is what retrospective checkpoint selection gets (E2); it favours trials
    that are evaluated more often, so compare trials with equal numbers of evaluations.

    Attributes:
        metric: its name.
        direction: which way is better.
        reduce: "best", "last", or "mean-last-5", which sets `over` as well.
        over: number of last values that are averaged; 1 unless `reduce` is MEAN_LAST.
    """

    metric: str
    direction: Direction = Direction.MINIMIZE
    reduce: Reduce = Reduce.BEST
    over: int = 1

    def __post_init__(self) -> None:
        if not isinstance(self.metric, str) or not self.metric.strip():
            shown = f'"{self.metric}"' if isinstance(self.metric, str) else repr(self.metric)
            raise DesignError(
                f"an objective names a metric; got {shown}",
                next_step='name what training reports: tb.minimize("valid/error")',
            )
        object.__setattr__(self, "metric", self.metric.strip())
        asked = _MEAN_LAST.fullmatch(self.reduce) if isinstance(self.reduce, str) else None
        if asked:
            object.__setattr__(self, "reduce", Reduce.MEAN_LAST)
            object.__setattr__(self, "over", int(asked[1]))
        for key, kind in (("direction", Direction), ("reduce", Reduce)):
            given = getattr(self, key)
            if given not in [member.value for member in kind]:
                known = ", ".join(kind).replace("mean_last", "mean-last-K")
                raise DesignError(
                    f"the {key} of an objective is one of {known}; got {given!r}."
                    + nearest(str(given), known.split(", ")),
                    next_step=f'say {key}="{next(iter(kind)).value}", for example',
                )
            object.__setattr__(self, key, kind(given))
        _check_over(self)

    @property
    def sign(self) -> int:
        """1 where lower is better, -1 where higher is: sign * value is a loss."""
        return 1 if self.direction is Direction.MINIMIZE else -1

    @property
    def reduced(self) -> str:
        """How a curve becomes one number, as people write it: `best`, `last`, `mean-last-5`."""
        if self.reduce is Reduce.MEAN_LAST:
            return f"mean-last-{self.over}"
        return str(self.reduce)


def _check_over(objective: Objective) -> None:
    mean = objective.reduce is Reduce.MEAN_LAST
    over = scalars.whole("over", objective.over, least=1, most=None, example=5)
    if over != 1 and not mean:
        raise DesignError(
            f"over={over} goes with the mean of the last values; reduce is {objective.reduced}",
            next_step=f'say reduce="mean-last-{over}", or leave over out',
        )
    object.__setattr__(objective, "over", over)


class Role(StrEnum):
    """What a hyperparameter is in a round."""

    SCIENTIFIC = "scientific"  # its effect is the question
    NUISANCE = "nuisance"  # tuned anew for each scientific value
    FIXED = "fixed"  # a caveat of the conclusion


MOST_TRIALS = 1_000_000
"""Of one round: a slip of some zeros is told at once, and is not counted out."""

_WHOLE = (
    # Steps above this are not exact in JSON readers, see training/handle.py.
    ("max_train_steps", 1, 2**53, 1000),
    ("trials", 1, MOST_TRIALS, 64),
    ("evaluations", 1, None, 20),
    ("seed", 0, None, 1),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """The plan of a round of experiments.

    Attributes:
        goal: one question, in words.
        scientific, nuisance: hyperparameters to vary, with their axes.
        fixed: hyperparameters held at a value (which may depend on a choice).
        trials: number over all studies, split evenly over scientific values.
        max_train_steps: steps that each trial trains.
        least_improvement: what a change must bring to be adopted, in the metric's units.
        searcher: one of SEARCHERS.
        seed: everything random in the round follows from it.
        subject_to: constraints between hyperparameters.
        points: configurations of the varied hyperparameters, for the searcher by_hand.
        levels: number of levels of each axis, for the searcher grid.
        time_limit_s: a trial that takes longer is infeasible; None for no limit.
        evaluations: how often a trial is asked to evaluate, evenly over its steps.
        overrule: ids of the playbook's rules that this round breaks on purpose.
        note: anything worth remembering.
        predictions: what the round before expects of this one, written before it ran.
        origin: the procedure that planned it; None for a round of a person.

    Raises:
        DesignError: a rule of the playbook is broken; says which, and the way out.
    """

    goal: str
    scientific: Mapping[str, Axis | Per] = field(default_factory=dict)
    nuisance: Mapping[str, Axis | Per] = field(default_factory=dict)
    fixed: Mapping[str, Fixed] = field(default_factory=dict)
    trials: int
    max_train_steps: int
    least_improvement: float = 0.0
    searcher: str = "halton"
    seed: int = 0
    subject_to: tuple[Constraint, ...] = ()
    points: tuple[Configuration, ...] = ()
    levels: Mapping[str, int] = field(default_factory=dict)
    time_limit_s: float | None = None
    evaluations: int = 20
    overrule: tuple[str, ...] = ()
    note: str = ""
    predictions: tuple[Prediction, ...] = ()
    origin: RoundOrigin | None = None

    OLD_NAMES: ClassVar[Mapping[str, str]] = MappingProxyType({"foretold": "predictions"})

    def __post_init__(self) -> None:
        _check_goal(self)
        _settle_values(self)
        _check_numbers(self)
        check_roles(self.scientific, self.nuisance, self.fixed)
        check_rules(self.varied, self.nuisance, self.overrule)
        check_searcher(
            self.searcher,
            scientific=self.scientific,
            varied=self.varied,
            points=self.points,
            levels=self.levels,
        )
        _check_constraints(self)
        studies(self)

    @property
    def varied(self) -> Mapping[str, Axis | Per]:
        """Scientific and nuisance hyperparameters together."""
        return MappingProxyType({**self.scientific, **self.nuisance})

    def role(self, hyperparameter: str) -> Role:
        """The role of a hyperparameter in this round."""
        if hyperparameter in self.scientific:
            return Role.SCIENTIFIC
        return Role.NUISANCE if hyperparameter in self.nuisance else Role.FIXED


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """One flat search space of a round, with its share of the trials.

    Attributes:
        name: its branch's name, empty where the round is not split.
        branch: what is settled and what varies; fixed hyperparameters are no part of it.
        fixed: the fixed hyperparameters that exist in this branch, with their values.
        numbers: for each index k, the trial's number in the round.
    """

    name: str
    branch: Branch
    fixed: Configuration
    numbers: tuple[int, ...]

    def __post_init__(self) -> None:
        freeze(self, "fixed")


def studies(plan: Round) -> tuple[Study, ...]:
    """Split a round into flat studies with trials shared out evenly (B3, B4).

    Scientific values get equal shares, and the branches under one scientific value get equal
    shares of that. Trial n goes to scientific value n mod S and, there, to branch (n div S)
    mod B, so that a round extended later keeps every trial's study and index.
    """
    kept = {k: v if isinstance(v, Per) else Choice((v,)) for k, v in plan.fixed.items()}
    tree: dict[str, Axis | Per] = {**plan.scientific, **plan.nuisance, **kept}
    scientific = frozenset(
        n for n, a in plan.scientific.items() if all(isinstance(x, Choice) for x in leaves(a))
    )
    flat = branches(tree, scientific)
    groups: dict[tuple[tuple[str, Value], ...], list[Branch]] = {}
    for branch in flat:
        side = tuple((k, v) for k, v in branch.conditions.items() if k in scientific)
        groups.setdefault(side, []).append(branch)
    numbers: dict[str, Sequence[int]] = {}
    if plan.searcher == "by_hand":
        numbers.update(_shared_by_hand(plan, flat))
    else:
        for i, side_branches in enumerate(groups.values()):
            every = len(groups) * len(side_branches)
            for j, branch in enumerate(side_branches):
                numbers[branch.name] = range(i + j * len(groups), plan.trials, every)
    return tuple(_study(plan, branch, numbers[branch.name]) for branch in flat)


def _study(plan: Round, branch: Branch, numbers: Sequence[int]) -> Study:
    of_one = {k: a for k, a in branch.axes.items() if k in plan.fixed and isinstance(a, Choice)}
    fixed = {name: axis.values[0] for name, axis in of_one.items()}
    settled = {k: v for k, v in branch.conditions.items() if k in plan.fixed}
    own = Branch(
        conditions={k: v for k, v in branch.conditions.items() if k not in plan.fixed},
        axes={k: v for k, v in branch.axes.items() if k not in fixed},
    )
    return Study(name=own.name, branch=own, fixed={**settled, **fixed}, numbers=tuple(numbers))


def _shared_by_hand(plan: Round, flat: tuple[Branch, ...]) -> dict[str, list[int]]:
    numbers: dict[str, list[int]] = {branch.name: [] for branch in flat}
    homes = [_home(plan, flat, n).name for n in range(min(plan.trials, len(plan.points)))]
    for n in range(plan.trials):
        numbers[homes[n % len(plan.points)]].append(n)
    return numbers


def _home(plan: Round, flat: tuple[Branch, ...], number: int) -> Branch:
    """The branch in which a point lies."""
    point = plan.points[number]
    home = next((b for b in flat if _fits(plan, b, point)), None)
    if home is None:
        shown = ", ".join(f"{k}={spell(v)}" for k, v in point.items())
        raise DesignError(
            f"points[{number}] ({shown}) lies in no branch of the space"
            + _misfit(plan, flat, point),
            next_step="give it a value for every varied hyperparameter that exists there, "
            "within its range",
        )
    return home


def _fits(plan: Round, branch: Branch, point: Configuration) -> bool:
    expected = {k for k in (*branch.conditions, *branch.axes) if k not in plan.fixed}
    return set(point) == expected and all(
        (name not in branch.conditions or branch.conditions[name] == value)
        and (name not in branch.axes or branch.axes[name].holds(value))
        for name, value in point.items()
    )


def _misfit(plan: Round, flat: tuple[Branch, ...], point: Configuration) -> str:
    """What keeps a point out of the space, where there is only one branch to be in."""
    unknown = next((name for name in point if name not in plan.varied), None)
    if unknown is not None:
        return f': "{unknown}" does not vary.{nearest(unknown, plan.varied)}'
    if len(flat) > 1:
        return ""
    if (missing := next((name for name in plan.varied if name not in point), None)) is not None:
        return f': "{missing}" is missing'
    outside = next(
        (n for n, a in flat[0].axes.items() if n in point and not a.holds(point[n])), ""
    )
    return f': "{outside}" is outside its range' if outside else ""


def _check_goal(plan: Round) -> None:
    if not isinstance(plan.goal, str) or not plan.goal.strip():
        raise DesignError(
            f"a round has one goal, in words; got {plan.goal!r} (B1)",
            next_step='write the question that this round answers, "Does x beat y here?"',
        )


def _settle_values(plan: Round) -> None:
    """Make every attribute Python's own, or refuse it: a book keeps only what it can read."""
    set_ = functools.partial(object.__setattr__, plan)
    for name in ("scientific", "nuisance", "fixed", "levels"):
        held = scalars.table(name, getattr(plan, name))
        if name in ("scientific", "nuisance"):
            held = {
                key: listed_choice(f"{name}.{key}", axis)
                if isinstance(axis, list | tuple)
                else axis
                for key, axis in held.items()
            }
        set_(name, scalars.table(name, held))
    for name, least, most, example in _WHOLE:
        value = scalars.whole(name, getattr(plan, name), least=least, most=most, example=example)
        set_(name, value)
    for name in ("searcher", "note"):
        set_(name, scalars.text(name, getattr(plan, name)))
    points = scalars.several("points", plan.points, '{"learning_rate": 0.1}')
    set_("points", tuple(scalars.point(f"points[{i}]", p) for i, p in enumerate(points)))
    set_("subject_to", scalars.several("subject_to", plan.subject_to, '"warmup < steps"'))
    set_("overrule", scalars.several("overrule", plan.overrule, '"A4"'))
    predictions = scalars.several("predictions", plan.predictions, "...")
    set_("predictions", only_predictions(predictions))


def _check_numbers(plan: Round) -> None:
    what = "the improvement that would be worth the change's complexity (D4)"
    least_improvement = scalars.number("least_improvement", plan.least_improvement, what=what)
    if not math.isfinite(least_improvement) or least_improvement < 0:
        raise DesignError(
            f"least_improvement is 0 or more, in the metric's units; got {least_improvement!r}",
            next_step=f"give {what}",
        )
    object.__setattr__(plan, "least_improvement", least_improvement)
    if plan.time_limit_s is not None:
        limit = scalars.plain(plan.time_limit_s)
        if isinstance(limit, bool) or not isinstance(limit, int | float) or not 0 < limit < 1e12:
            raise DesignError(
                f"time_limit_s is above 0, or left out; got {plan.time_limit_s!r}",
                next_step="give the seconds that a trial may take: time_limit_s=3600",
            )
        object.__setattr__(plan, "time_limit_s", limit)


def _check_constraints(plan: Round) -> None:
    known = {*plan.varied, *plan.fixed}
    for constraint in plan.subject_to:
        if not isinstance(constraint, Constraint):
            raise DesignError(
                f'subject_to has texts such as "warmup < steps"; got {constraint!r}',
                next_step='compare two hyperparameters, or one and a number: "momentum <= 0.99"',
            )
        for side in (constraint.left, constraint.right):
            if isinstance(side, str) and side not in known:
                raise DesignError(
                    f'subject_to speaks of "{side}", which has no role in this round.'
                    + nearest(side, known),
                    next_step="correct the name: a constraint on nothing would always hold",
                )
        held = {k: v for k, v in plan.fixed.items() if not isinstance(v, Per)}
        for i, point in enumerate(plan.points):
            if not constraint.allows({**held, **point}):
                raise DesignError(
                    f"points[{i}] breaks subject_to: {constraint.left} {constraint.relation} "
                    f"{constraint.right}",
                    next_step="change the point, or drop the constraint",
                )
