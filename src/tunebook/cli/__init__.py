"""The command line: one file per command, loaded when it is called (C12 D6)."""

from __future__ import annotations

import importlib
import sys

import click

from tunebook.domain.version import VERSION

COMMANDS = {
    "init": "Write a training script and a first round that run.",
    "optimizers": "List optimizers with ready-made spaces, and the source of every range.",
    "demo": "Open a finished book: real networks, four rounds, decisions.",
    "try": "Train a few steps of a round's file, and say what was seen.",
    "run": "Plan a round from a TOML file and run it, or go on with one.",
    "procedure": "Ask what takes many rounds: does instability hold training back, and the like.",
    "status": "Show the book: rounds, trials, decisions, launches.",
    "trials": "List a round's trials with their values, best first.",
    "show": "Show one trial: configuration, fate, curves, printed text.",
    "best": "Print the best configuration: as text, JSON or TOML.",
    "pause": "Let no further trial of a round begin, on any host.",
    "resume": "Let trials of a paused round begin again.",
    "drain": "End a round's runs once the trials under way have ended.",
    "cancel": "End trials, or all that are left of a round.",
    "priority": "Say which trials go first.",
    "logs": "Show what a trial printed; follow it while it runs.",
    "findings": "Say what a round's results mean, worst first.",
    "report": "Write the book or a round as one offline HTML file.",
    "decide": "Rerun with new seeds and judge: adopt, keep, or more evidence.",
    "launch": "Make a decision's configuration the new baseline.",
    "next": "Propose the next round as a TOML file to edit.",
    "history": "Show the notebook: rounds, launches, caveats, evidence, lineage.",
    "protocol": "Write the tuning protocol of a result for a paper.",
    "replay": "Rerun a launch from its record, and compare.",
    "unseal": "Look at a sealed test metric, for the record.",
    "audit": "Judge a sweep that was run elsewhere, from CSV files.",
    "doctor": "Check the book's file, disk, leftovers, clocks, versions, workers.",
    "export": "Write plans, trials, curves and pictures to a folder, or one archive.",
    "restore": "Make a new book from an archive.",
    "copy": "Copy a book exactly, between a file and a PostgreSQL server.",
    "completion": "Print the script that completes commands in your shell.",
}

FOLDERS = {
    "set_out": ("init", "demo", "optimizers", "completion", "try"),
    "run": ("run", "procedure", "audit", "doctor"),
    "read": ("status", "trials", "show", "best", "logs", "findings", "report"),
    "decide": ("decide", "launch", "next", "replay"),
    "record": ("history", "protocol", "unseal"),
    "steer": ("pause", "resume", "drain", "cancel", "priority"),
    "move": ("export", "restore", "copy"),
}
"""Folder of `cli/` to the commands in it, `FOLDER/NAME_command.py`."""


class LazyGroup(click.Group):
    """Lists commands without loading them, so that `tunebook --help` is quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of use."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Load `cli/FOLDER/NAME_command.py` and return its `command`."""
        if name not in COMMANDS:
            return None
        folder = next(folder for folder, names in FOLDERS.items() if name in names)
        module = importlib.import_module(f"tunebook.cli.{folder}.{name}_command")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list from COMMANDS alone."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Name the nearest command where there is none of that name."""
        from tunebook.domain.errors import nearest

        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            known = nearest(args[0], COMMANDS)
            raise click.UsageError(f"{error.message}{known}", ctx) from None


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Example: tunebook init digits && cd digits && tunebook run round-1.toml",
)
@click.version_option(VERSION, prog_name="tunebook")
def group() -> None:
    """The lab notebook for tuning deep nets.

    Plan a round of experiments around one question, run it, read what the results say, decide
    on fresh-seed reruns, launch the new baseline, and get the next round proposed.
    """


def main() -> None:
    """Run a command. Every error of ours is its message, never a traceback."""
    from tunebook.domain.errors import (
        BookNotFoundError,
        CodecError,
        DesignError,
        TableError,
        TrainingCodeError,
        TrainingLoadError,
        TunebookError,
    )

    wrong_use = (BookNotFoundError, CodecError, DesignError, TableError, TrainingCodeError)

    try:
        # The name is said, so that completion finds its variable however we were started.
        group(standalone_mode=False, prog_name="tunebook")
    except click.exceptions.Abort:
        sys.exit(1)
    except click.exceptions.Exit as asked:
        sys.exit(asked.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(1)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except TunebookError as error:
        click.echo(f"{_kind(error)}: {error}", err=True)
        mistaken = isinstance(error, wrong_use) and not isinstance(error, TrainingLoadError)
        sys.exit(2 if mistaken else 1)
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        click.echo(f"Error: {error.strerror or error}{where}", err=True)
        sys.exit(1)


def _kind(error: Exception) -> str:
    return type(error).__name__
