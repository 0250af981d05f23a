"""Which way a metric is better, as far as its name says (A3 C7 C8)."""

from __future__ import annotations

import re
from typing import Literal

from tunebook.domain.design import Objective
from tunebook.domain.formats.languages import english

Way = Literal["minimize", "maximize"]

DOWN = frozenset(
    {"loss", "losses", "error", "err", "errors", "perplexity", "ppl", "nll", "xent", "bpb", "bpc",
     "mse", "rmse", "mae", "mape", "msle", "rmsle", "wer", "cer", "ter", "der", "eer", "fid",
     "kid", "lpips", "entropy", "crossentropy", "logloss", "brier", "ece", "regret", "deviance",
     "misclassification", "nelbo"}
)  # fmt: skip
UP = frozenset(
    {"accuracy", "acc", "accuracies", "top", "top1", "top5", "bleu", "sacrebleu", "chrf", "meteor",
     "cider", "map", "ap", "precision", "recall", "sensitivity", "specificity", "f1", "fbeta",
     "auc", "auroc", "auprc", "aucpr", "rocauc", "iou", "miou", "jaccard", "dice", "rouge",
     "rouge1", "rouge2", "rougel", "r2", "psnr", "ssim", "reward", "rewards", "rew", "return",
     "returns", "score", "exact", "em", "mcc", "kappa", "pearson", "pearsonr",
     "spearman", "spearmanr", "kendall", "ndcg", "mrr", "likelihood", "elbo", "win", "success",
     "acc1", "acc5", "pass"}
)  # fmt: skip
NO_QUALITY = frozenset(
    {"seconds", "time", "lr", "rate", "step", "steps", "epoch", "norm", "memory", "tokens",
     "throughput", "examples", "images", "count", "size", "penalty", "reg", "l1", "l2"}
)  # fmt: skip
_RATES = frozenset({"win", "success", "error", "err", "loss", "accuracy", "acc"})
_SPREADS = frozenset(
    {"std", "stdev", "var", "variance", "stderr", "gap", "drop", "minus", "scale"}
)
_NEGATED = frozenset({"neg", "negative", "negated"})


def likely_direction(name: str) -> Way | None:
    """The direction that a metric's name speaks for; None where it says nothing, or both.

    A negated name turns around, as scikit-learn's do.

    Example:
        >>> likely_direction("valid/accuracy"), likely_direction("val_loss")
        ('maximize', 'minimize')
        >>> likely_direction("neg_mean_squared_error"), likely_direction("seconds")
        ('maximize', None)
    """
    words = words_of(name)
    # The parts of "mAP" and "mIoU" say nothing: they are read without regard to capitals too.
    own = {*words, *re.split(r"[^a-z0-9]+", name.lower())}
    if own & _SPREADS or words[:1] == ["1"]:
        return None
    if own & NO_QUALITY and not own & _RATES:
        return None
    if {"squared", "absolute"} & own and {"error", "errors"} & own:
        own -= UP
    if own & DOWN:  # a Brier score is a loss
        own -= {"score"}
    # `top_5_error` is an error, and `dice_loss` a loss.
    down = bool(own & DOWN) and not (own & UP and not own & {"error", "err", "errors", "loss"})
    up = bool(own & UP) and not own & DOWN
    if not down and not up:
        return None
    turned = bool(own & _NEGATED) and "false" not in own
    return "minimize" if down is not turned else "maximize"


def direction_warning(objective: Objective) -> str:
    """A warning where an objective's direction contradicts its name; else empty."""
    likely = likely_direction(objective.metric)
    if likely is None or likely == objective.direction:
        return ""
    better = "higher" if likely == "maximize" else "lower"
    return (
        f"Warning: this book {objective.direction}s {objective.metric}, but for a metric of this "
        f"name {better} is usually better. If so, begin a new book with "
        f'tb.{likely}("{objective.metric}"), or with objective = "{likely}:{objective.metric}" '
        "in the round file."
    )


def words_of(name: str) -> list[str]:
    """The words in a metric's name, in lower case and in English where they are known.

    Example:
        >>> words_of("valid/top_1"), words_of("trainAccuracy")
        (['valid', 'top', '1'], ['train', 'accuracy'])
    """
    return [w for w in english(name).split("_") if w]
