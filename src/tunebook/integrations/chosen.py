"""The optimizer that a configuration names, and its arguments in a framework's spelling (A2)."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

from tunebook.domain.errors import DesignError
from tunebook.domain.formats import scalars
from tunebook.domain.optimizers.optimizer import Optimizer
from tunebook.domain.optimizers.spaces import check_framework, optimizer_named
from tunebook.domain.schedule import Schedule, Shape
from tunebook.domain.trial import Configuration, Value


def chosen(
    config: Configuration, optimizer: str | None, framework: str, names: Mapping[str, str] | None
) -> tuple[Optimizer, dict[str, float]]:
    """The entry of the catalogue, and the value of each of its hyperparameters.

    Args:
        config: of a trial; what it does not have is at its default.
        optimizer: name of the catalogue; None to take it from the configuration.
        framework: is told what it lacks.
        names: what the configuration calls a hyperparameter, by its name in the catalogue.

    Raises:
        DesignError: no optimizer or no learning rate is said, or the framework has no such one.
    """
    called = names or {}

    def read(name: str) -> Value | None:
        return config.get(called.get(name, name))

    name = optimizer or read("optimizer")
    if name is None:
        raise DesignError(
            'neither the configuration nor the call names an optimizer; "optimizer" is no '
            f"hyperparameter of this trial ({', '.join(config)})",
            next_step='name one, as torch_optimizer(model, trial.config, "adam"), or add '
            'fixed={"optimizer": "adam"} to the round',
        )
    entry = optimizer_named(name)
    check_framework(entry, framework)
    values = {t.name: t.default for t in entry.tunables}
    for hyperparameter in [*values, "learning_rate_over_epsilon"]:
        given = read(hyperparameter)
        if given is not None:
            values[hyperparameter] = scalars.number(
                called.get(hyperparameter, hyperparameter), given, what=f"of {entry.title}"
            )
    ratio = values.pop("learning_rate_over_epsilon", None)
    if ratio is not None and values.get("epsilon") is not None:
        values["learning_rate"] = ratio * float(values["epsilon"] or 0.0)
    if values["learning_rate"] is None:
        rate = called.get("learning_rate", "learning_rate")
        raise DesignError(
            f'{entry.title} needs a learning rate; "{rate}" is no hyperparameter of this trial '
            f"({', '.join(config)})",
            next_step=f'add it to the round: nuisance=tb.optimizer_space("{entry.name}", '
            'trials=...), or map its name: names={"learning_rate": ...}',
        )
    return entry, {key: float(value) for key, value in values.items() if value is not None}


def arguments_in(
    framework: str,
    config: Configuration,
    optimizer: str | None,
    names: Mapping[str, str] | None,
    spelling: Mapping[str, str],
    always: Mapping[str, Mapping[str, object]],
) -> tuple[Optimizer, dict[str, Any]]:
    """The entry of the catalogue, and what its constructor in a framework takes.

    Args:
        framework, config, optimizer, names: as for `chosen`.
        spelling: what the framework calls a hyperparameter, by its name in the catalogue.
        always: further arguments by the optimizer's name in the catalogue.

    Raises:
        DesignError: as for `chosen`.
    """
    entry, values = chosen(config, optimizer, framework, names)
    arguments: dict[str, Any] = {spelling.get(name, name): x for name, x in values.items()}
    if entry.name == "schedule_free_adamw":
        called = (names or {}).get("warmup_steps", "warmup_steps")
        arguments["warmup_steps"] = (
            scalars.whole(called, config[called], least=0, example=100) if called in config else 0
        )
    return entry, {**arguments, **always.get(entry.name, {})}


def load(path: str) -> Any:
    """What a dotted path such as `torch.optim.SGD` names, its framework imported.

    Raises:
        DesignError: the framework is not installed, or this version of it has no such thing.
    """
    module, _, attribute = path.rpartition(".")
    package = path.partition(".")[0]
    named = package.replace("_", "-")
    try:
        return getattr(importlib.import_module(module), attribute)
    except ModuleNotFoundError as error:
        if error.name == "tensorflow" and package == "keras":
            raise DesignError(
                "Keras would use TensorFlow, which is not installed",
                next_step='set KERAS_BACKEND="jax" or "torch" in the environment of the run',
            ) from None
        raise DesignError(
            f"{path} is not installed: no module {error.name}",
            next_step=f"pip install {named}",
        ) from None
    except AttributeError:
        version = getattr(importlib.import_module(package), "__version__", "this version")
        raise DesignError(
            f"{package} {version} has no {path}",
            next_step=f"pip install --upgrade {named}, or leave it out",
        ) from None


def check_schedule(entry: Optimizer, schedule: Schedule | None) -> None:
    """Schedule-Free takes none: its warm-up is its own, and it averages in place of a decay.

    Raises:
        DesignError: it is given one that moves.
    """
    if entry.name != "schedule_free_adamw" or schedule is None:
        return
    if schedule.shape is not Shape.CONSTANT or schedule.warmup:
        raise DesignError(
            f"{entry.title} takes no schedule; got {schedule.shape.value}",
            next_step='leave schedule out under it: tb.per("optimizer", adamw=tb.choice(...)); it '
            "reads warmup_steps itself",
        )
