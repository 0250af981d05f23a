"""A Ray cluster as the driver sees it: connecting, and actors that are lent to trials (I2)."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import time
from contextlib import suppress
from typing import Any

from tunebook.execution.ray.node import RayNode
from tunebook.execution.ray.settings import RaySettings

IDLE_S = 30.0
"""An actor without a trial is kept for so long: it has imported a framework, and holds a place."""
LEAVE_S = 10.0


def connect(settings: RaySettings, *, local: bool) -> Cluster:
    """Join a cluster, or start one on this machine.

    Raises:
        ConnectionError: none was named, and none runs here.
        Exception: whatever Ray has against it.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    if local:
        # Read when Ray is imported: all of it listens on loopback.
        os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"
    import ray  # noqa: PLC0415 - after what it reads at its import

    more: dict[str, Any] = {"include_dashboard": False} if local else {}
    if settings.runtime_env is not None:
        more["runtime_env"] = dict(settings.runtime_env)
    address = settings.address or os.environ.get("RAY_ADDRESS") or "auto"
    ray.init(
        address="local" if local else address,
        namespace=f"tunebook-{secrets.token_hex(4)}",
        log_to_driver=False,
        logging_level=logging.ERROR,
        **more,
    )
    return Cluster(ray, settings)


class Cluster:
    """Actors on a cluster: one trains one trial at a time, and another one afterwards."""

    def __init__(self, ray: Any, settings: RaySettings) -> None:
        self.ray = ray
        self.settings = settings
        self._actor = ray.remote(RayNode)
        self._idle: list[tuple[float, Any]] = []

    def described(self) -> dict[str, Any]:
        """What there is now, and whether a trial fits on any node."""
        nodes = [n["Resources"] for n in self.ray.nodes() if n["Alive"]]
        needs = self.settings.needs()
        fits = [_places(node, needs) for node in nodes]
        return {"places": sum(fits), "nodes": len(nodes), "needs": needs}

    def node(self) -> Any:
        """An actor: one that is idle, else a new one, which may have to wait for its place."""
        self._let_go(time.monotonic() - IDLE_S)
        if self._idle:
            return self._idle.pop()[1]
        options = self.settings.options()
        return self._actor.options(**options, max_restarts=0, max_concurrency=4).remote(
            self.settings.host_gone_s
        )

    def give_back(self, node: Any) -> None:
        """An actor that can train another trial."""
        self._idle.append((time.monotonic(), node))

    def kill(self, node: Any) -> None:
        """End an actor, whatever it does."""
        with suppress(Exception):  # it is gone already, or the cluster is
            self.ray.kill(node, no_restart=True)

    async def dismiss(self, node: Any) -> None:
        """End an actor once it has put its place in order."""
        with suppress(Exception):
            await asyncio.wait_for(awaited(node.leave.remote()), LEAVE_S)
        self.kill(node)

    async def leave(self) -> None:
        """End all idle actors."""
        idle, self._idle = self._idle, []
        await asyncio.gather(*(self.dismiss(node) for _, node in idle))

    def _let_go(self, before: float) -> None:
        old = [node for at, node in self._idle if at < before]
        self._idle = [(at, node) for at, node in self._idle if at >= before]
        for node in old:
            task = asyncio.ensure_future(self.dismiss(node))
            task.add_done_callback(lambda done: done.exception())


async def awaited(reference: Any) -> Any:
    """What a reference stands for, once it is there."""
    return await reference


def _places(node: dict[str, float], needs: dict[str, float]) -> int:
    if not needs:
        return 1
    return int(min(node.get(name, 0.0) / amount for name, amount in needs.items()))
