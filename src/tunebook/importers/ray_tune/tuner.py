"""Names of classes and metrics in `tuner.pkl`, found as text; nothing is unpickled (C11)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

FILE = "tuner.pkl"
_LONGEST = 1_000_000  # bytes: the objects that a script binds to its tuner come last

_SEARCH = re.compile(rb"ray\.tune\.search\.(\w+)\.[\w.]+[^\w.]{1,8}([A-Z]\w+)")
_SCHEDULER = re.compile(rb"ray\.tune\.schedulers\.[\w.]+[^\w.]{1,8}([A-Z]\w+)")
_MODE = re.compile(rb"mode\x94\x8c\x03(min|max)\x94")
_GRID = re.compile(rb"\x8c.([^\x94\x8c]+)/grid_search\x94", re.DOTALL)
_METRIC = re.compile(rb"metric\x94\x8c(.)", re.DOTALL)

STOPPING = {
    "AsyncHyperBandScheduler": "ASHA",
    "ASHAScheduler": "ASHA",
    "HyperBandScheduler": "HyperBand",
    "HyperBandForBOHB": "HyperBand",
    "MedianStoppingRule": "the median stopping rule",
}
"""Schedulers that stop trials early, by class."""
POPULATION = {
    "PopulationBasedTraining": "population-based training",
    "PopulationBasedTrainingReplay": "population-based training, replayed",
    "PB2": "PB2",
}
"""Schedulers that change configurations during training."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What the tuner was made with.

    Attributes:
        known: the file is there.
        searcher: class of what chose configurations, or "" for Ray's own random search.
        scheduler: class of what stopped or changed trials, or "".
        metric, mode: of the objective; mode is "min", "max" or "".
        grid: hyperparameters that were searched as a grid, `model/width`.
        own_points: Ray's own search was made by hand, maybe with points of a person.
    """

    known: bool = False
    searcher: str = ""
    scheduler: str = ""
    metric: str = ""
    mode: str = ""
    grid: frozenset[str] = frozenset()
    own_points: bool = False


def read_names(folder: Path) -> Names:
    """The names in an experiment's `tuner.pkl`; none where there is no such file."""
    try:
        with (folder / FILE).open("rb") as file:
            content = file.read(_LONGEST)
    except OSError:
        return Names()
    searchers = [m.group(2).decode() for m in _SEARCH.finditer(content)]
    searchers = [
        name
        for name in searchers
        if "Search" in name or "Optimizer" in name or name.startswith("TuneBOHB")
    ]
    schedulers = [m.group(1).decode() for m in _SCHEDULER.finditer(content)]
    known = [name for name in schedulers if name in STOPPING or name in POPULATION]
    mode = _MODE.search(content)
    return Names(
        known=True,
        searcher=searchers[0] if searchers else "",
        scheduler=(known or schedulers or [""])[0],
        metric=_metric(content),
        mode=mode.group(1).decode() if mode else "",
        grid=frozenset(m.decode("utf-8", errors="replace") for m in _GRID.findall(content)),
        own_points=b"BasicVariantGenerator" in content,
    )


def _metric(content: bytes) -> str:
    """The first text that follows the name "metric"."""
    found = _METRIC.search(content)
    if found is None:
        return ""
    begin = found.end()
    return content[begin : begin + found.group(1)[0]].decode("utf-8", errors="replace")
