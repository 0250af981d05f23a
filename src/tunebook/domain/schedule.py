"""Learning-rate schedules as values: how high at which step, and how they stretch (E5 H3).

Standard library alone: training code's own process imports this module.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from tunebook.domain.errors import DesignError, nearest
from tunebook.domain.formats import scalars
from tunebook.domain.formats.names import spell
from tunebook.domain.trial import Value


class Shape(StrEnum):
    """How the learning rate runs once warm-up is over."""

    CONSTANT = "constant"
    LINEAR = "linear"
    COSINE = "cosine"
    WARMUP_STABLE_DECAY = "wsd"  # constant, then a linear decay over the last part


WSD_DECAY_SHARE = 0.2
"""Hägele et al. 2024 (arXiv 2405.18392): a cooldown over 20 % of training matches a cosine."""

MOST_STEPS = 2**53
"""Steps above this are not exact in JSON readers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """What the learning rate is multiplied by, at each step of training.

    With warm-up over w steps and a decay over the last d of n steps, the factor at step s (from 0)
    is the product of min(1, (s + 1) / (w + 1)), so that no update is made at rate 0, and of
    1 - (1 - final_factor) f(p), where p = (s - (n - d)) / d is cut to 0 to 1, and f(p) is p for a
    linear decay and (1 - cos(pi p)) / 2 for a cosine. From step n on it is `final_factor`.

    Attributes:
        shape: constant, linear, cosine or wsd.
        steps: n, of the whole training.
        warmup_steps: w in steps; the same however long training is.
        warmup_share: w as a share of `steps`, instead.
        decay_steps: d in steps; all that follow warm-up where it is left out (for wsd the last
            20 % of training).
        decay_share: d as a share of `steps`, instead.
        final_factor: where the decay ends, 0 to 1.

    Raises:
        DesignError: a number out of its range, two lengths of one part, or parts longer than all.

    Example:
        >>> Schedule(shape=Shape.LINEAR, steps=4).factor(2)
        0.5
    """

    shape: Shape
    steps: int
    warmup_steps: int | None = None
    warmup_share: float | None = None
    decay_steps: int | None = None
    decay_share: float | None = None
    final_factor: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "shape", _shape(self.shape))
        steps = scalars.whole("steps", self.steps, least=1, most=MOST_STEPS, example=1000)
        object.__setattr__(self, "steps", steps)
        for part in ("warmup", "decay"):
            _check_part(self, part)
        object.__setattr__(self, "final_factor", _share("final_factor", self.final_factor))
        if self.shape is Shape.CONSTANT and (self.decay_steps or self.decay_share):
            raise DesignError(
                "a constant schedule does not decay; it has a length of decay",
                next_step='leave decay_steps and decay_share out, or take "wsd"',
            )
        if self.warmup + self.decay > self.steps:
            raise DesignError(
                f"warm-up and decay fit into training; {self.warmup} and {self.decay} steps are "
                f"more than {self.steps}",
                next_step="train longer, or give shorter ones: the playbook warms up over at "
                "most a tenth of training",
            )

    @property
    def warmup(self) -> int:
        """Steps before the full rate is reached."""
        if self.warmup_share is None:
            return self.warmup_steps or 0
        return round(self.warmup_share * self.steps)

    @property
    def decay(self) -> int:
        """Steps over which the rate falls, the last ones of training."""
        if self.shape is Shape.CONSTANT:
            return 0
        rest = self.steps - self.warmup
        if self.shape is Shape.WARMUP_STABLE_DECAY:
            rest = min(rest, round(WSD_DECAY_SHARE * self.steps))
        if self.decay_share is None:
            return rest if self.decay_steps is None else self.decay_steps
        # Rounded down, so that parts given as shares never pass the whole.
        return math.floor(self.decay_share * self.steps + 1e-6)

    def factor(self, step: int) -> float:
        """What to multiply the learning rate by at `step`, from 0.

        Example:
            >>> half = Schedule(shape=Shape.LINEAR, steps=100, warmup_steps=9).factor
            >>> half(0), half(9), half(100)
            (0.1, 1.0, 0.0)
        """
        return float(factor_by(self, step, clip=_clip, cos=math.cos))

    def stretched(self, steps: int) -> Schedule:
        """The schedule that does the same in a training of another length.

        A part given as a share follows the length. Warm-up in steps stays: it is there for the
        unsteadiness of the first steps, which comes at the same steps however many follow. A
        cosine falls over all of the new length. A linear decay keeps its steps, so the added ones
        are spent at the full rate (the playbook's second round), as does any decay given in
        steps; it is cut where the new training is shorter than it.

        Raises:
            DesignError: the new training is shorter than warm-up.
        """
        kept = self.decay_steps
        if self.shape is Shape.LINEAR and self.decay_share is None:
            kept = self.decay
        if kept is not None:
            warmup = replace(self, steps=steps, decay_steps=0, decay_share=None).warmup
            kept = min(kept, steps - warmup)
        return replace(self, steps=steps, decay_steps=kept)

    def config(self) -> Mapping[str, Value]:
        """The hyperparameters that `schedule(config, steps)` makes this schedule from."""
        parts = ("warmup_steps", "warmup_share", "decay_steps", "decay_share")
        given = {name: getattr(self, name) for name in parts}
        said = {name: value for name, value in given.items() if value is not None}
        final = {"final_factor": self.final_factor} if self.final_factor else {}
        return {"schedule": self.shape.value, **said, **final}


def schedule(
    named: str | Mapping[str, Value],
    steps: int,
    *,
    warmup_steps: int | None = None,
    warmup_share: float | None = None,
    decay_steps: int | None = None,
    decay_share: float | None = None,
    final_factor: float | None = None,
) -> Schedule:
    """The schedule of that name, or that a trial's configuration describes.

    Args:
        named: "constant", "linear", "cosine" or "wsd"; or `trial.config`, whose hyperparameters
            schedule, warmup_steps, warmup_share, decay_steps, decay_share and final_factor are
            read, as far as they exist.
        steps: of the whole training, `trial.max_train_steps`.
        warmup_steps, warmup_share, decay_steps, decay_share, final_factor: as in `Schedule`; they
            hold where the configuration does not say otherwise.

    Raises:
        DesignError: no such name, or numbers that make no schedule.

    Example:
        >>> cosine = schedule("cosine", 1000, warmup_steps=50)
        >>> [round(cosine.factor(step), 3) for step in (0, 50, 525, 999)]
        [0.02, 1.0, 0.5, 0.0]
    """
    given: dict[str, Any] = {
        "warmup_steps": warmup_steps,
        "warmup_share": warmup_share,
        "decay_steps": decay_steps,
        "decay_share": decay_share,
        "final_factor": final_factor,
    }
    shape: Value = Shape.CONSTANT
    if isinstance(named, Mapping):
        shape = named.get("schedule", shape)
        given.update({key: named[key] for key in given if key in named})
    else:
        shape = named
    if _shape(shape) is Shape.CONSTANT:  # beside other shapes a decay may be varied or fixed
        given.update(decay_steps=None, decay_share=None)
    said = {key: value for key, value in given.items() if value is not None}
    return Schedule(shape=_shape(shape), steps=steps, **said)


def factor_by(
    schedule: Schedule, step: Any, *, clip: Callable[[Any], Any], cos: Callable[[Any], Any]
) -> Any:
    """The factor, by another library's numbers: JAX traces this as it stands.

    Args:
        step: a number or an array of them, from 0.
        clip: cuts to 0 to 1.
        cos: of radians.
    """
    up = clip((step + 1.0) / (schedule.warmup + 1.0))
    if not schedule.decay:
        return up
    along = clip((step - (schedule.steps - schedule.decay)) / schedule.decay)
    fallen = (1.0 - cos(math.pi * along)) / 2 if schedule.shape is Shape.COSINE else along
    return up * (1.0 - (1.0 - schedule.final_factor) * fallen)


def _clip(number: float) -> float:
    return min(max(number, 0.0), 1.0)


def _shape(given: object) -> Shape:
    try:
        return Shape(given)  # type: ignore[arg-type]
    except ValueError:
        raise DesignError(
            f"a schedule is one of {', '.join(Shape)}; got {given!r}."
            + nearest(str(given), Shape),
            next_step='name one of them, as tb.schedule("cosine", trial.max_train_steps)',
        ) from None


def _share(key: str, value: Any) -> float:
    number = scalars.number(key, value, what="a share of the whole")
    if not 0 <= number <= 1:
        raise DesignError(
            f"{key} is a share, from 0 to 1; got {spell(number)}", next_step=f"give {key}=0.1"
        )
    return number


def _check_part(schedule: Schedule, part: str) -> None:
    steps, share = f"{part}_steps", f"{part}_share"
    in_steps, as_share = getattr(schedule, steps), getattr(schedule, share)
    if in_steps is not None and as_share is not None:
        raise DesignError(
            f"a length is given once; {part} has {steps}={in_steps} and {share}={spell(as_share)}",
            next_step=f"leave {share} out where {part} is to last as long in any training, else "
            f"{steps}",
        )
    if in_steps is not None:
        number = scalars.whole(steps, in_steps, least=0, most=MOST_STEPS, example=100)
        object.__setattr__(schedule, steps, number)
    if as_share is not None:
        object.__setattr__(schedule, share, _share(share, as_share))
