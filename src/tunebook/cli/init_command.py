"""tunebook init: a training script and a first round that run (A1 A5)."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import click

from tunebook.cli.which_book import json_option

FRAMEWORKS = ("numpy", "torch", "jax")


@click.command("init", epilog="Example: tunebook init digits --framework torch")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default=".")
@click.option("--framework", type=click.Choice(FRAMEWORKS), default="numpy", show_default=True)
@json_option
def command(folder: Path, framework: str, as_json: bool) -> None:
    """Write train.py and round-1.toml into FOLDER: a first baseline that runs as it is.

    The script trains on generated data; put your own model and data in its place.
    """
    from tunebook.cli.output import print_json

    targets = {
        folder / "train.py": f"train_{framework}.py.txt",
        folder / "round-1.toml": "round-1.toml",
    }
    there = [str(t) for t in targets if t.exists()]
    if there:
        raise click.BadParameter(f"{', '.join(there)} exists; name an empty folder")
    folder.mkdir(parents=True, exist_ok=True)
    for target, asset in targets.items():
        text = files("tunebook.cli").joinpath("assets", asset).read_text("utf-8")
        target.write_text(text, "utf-8")
    if as_json:
        print_json(written=[str(t) for t in targets])
        return
    for target in targets:
        click.echo(f"Wrote {target}")
    enter = "" if folder == Path(".") else f"cd {folder} && "
    click.echo(f"Next:  {enter}tunebook run round-1.toml && tunebook decide --max-reruns 6")
