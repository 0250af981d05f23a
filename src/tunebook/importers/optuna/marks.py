"""What chose each trial of a study, by the marks that Optuna's samplers leave (C11).

Marks are system attributes of trials, and of the study for quasi-random search. The random, the
brute-force and the univariate TPE sampler leave none, so that no mark proves nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tunebook.domain.origin import BY_HAND, GRID, QUASI_RANDOM, RANDOM, steered
from tunebook.importers.optuna.study import StudyTrial

TPE = "TPE"
GAUSSIAN_PROCESS = "a Gaussian process"
_BY_PREFIX = {
    "tpe:": TPE,
    "gp:": GAUSSIAN_PROCESS,
    "cma": "CMA-ES",
    "sepcma": "CMA-ES",
    "x_for_tell": "CMA-ES",
}
STARTUP = 10
"""Random trials before TPE and the Gaussian process begin, by default in every version: so many
that completed or were pruned. More can be asked for, and is nowhere recorded."""
_BEGIN_RANDOM = (TPE, GAUSSIAN_PROCESS)


def chosen_of(trials: Sequence[StudyTrial], study: Mapping[str, Any]) -> tuple[str, ...]:
    """What chose each trial, as `domain/origin.py` names it; empty where nothing says.

    - A trial with values that a person enqueued is `by hand`, whatever else it bears.
    - The first generation of an evolutionary search is random.
    - Of a study in which TPE or a Gaussian process left marks, the first trials are random: those
      before the first mark that began with fewer than ten trials completed or pruned.
    - A retry was chosen as the trial that it repeats.
    - Of a quasi-random search the study counts the points; where it counts as many as there are
      trials without a mark, these are quasi-random.

    Args:
        trials: in the order of their numbers.
        study: its system attributes.
    """
    chosen = [_by_marks(t.system) for t in trials]
    _name_startup(trials, chosen)
    _name_quasi_random(trials, study, chosen)
    place = {t.number: i for i, t in enumerate(trials)}
    for i, trial in enumerate(trials):
        repeated = _first_of(trial.system)
        first = i if repeated is None else place.get(repeated, i)
        chosen[i] = chosen[first] if first < i else chosen[i]
    return tuple(chosen) if any(chosen) else ()


def _by_marks(system: Mapping[str, Any]) -> str:
    if "fixed_params" in system:
        return BY_HAND
    for key in system:
        lower = key.lower()
        for prefix, name in _BY_PREFIX.items():
            if lower.startswith(prefix):
                return name
    for key, value in system.items():
        if key.lower().endswith(":generation"):
            return RANDOM if str(value) in ("0", "0.0") else "an evolutionary search"
    return GRID if "grid_id" in system else ""


def _name_startup(trials: Sequence[StudyTrial], chosen: list[str]) -> None:
    first = next((i for i, name in enumerate(chosen) if steered(name)), None)
    if first is None or chosen[first] not in _BEGIN_RANDOM:
        return
    ended = 0
    for i in range(first):
        if chosen[i] == "" and ended < STARTUP:
            chosen[i] = RANDOM
        ended += trials[i].state in ("COMPLETE", "PRUNED")


def _name_quasi_random(
    trials: Sequence[StudyTrial], study: Mapping[str, Any], chosen: list[str]
) -> None:
    """As many as the study counts; those that began before one had ended are random."""
    counts = [v for k, v in study.items() if k.startswith("qmc:") and isinstance(v, int)]
    if not counts:
        return
    ends = [t.complete for t in trials if t.state in ("COMPLETE", "PRUNED") and t.complete]
    first = min(ends, default="")
    drawn = sum(counts) + len(counts)
    began = [i for i, t in enumerate(trials) if t.state != "WAITING"]
    before = sum(not trials[i].start or trials[i].start <= first for i in began) if first else 0
    marked = sum(chosen[i] not in ("", BY_HAND) for i in began)
    if drawn + max(before, 1) >= len(began) - marked:
        for i, name in enumerate(chosen):
            chosen[i] = name or QUASI_RANDOM


def _first_of(system: Mapping[str, Any]) -> int | None:
    """Number of the trial that this one repeats after a failure; None for one of its own."""
    history = system.get("retry_history")
    if isinstance(history, list) and history and isinstance(history[0], int):
        return history[0]
    failed = system.get("failed_trial")
    return failed if isinstance(failed, int) else None
