"""Mappings of frozen nouns, which nobody may change either.

Standard library alone: training code's own process imports this module.
"""

from __future__ import annotations

from types import MappingProxyType


def freeze(noun: object, *names: str) -> None:
    """Replace these attributes of a frozen dataclass, all mappings, by read-only copies."""
    for name in names:
        object.__setattr__(noun, name, MappingProxyType(dict(getattr(noun, name))))
