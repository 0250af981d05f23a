"""The wheel with each extra, in an environment of its own: what the extra is for imports there.

    python tests/wheel/each_extra.py [EXTRA ...]

Run by `make test-full`. Prints what was imported; exits 1 if something could not be.
"""

from __future__ import annotations

import json
import sys
import tempfile
import tomllib
from pathlib import Path

from environments import ROOT, Environment, Runs, build_wheel

FIRST = {"bayes": ("torch==2.13.0",)}
"""Installed before the extra: what depends on PyTorch must find it, not look for another."""
BRINGS = {
    "bayes": (
        "botorch",
        "tunebook.search.bayesian.acquisition",
        "tunebook.search.bayesian.botorch_model",
    ),
    "tensorboard": ("tensorboard", "tunebook.training.program_numbers"),
    "postgres": ("psycopg", "tunebook.store.database.server"),
    "slurm": ("tunebook.execution.slurm.submit",),
    "ray": ("ray", "tunebook.execution.ray.driver", "tunebook.execution.ray.node"),
    "parquet": ("pyarrow.parquet", "tunebook.importers.tables.parquet"),
    "excel": ("openpyxl", "tunebook.importers.tables.workbook"),
    "remote": ("fsspec", "tunebook.training.checkpoint_places"),
    "demo": ("jax", "optax", "sklearn", "tunebook.integrations.optax"),
}
"""What must be importable with an extra."""


def main(chosen: list[str]) -> int:
    """Try each extra of pyproject.toml, or those that are named."""
    stated = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = list(stated["optional-dependencies"])
    assert set(extras) == set(BRINGS), "an extra is tried by what it brings: add it to BRINGS"
    runs = Runs()
    with tempfile.TemporaryDirectory(prefix="tunebook-extras-") as folder:
        wheel = build_wheel(Path(folder))
        for extra in chosen or extras:
            environment = Environment(sys.executable, Path(folder) / extra, runs)
            if extra in FIRST:
                environment.install(*FIRST[extra])
            environment.install(f"{wheel}[{extra}]")
            for module in BRINGS[extra]:
                environment.python(f"import {module}", "-c", f"import {module}")
            _what_it_is_for(environment, extra)
    return runs.end()


def _what_it_is_for(environment: Environment, extra: str) -> None:
    """No module that names this extra is missing anything."""
    script = (
        "import importlib, json, pkgutil, tunebook\n"
        "for m in pkgutil.walk_packages(tunebook.__path__, 'tunebook.'):\n"
        "    if m.name.endswith('.migrations.env'): continue  # Alembic alone can run it\n"
        "    try: importlib.import_module(m.name)\n"
        "    except ImportError as error: print(json.dumps([m.name, str(error)]))\n"
    )
    ended = environment.call("python", "-W", "ignore", "-c", script)
    source = ROOT / "src"
    for line in ended.stdout.splitlines():
        module, error = json.loads(line)
        text = (source / Path(*module.split("."))).with_suffix(".py").read_text("utf-8")
        if f"tunebook[{extra}]" in text.split('"""')[1]:
            ended.returncode = 1
            ended.stderr += f"\n{module}: {error}"
    environment.runs.judge(f"[{extra}] every module that is for it", ended)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
