"""Values as other programs read them: on a command line, in a JSON file.

YAML 1.1, as PyYAML reads it, takes `1e-05` for a text: a number with an exponent has a point.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from tunebook.domain.trial import Value


def spelled(value: Value) -> str:
    """A value on a command line: true and false in small letters, numbers exact.

    Example:
        >>> spelled(1e-05), spelled(2.5e-05), spelled(0.1), spelled(True), spelled("adam")
        ('1.0e-05', '2.5e-05', '0.1', 'true', 'adam')
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        text = repr(float(value))
        mantissa, sign, exponent = text.partition("e")
        return f"{mantissa}.0e{exponent}" if sign and "." not in mantissa else text
    return str(value)


def json_text(values: Mapping[str, Value]) -> str:
    """A configuration as JSON that is YAML too.

    Example:
        >>> json_text({"lr": 1e-05, "name": "a", "amp": True})
        '{"lr": 1.0e-05, "name": "a", "amp": true}'
    """
    parts = [
        f"{json.dumps(name, ensure_ascii=False)}: "
        + (spelled(value) if isinstance(value, float) else json.dumps(value, ensure_ascii=False))
        for name, value in values.items()
    ]
    return "{" + ", ".join(parts) + "}"
