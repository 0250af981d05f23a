"""How values are written where people read them, and where names must not collide."""

from __future__ import annotations

from tunebook.domain.trial import Value


def spell(value: Value) -> str:
    """A value as people write it: short floats, 1e-5, true and false in lower case."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, float):
        return str(value)
    digits, power, exponent = f"{value:.6g}".partition("e")
    return f"{digits}e{int(exponent)}" if power else digits


def unmistakable(value: Value) -> str:
    """`spell(value)` where that is read as this value alone, else its Python spelling.

    A study is known by its branch's name, so 1 and "1", or 0.12345678 and 0.12345679, need two.
    Books hold these names: how they are spelled does not change.
    """
    if isinstance(value, float):
        said = f"{value:.6g}"
        return said if float(said) == value else repr(value)
    said = spell(value)
    if isinstance(value, str):
        try:
            float(said)
        except ValueError:
            plain = said not in ("true", "false") and not set(said) & set(",='\"\n")
            return said if plain else repr(value)
        return repr(value)
    return said
