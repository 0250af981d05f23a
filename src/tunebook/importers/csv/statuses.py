"""The fates of trials that were run elsewhere, in the words of many tools (C3)."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tunebook.domain.formats.languages import english
from tunebook.domain.trial import Cause, Status


@dataclass(frozen=True, slots=True)
class Unused:
    """Why a row is no trial; `cut` where training was stopped early."""

    why: str
    cut: bool = False


Fate = tuple[Status, Cause | None] | Unused
"""A trial's status and cause, or why its row can't be used."""

STATUS_WORDS = {
    Status.COMPLETE: "complete completed done finished success successful succeeded ok okay "
    "passed terminated ended evaluated inactive keep kept discard discarded",
    Status.INFEASIBLE: "infeasible diverged nan nonfinite crashed crash oom out_of_memory "
    "timeout timed_out invalid memoryout memory_out exploded",
    Status.FAILED: "failed fail failure error errored lost preempted preempting cancelled "
    "canceled killed aborted abandoned node_fail boot_fail deadline revoked interrupted",
    Status.RUNNING: "running started in_progress training active",
    Status.PENDING: "pending waiting queued scheduled created paused idle staged candidate "
    "dispatched todo to_do planned not_run not_started new unstarted open",
}
"""Statuses of Tunebook, Optuna, W&B, MLflow, Ray Tune, Keras Tuner, Ax, SMAC and SLURM by what
they mean.

`failed` alone leaves open whether the configuration was the cause: such a trial has no cause, and
C3 looks for the place where they fail. With a cause that is the configuration's, such as out of
memory, it is infeasible. W&B says what its words mean: see `WORDS_OF_TOOLS`.
"""

WORDS_OF_TOOLS: Mapping[str, Mapping[str, tuple[Status, Cause]]] = {
    "W&B": {
        "failed": (Status.INFEASIBLE, Cause.CRASHED),  # the process ended with an error
        "crashed": (Status.FAILED, Cause.MACHINE_LOST),  # its heartbeat stopped
    },
}
"""By tool, words that mean another fate in its tables than elsewhere."""

_NOT_FULL = "it was stopped early, so its value is no full training's"

STOPPED_EARLY = "pruned stopped early_stopped stopped_early"

_FLAGS = {
    "failed": ("failed", ""), "is_failed": ("failed", ""), "failure": ("failed", ""),
    "diverged": ("diverged", ""), "is_diverged": ("diverged", ""), "has_nan": ("diverged", ""),
    "is_nan": ("diverged", ""), "crashed": ("crashed", ""), "oom": ("oom", ""),
    "infeasible": ("infeasible", ""), "pruned": ("pruned", ""), "is_pruned": ("pruned", ""),
    "feasible": ("", "infeasible"), "is_feasible": ("", "infeasible"),
    "success": ("", "failed"), "succeeded": ("", "failed"), "successful": ("", "failed"),
    "completed": ("", "pending"), "is_completed": ("", "pending"), "is_complete": ("", "pending"),
    "finished": ("", "pending"), "is_finished": ("", "pending"),
    "has_crashed": ("crashed", ""), "has_failed": ("failed", ""), "active": ("running", ""),
    "is_active": ("running", ""), "is_running": ("running", ""), "has_diverged": ("diverged", ""),
}  # fmt: skip
"""Columns of true and false: what true means, and what false means."""

_CAUSES = (
    (r"memory|\boom\b", Cause.OUT_OF_MEMORY),
    (r"(?<!run)time", Cause.TIMED_OUT),  # a RuntimeError is no timeout
    (r"\bchance\b", Cause.CHANCE),
    (r"\bnan|\binf\b|infinit|finite|diverg", Cause.DIVERGED),
    (r"crash|exception|error|signal", Cause.CRASHED),
    (r"\blost\b|preempt", Cause.MACHINE_LOST),
    (r"cancel|kill|abort|interrupt", Cause.CANCELLED),
)
_NOT_ITS_FAULT = (Cause.MACHINE_LOST, Cause.RETRIES_SPENT, Cause.CANCELLED)

_BY_WORD = {word: status for status, words in STATUS_WORDS.items() for word in words.split()}
_TRUE = frozenset({"true", "1", "yes"})


def word_of(status: str) -> str:
    """A status without its tool's spelling: `TrialState.COMPLETE` is `complete`.

    Example:
        >>> word_of("TrialState.COMPLETE"), word_of("<RunStatus.FAILED: 3>"), word_of("Timed out")
        ('complete', 'failed', 'timed_out')
    """
    bare = re.sub(r":.*", "", status.strip().strip("<>")).rpartition(".")[2]
    return english(re.sub(r"\d+", "", bare))


def knows_status(cells: Iterable[str]) -> bool:
    """True where one of the cells at least is a status."""
    return any(_status_of(c) is not None for c in set(cells))


def all_statuses(cells: Sequence[str]) -> bool:
    """True where every cell is a status, and one says that a trial ended."""
    known = {_status_of(c) for c in set(cells)}
    return bool(known) and None not in known and known & {"stopped", *ENDED} != set()


ENDED = (Status.COMPLETE, Status.INFEASIBLE, Status.FAILED)


def is_bad_end(cell: str) -> bool:
    """True for a word that says that training ended badly, as cells of results have it."""
    return _status_of(cell) in (Status.INFEASIBLE, Status.FAILED)


def is_flag(name: str) -> bool:
    """True for the name of a column in which true or false says how a trial ended."""
    return name in _FLAGS


def from_flag(name: str, cell: str) -> str:
    """The status that a cell of such a column means."""
    if not cell:
        return ""
    return _FLAGS[name][0 if cell.lower() in _TRUE else 1]


def _status_of(cell: str) -> Status | str | None:
    word = word_of(cell)
    return "stopped" if word in STOPPED_EARLY.split() else _BY_WORD.get(word)


def fate(status: str, cause: str, value: float, *, empty: bool = False, tool: str = "") -> Fate:
    """A trial's status and cause, or why its row can't be used.

    Args:
        status: cell of the file; empty is complete.
        cause: cell of the file, may be empty.
        value: the objective; NaN where it is missing. A complete trial without a finite one
            diverged.
        empty: the cell of the objective is empty, which is no NaN: nothing was recorded.
        tool: that wrote the file; empty where it is not known.
    """
    meant = WORDS_OF_TOOLS.get(tool, {}).get(word_of(status))
    if meant is not None and not cause:
        return meant
    known = _status_of(status) if status else Status.COMPLETE
    if known == "stopped":
        return stopped_early(f'status "{status}"')
    if known is None:
        return Unused(
            f'status "{status}" is none of complete, infeasible, failed, running, pending'
        )
    if known is Status.COMPLETE:
        if math.isfinite(value):
            return Status.COMPLETE, None
        if empty and not status:
            return NO_RESULT
        if empty:
            return Unused(f'status "{status}", and no result: write nan where training diverged')
        return Status.INFEASIBLE, _cause(cause) or Cause.DIVERGED
    word = word_of(status)
    if known is Status.INFEASIBLE:
        said = _cause(cause) or _cause(word)
        if cause and said is None:
            said = Cause.DECLARED
        return known, said or Cause.DIVERGED
    if known is Status.FAILED:
        said = _cause(cause) or _cause(word)
        if said in _NOT_ITS_FAULT:
            return known, said
        stated = _cause(cause)
        return (known, None) if stated is None else (Status.INFEASIBLE, stated)
    assert isinstance(known, Status)
    return known, None


def stopped_early(seen: str) -> Unused:
    """Why a trial that was cut off is not used; `seen` is what shows it."""
    return Unused(f"{seen}: {_NOT_FULL}", cut=True)


NO_RESULT = Unused("it has no result: the cell is empty")


def unrecorded(fates: Sequence[Fate]) -> list[Fate]:
    """Rows without a status and without a result, as runs that failed or as rows not run yet.

    Rows at the end have not been run. An empty cell that later rows have filled is a run that
    ended without a result; its cause is not known. Where such runs are many, the last rows may
    be some of them: they count as not run where so many failures in a row would be a surprise
    (a chance below 1 %).

    Args:
        fates: of each row, in the order in which trials ran; NO_RESULT where nothing says why.
    """
    empty = [said == NO_RESULT for said in fates]
    last = max((i for i, missing in enumerate(empty) if not missing), default=-1)
    before, behind = sum(empty[: last + 1]), len(empty) - last - 1
    rate = before / (last + 1) if last >= 0 else 0.0
    not_run = last + 1 if rate**behind < _SURPRISE else len(fates)
    ended: Fate = Status.INFEASIBLE, Cause.NOT_REPORTED
    return [
        ended if missing and i < not_run and last >= 0 else said
        for i, (said, missing) in enumerate(zip(fates, empty, strict=True))
    ]


_SURPRISE = 0.01


def _cause(text: str) -> Cause | None:
    lower = text.lower().replace("_", " ")
    for cause in Cause:
        if lower == cause.value:
            return cause
    return next((cause for part, cause in _CAUSES if re.search(part, lower)), None)
