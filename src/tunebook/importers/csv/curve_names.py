"""Which trial the curves of a run belong to: by its name, else by its folder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from tunebook.domain.errors import TableError
from tunebook.domain.formats.numbers import listed

_SHOWN = 3


def rows_of_curves(runs: Sequence[str], trials: Sequence[str], source: str) -> list[int]:
    """The row of each run's trial, or -1 where there is none.

    A run of the same name is the trial's. Else its folder tells: `0/tensorboard` and `sweep/0` are
    curves of trial `0`, where no other run and no other trial comes into question.

    Args:
        runs: names that the curves have.
        trials: names of the rows.
        source: name of the trials' file, for errors.

    Raises:
        TableError: no run is that of a trial.

    Example:
        >>> rows_of_curves(["0/tb", "1/tb", "other"], ["0", "1", "2"], "multirun")
        [0, 1, -1]
    """
    number = {name: i for i, name in enumerate(trials)}
    found = [number.get(name, -1) for name in runs]
    taken = set(found)
    endings: dict[str, set[int]] = {}
    for name, i in number.items():
        parts = name.split("/")
        for begin in range(1, len(parts)):
            endings.setdefault("/".join(parts[begin:]), set()).add(i)
    for at, name in enumerate(runs):
        if found[at] < 0:
            named = {number[part] for part in _parts(name) if part in number}
            named = (named or endings.get(name, set())) - taken
            found[at] = named.pop() if len(named) == 1 else -1
    count = Counter(found)
    twice = {row for row in found if row >= 0 and row not in taken and count[row] > 1}
    found = [-1 if row in twice else row for row in found]
    if runs and trials and max(found) < 0:
        raise TableError(
            f"no run of the curves is named as a trial of {source}: the curves have "
            f"{listed(list(runs), _SHOWN)}; the trials are {listed(list(trials), _SHOWN)}",
            next_step="name the place whose runs are those of the trials, or give a CSV file "
            "with the columns trial, step, metric and value",
        )
    return found


def _parts(name: str) -> Iterator[str]:
    """Every run of folders in a path, shorter than itself."""
    parts = name.split("/")
    for begin in range(len(parts)):
        for end in range(begin + 1, len(parts) + 1):
            if end - begin < len(parts):
                yield "/".join(parts[begin:end])
