"""An error of training code: where it is, and what a parser of arguments said (C3)."""

from __future__ import annotations

import os
import site
import sysconfig
import traceback

_HERE = os.path.dirname(os.path.dirname(__file__))
_INSTALLED = tuple(
    dict.fromkeys(
        os.path.join(folder, "")
        for folder in (
            *(sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")),
            *site.getsitepackages(),
            site.getusersitepackages(),
        )
        if folder
    )
)


def place(error: BaseException) -> str:
    """` (train.py:4)`: the last line of the person's own files; else the last line of any."""
    frames = own_frames(error) or _frames(error)
    return f" ({os.path.basename(frames[-1].filename)}:{frames[-1].lineno})" if frames else ""


def own_frames(error: BaseException) -> list[traceback.FrameSummary]:
    """The lines of the person's own files that led to an error; all but ours where there is none.

    Files of Python and of installed packages are not the person's own.
    """
    frames = _frames(error)
    own = [f for f in frames if not f.filename.startswith(_INSTALLED)]
    return own or frames


def _frames(error: BaseException) -> list[traceback.FrameSummary]:
    return [f for f in traceback.extract_tb(error.__traceback__) if not _is_inner(f)]


def _is_inner(frame: traceback.FrameSummary) -> bool:
    return frame.filename.startswith(("<frozen ", os.path.join(_HERE, "")))


def traceback_text(error: BaseException) -> str:
    """The traceback without Tunebook's own frames, of the errors that led to it too.

    An error that has no other frame keeps them.
    """
    told = traceback.TracebackException.from_exception(error)
    left = [told]
    while left:
        one = left.pop()
        frames = [frame for frame in one.stack if not _is_inner(frame)]
        one.stack = traceback.StackSummary.from_list(frames or one.stack)
        chained = (one.__cause__, one.__context__, *(one.exceptions or ()))
        left += [inner for inner in chained if inner is not None]
    return "".join(told.format())


def said_by_exit(error: SystemExit) -> str:
    """What argparse, or a parser built on it, had against the arguments; empty if unknown.

    It prints that and leaves by an exception that holds the exit code alone.
    """
    trace = error.__traceback__
    while trace is not None:
        code, known = trace.tb_frame.f_code, trace.tb_frame.f_locals
        if code.co_name == "error" and isinstance(known.get("message"), str):
            return f"{getattr(known.get('self'), 'prog', 'arguments')}: {known['message']}"
        trace = trace.tb_next
    return str(error.code) if isinstance(error.code, str) else ""
