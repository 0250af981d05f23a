"""Which role a hyperparameter may have in a round, and why not every one (A4 B2 B9)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from tunebook.domain.errors import DesignError
from tunebook.domain.formats import scalars
from tunebook.domain.space import Axis, Choice, Per, leaves
from tunebook.domain.trial import Value

Fixed = Value | Per

STEP_NAMES = frozenset(
    {"max_train_steps", "train_steps", "num_train_steps", "max_steps", "epochs", "num_epochs",
     "max_epochs", "steps", "total_steps", "training_steps", "num_training_steps",
     "total_timesteps", "train_epochs", "num_train_epochs", "training_epochs", "total_epochs"}
)  # fmt: skip
LENGTH_NAMES = STEP_NAMES | {
    "total_model_steps", "planned_steps", "max_iterations", "max_iters", "num_iterations",
    "n_iterations", "train_iterations", "training_iterations", "n_epochs", "max_updates",
    "num_updates", "total_updates", "train_updates", "step_budget", "epoch_budget",
}  # fmt: skip
"""Names of a training length; a round is refused for fewer, but a foreign sweep is run already."""
OVERRULED = ("A4", "B7")
"""The rules that a round may break on purpose."""
BATCH_NAMES = frozenset({"batch_size", "train_batch_size", "per_device_train_batch_size"})
ALL_BATCH_NAMES = BATCH_NAMES | {
    "batchsize", "minibatch_size", "mini_batch_size", "global_batch_size", "bs",
    "effective_batch_size", "batch_size_train",
}  # fmt: skip
"""Names of a batch size; a round is refused for fewer, likewise."""


def check_roles(
    scientific: Mapping[str, Axis | Per],
    nuisance: Mapping[str, Axis | Per],
    fixed: Mapping[str, Fixed],
) -> None:
    """Each hyperparameter has one role, and what that role asks for.

    Raises:
        DesignError: one has two roles, no range where it varies, or a range where it is fixed.
    """
    roles = {"scientific": scientific, "nuisance": nuisance, "fixed": fixed}
    for name in dict.fromkeys(n for held in roles.values() for n in held):
        held_by = [role for role, held in roles.items() if name in held]
        if len(held_by) > 1:
            raise DesignError(
                f'a hyperparameter has one role in a round; "{name}" has {len(held_by)}: '
                + ", ".join(held_by)
                + " (B2)",
                next_step="keep it in one of them; fixed takes one value",
            )
    for role in ("scientific", "nuisance"):
        for name, axis in roles[role].items():
            if not isinstance(axis, Axis | Per):
                raise DesignError(
                    f'{role} "{name}" is varied, so it needs a range; got {axis!r}',
                    next_step="give one, in Python tb.uniform(0, 1), in a round file "
                    "{ low = 0, high = 1 }; or move it to fixed",
                )
    for name, value in fixed.items():
        if isinstance(value, Per):
            if not all(isinstance(a, Choice) and len(a.values) == 1 for a in leaves(value)):
                raise DesignError(
                    f'fixed "{name}" is held at one value under each condition; it has a range',
                    next_step=f'move "{name}" to nuisance or scientific',
                )
        elif not scalars.is_value(value):
            raise DesignError(
                f'fixed "{name}" is held at a number, a text, true or false; got {value!r}',
                next_step=f'give one value, or move "{name}" to nuisance or scientific',
            )
        elif isinstance(value, float) and not math.isfinite(value):
            raise DesignError(
                f'fixed "{name}" is held at a finite number; got {value!r}',
                next_step="give a finite number, or a text that says what it stands for",
            )


def check_rules(varied: Iterable[str], nuisance: Iterable[str], overrule: Sequence[str]) -> None:
    """No training length is searched (B9), and no batch size tuned for quality (A4).

    Raises:
        DesignError: one of them is; says why, and what to do instead.
    """
    for name in varied:
        if last_part(name) in STEP_NAMES:
            raise DesignError(
                f'one study has one training length: "{name}" is not searched. Longer training '
                "wins whatever else is true, so its effect would hide every other (B9)",
                next_step="give max_train_steps=..., and compare lengths in rounds of their own; "
                "if it counts something else, say what in its name",
            )
    for rule in overrule:
        if rule not in OVERRULED:
            raise DesignError(
                f"a round may overrule {', '.join(OVERRULED)}; got {rule!r}",
                next_step=f'say overrule=["{OVERRULED[0]}"], or leave it out',
            )
    for name in nuisance:
        if last_part(name) in BATCH_NAMES and "A4" not in overrule:
            raise DesignError(
                f'"{name}" is no nuisance hyperparameter of validation quality: once the others '
                "are tuned for it, each batch size reaches the same quality; it sets speed (A4)",
                next_step=f'fix "{name}" at what fits and is fast, as the procedure throughput '
                'tells, make it scientific, or say overrule=["A4"]',
            )


def last_part(name: str) -> str:
    """`num_epochs` of `train.num_epochs` and `train/num-epochs`."""
    return name.replace("/", ".").rpartition(".")[2].lower().replace("-", "_")


def is_length(name: str) -> bool:
    """True for a training length, which is fixed and never searched (B9)."""
    return last_part(name) in LENGTH_NAMES


def is_batch_size(name: str) -> bool:
    """True for a batch size, which is chosen for time or cost (A4)."""
    return last_part(name) in ALL_BATCH_NAMES


def fix_instead(names: Sequence[str]) -> str:
    """Return what to do with the names that no trial should search, or an empty string.

    Example:
        >>> fix_instead(["lr", "batch_size", "epochs"])
        'Fix batch_size for time or cost (A4), and epochs at one length for all trials (B9).'
    """
    ways = [f"{n} for time or cost (A4)" for n in names if is_batch_size(n)]
    ways += [f"{n} at one length for all trials (B9)" for n in names if is_length(n)]
    return f"Fix {', and '.join(ways)}." if ways else ""
