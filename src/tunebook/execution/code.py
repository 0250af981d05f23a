"""Training code, made ready to be sent to workers: named by import path, or by value.

A function that a worker can import goes by its name. One that lives in `__main__`, a notebook or
another function goes by value (cloudpickle), over the pipe to our own workers and nowhere else:
the worker never imports the script, so a script needs no main guard. The book keeps the source
text and its hash (design.md: nothing is pickled into or out of a book).
"""

from __future__ import annotations

import functools
import hashlib
import inspect
import logging
import os
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import cloudpickle

from tunebook.domain.design import Round
from tunebook.domain.errors import TrainingCodeError
from tunebook.domain.formats.numbers import bytes_text
from tunebook.domain.program import MARK, Program, check_placeholders, names_in
from tunebook.domain.record import TrainingSource
from tunebook.domain.space import Axis, Choice, Per, leaves
from tunebook.domain.trial import Value
from tunebook.execution.naming import find_code, module_file, wrong_arguments
from tunebook.training.assignment import TrainingCode as TrainingCode

Train = Callable[..., Any]
SCRIPTS = (".py", ".sh", ".yaml", ".yml", ".toml", ".json")
MOST_TEXT_BYTES = 200_000
LARGE_BYTES = 20_000_000
"""Of a function by value: from here on its size is worth a note."""


def source_of(code: TrainingCode) -> TrainingSource:
    """What the book remembers of training code: its path, text and hash."""
    return TrainingSource(path=code.path, text=code.text, sha256=code.sha256)


def training_code(train: Train | str | Program, *, here: bool = False) -> TrainingCode:
    """Make training code ready to be sent to workers; costs no compute and imports nothing.

    Args:
        train: a function of one argument, the trial; or its name, `package.module:function`
            or `train.py:function`, the file's path taken from the current folder; or a program,
            `tb.command([...])`.
        here: it will train in this process, so that a function need not be sendable.

    Raises:
        TrainingCodeError: it can't be found, called with one argument, or sent.
    """
    if isinstance(train, str) and train.startswith(MARK):
        train = Program.from_path(train)
    if isinstance(train, Program):
        return _code(train.path, program_text(train), call=None, blob=None)
    if isinstance(train, str):
        return _named(train)
    _check_callable(train)
    path = import_path(train)
    blob = None if path or here else _by_value(train)
    return _code(path, source_text(train), call=train, blob=blob)


def program_text(program: Program) -> str:
    """What a book remembers of a program: its command, and the text of the files that it names.

    Raises:
        TrainingCodeError: the program can't be found.
    """
    first = program.args[0]
    if not names_in(first) and shutil.which(first) is None:
        raise TrainingCodeError(
            f'the command starts with "{first}", but there is no such program on this machine',
            next_step="correct it, or give its path; {python} is the Python that runs Tunebook",
        )
    texts = [str(program)]
    for arg in program.args:
        file = Path(arg)
        if file.suffix in SCRIPTS and file.is_file() and file.stat().st_size < MOST_TEXT_BYTES:
            texts.append(f"# {arg}\n{file.read_text('utf-8', 'replace')}")
    return "\n\n".join(texts)


def check_program(code: TrainingCode, plan: Round) -> None:
    """Every placeholder of a program means something in a round.

    Raises:
        TrainingCodeError: one does not.
    """
    if code.path.startswith(MARK):
        check_placeholders(Program.from_path(code.path), _values_of(plan))


def _values_of(plan: Round) -> dict[str, list[Value]]:
    """The values of each hyperparameter, none where one of its axes is a range."""
    found: dict[str, list[Value]] = {}
    for name, axis in {**plan.varied, **plan.fixed}.items():
        ends = list(leaves(axis)) if isinstance(axis, Axis | Per) else [Choice((axis,))]
        choices = [end.values for end in ends if isinstance(end, Choice)]
        found[name] = (
            [v for values in choices for v in values] if len(choices) == len(ends) else []
        )
    return found


def _named(named: str) -> TrainingCode:
    found = find_code(named, search=search_path())
    return _code(named, found.text, call=None, blob=None)


def _code(path: str, text: str, *, call: Train | None, blob: bytes | None) -> TrainingCode:
    return TrainingCode(
        path=path,
        text=text,
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        blob=blob,
        call=call,
        sys_path=search_path(),
        cwd=os.getcwd(),
        script=sys.argv[0] if blob is not None and sys.argv else "",
        logging=logging_here() if blob is not None else {},
    )


def logging_here() -> dict[str, Any]:
    """How this script has set logging up, which a worker does not see of a function alone."""
    root = logging.getLogger()
    if not root.handlers:
        return {}
    known = [h.formatter for h in root.handlers if isinstance(h, logging.StreamHandler)]
    formatter = next((f for f in known if f is not None), None)
    named = {
        name: found.level
        for name, found in root.manager.loggerDict.items()
        if isinstance(found, logging.Logger) and found.level
    }
    return {
        "format": formatter._fmt if formatter else None,
        "datefmt": formatter.datefmt if formatter else None,
        "levels": {"": root.level, **named},
    }


def size_note(code: TrainingCode) -> str:
    """What to know of a function that carries much data to each worker; empty for a small one."""
    size = len(code.blob or b"")
    if size < LARGE_BYTES or code.call is None:
        return ""
    sizes = {}
    for what, value in _touched(code.call):
        with suppress(Exception):
            sizes[what] = len(cloudpickle.dumps(value))
    most = max(sizes, key=sizes.__getitem__, default="")
    part = f", {bytes_text(sizes[most])} of them for {most}" if most else ""
    return (
        f"Note: each worker is sent {bytes_text(size)} with the training function{part}. "
        "To begin faster, load large data inside the function."
    )


def search_path() -> tuple[str, ...]:
    """Where workers look for modules: this process's path made absolute, then this folder."""
    here = os.getcwd()
    folders = [os.path.abspath(p) if p else here for p in sys.path]
    return tuple(dict.fromkeys([*folders, here]))


def import_path(train: Train) -> str:
    """`package.module:function` where a fresh process would import this object, else ""."""
    module = getattr(train, "__module__", None)
    name = getattr(train, "__qualname__", "")
    if not module or module == "__main__" or not name or "<" in name:
        return ""
    held: object = sys.modules.get(module)
    for part in name.split("."):
        held = getattr(held, part, None)
    if held is not train:
        return ""
    return f"{module}:{name}" if _importable(sys.modules[module]) else ""


def without_arguments(train: Any) -> Any:
    """The function itself, of partial functions and of decorated ones."""
    while isinstance(train, functools.partial):
        train = train.func
    return inspect.unwrap(train) if callable(train) else train


def source_text(train: Train) -> str:
    """The source text of a function, as far as Python knows it; else an empty text."""
    inner = without_arguments(train)
    if not inspect.isroutine(inner) and not inspect.isclass(inner):
        inner = type(inner)
    try:
        return textwrap.dedent(inspect.getsource(inner))
    except (OSError, TypeError, SyntaxError):
        return ""


def _check_callable(train: object) -> None:
    if not callable(train):
        raise TrainingCodeError(
            f"training code is a function, or its name; got {type(train).__name__} {train!r:.60}",
            next_step="give def train(trial): ... itself, without calling it",
        )
    shown = getattr(train, "__qualname__", repr(train))
    if inspect.iscoroutinefunction(train):
        raise TrainingCodeError(
            f"{shown} is an async function; training code must be a plain function",
            next_step="def train(trial): ... , with asyncio.run(...) inside where it is needed",
        )
    try:
        signature = inspect.signature(train)
    except ValueError:  # some built-in callables don't say what they take
        return
    try:
        signature.bind(object())
    except TypeError as error:
        raise wrong_arguments(shown, f"def {shown}{signature}") from error


def _by_value(train: Train) -> bytes:
    """Pickle a function with all of its own module that it touches."""
    module = sys.modules.get(getattr(train, "__module__", None) or "")
    # A module that a worker can't import goes along by value, as `__main__` always does.
    alone = module is not None and module.__name__ != "__main__" and not _importable(module)
    if alone:
        cloudpickle.register_pickle_by_value(module)
    try:
        return bytes(cloudpickle.dumps(train))
    except Exception as error:  # whatever an object's own __reduce__ raises
        culprit = _culprit(train)
        raise TrainingCodeError(
            f"{getattr(train, '__qualname__', repr(train))} can't be sent to a worker"
            + (f": {culprit}" if culprit else "")
            + f" ({type(error).__name__}: {error})",
            next_step="create it inside the function, or put the function into a module of its "
            'own and name it: "module:function"',
        ) from error
    finally:
        if alone:
            cloudpickle.unregister_pickle_by_value(module)


def _importable(module: Any) -> bool:
    """The name may lead a fresh process to another file, or to none."""
    try:
        found = module_file(module.__name__, search_path())
    except TrainingCodeError:
        return False
    own = getattr(module, "__file__", None)
    return found is None or (own is not None and os.path.samefile(own, found))


def _culprit(train: Train) -> str:
    for what, value in _touched(train):
        try:
            cloudpickle.dumps(value)
        except Exception:  # this one is it
            return f"it uses {what}, a {type(value).__module__}.{type(value).__qualname__}"
    return ""


def _touched(train: Train) -> Iterator[tuple[str, object]]:
    """Everything by name that a function reaches for outside itself."""
    inner: Any = train
    if isinstance(inner, functools.partial):
        yield from ((f"argument {i}", v) for i, v in enumerate(inner.args))
        yield from ((f'argument "{k}"', v) for k, v in inner.keywords.items())
        inner = inner.func
    own = getattr(inner, "__self__", None)
    if own is not None:
        yield "its object", own
    try:
        found = inspect.getclosurevars(getattr(inner, "__func__", inner))
    except TypeError:
        return
    yield from ((f'"{k}"', v) for k, v in found.nonlocals.items())
    yield from ((f'"{k}"', v) for k, v in found.globals.items())
