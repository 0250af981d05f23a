"""What a person says of their trials on Ray, checked before anything is started."""

from __future__ import annotations

import importlib.util
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from tunebook.domain.errors import DesignError
from tunebook.execution.ray import SPEC


@dataclass(frozen=True, slots=True, kw_only=True)
class RaySettings:
    """Arguments of `RayExecutor`; see there."""

    workers: int | None = None
    address: str | None = None
    cpus: float = 1
    gpus: float = 0
    memory_mb: int | None = None
    resources: Mapping[str, float] = field(default_factory=dict)
    runtime_env: Mapping[str, Any] | None = None
    host_gone_s: float = 60.0

    def line(self, *, local: bool) -> bytes:
        """For the driver, as a line of JSON; `local` starts a cluster on this machine."""
        told = {**asdict(self), "resources": dict(self.resources), "local": local}
        return json.dumps(told).encode() + b"\n"

    def needs(self) -> dict[str, float]:
        """What one trial takes of a node, in Ray's names."""
        memory = {} if self.memory_mb is None else {"memory": self.memory_mb * 2.0**20}
        own = {"CPU": self.cpus, "GPU": self.gpus, **memory, **self.resources}
        return {name: amount for name, amount in own.items() if amount}

    def options(self) -> dict[str, Any]:
        """In the words of Ray's `options`."""
        told: dict[str, Any] = {"num_cpus": self.cpus, "num_gpus": self.gpus}
        if self.memory_mb is not None:
            told["memory"] = self.memory_mb * 2**20
        if self.resources:
            told["resources"] = dict(self.resources)
        return told


def checked(settings: RaySettings) -> RaySettings:
    """The settings, if they make sense.

    Raises:
        DesignError: one is none that Ray knows, or Ray is not installed.
    """
    s = settings
    for name in ("workers", "memory_mb"):
        value = getattr(s, name)
        if value is not None and (not isinstance(value, int) or value < 1 or value is True):
            raise _wrong(name, value, "a whole number of at least 1")
    for name, value in (("cpus", s.cpus), ("gpus", s.gpus)):
        if not _number(value) or value < 0:
            raise _wrong(name, value, "a number of 0 or more")
    if not _number(s.host_gone_s) or s.host_gone_s < 5:
        raise _wrong("host_gone_s", s.host_gone_s, "a number of seconds, 5 or more")
    if s.address is not None and (not isinstance(s.address, str) or not s.address.strip()):
        raise _wrong("address", s.address, 'a text as ray.init takes it: "auto", "10.0.0.7:6379"')
    if not isinstance(s.resources, Mapping) or not all(
        isinstance(k, str) and _number(v) and v > 0 for k, v in s.resources.items()
    ):
        raise _wrong("resources", s.resources, 'amounts by name: resources={"a100": 1}')
    _check_runtime_env(s.runtime_env)
    if importlib.util.find_spec("ray") is None:
        raise SPEC.not_installed("ray")
    return s


def _check_runtime_env(told: object) -> None:
    if told is None:
        return
    example = 'a table as Ray takes it: runtime_env={"working_dir": "."}'
    if not isinstance(told, Mapping):
        raise _wrong("runtime_env", told, example)
    try:
        json.dumps(dict(told))
    except (TypeError, ValueError):
        raise _wrong("runtime_env", told, example + ", of texts, numbers and lists") from None


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _wrong(name: str, value: object, what: str) -> DesignError:
    return DesignError(f"{name} is {what}; got {value!r:.80}", next_step=f"correct {name}")
