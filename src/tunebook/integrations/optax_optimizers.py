"""optax's optimizers and schedules from a configuration (A2 E5)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tunebook.domain.schedule import Schedule, factor_by
from tunebook.domain.trial import Configuration
from tunebook.integrations.chosen import check_schedule, chosen, load, warmup_steps

_ARGUMENTS = {"epsilon": "eps", "rho": "decay", "beta1": "b1", "beta2": "b2"}
_OF_MUON = {"momentum": "beta", "adam_learning_rate": "adam_learning_rate"}
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
    """
    entry, values = chosen(config, optimizer, "optax", names)
    check_schedule(entry, schedule)
    make = load(entry.frameworks["optax"])
    renamed = {**_ARGUMENTS, **(_OF_MUON if entry.name == "muon" else {})}
    arguments: dict[str, Any] = {renamed.get(name, name): v for name, v in values.items()}
    if entry.name == "muon":
        arguments["adam_weight_decay"] = arguments["weight_decay"]
    if entry.name == "schedule_free_adamw":
        # optax divides by the steps of warm-up, so none is told as None.
        arguments["warmup_steps"] = warmup_steps(config, names) or None
    elif schedule is not None:
        for rate in ("learning_rate", "adam_learning_rate"):
            if rate in arguments:
                arguments[rate] = optax_schedule(schedule, arguments[rate])
    return make(**{**arguments, **_ALWAYS.get(entry.name, {}), **more})


def optax_schedule(schedule: Schedule, peak: float = 1.0) -> Callable[[Any], Any]:
    """The schedule as optax wants it: from a count, which JAX may trace, to a learning rate.

    Args:
        schedule: as `tb.schedule("cosine", n)` makes it.
        peak: the learning rate where the factor is 1.
    """
    jnp = load("jax.numpy")

    def clip(number: Any) -> Any:
        return jnp.clip(number, 0.0, 1.0)

    def rate(count: Any) -> Any:
        return peak * factor_by(schedule, count, clip=clip, cos=jnp.cos)

    return rate
