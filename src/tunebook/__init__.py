"""Tunebook: the lab notebook for tuning deep nets.

Names load on first touch, so that `import tunebook` costs next to nothing.
"""

from __future__ import annotations

import importlib
import warnings
from typing import TYPE_CHECKING

from tunebook.domain.version import VERSION as __version__

if TYPE_CHECKING:
    from tunebook.auditing import audit as audit
    from tunebook.auditing import read_sweep as read_sweep
    from tunebook.book.bayesian.exploitation import Exploitation as Exploitation
    from tunebook.book.exploration import explore as explore
    from tunebook.book.notebook import Book as Book
    from tunebook.book.rounds import Round as Round
    from tunebook.domain.decision import Decision as Decision
    from tunebook.domain.errors import BookAwayError as BookAwayError
    from tunebook.domain.errors import BookBusyError as BookBusyError
    from tunebook.domain.errors import BookDamagedError as BookDamagedError
    from tunebook.domain.errors import BookNewerError as BookNewerError
    from tunebook.domain.errors import BookNotFoundError as BookNotFoundError
    from tunebook.domain.errors import ClusterError as ClusterError
    from tunebook.domain.errors import CodecError as CodecError
    from tunebook.domain.errors import DesignError as DesignError
    from tunebook.domain.errors import EvidenceError as EvidenceError
    from tunebook.domain.errors import Infeasible as Infeasible
    from tunebook.domain.errors import PlanDiffersError as PlanDiffersError
    from tunebook.domain.errors import ReportError as ReportError
    from tunebook.domain.errors import SpaceError as SpaceError
    from tunebook.domain.errors import StoreError as StoreError
    from tunebook.domain.errors import TableError as TableError
    from tunebook.domain.errors import TrainingCodeError as TrainingCodeError
    from tunebook.domain.errors import TrainingLoadError as TrainingLoadError
    from tunebook.domain.errors import TrialBusyError as TrialBusyError
    from tunebook.domain.errors import TunebookError as TunebookError
    from tunebook.domain.finding import Examination as Examination
    from tunebook.domain.finding import Finding as Finding
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
    from tunebook.execution.local import LocalExecutor as LocalExecutor
    from tunebook.execution.local import LocalExecutor as local
    from tunebook.execution.ray.executor import RayExecutor as RayExecutor
    from tunebook.execution.ray.executor import RayExecutor as ray
    from tunebook.execution.slurm.executor import SlurmExecutor as SlurmExecutor
    from tunebook.execution.slurm.executor import SlurmExecutor as slurm
    from tunebook.training.gradient_norms import gradient_norm as gradient_norm
    from tunebook.training.handle import Trial as Trial

    BookRound = Round

_NAMES = {
    "tunebook.auditing": "audit read_sweep",
    "tunebook.book.bayesian.exploitation": "Exploitation",
    "tunebook.book.exploration": "explore",
    "tunebook.book.notebook": "Book",
    "tunebook.book.rounds": "Round",
    "tunebook.domain.decision": "Decision",
    "tunebook.domain.errors": (
        "BookAwayError BookBusyError BookDamagedError BookNewerError BookNotFoundError "
        "ClusterError CodecError DesignError EvidenceError Infeasible PlanDiffersError "
        "ReportError SpaceError StoreError TableError TrainingCodeError TrainingLoadError "
        "TrialBusyError TunebookError"
    ),
    "tunebook.domain.finding": "Examination Finding",
    "tunebook.domain.formats.spelling": (
        "choice integer log_uniform maximize minimize near_one per uniform"
    ),
    "tunebook.domain.optimizers.spaces": "optimizer_defaults optimizer_space",
    "tunebook.domain.program": "command",
    "tunebook.domain.schedule": "Schedule schedule",
    "tunebook.domain.table": "TrialTable",
    "tunebook.examination.examine": "examine",
    "tunebook.execution.local": "LocalExecutor local",
    "tunebook.execution.ray.executor": "RayExecutor ray",
    "tunebook.execution.slurm.executor": "SlurmExecutor slurm",
    "tunebook.training.gradient_norms": "gradient_norm",
    "tunebook.training.handle": "Trial",
}
"""Public names by the module that has them."""

_HOMES = {name: home for home, names in _NAMES.items() for name in names.split()}

_CALLED = {"local": "LocalExecutor", "ray": "RayExecutor", "slurm": "SlurmExecutor"}
"""What a public name is called in its home, where that differs."""

_RENAMED = {
    "BookRound": "tunebook.Round",
    "keras_optimizer": "tunebook.integrations.keras.keras_optimizer",
    "keras_schedule": "tunebook.integrations.keras.keras_schedule",
    "optax_optimizer": "tunebook.integrations.optax.optax_optimizer",
    "optax_schedule": "tunebook.integrations.optax.optax_schedule",
    "torch_optimizer": "tunebook.integrations.torch.torch_optimizer",
}
"""Old names, which work with a warning until the next minor version, and their successors."""

if TYPE_CHECKING:
    from tunebook.integrations.keras import keras_optimizer as keras_optimizer
    from tunebook.integrations.keras import keras_schedule as keras_schedule
    from tunebook.integrations.optax import optax_optimizer as optax_optimizer
    from tunebook.integrations.optax import optax_schedule as optax_schedule
    from tunebook.integrations.torch import torch_optimizer as torch_optimizer

__all__ = [*_HOMES, "__version__"]


def __getattr__(name: str) -> object:
    """Load a public name on first touch and keep it."""
    if name in _RENAMED:
        home, _, new = _RENAMED[name].rpartition(".")
        text = f"tunebook.{name} is now {home}.{new}; the next minor version removes the old name"
        warnings.warn(text, DeprecationWarning, stacklevel=2)
        renamed: object = getattr(importlib.import_module(home), new)
        return renamed
    if name not in _HOMES:
        raise AttributeError(f"module 'tunebook' has no attribute {name!r}")
    found: object = getattr(importlib.import_module(_HOMES[name]), _CALLED.get(name, name))
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
