"""A study of Optuna as a sweep: the columns of `trials_dataframe`, ranges, curves (C11)."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import numpy as np

from tunebook.domain.errors import TableError, nearest
from tunebook.domain.formats.numbers import listed, plural
from tunebook.domain.space import Axis, spell
from tunebook.importers.csv.columns import TrialRows
from tunebook.importers.csv.measurements import Measurements
from tunebook.importers.optuna.database import read_database
from tunebook.importers.optuna.journal import is_journal, read_journal
from tunebook.importers.optuna.marks import chosen_of
from tunebook.importers.optuna.study import Range, Study, StudyTrial, holding, joined, range_of
from tunebook.importers.source import SweepSource, shown

REPORTED = "intermediate_value"
"""Name of the curve where it does not lead to the objective's value."""
_SAME = 1e-9


def read_optuna(place: str | Path, study: str = "") -> SweepSource:
    """Read a study without changing its storage, and without Optuna.

    Args:
        place: an SQLite file, a journal file, or the URL of a database.
        study: its name; may be empty where there is only one.

    Raises:
        TableError: it can't be read, there are several studies and none is named, or the study
            has no trials.
    """
    source = shown(place)
    notes: list[str] = []
    if isinstance(place, Path) and is_journal(place):
        names, found, notes = read_journal(place, study)
    else:
        names, found = read_database(place, study)
    if found is None:
        raise _which(source, names, study)
    if not found.trials:
        raise TableError(
            f'study "{found.name}" of {source} has no trials', next_step="name another one"
        )
    return as_source(found, source, notes)


def _which(source: str, names: Sequence[str], asked: str) -> TableError:
    if not names:
        return TableError(f"{source} holds no study", next_step="name another storage")
    told = f"{source} holds {len(names)} studies: {listed(names, 6)}"
    if asked:
        told = f'{source} has no study "{asked}".{nearest(asked, names)} It has {listed(names, 6)}'
    return TableError(told, next_step="name one: --study NAME")


def as_source(study: Study, source: str, notes: Sequence[str] = ()) -> SweepSource:
    """A study as the inner form of a sweep.

    Args:
        study: as its storage has it.
        source: name of the storage, for errors.
        notes: on how it was read.
    """
    read = _read_ranges(study, source)
    declared, widened = _declared(study, read)
    metrics = study.metrics
    reduce = _reduce(study) if len(metrics) == 1 else ""
    curve = metrics[0] if reduce else REPORTED
    cells = _cells(study, read)
    return SweepSource(
        rows=TrialRows(
            source=source,
            header=tuple(cells),
            lines=tuple(range(1, len(study.trials) + 1)),
            cells=cells,
            notes=(*notes, *widened),
        ),
        curves=_curves(study.trials, curve),
        declared=declared,
        objectives=tuple(
            f"{way}:{metric}" for way, metric in zip(study.directions, metrics, strict=False)
        ),
        reduce={curve: reduce} if reduce else {},
        chosen=chosen_of(study.trials, study.system),
    )


def _read_ranges(study: Study, source: str) -> dict[str, Range]:
    """Each distribution by its text, which many trials share."""
    texts = dict.fromkeys(text for trial in study.trials for _, text in trial.params.values())
    try:
        return {text: range_of(text) for text in texts}
    except (ValueError, KeyError, TypeError) as error:
        raise TableError(
            f"{source}: a distribution can't be read: {error}",
            next_step="a newer Optuna may have written it: write the trials as CSV, by "
            "study.trials_dataframe()",
        ) from None


def _declared(study: Study, read: dict[str, Range]) -> tuple[dict[str, Axis], list[str]]:
    """The range of each hyperparameter, and notes on those that are none of one trial."""
    declared: dict[str, Axis] = {}
    notes: list[str] = []
    for name in dict.fromkeys(n for trial in study.trials for n in trial.params):
        own = [trial.params[name] for trial in study.trials if name in trial.params]
        axis, differ = joined(read[text] for _, text in own)
        if differ:
            notes.append(f"The range of {name} changed during the study; all of them are joined.")
        if axis is None:
            continue
        values = [read[text].value(internal) for internal, text in own]
        outside = sum(not axis.holds(v) for v in values)
        declared[name] = holding(axis, values) if outside else axis
        if outside:
            has = "has" if outside == 1 else "have"
            notes.append(
                f"{plural(outside, 'trial')} {has} {name} outside its range, as trials enqueued "
                "by hand may; the range is widened to hold them."
            )
    return declared, notes


def _cells(study: Study, read: dict[str, Range]) -> dict[str, list[str]]:
    """The columns that `trials_dataframe` would have."""
    trials = study.trials
    cells = {"number": [str(t.number) for t in trials]}
    for i, metric in enumerate(study.metrics):
        cells[metric] = [repr(t.values[i]) if i < len(t.values) else "" for t in trials]
    cells["datetime_start"] = [t.start for t in trials]
    cells["datetime_complete"] = [t.complete for t in trials]
    cells["duration"] = [_duration(t) for t in trials]
    for name in dict.fromkeys(n for t in trials for n in t.params):
        cells[f"params_{name}"] = [
            _spelled(read[t.params[name][1]], t.params[name][0]) if name in t.params else ""
            for t in trials
        ]
    for prefix in ("user", "system"):
        for key in dict.fromkeys(k for t in trials for k in getattr(t, prefix)):
            own = [getattr(t, prefix).get(key) for t in trials]
            cells[f"{prefix}_attrs_{key}"] = [_text(value) for value in own]
    cells["state"] = [t.state for t in trials]
    return cells


def _spelled(of: Range, internal: float) -> str:
    value = of.value(internal)
    return repr(value) if isinstance(value, float) else spell(value)


def _text(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def _duration(trial: StudyTrial) -> str:
    try:
        begun, ended = (datetime.fromisoformat(t) for t in (trial.start, trial.complete))
        return repr((ended - begun).total_seconds())
    except (ValueError, TypeError):
        return ""


def _reduce(study: Study) -> str:
    """How the curves become the values: "last" or "best", where one holds of every trial."""
    sign = 1 if study.directions[0] == "minimize" else -1
    ended = [t for t in study.trials if t.state == "COMPLETE" and t.values and t.reported]
    if not ended or len(ended) < sum(t.state == "COMPLETE" for t in study.trials):
        return ""

    def holds(reached: list[float]) -> bool:
        return all(
            math.isclose(t.values[0], v, rel_tol=_SAME)
            for t, v in zip(ended, reached, strict=True)
        )

    if holds([t.reported[max(t.reported)] for t in ended]):
        return "last"
    best = [sign * min(sign * v for v in t.reported.values()) for t in ended]
    return "best" if holds(best) else ""


def _curves(trials: Sequence[StudyTrial], metric: str) -> Measurements | None:
    points = [(i, s, v) for i, t in enumerate(trials) for s, v in sorted(t.reported.items())]
    if not points:
        return None
    place, step, value = zip(*points, strict=True)
    return Measurements(
        trials=tuple(str(t.number) for t in trials),
        metrics=(metric,),
        trial=np.array(place, np.int64),
        metric=np.zeros(len(points), np.int64),
        step=np.array(step, np.int64),
        value=np.array(value, np.float64),
    )
