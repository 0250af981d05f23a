"""A table of trials as a pandas DataFrame, and in a few lines for a notebook or a shell (C11)."""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Any, Protocol

from tunebook.domain.errors import TableError
from tunebook.domain.formats.names import spell

if TYPE_CHECKING:
    import numpy as np

    from tunebook.domain.curves import Curves
    from tunebook.domain.design import Objective
    from tunebook.domain.trial import Configuration

MOST_ROWS = 10
MOST_COLUMNS = 8


class Columns(Protocol):
    """What is read of a `TrialTable`, which itself shows what is made here."""

    @property
    def objective(self) -> Objective: ...
    @property
    def name(self) -> tuple[str, ...]: ...
    @property
    def study(self) -> tuple[str, ...]: ...
    @property
    def rerun_of(self) -> tuple[str | None, ...]: ...
    @property
    def config(self) -> tuple[Configuration, ...]: ...
    @property
    def seed(self) -> tuple[int | None, ...]: ...
    @property
    def status(self) -> tuple[Any, ...]: ...
    @property
    def cause(self) -> tuple[Any, ...]: ...
    @property
    def seconds(self) -> Any: ...
    @property
    def value(self) -> Any: ...
    def __len__(self) -> int: ...


class WithCurves(Columns, Protocol):
    """The same with the curves of the trials."""

    @property
    def losses(self) -> np.ndarray: ...
    @property
    def curves(self) -> Mapping[str, Curves]: ...


def columns(table: Columns) -> dict[str, list[Any]]:
    """Columns by name: what is known of each trial, its objective, then its hyperparameters.

    A hyperparameter whose name is a column's already is written `config.NAME`.
    """
    own: dict[str, list[Any]] = {
        "trial": list(table.name),
        "study": list(table.study),
        **({"rerun_of": list(table.rerun_of)} if table.rerun_of else {}),
        "seed": list(table.seed),
        "status": [str(s) for s in table.status],
        "cause": [str(c) if c else None for c in table.cause],
        "seconds": [float(s) for s in table.seconds],
        table.objective.metric: [float(v) for v in table.value],
    }
    names = list(dict.fromkeys(name for config in table.config for name in config))
    taken = set(own)
    return own | {
        (f"config.{n}" if n in taken else n): [config.get(n) for config in table.config]
        for n in names
    }


def to_pandas(table: WithCurves) -> Any:
    """A DataFrame, one row a trial.

    Raises:
        TableError: pandas is not installed.
    """
    return _pandas().DataFrame(columns(table))


def curves_to_pandas(table: WithCurves) -> Any:
    """A DataFrame of all curves, one row a measurement: trial, step, metric, value.

    Raises:
        TableError: pandas is not installed.
    """
    rows = [
        (name, int(step), metric, float(value))
        for metric, curves in table.curves.items()
        for i, name in enumerate(table.name)
        for step, value in zip(*curves.of(i), strict=True)
    ]
    return _pandas().DataFrame(rows, columns=["trial", "step", "metric", "value"])


def _pandas() -> Any:
    try:
        return importlib.import_module("pandas")
    except ModuleNotFoundError as error:
        raise TableError(
            "a DataFrame is made by pandas, which is not installed", next_step="pip install pandas"
        ) from error


def summary_line(table: WithCurves) -> str:
    """`24 trials (22 complete, 2 infeasible), minimize valid/error`."""
    counts = Counter(str(s) for s in table.status)
    fates = ", ".join(f"{n} {status}" for status, n in counts.items())
    objective = table.objective
    noun = "trial" if len(table) == 1 else "trials"
    told = f" ({fates})" if fates else ""
    return f"{len(table)} {noun}{told}, {objective.direction} {objective.metric}"


def shown_rows(table: WithCurves) -> tuple[list[str], list[list[str]], int]:
    """Names of the first columns, the best trials as texts, and how many trials are left."""
    every = columns(table)
    used = [n for n in every if n not in ("study", "seed", "cause", "seconds")][:MOST_COLUMNS]
    losses = table.losses.tolist()
    order = sorted(range(len(table)), key=lambda i: (losses[i] != losses[i], losses[i], i))
    rows = [[_text(every[n][i]) for n in used] for i in order[:MOST_ROWS]]
    return used, rows, max(0, len(order) - MOST_ROWS)


def as_text(table: WithCurves) -> str:
    """The table in a few lines: a summary and the best trials."""
    names, rows, left = shown_rows(table)
    widths = [max(map(len, column)) for column in zip(names, *rows, strict=True)]
    lines = [summary_line(table)]
    lines += ["  ".join(t.ljust(w) for t, w in zip(row, widths, strict=True)).rstrip()
              for row in ([names, *rows] if rows else [])]  # fmt: skip
    return "\n".join([*lines, *([f"and {left} more"] if left else [])])


def as_html(table: WithCurves) -> str:
    """The same for a notebook."""
    names, rows, left = shown_rows(table)
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(text)}</td>" for text in row) + "</tr>" for row in rows
    )
    more = f"<p>and {left} more</p>" if left else ""
    return (
        f"<p>{escape(summary_line(table))}</p><table><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table>{more}"
    )


def _text(value: Any) -> str:
    return "–" if value is None or value != value else spell(value)
