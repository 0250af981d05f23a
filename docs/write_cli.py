"""Write docs/cli.md from the commands' own help, so that it can't differ from it.

make docs
"""

from __future__ import annotations

import sys
from pathlib import Path

from click.testing import CliRunner

from tunebook.cli import GROUPS, group

HEAD = """# Commands

This page is written by `make docs` from the `--help` of the commands.

Every command that prints takes `--json` (with `"schema": 2`). The book is `--book PATH`, else
`TUNEBOOK_BOOK`, else the only `*.db` in the folder. Exit status: 0 done, 1 failed, 2 wrong use.
`tunebook adopt` is another name of `tunebook launch`.
Completion: `eval "$(tunebook completion bash)"` (or zsh, fish).
"""


def page() -> str:
    """The whole page."""
    runner = CliRunner()
    listing = "\n".join(
        f"- {title}: {', '.join(f'[{n}](#{n})' for n in lines)}"
        for title, lines in GROUPS.values()
    )
    parts = [HEAD, f"{listing}\n"]
    for title, lines in GROUPS.values():
        parts.append(f"## {title}\n")
        for name, line in lines.items():
            text = runner.invoke(group, [name, "--help"], prog_name="tunebook").output.strip()
            parts.append(f"### {name}\n\n{line}\n\n```text\n{text}\n```\n")
    return "\n".join(parts)


if __name__ == "__main__":
    target = Path(__file__).with_name("cli.md")
    target.write_text(page(), "utf-8")
    sys.stdout.write(f"{target}\n")
