"""What a person says of their trials on Ray, checked before anything is started."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import KW_ONLY, asdict, dataclass
from typing import Any

from tunebook.execution import check_argument, is_number, is_whole


@dataclass(eq=False)
class RaySettings:
    """Arguments of `RayExecutor`, which says what each is; checked as they are given.

    Raises:
        DesignError: one is none that Ray knows.
    """

    workers: int | None = None
    _: KW_ONLY
    address: str | None = None
    cpus: float = 1
    gpus: float = 0
    memory_mb: int | None = None
    resources: Mapping[str, float] | None = None
    runtime_env: Mapping[str, Any] | None = None
    host_gone_s: float = 60.0

    def __post_init__(self) -> None:
        for name in ("workers", "memory_mb"):
            value = getattr(self, name)
            fits = value is None or is_whole(value, 1)
            check_argument(name, value, fits, "a whole number of at least 1")
        for name, value in (("cpus", self.cpus), ("gpus", self.gpus)):
            check_argument(name, value, is_number(value) and value >= 0, "a number of 0 or more")
        fits = is_number(self.host_gone_s) and self.host_gone_s >= 5
        check_argument("host_gone_s", self.host_gone_s, fits, "a number of seconds, 5 or more")
        fits = self.address is None or (
            isinstance(self.address, str) and bool(self.address.strip())
        )
        what = 'a text as ray.init takes it: "auto", "10.0.0.7:6379"'
        check_argument("address", self.address, fits, what)
        amounts = self.resources or {}
        fits = isinstance(amounts, Mapping) and all(
            isinstance(k, str) and is_number(v) and v > 0 for k, v in amounts.items()
        )
        check_argument("resources", amounts, fits, 'amounts by name: resources={"a100": 1}')
        self._check_runtime_env()

    def _check_runtime_env(self) -> None:
        told = self.runtime_env or {}
        example = 'a table as Ray takes it: runtime_env={"working_dir": "."}'
        check_argument("runtime_env", told, isinstance(told, Mapping), example)
        try:
            json.dumps(dict(told))
        except (TypeError, ValueError):
            what = f"{example}, of texts, numbers and lists"
            check_argument("runtime_env", told, False, what)

    def line(self, *, local: bool) -> bytes:
        """For the driver, as a line of JSON; `local` starts a cluster on this machine."""
        return json.dumps({**asdict(self), "local": local}, default=dict).encode() + b"\n"

    def needs(self) -> dict[str, float]:
        """What one trial takes of a node, in Ray's names."""
        memory = {} if self.memory_mb is None else {"memory": self.memory_mb * 2.0**20}
        own = {"CPU": self.cpus, "GPU": self.gpus, **memory, **(self.resources or {})}
        return {name: amount for name, amount in own.items() if amount}

    def options(self) -> dict[str, Any]:
        """In the words of Ray's `options`."""
        told: dict[str, Any] = {"num_cpus": self.cpus, "num_gpus": self.gpus}
        if self.memory_mb is not None:
            told["memory"] = self.memory_mb * 2**20
        if self.resources:
            told["resources"] = dict(self.resources)
        return told
