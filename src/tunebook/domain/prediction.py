"""What a proposal expects of the round that it proposes, written down before that round runs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from tunebook.domain.errors import DesignError
from tunebook.domain.formats.display import Shown
from tunebook.domain.frozen import freeze
from tunebook.domain.trial import Configuration, Value


class Expectation(StrEnum):
    """The kinds of predictions, and the numbers that each one needs."""

    BEST_BEYOND = "best_beyond"  # old: the end that was widened; side: 1 high, -1 low
    FEWER_FAIL = "fewer_fail"  # before, low, high: shares of trials that are infeasible
    GAIN = "gain"  # before: best value so far; gain, low, high: by which the next best is better
    NO_WORSE = "no_worse"  # before: best value so far; within: how much worse would still do
    QUIET = "quiet"  # the check has nothing to ask any more


NEEDED = MappingProxyType(
    {
        Expectation.BEST_BEYOND: ("old", "side"),
        Expectation.FEWER_FAIL: ("before", "low", "high"),
        Expectation.GAIN: ("before", "gain", "low", "high"),
        Expectation.NO_WORSE: ("before", "within"),
        Expectation.QUIET: (),
    }
)
"""Numbers without which an expectation can't be judged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """One thing that is expected of a round because of a change from the round before.

    Attributes:
        check: the finding's that asked for the change, "C1".
        what: the kind of expectation.
        sentence: the expectation in words.
        subject: the hyperparameter that was changed, or empty for the round as a whole.
        conditions: the branch that it speaks of.
        numbers: as `NEEDED` says, in the objective's own units.
        of_round: number of the round whose findings predict it.
        asks: attributes of the plan without which nothing is predicted: `trials` or more,
            `max_train_steps` exactly.

    Raises:
        DesignError: a number that the expectation needs is missing or not finite.
    """

    check: str
    what: Expectation
    sentence: str
    subject: str = ""
    conditions: Configuration = field(default_factory=dict)
    numbers: Mapping[str, float] = field(default_factory=dict)
    of_round: int = 0
    asks: Mapping[str, Value] = field(default_factory=dict)

    def __post_init__(self) -> None:
        freeze(self, "conditions", "numbers", "asks")
        for name in NEEDED[self.what]:
            if not math.isfinite(self.numbers.get(name, math.nan)):
                raise DesignError(
                    f'a prediction of "{self.what}" needs a finite number "{name}"; '
                    f"got {self.numbers.get(name)!r}",
                    next_step="restore the number, or drop this entry of predictions",
                )


def only_predictions(items: Sequence[object]) -> tuple[Prediction, ...]:
    """The items, each of which is a Prediction.

    Raises:
        DesignError: one is something else.
    """
    for i, item in enumerate(items):
        if not isinstance(item, Prediction):
            raise DesignError(
                f"predictions[{i}] is an entry that a proposal wrote; got {item!r}",
                next_step="leave predictions out: tunebook next writes them",
            )
    return tuple(item for item in items if isinstance(item, Prediction))


class Met(StrEnum):
    """Whether a prediction was met."""

    YES = "met"
    NO = "not met"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class PredictionOutcome(Shown):
    """A prediction and its outcome.

    Attributes:
        prediction: from before the round.
        met: from after it.
        sentence: the result, with its numbers.
    """

    prediction: Prediction
    met: Met
    sentence: str

    def _in_short(self) -> str:
        return f"{self.prediction.check}: {self.met}"
