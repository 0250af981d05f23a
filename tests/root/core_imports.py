"""Imports every module of the package where only what it depends on without extras exists.

Prints a line for each module that can't be imported: its name, what it misses, its docstring.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import json
import pkgutil
import re
import sys
import tomllib
from importlib.abc import MetaPathFinder
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

try:
    from packaging.requirements import Requirement
except ModuleNotFoundError:  # an environment of the wheel alone has pip's own
    from pip._vendor.packaging.requirements import Requirement


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def core(names: list[str]) -> set[str]:
    """Names of distributions that these need, and all that those need."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        wanted = Requirement(waiting.pop())
        if plain(wanted.name) in found:
            continue
        found.add(plain(wanted.name))
        try:
            further = [Requirement(text) for text in requires(wanted.name) or []]
        except PackageNotFoundError:
            continue
        extras = [{"extra": e} for e in (*wanted.extras, "")]
        waiting += [
            str(r)
            for r in further
            if r.marker is None or any(r.marker.evaluate(e) for e in extras)
        ]
    return found


class Refuse(MetaPathFinder):
    def __init__(self, names: set[str]) -> None:
        self.names = names

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in self.names:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def main(pyproject: str) -> None:
    asked = tomllib.loads(Path(pyproject).read_text("utf-8"))["project"]["dependencies"]
    there = core(asked)
    absent = {
        top
        for top, made_by in packages_distributions().items()
        if top != "tunebook" and not {plain(name) for name in made_by} & there
    }
    sys.meta_path.insert(0, Refuse(absent))
    import tunebook

    modules = [m.name for m in pkgutil.walk_packages(tunebook.__path__, "tunebook.")]
    for name in modules:
        if ".migrations." in name:  # Alembic runs these
            continue
        try:
            importlib.import_module(name)
        except ImportError as error:
            source = Path(importlib.util.find_spec(name).origin).read_text("utf-8")
            said = ast.get_docstring(ast.parse(source)) or ""
            print(json.dumps({"module": name, "missing": error.name, "says": said}))
    print(json.dumps({"imported": len(modules), "absent": sorted(absent)}))


if __name__ == "__main__":
    main(sys.argv[1])
