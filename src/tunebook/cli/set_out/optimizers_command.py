"""tunebook optimizers: the catalogue, with the source of every range (A2)."""

from __future__ import annotations

import click

from tunebook.cli.which_book import json_option


@click.command("optimizers", epilog="Example: tunebook optimizers adam nesterov --trials 40")
@click.argument("names", nargs=-1)
@click.option("--trials", type=click.IntRange(min=1),
              help="Of a round; say what is tuned where these are split over NAMES.")  # fmt: skip
@json_option
def command(names: tuple[str, ...], trials: int | None, as_json: bool) -> None:
    """List the optimizers with ready-made search spaces; with NAMES, each range and its source.

    A round file takes them by one line, optimizer_space = "optimizer"; Python by
    tb.optimizer_space("nesterov", "adam", trials=40). Training code builds them by
    torch_optimizer, optax_optimizer or keras_optimizer of tunebook.integrations.
    """
    from tunebook.cli.output import data, print_json
    from tunebook.domain.optimizers.catalogue import OPTIMIZERS
    from tunebook.domain.optimizers.spaces import inclusions, optimizer_named, tuned
    from tunebook.report.terminal.lines import show
    from tunebook.report.terminal.optimizers import catalogue_renderable, optimizer_renderable

    found = [optimizer_named(name) for name in names or OPTIMIZERS]
    # Without names it is one that will be tuned alone.
    each = trials // len(names) if trials and names else trials
    if as_json:
        print_json(
            optimizers=[
                data(o) | ({} if each is None else {"tuned": [t.name for t in tuned(o, each)]})
                for o in found
            ],
            inclusions=[list(pair) for pair in inclusions(*(o.name for o in found))],
        )
    elif not names:
        show(catalogue_renderable(found, each))
    else:
        for number, optimizer in enumerate(found):
            if number:
                click.echo()
            show(optimizer_renderable(optimizer, each))
