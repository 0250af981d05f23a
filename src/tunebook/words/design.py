"""The plan of a round: one goal, a role for every hyperparameter, its studies (A4 B1 B2 B4 B9)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from tunebook.words.errors import DesignError, nearest
from tunebook.words.space import Axis, Branch, Choice, Constraint, Per, branches, leaves, spell
from tunebook.words.trial import Configuration, Value

Fixed = Value | Per

STEP_NAMES = frozenset(
    {"max_train_steps", "train_steps", "num_train_steps", "max_steps", "epochs", "num_epochs",
     "max_epochs"}
)  # fmt: skip
BATCH_NAMES = frozenset({"batch_size", "train_batch_size", "per_device_train_batch_size"})


class Direction(StrEnum):
    """Which way is better."""

    MINIMIZE = "minimize"
    MAXIMIZE = "maximize"


class Reduce(StrEnum):
    """How a trial's curve becomes its one number."""

    BEST = "best"
    LAST = "last"


@dataclass(frozen=True, slots=True)
class Objective:
    """The metric that decides, which way is better, and how a curve becomes one number.

    The best of a curve is what retrospective checkpoint selection gets (E2); it favours trials
    that are evaluated more often, so compare trials with equal numbers of evaluations.
    """

    metric: str
    direction: Direction = Direction.MINIMIZE
    reduce: Reduce = Reduce.BEST

    def __post_init__(self) -> None:
        if not self.metric:
            raise DesignError('an objective names a metric; got ""')
        object.__setattr__(self, "direction", Direction(self.direction))
        object.__setattr__(self, "reduce", Reduce(self.reduce))

    @property
    def sign(self) -> int:
        """1 where lower is better, -1 where higher is: sign * value is a loss."""
        return 1 if self.direction is Direction.MINIMIZE else -1


class Role(StrEnum):
    """What a hyperparameter is in a round."""

    SCIENTIFIC = "scientific"  # its effect is the question
    NUISANCE = "nuisance"  # tuned anew for each scientific value
    FIXED = "fixed"  # a caveat of the conclusion


SEARCHERS = ("halton", "sobol", "random", "grid", "by_hand")


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

    def __post_init__(self) -> None:
        for name in ("scientific", "nuisance", "fixed", "levels"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))
        points = tuple(MappingProxyType(dict(p)) for p in self.points)
        object.__setattr__(self, "points", points)
        object.__setattr__(self, "subject_to", tuple(self.subject_to))
        object.__setattr__(self, "overrule", tuple(self.overrule))
        _check_goal(self)
        _check_numbers(self)
        _check_roles(self)
        _check_rules(self)
        _check_searcher(self)
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
        object.__setattr__(self, "fixed", MappingProxyType(dict(self.fixed)))


def studies(plan: Round) -> tuple[Study, ...]:
    """Split a round into flat studies with trials shared out evenly (B3, B4).

    Scientific values get equal shares, and the branches under one scientific value get equal
    shares of that. Trial n goes to scientific value n mod S and, there, to branch (n div S)
    mod B, so that a round extended later keeps every trial's study and index.
    """
    tree: dict[str, Axis | Per] = {**plan.scientific, **plan.nuisance}
    for name, value in plan.fixed.items():
        tree[name] = value if isinstance(value, Per) else Choice((value,))
    scientific = frozenset(
        n for n, a in plan.scientific.items() if all(isinstance(x, Choice) for x in leaves(a))
    )
    flat = branches(tree, scientific)
    groups: dict[tuple[tuple[str, Value], ...], list[Branch]] = {}
    for branch in flat:
        side = tuple((k, v) for k, v in branch.conditions.items() if k in scientific)
        groups.setdefault(side, []).append(branch)
    numbers: dict[str, list[int]] = {branch.name: [] for branch in flat}
    if plan.searcher == "by_hand":
        _share_by_hand(plan, flat, numbers)
    else:
        sides = list(groups.values())
        for n in range(plan.trials):
            side_branches = sides[n % len(sides)]
            numbers[side_branches[(n // len(sides)) % len(side_branches)].name].append(n)
    return tuple(_study(plan, branch, numbers[branch.name]) for branch in flat)


def _study(plan: Round, branch: Branch, numbers: list[int]) -> Study:
    fixed: dict[str, Value] = {}
    for name, axis in branch.axes.items():
        if name in plan.fixed and isinstance(axis, Choice):
            fixed[name] = axis.values[0]
    settled = {k: v for k, v in branch.conditions.items() if k in plan.fixed}
    own = Branch(
        conditions={k: v for k, v in branch.conditions.items() if k not in plan.fixed},
        axes={k: v for k, v in branch.axes.items() if k not in fixed},
    )
    return Study(name=own.name, branch=own, fixed={**settled, **fixed}, numbers=tuple(numbers))


def _share_by_hand(plan: Round, flat: tuple[Branch, ...], numbers: dict[str, list[int]]) -> None:
    for n in range(plan.trials):
        point = plan.points[n % len(plan.points)]
        home = next((b for b in flat if _fits(plan, b, point)), None)
        if home is None:
            shown = ", ".join(f"{k}={spell(v)}" for k, v in point.items())
            raise DesignError(
                f"points[{n % len(plan.points)}] ({shown}) lies in no branch of the space",
                next_step="give it a value for every varied hyperparameter that exists there",
            )
        numbers[home.name].append(n)


def _fits(plan: Round, branch: Branch, point: Configuration) -> bool:
    expected = {k for k in (*branch.conditions, *branch.axes) if k not in plan.fixed}
    return set(point) == expected and all(
        (name not in branch.conditions or branch.conditions[name] == value)
        and (name not in branch.axes or branch.axes[name].holds(value))
        for name, value in point.items()
    )


def _check_goal(plan: Round) -> None:
    if not isinstance(plan.goal, str) or not plan.goal.strip():
        raise DesignError(
            f"a round has one goal, in words; got {plan.goal!r} (B1)",
            next_step='write the question that this round answers: goal="Does x beat y here?"',
        )


def _check_numbers(plan: Round) -> None:
    for name, least in (("trials", 1), ("max_train_steps", 1), ("evaluations", 1), ("seed", 0)):
        value = getattr(plan, name)
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise DesignError(f"{name} is a whole number of at least {least}; got {value!r}")
    least_improvement = plan.least_improvement
    if isinstance(least_improvement, bool) or not isinstance(least_improvement, int | float):
        raise DesignError(f"least_improvement is a number; got {least_improvement!r}")
    if not math.isfinite(least_improvement) or least_improvement < 0:
        raise DesignError(
            f"least_improvement is 0 or more, in the metric's units; got {least_improvement!r}",
            next_step="give the improvement that would be worth the change's complexity (D4)",
        )
    object.__setattr__(plan, "least_improvement", float(least_improvement))
    limit = plan.time_limit_s
    if limit is not None and (
        isinstance(limit, bool) or not isinstance(limit, int | float) or not limit > 0
    ):
        raise DesignError(f"time_limit_s is above 0, or left out; got {plan.time_limit_s!r}")


def _check_roles(plan: Round) -> None:
    roles = {"scientific": plan.scientific, "nuisance": plan.nuisance, "fixed": plan.fixed}
    for name in dict.fromkeys(n for held in roles.values() for n in held):
        held_by = [role for role, held in roles.items() if name in held]
        if len(held_by) > 1:
            raise DesignError(
                f'a hyperparameter has one role in a round; "{name}" has {len(held_by)}: '
                + ", ".join(held_by)
                + " (B2)",
                next_step=f'keep one of them, or fix it: fixed={{"{name}": ...}}',
            )
        if not isinstance(name, str) or not name:
            raise DesignError(f"a hyperparameter has a name; got {name!r}")
    for role in ("scientific", "nuisance"):
        for name, axis in roles[role].items():
            if not isinstance(axis, Axis | Per):
                raise DesignError(
                    f'{role} "{name}" is varied, so it needs a range; got {axis!r}',
                    next_step=f'give one, as tb.uniform(0, 1), or fix it: fixed={{"{name}": ...}}',
                )
    for name, value in plan.fixed.items():
        if isinstance(value, Per):
            if not all(isinstance(a, Choice) and len(a.values) == 1 for a in leaves(value)):
                raise DesignError(
                    f'fixed "{name}" is held at one value under each condition; it has a range',
                    next_step=f'move "{name}" to nuisance or scientific',
                )
        elif not isinstance(value, bool | int | float | str):
            raise DesignError(
                f'fixed "{name}" is held at a number, a text, true or false; got {value!r}',
                next_step=f'give one value, or move "{name}" to nuisance or scientific',
            )
        elif isinstance(value, float) and not math.isfinite(value):
            raise DesignError(f'fixed "{name}" is held at a finite number; got {value!r}')


def _check_rules(plan: Round) -> None:
    for name in plan.varied:
        if name in STEP_NAMES:
            raise DesignError(
                f'one study has one training length: "{name}" is not searched. Longer training '
                "wins whatever else is true, so its effect would hide every other (B9)",
                next_step="give max_train_steps=..., and compare lengths in rounds of their own",
            )
    for name in plan.nuisance:
        if name in BATCH_NAMES and "A4" not in plan.overrule:
            raise DesignError(
                f'"{name}" is no nuisance hyperparameter of validation quality: once the others '
                "are tuned for it, each batch size reaches the same quality; it sets speed (A4)",
                next_step=f'fix "{name}" at what fits and is fast, make it scientific, or say '
                'overrule=["A4"]',
            )


def _check_searcher(plan: Round) -> None:
    if plan.searcher not in SEARCHERS:
        raise DesignError(
            f"searcher is one of {', '.join(SEARCHERS)}; got {plan.searcher!r}",
        )
    if (plan.searcher == "by_hand") != bool(plan.points):
        raise DesignError(
            f"points go with searcher by_hand; got {len(plan.points)} points and "
            f"searcher {plan.searcher!r}",
            next_step='give points=[{...}, ...] with searcher="by_hand", or neither',
        )
    if plan.levels and plan.searcher != "grid":
        raise DesignError(
            f"levels go with searcher grid; got searcher {plan.searcher!r}",
            next_step='say searcher="grid", or leave levels out',
        )
    for name, count in plan.levels.items():
        if name not in plan.varied:
            raise DesignError(
                f'levels are given for "{name}", which does not vary.{nearest(name, plan.varied)}'
            )
        if isinstance(count, bool) or not isinstance(count, int) or count < 1:
            raise DesignError(f'levels of "{name}" are a whole number from 1; got {count!r}')


def _check_constraints(plan: Round) -> None:
    known = {*plan.varied, *plan.fixed}
    for constraint in plan.subject_to:
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
                    f"{constraint.right}"
                )
