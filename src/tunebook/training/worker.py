"""The process that trials run in: `python -m tunebook.training.worker HEAR SAY` (I2).

HEAR and SAY are descriptors of two pipes (see `assignment.py`). The worker leads a session of its
own. It ends, with all that it started, as soon as its host is gone: a thread waits for the end of
HEAR, and Linux is asked to kill it when its parent dies. What training prints goes to the
attempt's output file, children and C code included.
"""

from __future__ import annotations

import ctypes
import importlib
import importlib.util
import inspect
import json
import logging
import os
import queue
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from tunebook.domain.errors import TrialBusyError
from tunebook.domain.program import MARK, Program
from tunebook.training import WORKER_PID as WORKER_PID
from tunebook.training.assignment import Assignment, TrainingCode, decode
from tunebook.training.attempt import train_once
from tunebook.training.error_text import own_frames, said_by_exit
from tunebook.training.loaded import LoadedFiles
from tunebook.training.program import training_by
from tunebook.training.wear import Wear

PR_SET_PDEATHSIG = 1
MOST_OUTPUT_BYTES = 10_000_000


def main() -> None:
    """Train what is assigned until the host hangs up, or a trial leaves this process unfit."""
    hear, say = int(sys.argv[1]), int(sys.argv[2])
    for descriptor in (hear, say):
        os.set_inheritable(descriptor, False)
    os.environ[WORKER_PID] = str(os.getpid())
    _die_with_parent()
    stop = threading.Event()
    # The host asks a trial to end with SIGTERM; Ctrl-C is the host's affair.
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    lines: queue.Queue[bytes] = queue.Queue()
    threading.Thread(target=_listen, args=(hear, lines), daemon=True, name="host").start()
    _say(say, {"said": "ready"})
    code: TrainingCode | None = None
    train: Callable[..., Any] | None = None
    files, wear = LoadedFiles(), Wear()
    while True:
        assignment = decode(lines.get(), code)
        known = train is not None and assignment.code == code
        if assignment.code is not code and train is not None and (not known or files.changed()):
            _say(say, {"said": "stale"})
            os._exit(0)
        try:
            _redirect(assignment.files.output)
        except OSError as error:
            _say(say, {"said": "unwritable", "why": str(error)})
            os._exit(0)
        if train is None or assignment.code is not code:
            sys.argv[:] = [script_of(assignment.code)]
            try:
                train = load(assignment.code) if train is None else train
                with suppress(OSError):
                    os.chdir(assignment.code.cwd)
            except BaseException as error:  # whatever the import raises is said to the host
                _say(say, {"said": "unloadable", "why": why_unloadable(error)})
                os._exit(3)
            code = assignment.code
            files.note()
            _say(say, {"said": "loaded"})
        healthy = _train(assignment, train, stop, say, wear)
        files.note()
        if not healthy:
            # What a fault leaves behind is nobody's to guess: the host starts a fresh worker.
            os._exit(0)


def _train(
    assignment: Assignment,
    train: Callable[..., Any],
    stop: threading.Event,
    say: int,
    wear: Wear,
) -> bool:
    watch = threading.Event()
    threading.Thread(
        target=_cap_output, args=(assignment.files.output, watch), daemon=True, name="output"
    ).start()
    try:
        _, healthy = train_once(assignment, train, stop)
    except OSError as error:
        # The log itself can't be written: without its end line the host says what happened.
        _say(say, {"said": "unwritable", "why": str(error)})
        return False
    except TrialBusyError as error:
        # An earlier attempt's process still holds the trial; this attempt never began.
        _say(say, {"said": "busy", "why": error.rule})
        return False
    finally:
        watch.set()
        sys.stdout.flush()
        sys.stderr.flush()
    healthy = healthy and not wear.worn()
    _say(say, {"said": "ended", "healthy": healthy})
    return healthy


def load(code: TrainingCode) -> Callable[..., Any]:
    """The training function that an import path names, or that came by value."""
    for folder in reversed(code.sys_path):
        if folder not in sys.path:
            sys.path.insert(0, folder)
    with suppress(OSError):
        os.chdir(code.cwd)
    if code.blob is not None:
        import cloudpickle  # noqa: PLC0415 - only for functions that came by value

        log_as_told(code.logging)
        by_value: Callable[..., Any] = cloudpickle.loads(code.blob)
        return by_value
    if code.path.startswith(MARK):
        return training_by(Program.from_path(code.path))
    module, _, name = code.path.rpartition(":")
    found: Any = (
        _from_file(Path(module)) if module.endswith(".py") else importlib.import_module(module)
    )
    for part in name.split("."):
        found = getattr(found, part)
    _check_takes_a_trial(found, code.path)
    train: Callable[..., Any] = found
    return train


def script_of(code: TrainingCode) -> str:
    """What training finds as `sys.argv[0]`: it runs as a script does that has no arguments."""
    return code.script or code.path.rpartition(":")[0] or "train"


def log_as_told(told: Mapping[str, Any]) -> None:
    """Set logging up as the script has it, whose top does not run where a function came alone."""
    if not told:
        return
    logging.basicConfig(format=told["format"], datefmt=told["datefmt"])
    for name, level in told["levels"].items():
        logging.getLogger(name).setLevel(level)


def _check_takes_a_trial(found: object, path: str) -> None:
    if not callable(found):
        raise TypeError(f"{path} is not a function; it is {found!r:.60}")
    try:
        signature = inspect.signature(found)
    except (TypeError, ValueError):  # some built-in callables don't say what they take
        return
    try:
        signature.bind(object())
    except TypeError as error:
        raise TypeError(
            f"{path}{signature} can't be called with one argument, the trial"
        ) from error


def why_unloadable(error: BaseException) -> str:
    """What went wrong in one line, then the lines of training code that led there."""
    said = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    if isinstance(error, SystemExit) and (words := said_by_exit(error)):
        said = f"{words} ({said})"
    frames = [f"{os.path.basename(f.filename)}:{f.lineno}" for f in own_frames(error)]
    where = f" ({', '.join(frames[:1] + frames[1:][-4:])})" if frames else ""
    return " ".join(said.split()) + where


def _from_file(file: Path) -> Any:
    """Load a file under its stem, as `import` beside it would, so that children find it too."""
    sys.path.insert(0, str(file.resolve().parent))
    spec = importlib.util.spec_from_file_location(file.stem, file.resolve())
    if spec is None or spec.loader is None:
        raise ImportError(f"{file} can't be loaded")
    module = importlib.util.module_from_spec(spec)
    sys.modules[file.stem] = module
    spec.loader.exec_module(module)
    return module


def _listen(hear: int, lines: queue.Queue[bytes]) -> None:
    """Hand on assignments; the end of the pipe is the end of everything here."""
    begun: list[bytes] = []  # parts of a line whose end has not come yet
    while True:
        try:
            part = os.read(hear, 1 << 20)
        except OSError:
            part = b""
        if not part:
            _end_group()
        *ends, rest = part.split(b"\n")
        for end in ends:
            lines.put(b"".join([*begun, end]))
            begun = []
        begun.append(rest)


def _end_group() -> None:
    with suppress(OSError):
        if os.getpgid(0) == os.getpid():
            os.killpg(0, signal.SIGKILL)
    os._exit(1)


def _die_with_parent() -> None:
    if sys.platform != "linux":
        return
    parent = os.getppid()
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        _end_group()


def _redirect(output: Path) -> None:
    """Send descriptors 1 and 2 to the attempt's output file."""
    output.parent.mkdir(parents=True, exist_ok=True)
    sys.stdout.flush()
    sys.stderr.flush()
    file = os.open(output, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    os.dup2(file, 1)
    os.dup2(file, 2)
    os.close(file)


def _cap_output(output: Path, done: threading.Event) -> None:
    """A trial that floods its output keeps the last part: beyond 10 MB the file is cut."""
    while not done.wait(0.5):
        with suppress(OSError):
            if output.stat().st_size > MOST_OUTPUT_BYTES:
                with output.open("r+b") as file:
                    file.seek(-4096, os.SEEK_END)
                    tail = file.read()
                    file.seek(0)
                    file.write(b"[output beyond 10 MB was cut here]\n" + tail)
                    file.truncate()


def _say(say: int, message: dict[str, Any]) -> None:
    with suppress(OSError):
        os.write(say, json.dumps(message).encode() + b"\n")


if __name__ == "__main__":
    main()
