"""A real Ray on this machine: several raylets, each a node with a folder and places of its own."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psutil

DRIVER = "tunebook.execution.ray.driver"
WORKER = "tunebook.training.worker"
ACTOR = "ray::RayNode"
OURS = "TUNEBOOK_RAY_SUITE"
"""Environment variable that all of a cluster, and what this process starts, inherits."""


class RayCluster:
    """A head with places for trials, and nodes that can be added and lost.

    Args:
        cpus: places of the head.
        system: settings of Ray itself.
    """

    def __init__(self, cpus: int = 4, system: dict[str, int] | None = None) -> None:
        from ray.cluster_utils import Cluster

        os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
        self._mark = os.environ[OURS] = secrets.token_hex(4)
        head = {"num_cpus": cpus, "include_dashboard": False, "_system_config": system or {}}
        self._cluster = Cluster(initialize_head=True, head_node_args=head)
        self.address = self._cluster.address

    def add(self, cpus: int, **resources: float):
        """Another node."""
        return self._cluster.add_node(num_cpus=cpus, resources=resources)

    def lose(self, node) -> None:
        """A node's raylet is killed, with -9."""
        self._cluster.remove_node(node, allow_graceful=False)

    def lose_head(self) -> None:
        """The head is killed, and with it all that knows of the cluster."""
        self.lose(self._cluster.head_node)

    def stop(self) -> None:
        self._cluster.shutdown()

    def processes(self, *kinds: str) -> list[psutil.Process]:
        """Ours, of these kinds: DRIVER, ACTOR, WORKER; all three if left out."""
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                line = " ".join(process.cmdline())
                of_kind = any(kind in line for kind in kinds or (DRIVER, ACTOR, WORKER))
                if of_kind and process.environ().get(OURS) == self._mark:
                    found.append(process)
        return found


@contextmanager
def started() -> Iterator[RayCluster]:
    """A cluster for as long as the block lasts."""
    cluster = RayCluster()
    try:
        yield cluster
    finally:
        cluster.stop()
