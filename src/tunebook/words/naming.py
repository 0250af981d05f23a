"""How values are written where people read them, and where names must not collide."""

from __future__ import annotations

from tunebook.words.trial import Value


def spell(value: Value) -> str:
    """A value as people write it: short floats, true and false in lower case."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def unmistakable(value: Value) -> str:
    """`spell(value)` where that is read as this value alone, else its Python spelling.

    A study is known by its branch's name, so 1 and "1", or 0.12345678 and 0.12345679, need two.
    """
    said = spell(value)
    if isinstance(value, float):
        return said if float(said) == value else repr(value)
    if isinstance(value, str):
        try:
            float(said)
        except ValueError:
            plain = said not in ("true", "false") and not set(said) & set(",='\"\n")
            return said if plain else repr(value)
        return repr(value)
    return said
