"""Which hyperparameters carry over from short training to long (E5)."""

from __future__ import annotations

from enum import StrEnum


class Transfers(StrEnum):
    """How likely the best value of a short training is the best of a long one."""

    VERY_LIKELY = "very likely"
    LIKELY = "likely"
    PERHAPS = "perhaps"
    UNLIKELY = "unlikely"

    @property
    def carried(self) -> bool:
        """Whether its value is kept; else it is tuned anew."""
        return self in (Transfers.VERY_LIKELY, Transfers.LIKELY)


_SIGNS = (
    # Words are looked for in this order: "weight_decay" regularises and is no schedule,
    # "warmup_steps" is no architecture.
    (Transfers.VERY_LIKELY, ("warmup", "warm_up", "init")),
    (Transfers.PERHAPS, ("weight_decay", "dropout", "smoothing", "augment", "mixup", "l2",
                         "optimizer", "momentum", "beta", "epsilon", "clip")),
    (Transfers.UNLIKELY, ("learning_rate", "lr", "schedule", "decay", "cosine", "anneal")),
    (Transfers.LIKELY, ("layer", "depth", "width", "hidden", "heads", "units", "channels",
                        "filters", "kernel", "activation", "norm", "embed", "model")),
)  # fmt: skip


def transfers(hyperparameter: str) -> Transfers:
    """By its name, as the Deep Learning Tuning Playbook judges its kind.

    Warm-up and initialisation very likely; architecture likely; optimizer, augmentation and
    regularisation perhaps; the learning rate and its schedule unlikely. An unknown name: perhaps.
    """
    name = hyperparameter.lower().replace("-", "_")
    return next(
        (how for how, words in _SIGNS if any(word in name for word in words)), Transfers.PERHAPS
    )
