"""Optimizers: the arguments of the comparison (G1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from tunebook.domain.errors import DesignError, nearest
from tunebook.domain.formats import scalars
from tunebook.domain.optimizers.catalogue import OPTIMIZERS
from tunebook.domain.optimizers.spaces import check_framework
from tunebook.domain.space import Axis
from tunebook.domain.trial import Value
from tunebook.procedures.steps.arguments import MERGED, Arguments

OWN = ("weight_decay",)
"""Hyperparameters of the catalogue that training may have whatever the optimizer: a value in the
configuration stays, under those that do not have them as a part of their rule."""
FEWEST_TRIALS, MOST_TRIALS = 4, 10_000
_TUNABLES = tuple(
    dict.fromkeys(t.name for o in OPTIMIZERS.values() for t in (*o.tunables, *o.inclusive))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OptimizersArguments(Arguments):
    """Arguments of the procedure.

    Attributes:
        optimizers: names of the catalogue, or of one's own that `spaces` gives a space.
        trials: of each optimizer, in the space that is compared.
        seeds: new ones, of the best configuration of each.
        inclusive: open the spaces of RMSProp, Adam, AdamW and NAdam so that they hold what they
            include.
        spaces: by optimizer, what differs from the catalogue's space: hyperparameter to a range,
            or to a value that holds it there.
        nuisance: hyperparameters that are tuned for every optimizer, besides its own.
        framework: "torch", "optax" or "keras": what it lacks is an error before anything runs.
    """

    TUNED: ClassVar[tuple[str, ...]] = _TUNABLES
    TABLES: ClassVar[tuple[str, ...]] = (*MERGED, "spaces", "nuisance")

    optimizers: tuple[str, ...]
    trials: int = 40
    seeds: int = 10
    inclusive: bool = False
    spaces: Mapping[str, Mapping[str, Axis | Value]] = field(default_factory=dict)
    nuisance: Mapping[str, Axis] = field(default_factory=dict)
    framework: str = ""

    def __post_init__(self) -> None:
        Arguments.__post_init__(self)
        scalars.whole("trials", self.trials, least=FEWEST_TRIALS, most=MOST_TRIALS, example=40)
        scalars.whole("seeds", self.seeds, least=3, most=1000, example=10)
        scalars.whole("max_train_steps", self.max_train_steps, least=1, example=1000)
        _check_optimizers(self)
        _check_spaces(self)

    @property
    def optimizer(self) -> str:
        """What training calls the hyperparameter that chooses the optimizer."""
        return self.called("optimizer")


def _check_optimizers(args: OptimizersArguments) -> None:
    named = args.optimizers
    twice = [n for i, n in enumerate(named) if n in named[:i]]
    if len(named) < 2 or twice:
        raise DesignError(
            f'each optimizer is named once; "{twice[0]}" is named twice'
            if twice
            else f"a comparison is of two optimizers or more; got {list(named)}",
            next_step='give optimizers=("momentum", "adam")',
        )
    for name in named:
        if name not in OPTIMIZERS and name not in args.spaces:
            raise DesignError(
                f"an optimizer is one of {', '.join(OPTIMIZERS)}; got {name!r}."
                + nearest(name, OPTIMIZERS),
                next_step="name one of these (tunebook optimizers lists them), or give the space "
                f'of your own: spaces={{"{name}": {{"learning_rate": tb.log_uniform(1e-4, 1)}}}}',
            )
        if args.framework and name in OPTIMIZERS:
            check_framework(OPTIMIZERS[name], args.framework)


def _check_spaces(args: OptimizersArguments) -> None:
    for name, own in args.spaces.items():
        if name not in args.optimizers:
            raise DesignError(
                f'spaces has "{name}", which is not compared.' + nearest(name, args.optimizers),
                next_step=f"compare it too: optimizers=({', '.join(args.optimizers)}, {name})",
            )
        entry = OPTIMIZERS.get(name)
        if entry is None and not any(isinstance(v, Axis) for v in own.values()):
            raise DesignError(
                f'"{name}" is not in the catalogue, and spaces gives it no range to tune',
                next_step=f'give it one: spaces={{"{name}": {{"learning_rate": '
                "tb.log_uniform(1e-4, 1)}}",
            )
        known = [t.name for t in (*entry.tunables, *entry.inclusive)] if entry else []
        for hyperparameter in own:
            close = "" if hyperparameter in known else nearest(hyperparameter, known)
            if close:
                raise DesignError(
                    f'{name} has no hyperparameter "{hyperparameter}".{close}',
                    next_step=f"it has {', '.join(known)}; others need names unlike these",
                )
    for hyperparameter, axis in args.nuisance.items():
        if hyperparameter in args.TUNED or hyperparameter == "optimizer":
            raise DesignError(
                f'nuisance is tuned for every optimizer; "{hyperparameter}" belongs to some',
                next_step=f'give its range by optimizer: spaces={{"{args.optimizers[0]}": '
                f'{{"{hyperparameter}": ...}}}}',
            )
        if not isinstance(axis, Axis):
            raise DesignError(
                f'nuisance "{hyperparameter}" is varied, so it needs a range; got {axis!r}',
                next_step="give tb.uniform(...), tb.log_uniform(...) or tb.choice(...)",
            )
