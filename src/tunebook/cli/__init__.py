"""The command line: one file per command, loaded when it is called (C12 D6)."""

from __future__ import annotations

import importlib
import sys

import click
from click.shell_completion import CompletionItem

from tunebook.domain.version import VERSION

GROUPS: dict[str, tuple[str, dict[str, str]]] = {
    "set_out": (
        "Set out",
        {
            "init": "Write a training script and a first round, ready to run.",
            "demo": "Open a finished book: real networks, four rounds, decisions.",
            "optimizers": "List optimizers with ready-made search spaces and their sources.",
            "try": "Train a few steps of a round's file, to find mistakes early.",
            "completion": "Print the script that completes commands in your shell.",
        },
    ),
    "run": (
        "Run",
        {
            "run": "Run the trials of a round; continue after an interruption.",
            "procedure": "Answer a question that takes many rounds, such as batch size.",
            "audit": "Check a sweep from another tool, from CSV files.",
            "import": "Make a round of a sweep from another tool.",
            "doctor": "Check the book's file, disk, leftovers, clocks and workers.",
        },
    ),
    "read": (
        "Read the results",
        {
            "status": "Show the book: rounds, trials, decisions, launches.",
            "trials": "List the trials of a round with their values, best first.",
            "show": "Show one trial: configuration, outcome, curves, output.",
            "best": "Print the best configuration as text, JSON or TOML.",
            "logs": "Show the output of a trial; follow it while it runs.",
            "findings": "Show what the results of a round mean, worst first.",
            "report": "Write the book or a round as one offline HTML file.",
        },
    ),
    "decide": (
        "Decide",
        {
            "decide": "Rerun with new seeds; adopt, keep, or ask for more evidence.",
            "launch": "Make a decision's configuration the new baseline (alias: adopt).",
            "next": "Propose the next round as a TOML file that you can edit.",
            "replay": "Rerun a launch from its record, and compare the results.",
        },
    ),
    "record": (
        "Keep the record",
        {
            "history": "Show rounds, launches, caveats, evidence and baselines.",
            "protocol": "Write the tuning protocol of a result for a paper.",
            "unseal": "Open a sealed test metric, and record that you did.",
        },
    ),
    "steer": (
        "Steer a running round",
        {
            "pause": "Start no further trial of a round, on any host.",
            "resume": "Start trials of a paused round again.",
            "drain": "End a run as soon as its running trials have ended.",
            "cancel": "End some trials, or all that are left of a round.",
            "priority": "Choose which trials run first.",
        },
    ),
    "move": (
        "Move a book",
        {
            "export": "Write plans, trials, curves and pictures to a folder or archive.",
            "restore": "Make a new book from an archive.",
            "copy": "Copy a book exactly, between a file and a PostgreSQL server.",
        },
    ),
}
"""Folder of `cli/` to its title in `--help` and its commands, `FOLDER/NAME_command.py`."""

COMMANDS = {name: line for _, lines in GROUPS.values() for name, line in lines.items()}

ALIASES = {"adopt": "launch"}
"""Other names of commands: they run and complete, and `--help` lists them once."""


class LazyGroup(click.Group):
    """Lists commands by group without loading them, so that `tunebook --help` is quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of `--help`, without aliases."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Load `cli/FOLDER/NAME_command.py` and return its `command`."""
        name = ALIASES.get(name, name)
        folder = next((f for f, (_, lines) in GROUPS.items() if name in lines), None)
        if folder is None:
            return None
        module = importlib.import_module(f"tunebook.cli.{folder}.{name}_command")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write a section for each group; all sections have one column width."""
        width = max(map(len, COMMANDS))
        for title, lines in GROUPS.values():
            with formatter.section(title):
                formatter.write_dl([(name.ljust(width), line) for name, line in lines.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete commands, aliases and options; no command is loaded for it."""
        lines = {**COMMANDS, **{alias: COMMANDS[name] for alias, name in ALIASES.items()}}
        found = [
            CompletionItem(name, help=line)
            for name, line in lines.items()
            if name.startswith(incomplete)
        ]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Name the nearest command where there is none of that name."""
        from tunebook.domain.errors import nearest

        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            known = nearest(args[0], [*COMMANDS, *ALIASES])
            raise click.UsageError(f"{error.message}{known}", ctx) from None


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Example: tunebook init digits && cd digits && tunebook run round-1.toml",
)
@click.version_option(VERSION, prog_name="tunebook")
def group() -> None:
    """The lab notebook for tuning deep nets.

    Plan a round of experiments around one question, run it, and read the findings. Decide on
    reruns with new seeds, launch the new baseline, and get a proposal for the next round.

    "Launch" is the playbook's word for making a configuration the new baseline. It records a
    choice and starts no job.
    """


def main() -> None:
    """Run a command; print an error of Tunebook as its message, without a traceback."""
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
        # A fixed name, so that completion finds its variable however the program was started.
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
