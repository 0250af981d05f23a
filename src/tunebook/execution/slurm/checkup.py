"""Does SLURM answer on this machine? No job is submitted (D6 I2)."""

from __future__ import annotations

import shutil

from tunebook.execution import ClusterReply
from tunebook.execution.resources import answer_of


def checkup() -> ClusterReply:
    """Count SLURM's nodes by state."""
    if shutil.which("sbatch") is None:
        return ClusterReply(state="absent", sentence="SLURM: its commands are not here")
    answered, output = answer_of("sinfo", "-h", "-o", "%D %T")
    if not answered:
        first = next((line.strip()[:200] for line in output.splitlines() if line.strip()), "")
        why = first or "its controller does not answer"
        return ClusterReply(state="silent", sentence=f"SLURM: {why}")
    states: dict[str, int] = {}
    for line in output.splitlines():
        count, _, state = line.strip().partition(" ")
        if count.isdigit():
            states[state] = states.get(state, 0) + int(count)
    nodes = ", ".join(f"{n} {state}" for state, n in sorted(states.items()))
    return ClusterReply(state="answered", sentence=f"SLURM answers, nodes: {nodes or 'none'}")
