"""The command line as a process of its own, forked from one that has its imports behind it.

Importing takes a second of processor time, and commands are called hundreds of times. An
interpreter of its own for every command is what the wheel's test and the examples of the docs start.
"""

from __future__ import annotations

import atexit
import functools
import json
import os
import runpy
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import processor_times
from tunebook import cli

COMMAND = "tunebook"
PAGES = {"report", "demo", "--report"}
"""Arguments of commands that write a page."""


class Server:
    """A process that forks one child for each command; see `serve`."""

    def __init__(self) -> None:
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error", "-c", "import forked; forked.serve()"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment,
        )  # fmt: skip

    def run(
        self, arguments: Sequence[str], *, cwd: Path, env: Mapping[str, str], script: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Call `tunebook ARGUMENTS`, or a script, and wait for its end."""
        assert self.process.stdin is not None and self.process.stdout is not None
        with tempfile.TemporaryDirectory() as said:
            request = {
                "arguments": list(arguments),
                "script": script,
                "cwd": str(cwd),
                "env": dict(env),
                "said": said,
            }
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
            answer = json.loads(self.process.stdout.readline())
            processor_times.add(answer["seconds"])
            out, err = (Path(said, name).read_text("utf-8") for name in ("out", "err"))
        return subprocess.CompletedProcess([COMMAND, *arguments], answer["code"], out, err)

    def close(self) -> None:
        """Let it end."""
        self.process.communicate()


_servers: dict[int, Server] = {}


def run(
    arguments: Sequence[str], *, cwd: Path, env: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Call the command line in a child of this process's server, which starts when first asked."""
    return _server().run(arguments, cwd=cwd, env=env)


def run_script(
    script: str, *, cwd: Path, env: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run a script of Python as `__main__`, by the same server."""
    return _server().run([], script=script, cwd=cwd, env=env)


def _server() -> Server:
    if os.getpid() not in _servers:
        _servers[os.getpid()] = Server()
        atexit.register(_servers[os.getpid()].close)
    return _servers[os.getpid()]


def serve() -> None:
    """Answer each line of standard input by a forked child's exit code and processor time."""
    _import_all()
    for line in sys.stdin:
        request, before = json.loads(line), processor_times.used()
        if PAGES & set(request["arguments"]):
            _bundle()
        took = processor_times.used() - before
        child = os.fork()
        if child == 0:
            _become(request)
        _, status, usage = os.wait4(child, 0)
        told = {
            "code": os.waitstatus_to_exitcode(status),
            "seconds": took + usage.ru_utime + usage.ru_stime,
        }
        print(json.dumps(told), flush=True)


def _import_all() -> None:
    """Import once, for all children, what commands import when they need it."""
    from tunebook import checks, procedures
    from tunebook.book import notebook  # noqa: F401
    from tunebook.checks import charts  # noqa: F401

    for name in cli.COMMANDS:
        cli.group.get_command(None, name)
    specs = checks.SPECS.values()
    places = [place for spec in specs for place in (spec.check, spec.chart) if place]
    for place in (*places, *(s.procedure for s in procedures.SPECS.values())):
        __import__(place.partition(":")[0])


@functools.cache
def _bundle() -> None:
    """Have the script of a page at hand for all children, which takes longer than the page.

    It is made in another process: the threads that make it would not survive a fork.
    """
    from tunebook.charts.script import script_bundle

    makes = "from tunebook.charts.script import script_bundle; script_bundle()"
    subprocess.run([sys.executable, "-c", makes], check=True)  # into the cache of these tests
    script_bundle()


def _become(request: Mapping[str, Any]) -> None:
    """Be the process that a shell would have started; does not return."""
    code = 1
    try:
        sys.path[0:1] = [""]
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        for number, name in ((1, "out"), (2, "err")):
            file = os.open(
                Path(request["said"], name), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600
            )
            os.dup2(file, number)
        sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
        sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
        sys.stderr = os.fdopen(2, "w", encoding="utf-8", closefd=False, buffering=1)
        os.chdir(request["cwd"])
        os.environ.clear()
        os.environ.update(request["env"])
        if request["script"]:
            sys.path[0:1] = [str(Path(request["script"]).parent)]
            sys.argv = [request["script"]]
            warnings.resetwarnings()
            code = _ended(lambda: runpy.run_path(request["script"], run_name="__main__"))
        else:
            sys.argv = ["-c", *request["arguments"]]
            code = _ended(cli.main)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _ended(main: Callable[[], object]) -> int:
    """The exit code that an interpreter would give."""
    try:
        main()
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
            return 1
        return int(end.code or 0)
    return 0
