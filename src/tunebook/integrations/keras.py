"""The optimizers and schedules of Keras 3 from a configuration (A2 E5)."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from tunebook.domain.formats.plain_data import from_data, to_data
from tunebook.domain.schedule import Schedule, factor_by
from tunebook.domain.trial import Configuration
from tunebook.integrations.chosen import arguments_in, check_schedule, load

_SPELLING = {"beta1": "beta_1", "beta2": "beta_2"}
_ALWAYS: Mapping[str, Mapping[str, object]] = {
    "nesterov": {"nesterov": True},
    # Keras's own default lets Muon's matrices move as far as AdamW's would.
    "muon": {"rms_rate": None},
}


def keras_optimizer(
    config: Configuration,
    optimizer: str | None = None,
    *,
    schedule: Schedule | None = None,
    names: Mapping[str, str] | None = None,
    **more: object,
) -> Any:
    """The `keras.optimizers.Optimizer` that a trial's configuration asks for.

    Args:
        config: `trial.config`; what it does not have is at the catalogue's default.
        optimizer: name of the catalogue; `config["optimizer"]` if left out.
        schedule: how the learning rate moves, as `tb.schedule(trial.config, n)`.
        names: what the configuration calls a hyperparameter, `{"learning_rate": "optim.lr"}`.
        more: arguments of the optimizer's own, such as `exclude_layers=["head"]`.

    Raises:
        DesignError: an unknown optimizer, one that Keras lacks, no learning rate, or no backend.

    Returns:
        The optimizer, its learning rate moved by the schedule.

    Example:
        >>> made = keras_optimizer({"optimizer": "adam", "learning_rate": 0.1})
        >>> type(made).__name__
        'Adam'
    """
    entry, arguments = arguments_in("keras", config, optimizer, names, _SPELLING, _ALWAYS)
    check_schedule(entry, schedule)
    make = load(entry.frameworks["keras"])
    if entry.name == "muon":
        # A ratio, so that both move by one schedule.
        arguments["adam_lr_ratio"] = (
            arguments.pop("adam_learning_rate") / arguments["learning_rate"]
        )
        arguments["adam_weight_decay"] = arguments["weight_decay"]
    if schedule is not None and entry.name != "schedule_free_adamw":
        arguments["learning_rate"] = keras_schedule(schedule, arguments["learning_rate"])
    return make(**{**arguments, **more})


def keras_schedule(schedule: Schedule, peak: float = 1.0) -> Any:
    """The schedule as a `keras.optimizers.schedules.LearningRateSchedule`.

    Args:
        schedule: as `tb.schedule("cosine", n)` makes it.
        peak: the learning rate where the factor is 1.

    Returns:
        A schedule that Keras saves and loads with a model.

    Example:
        >>> from tunebook.domain.schedule import schedule
        >>> float(keras_schedule(schedule("linear", 100), 0.5)(50))
        0.25
    """
    return _schedule_class()(to_data(schedule), peak)


@functools.cache
def _schedule_class() -> Any:
    """Made when it is asked for, since it descends from a class of Keras."""
    base = load("keras.optimizers.schedules.LearningRateSchedule")
    ops = load("keras.ops")

    class TunebookSchedule(base):  # type: ignore[misc, valid-type]
        """A schedule's plain data, so that a saved model holds it, and its peak."""

        def __init__(self, schedule: Mapping[str, object], peak: float) -> None:
            self.schedule, self.peak = dict(schedule), peak

        def __call__(self, step: Any) -> Any:
            return self.peak * factor_by(
                from_data(Schedule, self.schedule),
                ops.cast(step, "float32"),
                clip=lambda number: ops.clip(number, 0.0, 1.0),
                cos=ops.cos,
            )

        def get_config(self) -> dict[str, object]:
            return {"schedule": self.schedule, "peak": self.peak}

    register = load("keras.saving.register_keras_serializable")
    return register(package="tunebook")(TunebookSchedule)
