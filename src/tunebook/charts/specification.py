"""Parts of a Vega-Lite specification as plain data."""

from __future__ import annotations

from typing import Any

Spec = dict[str, Any]
"""A specification or a part of one: what JSON can write."""

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.4.1.json"

TYPES = {"Q": "quantitative", "N": "nominal"}


def channel(field: str, **options: Any) -> Spec:
    """How a field is encoded; its type may stand behind a colon.

    Example:
        >>> channel("rule:N")
        {'field': 'rule', 'type': 'nominal'}
        >>> channel("x", type="quantitative", title=None)
        {'field': 'x', 'type': 'quantitative', 'title': None}
    """
    name, _, letter = field.partition(":")
    return {"field": name, **({"type": TYPES[letter]} if letter else {}), **options}


def encoded(value: Any) -> Any:
    """A channel's encoding: a field's name stands for the field itself."""
    return channel(value) if isinstance(value, str) else value
