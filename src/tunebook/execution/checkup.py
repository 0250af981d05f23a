"""Do the clusters that this machine could use answer? Nothing is trained on them (D6 I2)."""

from __future__ import annotations

import importlib.util
import shutil
from importlib.metadata import version

from tunebook.execution.ray.executor import asked
from tunebook.execution.ray.settings import RaySettings
from tunebook.execution.slurm.queue import ask_now

ANSWER_S = 20.0
ANSWERED, ABSENT, SILENT = "answered", "absent", "silent"


def slurm() -> tuple[str, str]:
    """How SLURM is: ANSWERED, ABSENT or SILENT, and a sentence."""
    if shutil.which("sbatch") is None:
        return ABSENT, "SLURM: its commands are not here"
    if importlib.util.find_spec("submitit") is None:
        return ABSENT, "SLURM is here, submitit is not: pip install 'tunebook[slurm]'"
    answered, said = ask_now("sinfo", "-h", "-o", "%D %T")
    if not answered:
        return SILENT, f"SLURM: {_first(said) or 'its controller does not answer'}"
    states: dict[str, int] = {}
    for line in said.splitlines():
        count, _, state = line.strip().partition(" ")
        if count.isdigit():
            states[state] = states.get(state, 0) + int(count)
    nodes = ", ".join(f"{n} {state}" for state, n in sorted(states.items()))
    return ANSWERED, f"SLURM answers, nodes: {nodes or 'none'}"


def ray() -> tuple[str, str]:
    """How Ray is: ANSWERED, ABSENT or SILENT, and a sentence. Starts no cluster."""
    if importlib.util.find_spec("ray") is None:
        return ABSENT, "Ray: not installed"
    here = f"Ray {version('ray')}"
    driver, said = asked(RaySettings(), within_s=ANSWER_S)
    driver.kill()
    if said["said"] == "none":
        return ABSENT, f"{here}: no cluster runs on this machine"
    if said["said"] == "refused":
        return SILENT, f"{here}: {_first(said['why'])}"
    nodes = "1 node" if said["nodes"] == 1 else f"{said['nodes']} nodes"
    return ANSWERED, f"{here} answers: {nodes}, {said['places']} trials of one core at a time"


def _first(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return lines[0][:200] if lines else ""
