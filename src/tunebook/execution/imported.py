"""Which packages training code imports, read from its files; nothing is imported (D8)."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable
from pathlib import Path

MOST_FILES = 200
"""Files of one's own that are followed; beyond it every installed package is noted."""
BRINGS = {
    "lightning": ("torch",),
    "transformers": ("torch",),
    "jax": ("jaxlib",),
    "optax": ("jax", "jaxlib"),
    "flax": ("jax", "jaxlib"),
    "keras": ("tensorflow", "torch", "jax", "jaxlib"),
    "sklearn": ("scikit-learn",),
}
"""What a package computes with, or how it is called where it is installed."""
PLAIN = frozenset({"tunebook", "numpy", "scipy", "torch", "tensorflow", "jaxlib", "pandas",
                   "matplotlib", "PIL", "tqdm", "yaml", "requests", "rich", "click", "wandb",
                   "typing_extensions", "tensorboard", "sklearn"})  # fmt: skip
"""Packages that compute with none of the others, but for what they import."""


def packages_of(files: Iterable[Path]) -> frozenset[str] | None:
    """Names of packages that training code imports, modules of its own folder followed.

    Args:
        files: that training begins with; an empty list where they are not known.

    Returns:
        names, with what they compute with; None where that can't be known.
    """
    waiting = list(files)
    if not waiting:
        return None
    read: set[Path] = set()
    found: set[str] = set()
    while waiting:
        file = waiting.pop()
        if file in read:
            continue
        read.add(file)
        named = _imports(file)
        if named is None or len(read) > MOST_FILES:
            return None
        for module, name in named:
            # `from package import name`: the name may be a module too.
            inner = _own(file.parent, f"{module}.{name}".strip(".")) if name else None
            own = _own(file.parent, module) if module else None
            waiting += [f for f in (inner, own) if f is not None]
            top = module.partition(".")[0]
            if own is not None or not top:
                continue
            if top not in PLAIN and top not in BRINGS and top not in sys.stdlib_module_names:
                return None  # what another package computes with is not known
            found.add(top)
    return _with_brought(found)


def loaded() -> frozenset[str]:
    """The packages that this process has loaded, with what they compute with."""
    return _with_brought({name for name in sys.modules if "." not in name})


def _with_brought(names: set[str]) -> frozenset[str]:
    return frozenset(names).union(*(BRINGS.get(name, ()) for name in names))


def _imports(file: Path) -> set[tuple[str, str]] | None:
    """(module, name) of all that a file imports, anywhere in it; None where it can't be read."""
    try:
        tree = ast.parse(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, SyntaxError, ValueError):
        return None
    found: set[tuple[str, str]] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {(alias.name, "") for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {(node.module or "", alias.name) for alias in node.names}
    return found


def _own(folder: Path, name: str) -> Path | None:
    """A module of one's own, looked for from the importing file's folder upwards."""
    parts = name.split(".")
    for root in (folder, folder.parent):
        place = root.joinpath(*parts)
        for file in (place.with_suffix(".py"), place / "__init__.py"):
            if file.is_file():
                return file
    return None
