"""tunebook history: the notebook read back (D5 D6)."""

from __future__ import annotations

import click

from tunebook.cli.which_book import book_option, json_option, open_book


@click.command("history", epilog="Example: tunebook history --book digits.db")
@book_option
@json_option
def command(book_path: str | None, as_json: bool) -> None:
    """Show every round with its evidence and caveats, the lineage, and looks at the test set."""
    from tunebook.cli.output import print_json
    from tunebook.report.terminal.history import history_renderable
    from tunebook.report.terminal.lines import show

    with open_book(book_path) as book:
        found = book.history()
    if as_json:
        print_json(**found.data())
    else:
        show(history_renderable(found.history))
