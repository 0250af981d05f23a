"""No module is longer than a reader holds in mind."""

from __future__ import annotations

from pathlib import Path

import tunebook

MOST_LINES = 400


def test_no_module_is_over_400_lines():
    source = Path(tunebook.__file__).parent
    lengths = {
        str(p.relative_to(source)): len(p.read_text(encoding="utf-8").splitlines())
        for p in source.rglob("*.py")
    }
    assert len(lengths) > 100
    assert {p: n for p, n in lengths.items() if n > MOST_LINES} == {}
