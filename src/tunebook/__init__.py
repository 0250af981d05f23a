"""Tunebook: the lab notebook for tuning deep nets.

Names load on first touch, so that `import tunebook` costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from tunebook.words.version import VERSION as __version__

if TYPE_CHECKING:
    from tunebook.book.exploitation import Exploitation as Exploitation
    from tunebook.book.exploration import explore as explore
    from tunebook.book.notebook import Book as Book
    from tunebook.book.rounds import BookRound as BookRound
    from tunebook.execution.local import LocalExecutor as local
    from tunebook.execution.ray_executor import RayExecutor as ray
    from tunebook.execution.slurm_executor import SlurmExecutor as slurm
    from tunebook.integrations.keras_optimizers import keras_optimizer as keras_optimizer
    from tunebook.integrations.keras_optimizers import keras_schedule as keras_schedule
    from tunebook.integrations.optax_optimizers import optax_optimizer as optax_optimizer
    from tunebook.integrations.optax_optimizers import optax_schedule as optax_schedule
    from tunebook.integrations.torch_optimizers import torch_optimizer as torch_optimizer
    from tunebook.report.examine import examine as examine
    from tunebook.training.gradient_norms import gradient_norm as gradient_norm
    from tunebook.training.handle import Trial as Trial
    from tunebook.words.errors import DesignError as DesignError
    from tunebook.words.errors import Infeasible as Infeasible
    from tunebook.words.errors import TunebookError as TunebookError
    from tunebook.words.optimizers import optimizer_defaults as optimizer_defaults
    from tunebook.words.optimizers import optimizer_space as optimizer_space
    from tunebook.words.program import command as command
    from tunebook.words.schedule import Schedule as Schedule
    from tunebook.words.schedule import schedule as schedule
    from tunebook.words.spelling import choice as choice
    from tunebook.words.spelling import integer as integer
    from tunebook.words.spelling import log_uniform as log_uniform
    from tunebook.words.spelling import maximize as maximize
    from tunebook.words.spelling import minimize as minimize
    from tunebook.words.spelling import near_one as near_one
    from tunebook.words.spelling import per as per
    from tunebook.words.spelling import uniform as uniform
    from tunebook.words.table import TrialTable as TrialTable

_HOMES = {
    "Book": "tunebook.book.notebook",
    "BookRound": "tunebook.book.rounds",
    "DesignError": "tunebook.words.errors",
    "Exploitation": "tunebook.book.exploitation",
    "Infeasible": "tunebook.words.errors",
    "Schedule": "tunebook.words.schedule",
    "Trial": "tunebook.training.handle",
    "TrialTable": "tunebook.words.table",
    "TunebookError": "tunebook.words.errors",
    "choice": "tunebook.words.spelling",
    "command": "tunebook.words.program",
    "examine": "tunebook.report.examine",
    "explore": "tunebook.book.exploration",
    "gradient_norm": "tunebook.training.gradient_norms",
    "integer": "tunebook.words.spelling",
    "keras_optimizer": "tunebook.integrations.keras_optimizers",
    "keras_schedule": "tunebook.integrations.keras_optimizers",
    "local": "tunebook.execution.local",
    "log_uniform": "tunebook.words.spelling",
    "maximize": "tunebook.words.spelling",
    "minimize": "tunebook.words.spelling",
    "near_one": "tunebook.words.spelling",
    "optax_optimizer": "tunebook.integrations.optax_optimizers",
    "optax_schedule": "tunebook.integrations.optax_optimizers",
    "optimizer_defaults": "tunebook.words.optimizers",
    "optimizer_space": "tunebook.words.optimizers",
    "per": "tunebook.words.spelling",
    "ray": "tunebook.execution.ray_executor",
    "schedule": "tunebook.words.schedule",
    "slurm": "tunebook.execution.slurm_executor",
    "torch_optimizer": "tunebook.integrations.torch_optimizers",
    "uniform": "tunebook.words.spelling",
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
