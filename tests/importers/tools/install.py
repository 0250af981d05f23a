"""Make an environment for each tool whose records are read: build/tools/NAME.

Run from the root of the checkout: python tests/importers/tools/install.py [--light | NAME...]

With --light, those stay out whose requirements begin with "# heavy": a gigabyte and more, most of
it PyTorch or TensorFlow.
"""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).parent
ENVIRONMENTS = Path("build/tools")


def install(tool: str) -> None:
    """Make the environment unless its requirements are those of the last time."""
    wanted = (HERE / "requirements" / f"{tool}.txt").read_text("utf-8")
    folder = ENVIRONMENTS / tool
    done = folder / "installed.txt"
    if done.is_file() and done.read_text("utf-8") == wanted:
        return
    print(f"making {folder}", flush=True)
    venv.create(folder, clear=True, with_pip=True)
    python = folder / "bin/python"
    pip = [python, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    subprocess.run([*pip, "-r", HERE / "requirements" / f"{tool}.txt"], check=True)
    done.write_text(wanted, "utf-8")


if __name__ == "__main__":
    every = sorted(path.stem for path in (HERE / "requirements").glob("*.txt"))
    asked = sys.argv[1:]
    if asked == ["--light"]:
        texts = {n: (HERE / "requirements" / f"{n}.txt").read_text("utf-8") for n in every}
        asked = [n for n in every if not texts[n].startswith("# heavy")]
    for name in asked or every:
        install(name)
