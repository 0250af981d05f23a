"""tunebook init: a training script and a first round that run (A1 A5)."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tunebook.cli.which_book import json_option

if TYPE_CHECKING:
    from tunebook.book.planning.short_run import ShortRun

SCRIPTS = {
    "numpy": {"tabular": ("train_numpy.py.txt", "round-1.toml")},
    "torch": {
        "tabular": ("train_torch.py.txt", "round-1-network.toml"),
        "image": ("train_torch_image.py.txt", "round-1-image.toml"),
        "text": ("train_torch_text.py.txt", "round-1-text.toml"),
    },
    "lightning": {"tabular": ("train_lightning.py.txt", "round-1-network.toml")},
    "huggingface": {"text": ("train_huggingface.py.txt", "round-1-huggingface.toml")},
    "keras": {"tabular": ("train_keras.py.txt", "round-1-network.toml")},
    "jax": {"tabular": ("train_jax.py.txt", "round-1-network.toml")},
    "command": {"tabular": ("train_command.py.txt", "round-1-command.toml")},
}
"""By framework and task: the training script, and the first round that goes with it."""
ALSO_CALLED = {"pytorch": "torch", "transformers": "huggingface", "hf": "huggingface"}


class Framework(click.Choice[str]):
    """One of SCRIPTS, also by the name that its package or its project has."""

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name in SCRIPTS."""
        low = value.lower()
        return super().convert(ALSO_CALLED.get(low, low), param, ctx)


@click.command("init", epilog="Example: tunebook init digits --framework torch")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default=".")
@click.option("--framework", type=Framework(list(SCRIPTS)), default="numpy",
              show_default=True)  # fmt: skip
@click.option("--task", type=click.Choice(["tabular", "image", "text"]),
              help="Image and text with torch, text with huggingface; else tabular.")  # fmt: skip
@click.option("--try/--no-try", "tries", default=True, show_default=True,
              help="Train a few steps of it, and say what was seen.")  # fmt: skip
@json_option
def command(folder: Path, framework: str, task: str | None, tries: bool, as_json: bool) -> None:
    """Write train.py and round-1.toml into FOLDER: a first baseline that runs as it is.

    The script trains on generated data; put your own model and data in its place. Then it trains
    a few steps and says what it saw, as tunebook try does.
    """
    from tunebook.cli.output import print_json
    from tunebook.cli.set_out.try_command import data_of, show_seen

    there_are = SCRIPTS[framework]
    if task is not None and task not in there_are:
        raise click.BadParameter(
            f"for {framework} there is {' and '.join(there_are)}; {task} is there for "
            + " and ".join(name for name, tasks in SCRIPTS.items() if task in tasks)
        )
    script, plan = there_are[task or next(iter(there_are))]
    targets = {folder / "train.py": script, folder / "round-1.toml": plan}
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
        click.echo(f"Next:  correct what it names, then {enter}tunebook try round-1.toml")
    else:
        click.echo(f"Next:  {enter}tunebook run round-1.toml && tunebook decide --max-reruns 6")


def _tried(folder: Path) -> ShortRun:
    """A short test run of what was written, in its own folder."""
    from contextlib import chdir

    from tunebook.book.planning.short_run import look_at
    from tunebook.cli.run.run_command import read_file

    with chdir(folder):
        asked = read_file(Path("round-1.toml"))
        assert asked.objective is not None
        return look_at(asked, asked.train, asked.objective)
