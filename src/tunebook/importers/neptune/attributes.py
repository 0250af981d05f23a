"""What the attributes of a run of Neptune are: settings, results, or Neptune's own (C11)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tunebook.domain.metric_direction import likely_direction

OWN = "sys/"
NOT_READ = ("monitoring/", "source_code/")
"""Folders in which Neptune measures the machine, and keeps code."""
_SETTINGS = frozenset(
    {"parameters", "params", "hyperparameters", "hyperparams", "hyper_parameters", "hparams",
     "config", "configs", "configuration", "args", "arguments", "settings"}
)  # fmt: skip
"""Folders that hold settings, by their names."""


@dataclass(slots=True, kw_only=True)
class Parts:
    """The single values of a run, by what they are.

    Attributes:
        config: settings, without the folder that says so.
        results: numbers that training reached.
        notes: the rest.
    """

    config: dict[str, Any] = field(default_factory=dict)
    results: dict[str, float] = field(default_factory=dict)
    notes: dict[str, Any] = field(default_factory=dict)


def parted(values: Mapping[str, Any], *, settings: bool) -> Parts:
    """Tell settings from results.

    Args:
        values: by path, without those under `sys/`.
        settings: the export has a folder of settings, so that nothing outside is one. Without
            one, a number whose name is a metric's is a result, and the rest are settings.
    """
    parts = Parts()
    for path, value in values.items():
        name = setting_of(path)
        number = isinstance(value, int | float) and not isinstance(value, bool)
        metric = number and likely_direction(path.rpartition("/")[2]) is not None
        if name and name not in parts.config:
            parts.config[name] = value
        elif name or not (settings or metric):
            parts.config[path] = value
        elif number:
            parts.results[path] = float(value)
        else:
            parts.notes[path] = value
    return parts


def setting_of(path: str) -> str:
    """The name below a folder of settings; empty where the path has none.

    Example:
        >>> setting_of("training/hyperparams/model/width"), setting_of("eval/accuracy")
        ('model/width', '')
    """
    folders = path.split("/")
    found = next((i for i, own in enumerate(folders[:-1]) if own.lower() in _SETTINGS), None)
    return "" if found is None else "/".join(folders[found + 1 :])


def status_of(own: Mapping[str, Any]) -> str:
    """How a run ended: Neptune keeps whether it failed, and whether it is active."""
    if own.get("sys/failed") is True:
        return "failed"
    state = str(own.get("sys/state") or "").lower()
    return "running" if state in ("active", "running") else "complete"


def seconds_of(own: Mapping[str, Any]) -> float | None:
    """How long a run took."""
    for path in ("sys/running_time", "sys/experiment/running_time_seconds"):
        value = own.get(path)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
    return None


def start_of(own: Mapping[str, Any]) -> str:
    """When a run began, ISO 8601."""
    try:
        return datetime.fromisoformat(str(own.get("sys/creation_time"))).isoformat()
    except ValueError:
        return ""
