"""The GPUs of this machine, shared out among workers: one or more trials on each (I2).

A worker sees its own GPU alone, as `cuda:0`. Nothing divides a GPU's memory among the trials on
it but the frameworks: JAX takes three quarters of it at the start unless told otherwise, so each
worker is told its share; PyTorch takes what it needs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import takewhile

from tunebook.domain.errors import DesignError
from tunebook.domain.formats import scalars
from tunebook.execution.resources import answer_of

VISIBLE = "CUDA_VISIBLE_DEVICES"
JAX_SHARE = "XLA_PYTHON_CLIENT_MEM_FRACTION"
LOOK_LIMIT_S = 20.0


def gpu_settings(
    gpus: str | int | Sequence[int | str],
    trials_per_gpu: int,
    environment: Mapping[str, str],
) -> list[dict[str, str]]:
    """Environment variables of each place for a trial, the GPUs taken in turn.

    Args:
        gpus: "all", how many, or which: indices, or ids as `nvidia-smi -L` prints them.
        trials_per_gpu: trials that share a GPU at a time.
        environment: what the person has set; CUDA_VISIBLE_DEVICES bounds what there is.

    Returns:
        one dict a place, `trials_per_gpu` times as many as there are GPUs.

    Raises:
        DesignError: there are no GPUs, or fewer than asked for.
    """
    scalars.whole("trials_per_gpu", trials_per_gpu, least=1, example=2)
    chosen = _chosen(gpus, environment)
    share: dict[str, str] = {}
    if trials_per_gpu > 1 and JAX_SHARE not in environment:
        share[JAX_SHARE] = f"{0.9 / trials_per_gpu:.3f}"
    return [{VISIBLE: gpu, **share} for _ in range(trials_per_gpu) for gpu in chosen]


def _chosen(gpus: str | int | Sequence[int | str], environment: Mapping[str, str]) -> list[str]:
    if not isinstance(gpus, str | int):
        named = [str(gpu) for gpu in gpus]
        if not named or len(set(named)) < len(named):
            raise DesignError(
                f"gpus must list at least one GPU, each once; got {list(gpus)!r}",
                next_step='give gpus=[0, 1], or gpus="all"',
            )
        return named
    there = _there(environment)
    if not there:
        raise DesignError(
            f"gpus={gpus!r}, but this machine shows no GPU: {_why_none(environment)}",
            next_step="leave gpus out to train on the CPU, or name them: gpus=[0]",
        )
    if gpus == "all":
        return there
    if isinstance(gpus, bool) or not isinstance(gpus, int) or gpus < 1:
        raise DesignError(
            f'gpus must be "all", a number or a list; got {gpus!r}',
            next_step='give gpus="all", gpus=2 or gpus=[0, 1]',
        )
    if gpus > len(there):
        raise DesignError(
            f"gpus={gpus}, but this machine has {len(there)}: {', '.join(there)}",
            next_step=f"give at most gpus={len(there)}; trials_per_gpu=2 puts two on each",
        )
    return there[:gpus]


def count_gpus(environment: Mapping[str, str]) -> tuple[int, int]:
    """GPUs that the driver lists, and how many of them CUDA_VISIBLE_DEVICES hides."""
    listed = len(_there({}))
    return listed, max(0, listed - len(_there(environment))) if listed else 0


def _there(environment: Mapping[str, str]) -> list[str]:
    """GPUs that a process here would see, as CUDA_VISIBLE_DEVICES names them."""
    if VISIBLE in environment:
        named = (gpu.strip() for gpu in environment[VISIBLE].split(","))
        # As CUDA itself reads such a list: up to the first entry that is none.
        return list(takewhile(lambda gpu: gpu not in ("", "-1"), named))
    query = ("--query-gpu=index", "--format=csv,noheader")
    answered, indices = answer_of("nvidia-smi", *query, within_s=LOOK_LIMIT_S)
    return indices.split() if answered else []


def _why_none(environment: Mapping[str, str]) -> str:
    if VISIBLE in environment:
        return f'{VISIBLE} is "{environment[VISIBLE]}"'
    return "`nvidia-smi` lists none, or is not there"
