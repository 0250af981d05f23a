"""Whether the learning rate decays over training, as far as hyperparameters say it (C5 C6 C7).

A fact of names and values, no estimate: `schedule = cosine` decays, `schedule = constant` does
not. Where no hyperparameter names a schedule, training code may still have its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tunebook.domain.metric_direction import words_of
from tunebook.domain.space import spell
from tunebook.domain.trial import Configuration

SCHEDULES = ("schedule", "lr_decay", "learning_rate_decay", "linear_decay", "exponential_decay",
             "cosine", "anneal", "lr_peak", "decay_steps")  # fmt: skip
"""Parts of names of hyperparameters that shape a learning rate's course."""
OF_OTHERS = {"weight", "wd", "momentum", "beta", "noise", "kl", "dropout", "temperature"}
"""Words of schedules that are of something else."""
CONSTANT = {"constant", "const", "fixed", "flat", "none", "no", "off", "false"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Decay:
    """What the configurations of some trials say of their learning rates.

    Attributes:
        decays: True where that of any trial does, None where no hyperparameter says it.
        subject: what says so, `schedule=cosine`, or a number that may, `linear_decay`; else empty.
    """

    decays: bool | None = None
    subject: str = ""


def names_schedule(name: str) -> bool:
    """Whether a hyperparameter shapes the learning rate's course, by its name."""
    lower = name.lower()
    return any(word in lower for word in SCHEDULES) and not OF_OTHERS & set(words_of(name))


def decay_of(configs: Sequence[Configuration]) -> Decay:
    """What these configurations say.

    A number does not say by itself how low the rate is at the end, and a constant shape leaves it
    unused.

    Example:
        >>> decay_of([{"schedule": "cosine", "lr": 0.1}]).subject
        'schedule=cosine'
        >>> decay_of([{"schedule": "constant"}]).decays, decay_of([{"lr": 0.1}]).decays
        (False, None)
    """
    named = [(n, v) for c in configs for n, v in c.items() if names_schedule(n)]
    shapes = [(n, v) for n, v in named if isinstance(v, str | bool)]
    decaying = [(n, v) for n, v in shapes if not CONSTANT & set(words_of(str(v)))]
    if decaying:
        name = decaying[0][0]
        values = {spell(v) for n, v in decaying if n == name}
        return Decay(decays=True, subject=f"{name}={values.pop()}" if len(values) == 1 else name)
    if shapes:
        return Decay(decays=False)
    return Decay(subject=min((n for n, v in named if v), default=""))
