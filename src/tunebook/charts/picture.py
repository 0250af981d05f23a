"""A picture: a Vega-Lite specification, the rows that it draws, and the same in words (C12)."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tunebook.charts import theme

Row = dict[str, Any]
"""One mark's data: texts, finite numbers, booleans and null; nothing else."""


def finite(value: float) -> float | None:
    """The number as a row has it: null where it is not finite."""
    return float(value) if math.isfinite(value) else None


@dataclass(frozen=True, slots=True)
class LayerView:
    """What one layer of a picture draws.

    Attributes:
        name: of the layer.
        rows: those that pass the layer's own filters.
    """

    name: str
    rows: tuple[Row, ...]

    def column(self, field: str) -> list[Any]:
        """One field of every row, in order; None where a row has no such field."""
        return [row.get(field) for row in self.rows]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Picture:
    """A drawing as data: nothing is rendered until someone looks.

    Attributes:
        name: safe as a part of a file's name, `boundaries-learning_rate-optimizer-adam`.
        title: for people, names the subject as findings do.
        spec: Vega-Lite with named data, without rows and without colours of a theme.
        rows: by name of the data.
        alt: what a reader who does not see the picture needs, with its numbers.
        check: playbook id of the check whose result it draws; empty for any other picture.
        trial: name of the trial that it is about, where it is about one.
        about: what it shows, as subjects of findings name it: hyperparameters, metrics, studies.
        study: what settles the only study that it shows.
        detail: it shows in more detail what another picture of its check shows.
    """

    name: str
    title: str
    spec: Mapping[str, Any]
    rows: Mapping[str, list[Row]]
    alt: str
    check: str = ""
    trial: str = ""
    about: frozenset[str] = frozenset()
    study: str = ""
    detail: bool = False

    def __repr__(self) -> str:
        return f"Picture {self.name}: {self.title}"

    def to_data(self) -> dict[str, Any]:
        """The picture as what JSON can write; `from_data` reads it."""
        data = {name: getattr(self, name) for name in Picture.__dataclass_fields__}
        return {**data, "about": sorted(self.about)}

    @staticmethod
    def from_data(data: Mapping[str, Any]) -> Picture:
        """The picture that `to_data` wrote."""
        return Picture(**{**data, "about": frozenset(data["about"])})

    def layer(self, name: str) -> LayerView:
        """What the layer of this name draws.

        Raises:
            KeyError: there is no such layer; names those that there are.
        """
        found = {layer["name"]: (layer, data) for layer, data in _layers(self.spec, "")}
        if name not in found:
            raise KeyError(f'no layer "{name}" in "{self.name}"; there are {", ".join(found)}')
        layer, data = found[name]
        filters = [t["filter"] for t in layer.get("transform", ()) if "filter" in t]
        rows = (r for r in self.rows.get(data, ()) if all(_passes(r, f) for f in filters))
        return LayerView(name, tuple(rows))

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of all layers, from the back to the front."""
        return tuple(layer["name"] for layer, _ in _layers(self.spec, ""))

    def full(self, *, dark: bool = False, page: bool = False) -> dict[str, Any]:
        """The finished specification, its rows attached and the theme in its `config`.

        Args:
            dark: for a dark background.
            page: for a web page, which has its own background and the system's font.
        """
        spec = copy.deepcopy(dict(self.spec))
        spec["datasets"] = dict(self.rows)
        spec["config"] = theme.config(dark=dark, page=page)
        return spec


def _layers(spec: Mapping[str, Any], data: str) -> Iterator[tuple[Mapping[str, Any], str]]:
    data = spec.get("data", {}).get("name", data)
    children: list[Mapping[str, Any]] = [
        child for key in ("layer", "hconcat", "vconcat", "concat") for child in spec.get(key, ())
    ]
    for child in children:
        yield from _layers(child, data)
    if not children and "name" in spec:
        yield spec, data


def _passes(row: Row, condition: object) -> bool:
    """The filters that layers here use: field equal, field oneOf; selections draw nothing yet."""
    if not isinstance(condition, Mapping):
        return True
    if "param" in condition:
        return False
    value = row.get(condition["field"])
    if "oneOf" in condition:
        chosen: Sequence[Any] = condition["oneOf"]
        return value in chosen
    return bool(value == condition["equal"])
