"""Scenes on clusters that are started here: a real SLURM of one node, and a real Ray."""

from __future__ import annotations

import random
import socket
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path

import faults as f
import psutil
from scene import Result, Scene

from system.postgres import Server

RAY = {"kind": "ray", "workers": 4}
SLURM = {"kind": "slurm", "workers": 4, "cpus": 1, "partition": "low", "grace_s": 3}
NODE = socket.gethostname().partition(".")[0]
HIGH = ("sbatch", "-p", "high", "-n", "8", "-o", "/dev/null", "--wrap", "sleep 0.5")


def slurm_faults(cluster) -> dict[str, f.Fault]:
    """What befalls jobs, the controller and the node."""

    def preempt_jobs(_: Scene) -> bool:
        cluster.said(*HIGH)
        return True

    def kill_controller(scene: Scene) -> bool:
        cluster.kill_controller()
        time.sleep(scene.dice.uniform(0.5, 3.0))
        cluster.start_controller()
        return True

    def lose_node(scene: Scene) -> bool:
        cluster.lose_node()
        time.sleep(scene.dice.uniform(0.5, 2.0))
        cluster.find_node()
        return True

    return {
        "jobs preempted by another partition": preempt_jobs,
        "kill -9 of SLURM's controller": kill_controller,
        "SLURM's node lost": lose_node,
    }


def resuming(cluster) -> Callable[[], None]:
    """Give a node back that SLURM has drained: after its controller was killed with -9 it may
    give a job number twice, and takes the node out of use for an administrator to look at.
    """
    state = {"at": 0.0}

    def administer() -> None:
        if time.monotonic() < state["at"]:
            return
        state["at"] = time.monotonic() + 2.0
        if "drain" in cluster.said("sinfo", "-h", "-N", "-o", "%T"):
            cluster.said("scontrol", "update", f"NodeName={NODE}", "State=RESUME")

    return administer


def on_slurm(cluster, server: Server | None, database: Callable[[Server], str], played, named):
    """A scene on SLURM, with the book in a file or on a server."""

    def play(folder: Path, dice: random.Random) -> Result:
        book = database(server) if server else str(folder / "book.db")
        scene = Scene(folder, SLURM, book, "PostgreSQL" if server else "SQLite", dice)
        scene.administer = resuming(cluster)
        scene.around = lambda: " ".join(
            [*cluster.jobs(), *cluster.said("sinfo", "-h", "-N", "-o", "%T %E").split()]
        )
        chosen = named(f.kill_worker, f.kill_runner, f.preempt_runner, f.corrupt_checkpoint,
                       f.deliver_twice)  # fmt: skip
        if server:
            chosen["kill -9 of the database server"] = f.kill_database(server)
        return played(scene, {**chosen, **slurm_faults(cluster)}, 1.5, 20)

    return play


# How soon Ray misses a node that is not there: within three seconds, not half a minute.
MISSING = {
    "health_check_initial_delay_ms": 1000,
    "health_check_period_ms": 500,
    "health_check_timeout_ms": 1000,
    "health_check_failure_threshold": 3,
}


def ray_faults(cluster, nodes: list) -> dict[str, f.Fault]:
    """What befalls actors, the driver beside the runner, and nodes."""
    from cluster.ray_cluster import ACTOR, DRIVER

    def kill(kind: str) -> f.Fault:
        def fault(scene: Scene) -> bool:
            there = cluster.processes(kind)
            if not there:
                return False
            with suppress(psutil.Error):
                scene.dice.choice(there).kill()
            return True

        return fault

    def lose_node(scene: Scene) -> bool:
        cluster.lose(nodes.pop(scene.dice.randrange(len(nodes))))
        time.sleep(scene.dice.uniform(0.5, 2.0))
        nodes.append(cluster.add(2))
        return True

    return {
        "kill -9 of a Ray actor": kill(ACTOR),
        "kill -9 of the process that speaks with Ray": kill(DRIVER),
        "Ray's node lost": lose_node,
    }


def on_ray(
    cluster, nodes: list, server: Server | None, database: Callable[[Server], str], played, named
):
    """A scene on Ray, with the book in a file or on a server."""

    def play(folder: Path, dice: random.Random) -> Result:
        book = database(server) if server else str(folder / "book.db")
        scene = Scene(folder, RAY, book, "PostgreSQL" if server else "SQLite", dice)
        noted = {"env_vars": {"ACKNOWLEDGED": str(scene.noted)}}
        scene.executor = {**RAY, "address": cluster.address, "runtime_env": noted}
        chosen = named(f.kill_worker, f.kill_runner, f.preempt_runner, f.corrupt_checkpoint,
                       f.deliver_twice)  # fmt: skip
        if server:
            chosen["kill -9 of the database server"] = f.kill_database(server)
        return played(scene, {**chosen, **ray_faults(cluster, nodes)}, 1.5, 20)

    return play


def cluster_plays(stack: ExitStack, server: Server, only: str, database, played, named) -> dict:
    """Scenes by name; those of a cluster that is not asked for are left out."""
    plays = {}
    if only in "slurm file slurm server" or "slurm" in only:
        from cluster.slurm_cluster import Cluster, missing

        why = missing()
        if why:
            raise SystemExit(f"no SLURM: {why}")
        top = Path(tempfile.mkdtemp(prefix="tunebook-slurm-"))
        cluster = Cluster(top)
        stack.callback(cluster.stop)
        with cluster.conf.open("a") as settings:  # how soon SLURM misses a job that is not there
            settings.write("SlurmdTimeout=20\n")
        cluster.start()
        plays["slurm file"] = on_slurm(cluster, None, database, played, named)
        plays["slurm server"] = on_slurm(cluster, server, database, played, named)
    if only in "ray file ray server" or "ray" in only:
        from cluster.ray_cluster import RayCluster

        cluster = RayCluster(2, MISSING)
        stack.callback(cluster.stop)
        nodes = [cluster.add(2), cluster.add(2)]
        plays["ray file"] = on_ray(cluster, nodes, None, database, played, named)
        plays["ray server"] = on_ray(cluster, nodes, server, database, played, named)
    return plays
