"""Does a Ray cluster answer on this machine? None is started (D6 I2)."""

from __future__ import annotations

import importlib.util
from importlib.metadata import version

from tunebook.execution import ClusterReply
from tunebook.execution.ray.executor import asked
from tunebook.execution.ray.settings import RaySettings

ANSWER_S = 20.0


def checkup() -> ClusterReply:
    """Count the nodes of the cluster, and its places for trials."""
    if importlib.util.find_spec("ray") is None:
        return ClusterReply(state="absent", sentence="Ray: not installed")
    here = f"Ray {version('ray')}"
    driver, reply = asked(RaySettings(), within_s=ANSWER_S)
    driver.kill()
    if reply["said"] == "none":
        return ClusterReply(state="absent", sentence=f"{here}: no cluster runs on this machine")
    if reply["said"] == "refused":
        why = next((line.strip()[:200] for line in reply["why"].splitlines() if line.strip()), "")
        return ClusterReply(state="silent", sentence=f"{here}: {why}")
    nodes = "1 node" if reply["nodes"] == 1 else f"{reply['nodes']} nodes"
    places = f"{reply['places']} trials of one core at a time"
    return ClusterReply(state="answered", sentence=f"{here} answers: {nodes}, {places}")
