"""Count modules and lines of src/tunebook: `python bench/layout.py [--at REVISION] [--table]`.

A line of code has something on it beside comments and docstrings; blank lines are neither.
"""

from __future__ import annotations

import argparse
import ast
import io
import statistics
import subprocess
import tarfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).parents[1]
BEFORE = "866ab52"


@dataclass(frozen=True, slots=True)
class Layout:
    """What is counted of one tree."""

    files: int
    lines: int
    code: int
    docstrings: int
    median: float
    longest: int
    folders: int
    largest: tuple[str, int]


def sources(revision: str | None) -> dict[PurePosixPath, str]:
    """Text of every module, by its path below src/tunebook; of the checkout, or of a revision."""
    if revision is None:
        here = ROOT / "src/tunebook"
        return {
            PurePosixPath(p.relative_to(here).as_posix()): p.read_text("utf-8")
            for p in here.rglob("*.py")
        }
    packed = subprocess.run(
        ["git", "archive", revision, "src/tunebook"], cwd=ROOT, capture_output=True, check=True
    ).stdout
    found = {}
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        for member in archive.getmembers():
            if member.isfile() and member.name.endswith(".py"):
                content = archive.extractfile(member)
                assert content is not None
                path = PurePosixPath(member.name).relative_to("src/tunebook")
                found[path] = content.read().decode("utf-8")
    return found


def of_docstrings(text: str) -> set[int]:
    """Numbers of lines that texts standing alone take: docstrings, also those of constants."""
    found: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        ):
            found |= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return found


def layout(revision: str | None) -> Layout:
    """Count a tree."""
    texts = sources(revision)
    code = docstrings = 0
    for text in texts.values():
        quoted = of_docstrings(text)
        docstrings += len(quoted)
        code += sum(
            bool(line.strip()) and not line.strip().startswith("#") and number not in quoted
            for number, line in enumerate(text.splitlines(), 1)
        )
    sizes = [len(text.splitlines()) for text in texts.values()]
    folders = Counter(str(path.parent) for path in texts)
    return Layout(
        files=len(texts), lines=sum(sizes), code=code, docstrings=docstrings,
        median=statistics.median(sizes), longest=max(sizes), folders=len(folders),
        largest=folders.most_common(1)[0],
    )  # fmt: skip


def table(before: Layout, after: Layout) -> str:
    """Both as Markdown."""
    rows = [
        ("modules", before.files, after.files),
        ("lines", before.lines, after.lines),
        ("lines of code", before.code, after.code),
        ("lines of docstrings", before.docstrings, after.docstrings),
        ("median lines of a module", before.median, after.median),
        ("lines of the longest module", before.longest, after.longest),
        ("folders", before.folders, after.folders),
        (
            "modules in the largest folder",
            *(f"{x.largest[1]} (`{x.largest[0]}/`)" for x in (before, after)),
        ),
    ]
    shown = [f"| {name} | {_shown(a)} | {_shown(b)} |" for name, a, b in rows]
    return "\n".join(["| | before | after |", "|---|---|---|", *shown])


def _shown(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:,.0f}"


def main() -> None:
    """Print what is asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--at", help="a revision instead of the checkout")
    parser.add_argument("--table", action="store_true", help=f"beside {BEFORE}, as Markdown")
    asked = parser.parse_args()
    here = layout(asked.at)
    print(table(layout(BEFORE), here) if asked.table else here)


if __name__ == "__main__":
    main()
