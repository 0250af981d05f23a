"""What a metric's name says: of which set it is, and which way is better (C4 C8).

Names are all that a curve brings along. A name is cut into words (`valid/top_1`, `val-loss`,
`trainAccuracy`); what the words leave open is said to be open, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from tunebook.words.design import Objective

TRAINING = frozenset({"train", "training", "tr"})
HELD_OUT = frozenset(
    {"valid", "validation", "val", "test", "testing", "dev", "eval", "evaluation", "heldout"}
)
DOWN = frozenset(
    {"loss", "losses", "error", "err", "errors", "perplexity", "ppl", "nll", "xent", "bpb", "bpc",
     "mse", "rmse", "mae", "wer", "cer", "ter", "fid", "entropy", "crossentropy", "logloss",
     "brier", "ece", "regret", "deviance"}
)  # fmt: skip
UP = frozenset(
    {"accuracy", "acc", "top", "top1", "top5", "bleu", "map", "precision", "recall", "f1", "auc",
     "auroc", "auprc", "iou", "miou", "dice", "rouge", "r2", "psnr", "ssim", "reward", "return",
     "score", "exact", "em", "mcc", "ndcg", "mrr", "likelihood", "win"}
)  # fmt: skip
NO_QUALITY = frozenset(
    {"seconds", "time", "lr", "rate", "step", "steps", "epoch", "norm", "memory", "tokens",
     "throughput", "examples", "images", "count", "size", "penalty", "reg", "l1", "l2"}
)  # fmt: skip


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


def words_of(name: str) -> list[str]:
    """The words in a metric's name, in lower case.

    Example:
        >>> words_of("valid/top_1"), words_of("trainAccuracy")
        (['valid', 'top', '1'], ['train', 'accuracy'])
    """
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return [w for w in re.split(r"[^a-z0-9]+", parted.lower()) if w]


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
        sign = _sign(own)
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


def _sign(words: set[str]) -> int:
    if "scale" in words or (words & NO_QUALITY and not words & {"loss", "accuracy", "error"}):
        return 0
    # `top_5_error` is an error, and a negative likelihood a loss.
    if words & {"error", "err", "loss", "negative", "neg"}:
        return 1
    down, up = bool(words & DOWN), bool(words & UP)
    return 0 if down == up else 1 if down else -1
