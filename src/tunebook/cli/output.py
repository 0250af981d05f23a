"""What commands print: rich text on a terminal, plain text in a pipe, JSON when asked."""

from __future__ import annotations

import json
from typing import Any

import click

from tunebook.domain.formats.plain_data import to_data

SCHEMA = 2


def print_json(**content: Any) -> None:
    """Print one JSON document that names its schema."""
    click.echo(json.dumps({"schema": SCHEMA, **content}, ensure_ascii=False, allow_nan=False))


def done(said: str, next_step: str, *, as_json: bool, **content: Any) -> None:
    """Say what was done and what comes next, or print it as JSON."""
    if as_json:
        print_json(**content)
        return
    click.echo(said)
    if next_step:
        click.echo(f"Next: {next_step}")


def data(noun: Any) -> Any:
    """A noun of the domain, or several, as plain data."""
    return [to_data(n) for n in noun] if isinstance(noun, list | tuple) else to_data(noun)
