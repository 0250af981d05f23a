"""Files that can't be written say the way out, and the book is as it was (C12)."""

from __future__ import annotations

import pytest

from tunebook.domain.errors import StoreError


@pytest.mark.parametrize(
    ("place", "said", "way_out"),
    [
        ("absent/r.html", "can't be written: No such file", "mkdir -p"),
        (".", "can't be written: Is a directory", "report.html"),
    ],
)
def test_an_unwritable_report(launched, tmp_path, place, said, way_out):
    for write in (launched.report, launched.rounds[0].report, launched.next_round().write):
        with pytest.raises(StoreError, match=said) as caught:
            write(tmp_path / place)
        assert way_out in caught.value.next_step
