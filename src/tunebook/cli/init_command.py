"""tunebook init: a training script and a first round that run (A1 A5)."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tunebook.cli.which_book import json_option

if TYPE_CHECKING:
    from tunebook.book.trying import ShortRun

FRAMEWORKS = {
    "numpy": "round-1.toml",
    "torch": "round-1-network.toml",
    "lightning": "round-1-network.toml",
    "huggingface": "round-1-huggingface.toml",
    "keras": "round-1-network.toml",
    "jax": "round-1-network.toml",
    "command": "round-1-command.toml",
}
"""Whose training script to write, and the first round that goes with it."""


@click.command("init", epilog="Example: tunebook init digits --framework torch")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default=".")
@click.option("--framework", type=click.Choice(list(FRAMEWORKS)), default="numpy",
              show_default=True)  # fmt: skip
@click.option("--try/--no-try", "tries", default=True, show_default=True,
              help="Train a few steps of it, and say what was seen.")  # fmt: skip
@json_option
def command(folder: Path, framework: str, tries: bool, as_json: bool) -> None:
    """Write train.py and round-1.toml into FOLDER: a first baseline that runs as it is.

    The script trains on generated data; put your own model and data in its place. Then it trains
    a few steps and says what it saw, as tunebook try does.
    """
    from tunebook.cli.output import print_json
    from tunebook.cli.try_command import data_of, show_seen

    targets = {
        folder / "train.py": f"train_{framework}.py.txt",
        folder / "round-1.toml": FRAMEWORKS[framework],
    }
    there = [str(t) for t in targets if t.exists()]
    if there:
        raise click.BadParameter(f"{', '.join(there)} exists; name an empty folder")
    folder.mkdir(parents=True, exist_ok=True)
    for target, asset in targets.items():
        text = files("tunebook.cli").joinpath("assets", asset).read_text("utf-8")
        target.write_text(text, "utf-8")
    if not as_json:
        for target in targets:
            click.echo(f"Wrote {target}")
    seen = _tried(folder) if tries else None
    if as_json:
        print_json(written=[str(t) for t in targets], **({} if seen is None else data_of(seen)))
        return
    if seen is not None:
        show_seen(seen)
    enter = "" if folder == Path(".") else f"cd {folder} && "
    if seen is not None and seen.faulty:
        click.echo(f"Next:  mend what it says, then {enter}tunebook try round-1.toml")
    else:
        click.echo(f"Next:  {enter}tunebook run round-1.toml && tunebook decide --max-reruns 6")


def _tried(folder: Path) -> ShortRun:
    """A short test run of what was written, in its own folder."""
    from contextlib import chdir

    from tunebook.book.trying import look_at
    from tunebook.cli.run_command import read_file

    with chdir(folder):
        asked = read_file(Path("round-1.toml"))
        assert asked.objective is not None
        return look_at(asked, asked.train, asked.objective)
