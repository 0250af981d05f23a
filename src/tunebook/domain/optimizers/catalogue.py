"""The catalogue of optimizers, read from `catalogue.toml` beside this file (A2 G2)."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from types import MappingProxyType

from tunebook.domain.formats.plain_data import from_data
from tunebook.domain.formats.toml_text import load_toml
from tunebook.domain.optimizers.optimizer import Optimizer

SOURCES = {
    "{choi}": "Choi et al. 2019, arXiv 1910.05446",
    "{algoperf}": "AlgoPerf's baselines (Dahl et al. 2023, arXiv 2306.07179)",
}
"""What the file names by one word, since many entries rest on it."""
FRAMEWORKS = ("torch", "optax", "keras")


def _entries() -> dict[str, Optimizer]:
    text = files(__package__).joinpath("catalogue.toml").read_text("utf-8")
    for word, said in SOURCES.items():
        text = text.replace(word, said)
    data = load_toml(text, source="catalogue.toml")
    found = {}
    for entry in data["optimizers"]:
        for key in ("tunables", "inclusive"):
            entry[key] = [data["tunables"][name] for name in entry.get(key, ())]
        found[entry["name"]] = from_data(Optimizer, entry, path=entry["name"])
    return found


OPTIMIZERS: Mapping[str, Optimizer] = MappingProxyType(_entries())
"""Every entry by its name, in the order of the literature."""
