"""tunebook copy: a book from a file to a server, or back (D6)."""

from __future__ import annotations

import click

from tunebook.cli.which_book import find_book, json_option


@click.command("copy", epilog="Example: tunebook copy digits.db postgresql://ada@host/digits")
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@click.option("--no-files", is_flag=True, help="Leave logs, checkpoints and artifacts behind.")
@json_option
def command(source: str, target: str, no_files: bool, as_json: bool) -> None:
    """Copy a book exactly, to a new file or an empty PostgreSQL database, and check the copy.

    FROM and TO are files, or URLs as in --book. Every row is read back and compared. Where
    anything fails, TO is no book.
    """
    from tunebook.book.notebook import Book
    from tunebook.cli.output import data, print_json

    with Book(find_book(source)) as book:
        done = book.copy(target, with_files=not no_files)
    if as_json:
        print_json(copy=data(done))
        return
    rows = done.rows
    click.echo(
        f"Copied {rows['round']} rounds, {rows['trial']} trials and {sum(rows.values())} rows in "
        f"all to {done.to}; read back, they are the same."
    )
    if done.same_files:
        click.echo("Both books use one folder of files.")
    elif done.files_at:
        click.echo(f"Copied {done.files} files to {done.files_at}")
