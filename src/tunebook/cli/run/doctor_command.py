"""tunebook doctor: is all well with a book and its machine? (D6)."""

from __future__ import annotations

import sys

import click

from tunebook.cli.which_book import book_option, find_book, json_option

MARKS = {"good": ("✓", "green"), "warning": ("▲", "yellow"), "problem": ("✗", "red")}


@click.command("doctor", epilog="Example: tunebook doctor --book digits.db")
@book_option
@json_option
def command(book_path: str | None, as_json: bool) -> None:
    """Check the book's file, its disk, leftovers, clocks, versions, workers and clusters.

    Nothing is changed. Exits with 1 if there is a problem.
    """
    from tunebook.book.doctor import checkups
    from tunebook.cli.output import data, print_json

    found = checkups(find_book(book_path))
    if as_json:
        print_json(checkups=data(found))
    else:
        for one in found:
            mark, colour = MARKS[one.state]
            click.echo(f"{click.style(mark, fg=colour)} {one.what}: {one.sentence}")
            if one.next_step:
                click.echo(f"  Next: {one.next_step}.")
    if any(one.state == "problem" for one in found):
        sys.exit(1)
