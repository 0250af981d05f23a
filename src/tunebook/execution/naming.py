"""Training code named in words, `package.module:function` or `train.py:function`, is looked up.

Nothing of it is imported or run: files are parsed, so a wrong name costs no compute.
"""

from __future__ import annotations

import ast
import importlib.machinery
import os
import pkgutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tunebook.domain.errors import TrainingCodeError, nearest

SPELLING = 'name it "package.module:function" or "train.py:function"'


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundCode:
    """Where a named training function is written.

    Attributes:
        file: the file that defines it, or None for a module without readable source.
        text: the function's source text; the whole file's where the name is no `def`.
    """

    file: Path | None
    text: str


def find_code(named: str, *, search: Sequence[str]) -> FoundCode:
    """Look up a named training function without importing it.

    Args:
        named: `package.module:function` or `train.py:function`.
        search: folders in which modules are looked for, as `sys.path`.

    Raises:
        TrainingCodeError: no such file, module or function, or it takes no argument.
    """
    place, colon, attribute = named.rpartition(":")
    if not colon or not place or not attribute.replace(".", "_").isidentifier():
        raise TrainingCodeError(
            f'"{named}" names no training function: a colon separates module and function',
            next_step=SPELLING,
        )
    file = _file(place) if is_file(place) else module_file(place, search)
    if file is None:
        return FoundCode(file=None, text="")
    return FoundCode(file=file, text=_function_text(file, attribute, named))


def is_file(place: str) -> bool:
    """True where the part before the colon is a file's path, not a module's name."""
    return place.endswith(".py") or "/" in place


def _file(place: str) -> Path:
    file = Path(place).expanduser()
    if file.is_file():
        return file.resolve()
    folder = file.parent
    if not folder.is_dir():
        raise TrainingCodeError(
            f'there is no folder "{folder}" for training code "{place}"',
            next_step=f"{SPELLING}; paths are taken from {Path.cwd()}",
        )
    known = sorted(p.name for p in folder.glob("*.py"))
    raise TrainingCodeError(
        f'there is no file "{place}" here.{nearest(file.name, known)}',
        next_step=f"{SPELLING}; paths are taken from {Path.cwd()}",
    )


def module_file(place: str, search: Sequence[str]) -> Path | None:
    """The source file that importing `place` would run, or None where it has no source.

    Raises:
        TrainingCodeError: there is no such module; names the nearest.
    """
    path: Sequence[str] | None = search
    spec = None
    walked: list[str] = []
    for part in place.split("."):
        name = ".".join([*walked, part])
        if path is None:
            raise TrainingCodeError(
                f'"{".".join(walked)}" is not a package, so it contains no "{name}"',
                next_step=SPELLING,
            )
        spec = _spec(name, path)
        if spec is None:
            raise _no_module(place, name, part, path)
        walked.append(part)
        path = spec.submodule_search_locations
    origin = spec.origin if spec is not None else None
    if origin is None:
        raise TrainingCodeError(
            f'"{place}" is a folder without an __init__.py', next_step=SPELLING
        )
    return Path(origin) if origin.endswith(".py") else None


def _spec(name: str, path: Sequence[str]) -> importlib.machinery.ModuleSpec | None:
    """By the path first; then by whatever else finds modules, as editable installs do."""
    spec = importlib.machinery.PathFinder.find_spec(name, path)
    for finder in sys.meta_path if spec is None else ():
        spec = finder.find_spec(name, path if "." in name else None)
        if spec is not None:
            return spec
    return spec


def _no_module(place: str, name: str, part: str, path: Sequence[str]) -> TrainingCodeError:
    known = sorted({m.name for m in pkgutil.iter_modules(list(path))} - sys.stdlib_module_names)
    hint = nearest(part, known)
    return TrainingCodeError(
        f'there is no module "{name}"' + (f' for "{place}"' if place != name else "") + f".{hint}",
        next_step=f"start in the folder that contains it, or {SPELLING}; Python looks in "
        f"{os.getcwd()} and in sys.path",
    )


def _function_text(file: Path, attribute: str, named: str) -> str:
    try:
        text = file.read_text(encoding="utf-8")
        tree = ast.parse(text, filename=str(file))
    except (OSError, UnicodeDecodeError) as error:
        raise TrainingCodeError(
            f'"{file}" can\'t be read: {error}', next_step="save it as UTF-8 text"
        ) from error
    except SyntaxError as error:
        raise TrainingCodeError(
            f'"{file}" has a syntax error: '
            + (f"line {error.lineno}: " if error.lineno else "")
            + error.msg,
            next_step="fix it, then run again",
        ) from error
    first = attribute.split(".")[0]
    names = dict(_top_level(tree))
    if first not in names and "*" not in names:
        functions = [n for n, node in names.items() if isinstance(node, ast.FunctionDef)]
        shown = ", ".join(functions[:8]) or "none"
        raise TrainingCodeError(
            f'"{file.name}" has no "{first}".{nearest(first, names)}',
            next_step=f"its functions are: {shown}",
        )
    node = names.get(first)
    if isinstance(node, ast.AsyncFunctionDef):
        raise TrainingCodeError(
            f'"{named}" is an async function; training code must be a plain function',
            next_step="def train(trial): ... , with asyncio.run(...) inside where it is needed",
        )
    if first == attribute:
        _check_is_function(node, named)
    if not isinstance(node, ast.FunctionDef) or first != attribute:
        return text
    _check_argument(node, named)
    start = min([node.lineno, *(d.lineno for d in node.decorator_list)])
    return "".join(text.splitlines(keepends=True)[start - 1 : node.end_lineno])


def _check_is_function(node: ast.stmt | None, named: str) -> None:
    if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Constant):
        raise TrainingCodeError(
            f'training code must be a function; "{named}" is {node.value.value!r}',
            next_step="def train(trial): ... , and name it",
        )


def _check_argument(node: ast.FunctionDef, named: str) -> None:
    """A decorator may change what a function takes, so only plain ones are judged."""
    if node.decorator_list:
        return
    given = node.args
    positional = [*given.posonlyargs, *given.args]
    required = len(positional) - len(given.defaults)
    keyword_only = [
        a.arg for a, d in zip(given.kwonlyargs, given.kw_defaults, strict=True) if d is None
    ]
    takes = f"def {node.name}({ast.unparse(given)})"
    if required > 1 or keyword_only or not (positional or given.vararg):
        raise wrong_arguments(named, takes)


def wrong_arguments(named: str, takes: str) -> TrainingCodeError:
    """The error for a function that can't be called with a trial and nothing else."""
    return TrainingCodeError(
        f"training code is called with one argument, the trial; {named} is {takes}",
        next_step="def train(trial): ... ; what else it needs comes from trial.config",
    )


def _top_level(tree: ast.Module) -> Iterator[tuple[str, ast.stmt]]:
    """Names that a module binds at its top level, also inside `if` and `try`."""
    waiting: list[ast.stmt] = list(tree.body)
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name, node
        elif isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                yield alias.asname or alias.name.split(".")[0], node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                for leaf in ast.walk(target):
                    if isinstance(leaf, ast.Name):
                        yield leaf.id, node
        else:
            for child in ast.iter_child_nodes(node):
                if isinstance(child, ast.stmt):
                    waiting.append(child)
                elif isinstance(child, ast.ExceptHandler):
                    waiting.extend(child.body)
