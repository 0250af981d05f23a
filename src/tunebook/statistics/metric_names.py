"""What a metric's name says: of which set it is, and which way is better (C4 C8).

Names are all that a curve brings along. A name is cut into words (`valid/top_1`, `val-loss`,
`trainAccuracy`); what the words leave open is said to be open, never guessed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tunebook.domain.design import Objective
from tunebook.domain.metric_direction import NO_QUALITY, likely_direction, words_of

TRAINING = frozenset({"train", "training", "tr"})
HELD_OUT = frozenset(
    {"valid", "validation", "val", "test", "testing", "dev", "eval", "evaluation", "heldout"}
)

SIGNS = {"minimize": 1, "maximize": -1, None: 0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A metric as its name has it.

    Attributes:
        name: as reported.
        training: of the training set.
        held_out: of data that is not trained on.
        sign: 1 where lower is better, -1 where higher is, 0 where that is not known.
        kind: the name without the words for the set, `loss`: what metrics of two sets share.
    """

    name: str
    training: bool
    held_out: bool
    sign: int
    kind: str


def read_metrics(
    names: Iterable[str], objective: Objective, training_objective: str = ""
) -> dict[str, Metric]:
    """Every metric by name, the objective and the training objective as they were declared.

    A name without a word for its set is of held-out data where it names a quality (`top_1`),
    unless it is a bare loss or stands beside a held-out twin (Keras' `loss` and `val_loss`).
    """
    names = list(names)
    words = {n: words_of(n) for n in names}
    kinds = {n: " ".join(w for w in words[n] if w not in TRAINING | HELD_OUT) for n in names}
    twins = {kinds[n] for n in names if HELD_OUT & set(words[n])}
    found = {}
    for name in names:
        own = set(words[name])
        sign = SIGNS[likely_direction(name)]
        training = bool(own & TRAINING) or name == training_objective
        held_out = bool(own & HELD_OUT)
        if not training and not held_out and sign:
            training = kinds[name] in twins
            held_out = not training and not own & {"loss", "losses"}
        if name == objective.metric:
            sign, held_out = objective.sign, not own & TRAINING
            training = not held_out
        elif name == training_objective:
            sign, training, held_out = sign or 1, True, False
        found[name] = Metric(
            name=name, training=training, held_out=held_out, sign=sign, kind=kinds[name]
        )
    return found


def contradicted(objective: Objective) -> bool:
    """Whether the objective's name speaks for the other direction than the one that is asked."""
    return likely_direction(objective.metric) not in (None, objective.direction)


def quality_unknown(metric: Metric) -> bool:
    """True where a metric may be of quality, but its name does not say which way is better."""
    return not metric.sign and not metric.training and not NO_QUALITY & set(words_of(metric.name))


def training_twin(metric: Metric, metrics: Iterable[Metric], training_objective: str) -> str:
    """The training-set metric to hold against a held-out one, or empty.

    The one of the same kind, else the training objective, else a training loss, else any whose
    better way is known.
    """
    training = [m for m in metrics if m.training and m.sign and m.name != metric.name]
    preferred = (
        [m for m in training if m.kind == metric.kind]
        + [m for m in training if m.name == training_objective]
        + [m for m in training if "loss" in m.kind.split()]
        + training
    )
    return preferred[0].name if preferred else ""
