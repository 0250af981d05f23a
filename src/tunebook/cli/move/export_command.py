"""tunebook export: a book as plain files: plans, trials, curves, pictures (C12 D6)."""

from __future__ import annotations

from pathlib import Path

import click

from tunebook.cli.which_book import book_option, json_option, open_book


@click.command("export", epilog="Example: tunebook export digits-files --pictures svg")
@click.argument("folder", metavar="FOLDER|FILE.zip", type=click.Path(path_type=Path))
@click.option(
    "--pictures", type=click.Choice(["png", "svg", "none"]), default="png", show_default=True
)
@click.option("--dark", is_flag=True, help="Pictures for a dark background.")
@click.option("--force", is_flag=True, help="Replace files that were edited or are not its own.")
@book_option
@json_option
def command(
    folder: Path, pictures: str, dark: bool, force: bool, book_path: str | None, as_json: bool
) -> None:
    """Write every round's plan (TOML), trials and curves (CSV) and pictures to FOLDER.

    The record of decisions and launches is book.json. To FILE.zip the whole book goes as JSON
    lines with checksums; `tunebook restore` makes a book of it again. Files of an earlier export
    are replaced; files that were edited, or that no export wrote, only with --force.
    """
    from tunebook.book.files.exporting import export
    from tunebook.cli.output import print_json

    with open_book(book_path) as book:
        if folder.suffix == ".zip":
            if folder.exists() and not force:
                raise click.BadParameter(f"{folder} exists; say --force, or another name")
            rows = book.archive(folder)
            if as_json:
                print_json(written=[str(folder)], rows=rows)
            else:
                click.echo(f"Wrote {sum(rows.values())} rows to {folder}")
            return
        if folder.is_file():
            raise click.BadParameter(f"{folder} is a file; name a folder, or FILE.zip")
        written = export(book, folder, pictures=pictures, dark=dark, force=force)
    if as_json:
        print_json(written=[str(path) for path in written])
    else:
        click.echo(f"Wrote {len(written)} files to {folder}")
