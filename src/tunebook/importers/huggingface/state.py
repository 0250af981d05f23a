"""The Trainer's state: its log as curves, its trial's parameters, and whether it ended."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tunebook.importers.json_files import number

COUNTS = ("step", "epoch")
_COSTS = ("runtime", "samples_per_second", "steps_per_second", "tokens_per_second", "total_flos",
          "num_input_tokens_seen", "train_tokens_per_second")  # fmt: skip
"""Ends of names that say what a log's row took."""
_OF_THE_END = "train_runtime"
_SAME = 1e-9


@dataclass(slots=True, kw_only=True)
class TrainerState:
    """What one state file says.

    Attributes:
        params: of the trial; None where the run is none of a search.
        curves: by metric, step to value; of a step that has several rows the last counts.
        settings: that the state itself has, such as the number of epochs.
        seconds: of training, where its last row says so.
        step, steps: where it is, and where it is to end; 0 where that is not known.
        stopped: a callback ended the training, as early stopping does.
        best: the metric of the best model, its step; None where none was followed.
        unread: rows of the log that are none.
    """

    params: dict[str, Any] | None = None
    curves: dict[str, dict[int, float]] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    seconds: float | None = None
    step: int = 0
    steps: int = 0
    stopped: bool = False
    best: tuple[float, int] | None = None
    unread: int = 0

    def ended(self, checkpoints: Sequence[int], save_steps: int) -> bool:
        """Whether training ended as it was meant to, as far as the last state knows.

        Older versions save nothing at the end: a run that is nearer to its end than the next
        checkpoint was counts as ended.

        Args:
            checkpoints: their steps, rising.
            save_steps: how many steps were to be between them.
        """
        if self.stopped or not self.steps or self.step >= self.steps:
            return True
        if self.seconds is not None:
            return True
        if len(checkpoints) > 1:
            gap = min(b - a for a, b in itertools.pairwise(checkpoints))
        else:
            gap = save_steps if save_steps and self.step % save_steps == 0 else 0
        return self.steps - self.step < gap


def read_state(content: Mapping[str, Any]) -> tuple[TrainerState, int]:
    """A state file's content as a state, and its `save_steps`."""
    found = TrainerState(
        step=_whole(content.get("global_step")),
        steps=_whole(content.get("max_steps")),
        stopped=_stopped(content),
    )
    params = content.get("trial_params")
    if isinstance(params, dict):
        found.params = params
    for name in ("num_train_epochs", "train_batch_size"):
        if isinstance(content.get(name), int | float):
            found.settings[name] = content[name]
    log = content.get("log_history")
    for row in log if isinstance(log, list) else []:
        if isinstance(row, dict):
            _take(found, row)
        else:
            found.unread += 1
    best, at = number(content.get("best_metric")), content.get("best_global_step")
    if best is not None and isinstance(at, int):
        found.best = best, at
    return found, _whole(content.get("save_steps"))


def _take(found: TrainerState, row: Mapping[str, Any]) -> None:
    step = row.get("step")
    if not isinstance(step, int) or abs(step) >= 2**63:
        found.unread += 1
        return
    if _OF_THE_END in row:
        found.seconds = number(row[_OF_THE_END])
    for name, value in row.items():
        read = number(value)
        if name not in COUNTS and not name.endswith(_COSTS) and read is not None:
            found.curves.setdefault(name, {})[step] = read


def _whole(value: Any) -> int:
    return int(value) if isinstance(value, int | float) and math.isfinite(value) else 0


def _stopped(content: Mapping[str, Any]) -> bool:
    """Whether the Trainer's control had stopped the training when it was saved."""
    value: Any = content
    for name in ("stateful_callbacks", "TrainerControl", "args", "should_training_stop"):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value is True


def best_metric(state: TrainerState) -> tuple[str, str] | None:
    """The metric that chose the best model and its direction; None where the log does not tell.

    The state has the value and the step: it is the metric that has this value there, and the
    direction is the one in which no other evaluation up to then was better.
    """
    if state.best is None:
        return None
    value, step = state.best
    found = []
    for name, points in state.curves.items():
        at = points.get(step)
        if not name.startswith("eval_") or at is None or len(points) < 2:
            continue
        if not math.isclose(at, value, rel_tol=_SAME):
            continue
        ways = [("minimize", min), ("maximize", max)]
        found += [(name, way) for way, best in ways if best(points.values()) == at]
    return found[0] if len(found) == 1 else None
