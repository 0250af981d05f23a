"""Where trials run, as a round file names it: a table `[executor]` with a `kind` (B2)."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Mapping
from typing import Any

from tunebook.domain.errors import DesignError, nearest
from tunebook.execution import EXECUTORS, Executor

KINDS = ("local", "slurm", "ray")


def executor_of(told: Mapping[str, Any], *, workers: int | None = None) -> Executor | None:
    """The executor that a table describes; None for an empty one.

    Args:
        told: `{"kind": "slurm", "partition": "gpu", ...}`, with the arguments of `tb.slurm`.
        workers: trials at a time, instead of the table's own number.

    Raises:
        DesignError: a kind or an argument that is not known, with the nearest one; or what the
            executor itself refuses.
    """
    if not told:
        return None
    kind = told.get("kind")
    if kind not in KINDS:
        raise DesignError(
            f"[executor] has a kind, one of {', '.join(KINDS)}; got {kind!r}."
            + nearest(str(kind), KINDS),
            next_step='write kind = "slurm", or leave the table out to train on this machine',
        )
    given = {key: value for key, value in told.items() if key != "kind"}
    if workers is not None:
        given["workers"] = workers
    module, _, name = EXECUTORS[kind].partition(":")
    made: Any = getattr(importlib.import_module(module), name)
    known = inspect.signature(made).parameters
    for key in given:
        if key not in known:
            raise DesignError(
                f"[executor] of kind {kind} has no {key!r}; it has {', '.join(known)}."
                + nearest(key, known),
                next_step="correct it, or leave it out",
            )
    missing = [k for k, p in known.items() if p.default is p.empty and k not in given]
    if missing:
        raise DesignError(
            f"[executor] of kind {kind} needs {', '.join(missing)}",
            next_step=f"add {missing[0]} = ..., or --workers where that is what is missing",
        )
    executor: Executor = made(**given)
    return executor
