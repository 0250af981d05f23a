"""The wheel without any extra, tried as a new user would: every command, a notebook, a checkout.

    python tests/wheel/plain_install.py

Run by `make test-wheel`. Prints each command that it ran; exits 1 if one failed.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path

from environments import ROOT, Environment, Runs, build_wheel, pythons

ALSO_ON = ("3.13",)
NOT_PLAIN = (
    "jaxtyping",
    "torch",
    "botorch",
    "ray",
    "jax",
    "pytest",
    "ipython",
    "pandas",
)

ON_A_BOOK: dict[str, tuple[tuple[str, ...], ...]] = {
    "status": ((), ("--json",)),
    "trials": ((),),
    "show": (("1.1",),),
    "best": ((),),
    "findings": ((), ("--json",)),
    "decide": (("--max-reruns", "6", "--workers", "2"),),
    "launch": ((),),
    "report": (("--out", "r.html"),),
    "next": (("--out", "round-2.toml"),),
    "history": ((),),
    "protocol": ((),),
    "logs": (("1.1",),),
    "doctor": ((),),
    "pause": ((),),
    "resume": ((),),
    "drain": ((),),
    "export": (("files", "--pictures", "svg"), ("book.zip",)),
    "restore": (("book.zip", "--book", "again/restored.db"),),
    "copy": (("first.db", "again/copied.db"),),
    "replay": ((),),
}
"""Commands on the book of `tunebook init`, in an order that a person might take."""
ELSEWHERE: dict[str, tuple[tuple[str, ...], ...]] = {
    "demo": (("--no-open", "--out", "demo"),),
    "optimizers": ((), ("adam",)),
    "completion": (("bash",),),
    "procedure": ((),),
    "audit": (("sweep.csv", "--objective", "minimize:loss", "--report", "sweep.html"),),
}
"""Commands that need no book, or bring one."""
COVERED = {"init", "try", "run", "procedure"}
"""Run by steps of their own."""

PROCEDURE = [
    "--train", "train.py:narrow", "--workers", "0", "--set", "max_train_steps=60",
    "--set", "learning_rates=[1e-3, 1.0]", "--set", "trials=12",
    "--set", "fixed={ warmup_steps = 0, clip_norm = 0.0 }",
]  # fmt: skip

FIVE_LINES = """\
import tunebook as tb

def train(trial):
    return (trial.config["learning_rate"] - 0.1) ** 2

found = tb.explore(train, {"learning_rate": tb.log_uniform(1e-4, 1)},
                   objective=tb.minimize("loss"), trials=16)
print(found.findings())
print(found.table())
found.report("five.html")
"""

EXECUTORS = """\
from importlib.metadata import entry_points

from tunebook.execution import ExecutorSpec
from tunebook.execution.executor_table import registered

points = entry_points(group="tunebook.executors")
assert {p.name for p in points} == {"local", "slurm", "ray"}, points
assert all(isinstance(p.load(), ExecutorSpec) and p.load().kind == p.name for p in points)
assert all(len(claims) == 1 for claims in registered().values()), registered()
"""

CELLS = """\
import json, sys
import nbformat
from nbclient import NotebookClient

made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(t) for t in json.load(sys.stdin)])
NotebookClient(made, timeout=300, kernel_name="python3").execute()
shown = [o for c in made.cells for o in c.outputs]
assert not [o for o in shown if o.output_type == "error"]
assert any("text/html" in o.get("data", {}) for o in shown), "nothing was displayed"
print(len(shown), "outputs")
"""


def main() -> int:
    """Try the wheel on each Python that is here."""
    runs = Runs()
    with tempfile.TemporaryDirectory(prefix="tunebook-wheel-") as folder:
        wheel = build_wheel(Path(folder))
        for version, python in pythons(ALSO_ON).items():
            if python is None:
                runs.notes.append(f"Python {version} was not found here, so it was not tried")
                continue
            environment = Environment(python, Path(folder) / f"python{version}", runs)
            environment.install(str(wheel))
            try_plain(environment)
            if python == sys.executable:
                try_notebook(environment)
            try_checkout(environment, Path(folder) / "sources" / "src")
    return runs.end()


def try_plain(environment: Environment) -> None:
    """Every command of the command line, as far as no extra is for it."""
    extra = environment.packages() & set(NOT_PLAIN)
    assert not extra, f"a plain install brought {extra}"
    script = "from tunebook.cli import group; print(*group.list_commands(None))"
    commands = environment.call("python", "-c", script).stdout.split()
    assert "run" in commands, "the command line lists no commands"
    every_module(environment)
    environment.python("entry points of the executors", "-c", EXECUTORS)
    environment.tunebook("--version")
    environment.tunebook("--help")
    for command in commands:
        environment.tunebook(command, "--help")
    write_inputs(environment.work)
    for command in commands:
        for arguments in ELSEWHERE.get(command, ()):
            environment.tunebook(command, *arguments)
    first_hour(environment, commands)
    environment.tunebook("procedure", "instability", *PROCEDURE, folder="valley")
    environment.tunebook("report", "--out", "r.html", folder="valley")
    environment.python("python five_lines.py", "five_lines.py")
    known = {*ON_A_BOOK, *ELSEWHERE, *COVERED}
    only_help = [c for c in commands if c not in known]
    environment.runs.notes.append(
        f"[{environment.name}] of {len(commands)} commands these were run with --help alone: "
        + (", ".join(only_help) or "none")
    )


def write_inputs(work: Path) -> None:
    """A script, a sweep from elsewhere, a book with training code for a procedure."""
    (work / "five_lines.py").write_text(FIVE_LINES, "utf-8")
    rows = [f"{n},{10 ** (-4 + 4 * n / 20):.6f},{abs(n - 11) / 20 + 0.1:.4f}" for n in range(20)]
    (work / "sweep.csv").write_text("\n".join(["trial,lr,loss", *rows]) + "\n", "utf-8")
    (work / "valley").mkdir()
    shutil.copy(ROOT / "tests/valleys.py", work / "valley/train.py")


def first_hour(environment: Environment, commands: list[str]) -> None:
    """From `init` to a launched baseline, then all that reads or steers a book."""
    environment.tunebook("init", "digits")
    plan = environment.work / "digits/round-1.toml"
    plan.write_text(plan.read_text("utf-8").replace("= 500", "= 100"), "utf-8")
    (environment.work / "digits/again").mkdir()
    for arguments in (
        ("try", "round-1.toml"),
        ("run", "round-1.toml", "--plan"),
        ("run", "round-1.toml", "--workers", "2"),
    ):
        environment.tunebook(*arguments, folder="digits")
    for command, calls in ON_A_BOOK.items():
        for arguments in calls if command in commands else ():
            environment.tunebook(command, *arguments, folder="digits")
    environment.python(
        "python -c 'make valley.db'", "-c",
        "import tunebook as tb; tb.Book('valley/valley.db', objective=tb.minimize('valid/loss')).close()",
    )  # fmt: skip


def every_module(environment: Environment) -> None:
    """All modules import, but for those that name their extra."""
    script = str(ROOT / "tests/root/core_imports.py")
    ended = environment.call("python", script, str(ROOT / "pyproject.toml"))
    *refused, whole = [json.loads(line) for line in ended.stdout.splitlines()] or [{}]
    unnamed = [one["module"] for one in refused if "tunebook[" not in one["says"]]
    if unnamed or "imported" not in whole:
        ended.returncode = 1
        ended.stderr += f"\nnot importable: {unnamed}"
    shown = f"[{environment.name}] import all {whole.get('imported')} modules"
    environment.runs.judge(f"{shown}, {len(refused)} of them for an extra", ended)


def try_notebook(plain: Environment) -> None:
    """The five lines in cells of a real kernel, in an environment that has one."""
    other = Environment(sys.executable, plain.bin.parent.with_name("notebook"), plain.runs)
    wheel = next(plain.bin.parent.parent.glob("tunebook-*.whl"))
    other.install(str(wheel), "nbclient", "ipykernel")
    define, show = FIVE_LINES.split("print(found.findings())")[0], "found"
    (other.work / "cells.json").write_text(json.dumps([define, show, "found.findings()"]), "utf-8")
    script = CELLS.replace("json.load(sys.stdin)", "json.load(open('cells.json'))")
    other.python("a notebook: three cells in a kernel", "-W", "ignore", "-c", script)


def try_checkout(environment: Environment, source: Path) -> None:
    """A checkout on the path that was never installed: no metadata, the same names."""
    environment.call("python", "-m", "pip", "uninstall", "--yes", "--quiet", "tunebook")
    assert "tunebook" not in environment.packages()
    script = (
        "import tunebook as tb\n"
        "tb.Book('checkout.db', objective=tb.minimize('loss')).close()\n"
        "[getattr(tb, name) for name in tb.__all__]\n"
        "print(tb.__version__)\n"
        "from tunebook.execution.executor_table import executor_of, registered\n"
        "assert list(registered()) == ['local', 'ray', 'slurm'], registered()\n"
        "assert executor_of({'kind': 'local', 'workers': 2}).workers == 2\n"
    )
    environment.python(
        "a checkout that is not installed: every public name, a new book",
        "-c", script, PYTHONPATH=str(source),
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
