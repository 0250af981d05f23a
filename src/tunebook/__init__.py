"""Tunebook: the lab notebook for tuning deep nets.

Names load on first touch, so that `import tunebook` costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from tunebook.domain.version import VERSION as __version__

if TYPE_CHECKING:
    from tunebook.book.bayesian.exploitation import Exploitation as Exploitation
    from tunebook.book.exploration import explore as explore
    from tunebook.book.notebook import Book as Book
    from tunebook.book.rounds import BookRound as BookRound
    from tunebook.domain.errors import DesignError as DesignError
    from tunebook.domain.errors import Infeasible as Infeasible
    from tunebook.domain.errors import TunebookError as TunebookError
    from tunebook.domain.formats.spelling import choice as choice
    from tunebook.domain.formats.spelling import integer as integer
    from tunebook.domain.formats.spelling import log_uniform as log_uniform
    from tunebook.domain.formats.spelling import maximize as maximize
    from tunebook.domain.formats.spelling import minimize as minimize
    from tunebook.domain.formats.spelling import near_one as near_one
    from tunebook.domain.formats.spelling import per as per
    from tunebook.domain.formats.spelling import uniform as uniform
    from tunebook.domain.optimizers.spaces import optimizer_defaults as optimizer_defaults
    from tunebook.domain.optimizers.spaces import optimizer_space as optimizer_space
    from tunebook.domain.program import command as command
    from tunebook.domain.schedule import Schedule as Schedule
    from tunebook.domain.schedule import schedule as schedule
    from tunebook.domain.table import TrialTable as TrialTable
    from tunebook.examination.examine import examine as examine
    from tunebook.execution.local import LocalExecutor as local
    from tunebook.execution.ray.executor import RayExecutor as ray
    from tunebook.execution.slurm.executor import SlurmExecutor as slurm
    from tunebook.integrations.keras_optimizers import keras_optimizer as keras_optimizer
    from tunebook.integrations.keras_optimizers import keras_schedule as keras_schedule
    from tunebook.integrations.optax_optimizers import optax_optimizer as optax_optimizer
    from tunebook.integrations.optax_optimizers import optax_schedule as optax_schedule
    from tunebook.integrations.torch_optimizers import torch_optimizer as torch_optimizer
    from tunebook.training.gradient_norms import gradient_norm as gradient_norm
    from tunebook.training.handle import Trial as Trial

_HOMES = {
    "Book": "tunebook.book.notebook",
    "BookRound": "tunebook.book.rounds",
    "DesignError": "tunebook.domain.errors",
    "Exploitation": "tunebook.book.bayesian.exploitation",
    "Infeasible": "tunebook.domain.errors",
    "Schedule": "tunebook.domain.schedule",
    "Trial": "tunebook.training.handle",
    "TrialTable": "tunebook.domain.table",
    "TunebookError": "tunebook.domain.errors",
    "choice": "tunebook.domain.formats.spelling",
    "command": "tunebook.domain.program",
    "examine": "tunebook.examination.examine",
    "explore": "tunebook.book.exploration",
    "gradient_norm": "tunebook.training.gradient_norms",
    "integer": "tunebook.domain.formats.spelling",
    "keras_optimizer": "tunebook.integrations.keras_optimizers",
    "keras_schedule": "tunebook.integrations.keras_optimizers",
    "local": "tunebook.execution.local",
    "log_uniform": "tunebook.domain.formats.spelling",
    "maximize": "tunebook.domain.formats.spelling",
    "minimize": "tunebook.domain.formats.spelling",
    "near_one": "tunebook.domain.formats.spelling",
    "optax_optimizer": "tunebook.integrations.optax_optimizers",
    "optax_schedule": "tunebook.integrations.optax_optimizers",
    "optimizer_defaults": "tunebook.domain.optimizers.spaces",
    "optimizer_space": "tunebook.domain.optimizers.spaces",
    "per": "tunebook.domain.formats.spelling",
    "ray": "tunebook.execution.ray.executor",
    "schedule": "tunebook.domain.schedule",
    "slurm": "tunebook.execution.slurm.executor",
    "torch_optimizer": "tunebook.integrations.torch_optimizers",
    "uniform": "tunebook.domain.formats.spelling",
}

_CALLED = {"local": "LocalExecutor", "ray": "RayExecutor", "slurm": "SlurmExecutor"}
"""What a public name is called in its home, where that differs."""

__all__ = [*_HOMES, "__version__"]


def __getattr__(name: str) -> object:
    """Load a public name on first touch and keep it."""
    if name not in _HOMES:
        raise AttributeError(f"module 'tunebook' has no attribute {name!r}")
    found: object = getattr(importlib.import_module(_HOMES[name]), _CALLED.get(name, name))
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
