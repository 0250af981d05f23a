"""optax's optimizers and schedules from a configuration (A2 E5)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tunebook.domain.schedule import Schedule, factor_by
from tunebook.domain.trial import Configuration
from tunebook.integrations.chosen import arguments_in, check_schedule, load

_SPELLING = {"epsilon": "eps", "rho": "decay", "beta1": "b1", "beta2": "b2"}
_ALWAYS: Mapping[str, Mapping[str, object]] = {
    "nesterov": {"nesterov": True},
    # As the paper and PyTorch have it; optax's own default adds epsilon under the root.
    "rmsprop": {"eps_in_sqrt": False},
}


def optax_optimizer(
    config: Configuration,
    optimizer: str | None = None,
    *,
    schedule: Schedule | None = None,
    names: Mapping[str, str] | None = None,
    **more: object,
) -> Any:
    """The `optax.GradientTransformation` that a trial's configuration asks for.

    Args:
        config: `trial.config`; what it does not have is at the catalogue's default.
        optimizer: name of the catalogue; `config["optimizer"]` if left out.
        schedule: how the learning rate moves, as `tb.schedule(trial.config, n)`.
        names: what the configuration calls a hyperparameter, `{"learning_rate": "optim.lr"}`.
        more: arguments of the optimizer's own, such as `mask=...`.

    Raises:
        DesignError: an unknown optimizer, one that optax lacks, or no learning rate.

    Returns:
        The transformation, its learning rate moved by the schedule.

    Example:
        >>> made = optax_optimizer({"optimizer": "adam", "learning_rate": 0.1})
        >>> type(made).__name__
        'GradientTransformationExtraArgs'
    """
    entry, arguments = arguments_in("optax", config, optimizer, names, _SPELLING, _ALWAYS)
    check_schedule(entry, schedule)
    if entry.name == "muon":
        arguments["beta"] = arguments.pop("momentum")
        arguments["adam_weight_decay"] = arguments["weight_decay"]
    if entry.name == "schedule_free_adamw":
        # optax divides by the steps of warm-up: None for no warm-up.
        arguments["warmup_steps"] = arguments["warmup_steps"] or None
    elif schedule is not None:
        for rate in arguments.keys() & {"learning_rate", "adam_learning_rate"}:
            arguments[rate] = optax_schedule(schedule, arguments[rate])
    return load(entry.frameworks["optax"])(**{**arguments, **more})


def optax_schedule(schedule: Schedule, peak: float = 1.0) -> Callable[[Any], Any]:
    """The schedule as optax wants it: from a count, which JAX may trace, to a learning rate.

    Args:
        schedule: as `tb.schedule("cosine", n)` makes it.
        peak: the learning rate where the factor is 1.

    Returns:
        A function of the step count.

    Example:
        >>> from tunebook.domain.schedule import schedule
        >>> float(optax_schedule(schedule("linear", 100), 0.5)(50))
        0.25
    """
    jnp = load("jax.numpy")

    def clip(number: Any) -> Any:
        return jnp.clip(number, 0.0, 1.0)

    def rate(count: Any) -> Any:
        return peak * factor_by(schedule, count, clip=clip, cos=jnp.cos)

    return rate
