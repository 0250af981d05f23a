"""What a file's columns were taken for, in a few lines, with the flag that changes it (C11)."""

from __future__ import annotations

from tunebook.domain.formats.numbers import listed
from tunebook.domain.origin import Evidence, Kind, Origin
from tunebook.importers.csv.column_roles import UNNAMED

MOST = 12
"""Names in a line; of more, the first and how many."""

_SINGLE = (Kind.TRIAL, Kind.STATUS, Kind.CAUSE, Kind.SEED, Kind.SECONDS, Kind.STUDY)

_STATES = {
    "W&B": "states: failed means that an error ended training, counted as infeasible (crashed); "
    "crashed means that W&B lost contact, and is left out (machine lost). Write failed where its "
    "own code ended such a trial"
}
"""By tool, what `statuses.WORDS_OF_TOOLS` takes its words for."""


def reading_lines(origin: Origin | None) -> tuple[str, ...]:
    """How a file was read: what is not plain CSV first, then the columns by their use.

    Args:
        origin: of the table; None where no file was read.
    """
    if origin is None:
        return ()
    lines = list(origin.notes)
    if origin.tool:
        lines.insert(0, f"The columns are those of {origin.tool}.")
    found = origin.names(Kind.HYPERPARAMETER)
    lines.append(
        f"hyperparameters: {listed(found, MOST) or 'none'} (change with --hyperparameters A,B)"
    )
    told = [f"{kind}: {listed(own, 4)}" for kind in _SINGLE if (own := _shown(origin, kind))]
    lines.append("; ".join([*told, f"order: {origin.order or 'rows of the file'}"]))
    if origin.of(Kind.STATUS) and origin.tool in _STATES:
        lines.append(_STATES[origin.tool])
    constants = origin.names(Kind.CONSTANT)
    if constants:
        lines.append(f"the same in all trials: {listed(constants, MOST)}")
    workloads = origin.names(Kind.WORKLOAD)
    if workloads:
        lines.append(f"workloads, each read by itself: {listed(workloads, MOST)}")
    measured = [u.name for u in origin.of(Kind.RESULT) if u.evidence is Evidence.VALUES]
    results = [u.name for u in origin.of(Kind.RESULT) if u.evidence is not Evidence.VALUES]
    if results:
        lines.append(f"results: {listed(results, MOST)}")
    if measured:
        lines.append(f"results, by their values alone: {listed(measured, MOST)}")
    ignored = _shown(origin, Kind.BOOKKEEPING, Kind.START)
    ignored = [name for name in ignored if name != origin.order]
    if ignored:
        lines.append(f"not used: {listed(ignored, MOST)}")
    if origin.sampler:
        adaptive = ", steered by earlier results (C11)" if origin.adaptive else ""
        lines.append(f"sampler, as the file says: {origin.sampler}{adaptive}")
    elif origin.tool == "Optuna":
        lines.append(
            "sampler: the file does not say; Optuna's default, TPE, is adaptive (--adaptive)"
        )
    if origin.pruner:
        lines.append(f"pruner, as the file says: {origin.pruner}; it stops trials, chooses none")
    return tuple(lines)


def _shown(origin: Origin, *kinds: Kind) -> list[str]:
    return [u.name or UNNAMED for u in origin.of(*kinds)]
