"""tunebook restore: a new book from an archive (D6)."""

from __future__ import annotations

from pathlib import Path

import click

from tunebook.cli.which_book import json_option


@click.command("restore", epilog="Example: tunebook restore digits.zip --book digits.db")
@click.argument("archive", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--book", "book_path", required=True, metavar="PATH|URL",
              help="The new book's file, or an empty PostgreSQL database.")  # fmt: skip
@json_option
def command(archive: Path, book_path: str, as_json: bool) -> None:
    """Make a new book from ARCHIVE, which `tunebook export FILE.zip` wrote.

    Everything is checked first. Logs, checkpoints and artifacts are no part of an archive: copy
    the folder NAME.files with it.
    """
    from tunebook.book.files.archiving import restore
    from tunebook.cli.output import print_json
    from tunebook.domain.formats.book_location import shown

    rows = restore(archive, book_path)
    if as_json:
        print_json(book=shown(book_path), rows=rows)
    else:
        click.echo(
            f"Restored {rows['round']} rounds and {rows['trial']} trials to {shown(book_path)}"
        )
