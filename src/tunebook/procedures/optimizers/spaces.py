"""Optimizers: the space that each is tuned in, and a round over several of them (G1 A2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from tunebook.domain.design import Round
from tunebook.domain.optimizers.catalogue import OPTIMIZERS
from tunebook.domain.optimizers.optimizer import Optimizer
from tunebook.domain.optimizers.spaces import tuned
from tunebook.domain.origin import Stage
from tunebook.domain.roles import Fixed
from tunebook.domain.space import Axis, Choice, Per
from tunebook.domain.trial import Value
from tunebook.procedures.optimizers.arguments import OWN, OptimizersArguments

RATIO = "learning_rate_over_epsilon"


@dataclass(frozen=True, slots=True, kw_only=True)
class Space:
    """What one optimizer is tuned over, by the names that training code has.

    Attributes:
        varied: hyperparameters with their ranges.
        held: those that it has at one value.
    """

    varied: Mapping[str, Axis] = field(default_factory=dict)
    held: Mapping[str, Value] = field(default_factory=dict)

    @property
    def names(self) -> frozenset[str]:
        """Of all of them."""
        return frozenset((*self.varied, *self.held))


def first_space(args: OptimizersArguments, optimizer: str) -> Space:
    """The catalogue's space for the budget, with what a person said of it instead.

    A hyperparameter that the budget leaves out is held at its default; at its value in the
    configuration as it stands, where that has this optimizer.
    """
    own = args.spaces.get(optimizer, {})
    entry = OPTIMIZERS.get(optimizer)
    given = {**(_of_catalogue(args, entry, own) if entry else {}), **own, **args.nuisance}
    named = {args.called(name): value for name, value in given.items()}
    for name in (args.called(n) for n in OWN):
        if name in args.fixed:
            named.setdefault(name, args.fixed[name])
    return Space(
        varied={n: v for n, v in named.items() if isinstance(v, Axis)},
        held={n: v for n, v in named.items() if not isinstance(v, Axis)},
    )


def _of_catalogue(
    args: OptimizersArguments, entry: Optimizer, own: Mapping[str, Axis | Value]
) -> dict[str, Axis | Value]:
    found: dict[str, Axis | Value] = {
        t.name: t.axis for t in tuned(entry, args.trials, args.inclusive)
    }
    rate = next(t for t in entry.tunables if t.name == "learning_rate")
    if RATIO in own:
        found.pop(rate.name, None)
    elif RATIO in found and {rate.name, "epsilon"} & own.keys():
        # The ratio goes with a range of epsilon alone.
        del found[RATIO]
        found[rate.name] = rate.axis
    stands = args.fixed.get(args.optimizer) == entry.name
    for tunable in entry.tunables:
        if tunable.name not in found and tunable.default is not None:
            value = args.fixed.get(args.called(tunable.name)) if stands else None
            found[tunable.name] = tunable.default if value is None else value
    return found


def round_over(
    args: OptimizersArguments,
    stage: Stage,
    asks: str,
    place: int,
    spaces: Mapping[str, Space],
    *,
    trials: int,
) -> Round:
    """A round over some of the optimizers, each in its own space.

    Args:
        trials: of each.
    """
    plan = args.round(
        stage, asks, place, **roles(args, spaces), trials=trials * len(spaces),
        max_train_steps=args.max_train_steps,
    )  # fmt: skip
    return replace(plan, fixed=without_others(args, plan.fixed))


def roles(
    args: OptimizersArguments, spaces: Mapping[str, Space]
) -> dict[str, dict[str, Axis | Per | Fixed]]:
    """The scientific, nuisance and fixed hyperparameters of such a round."""
    nuisance: dict[str, Axis | Per | Fixed] = {}
    fixed: dict[str, Axis | Per | Fixed] = {}
    for name in dict.fromkeys(n for s in spaces.values() for n in (*s.varied, *s.held)):
        when = tuple(
            (
                optimizer,
                space.varied[name] if name in space.varied else Choice((space.held[name],)),
            )
            for optimizer, space in spaces.items()
            if name in space.names
        )
        varies = any(name in s.varied for s in spaces.values())
        (nuisance if varies else fixed)[name] = Per(args.optimizer, when)
    scientific: dict[str, Axis | Per | Fixed] = {args.optimizer: Choice(tuple(spaces))}
    return {"scientific": scientific, "nuisance": nuisance, "fixed": fixed}


def without_others(args: OptimizersArguments, fixed: Mapping[str, Fixed]) -> dict[str, Fixed]:
    """Fixed values less those that the configuration has for an optimizer of its own."""
    alien = {args.called(n) for n in args.TUNED if n not in OWN}
    return {n: v for n, v in fixed.items() if n not in alien or isinstance(v, Per)}
