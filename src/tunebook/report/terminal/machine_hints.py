"""What this machine has and a run did not use, with the flag or setting that would (I2).

Facts in, sentences out; nothing where nothing applies.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tunebook.domain.environment import Tried
from tunebook.domain.formats.numbers import plural

EACH_ITS_GPU = '[executor] with kind = "local" and gpus = "all" in the round file'


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What a machine has.

    Attributes:
        cores: that this process may use.
        memory_mb: in all.
        gpus: that the driver lists; hidden: how many of them CUDA_VISIBLE_DEVICES hides.
    """

    cores: int
    memory_mb: int
    gpus: int
    hidden: int = 0

    @property
    def visible(self) -> int:
        """GPUs that training sees."""
        return self.gpus - self.hidden


def hints_after_try(machine: Machine, tried: Sequence[Tried]) -> tuple[str, ...]:
    """After a test run: a GPU that the framework could use and did not."""
    able = [t for t in tried if not t.fault and t.gpu_frameworks]
    if not machine.gpus or not able or any(t.accelerator_mb is not None for t in able):
        return ()
    if not machine.visible:
        return (f"{plural(machine.hidden, 'GPU')} of this machine can't be seen. {_UNHIDE}",)
    named = able[0].gpu_frameworks[0]
    return (
        f"Training used the CPU, and this machine has {plural(machine.visible, 'GPU')}. "
        f"{_MOVE.get(named, _MOVE['torch'])}",
    )


def hints_after_run(
    machine: Machine,
    *,
    workers: int,
    threads: int,
    trials: int,
    gives_gpus: bool,
    out_of_memory: int,
    out_of_gpu_memory: int,
    memory_limit_mb: int | None,
) -> tuple[str, ...]:
    """After a run on this machine.

    Args:
        machine: that it ran on.
        workers, threads: trials at a time, and threads of each.
        trials: that ended in the run.
        gives_gpus: each worker got a GPU of its own.
        out_of_memory, out_of_gpu_memory: trials of the round that needed more than there was.
        memory_limit_mb: that the run had.
    """
    found = [*_memory(machine, workers, out_of_memory, memory_limit_mb)]
    if out_of_gpu_memory:
        found.append(
            f"{plural(out_of_gpu_memory, 'trial')} ran out of the GPU's memory. "
            + (f"{EACH_ITS_GPU} gives each the whole of one." if workers > 1 and not gives_gpus
               else "Use a smaller batch, or trials_per_gpu = 1 in [executor].")
        )  # fmt: skip
    if machine.gpus and not machine.visible:
        found.append(f"{plural(machine.hidden, 'GPU')} of this machine can't be seen. {_UNHIDE}")
    elif machine.visible and not gives_gpus and workers > 1:
        found.append(
            f"{workers} workers shared {plural(machine.visible, 'GPU')}. {EACH_ITS_GPU} gives "
            "each trial one of its own; trials_per_gpu = 2 puts two on each."
        )
    more = machine.cores // max(1, threads)
    if not machine.visible and more >= 2 * workers and trials > workers:
        found.append(
            f"{plural(workers, 'trial')} ran at a time on {machine.cores} cores. "
            f"--workers {more} runs more at a time."
        )
    return tuple(found)


_UNHIDE = "Unset CUDA_VISIBLE_DEVICES, or name them in it."
_MOVE = {
    "torch": 'Move model and data to it: .to("cuda"), where torch.cuda.is_available().',
    "jax": "Install JAX with CUDA: pip install 'jax[cuda12]'.",
}


def _memory(machine: Machine, workers: int, lost: int, limit_mb: int | None) -> list[str]:
    if not lost:
        return []
    if limit_mb is not None:
        return [
            f"{plural(lost, 'trial')} needed more than --memory-limit {limit_mb} (MB). Raise it, "
            "or leave these configurations out."
        ]
    said = f"{plural(lost, 'trial')} ran out of memory. "
    if workers > 1:
        said += f"--workers {max(1, workers // 2)} leaves more for each. "
    share = machine.memory_mb * 9 // 10 // max(1, workers)
    return [said + f"--memory-limit {share} ends a trial before the machine runs out."]
