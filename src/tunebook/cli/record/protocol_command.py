"""tunebook protocol: how a result was found, for a paper (D8)."""

from __future__ import annotations

from pathlib import Path

import click

from tunebook.cli.which_book import book_option, json_option, open_book


@click.command("protocol", epilog="Example: tunebook protocol launch-1 --out protocol.tex")
@click.argument("result", metavar="[ROUND|LAUNCH]", required=False)
@click.option("--format", "form", type=click.Choice(["markdown", "latex"]),
              help="Markdown if left out; a file that ends in .tex is LaTeX.")  # fmt: skip
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write it to a file.")
@book_option
@json_option
def command(
    result: str | None, form: str | None, out: Path | None, book_path: str | None, as_json: bool
) -> None:
    """Write the tuning protocol of a round (3) or a launch (launch-1); else of the newest launch.

    Spaces, scales, budgets, seeds, algorithm, steps, versions, hardware, the tuning curve with
    its band, what failed, what was fixed, and the commands that do it again. LaTeX is sections to
    \\input in a paper.
    """
    from tunebook.book.files.writing import write_text
    from tunebook.cli.output import print_json

    with open_book(book_path) as book:
        found = book.protocol(result)
    tex = form == "latex" or (form is None and out is not None and out.suffix == ".tex")
    text = found.latex if tex else found.markdown
    if out is not None:
        write_text(out, text)
    if as_json:
        print_json(markdown=found.markdown, latex=found.latex)
    else:
        click.echo(str(out) if out is not None else text.rstrip("\n"))
