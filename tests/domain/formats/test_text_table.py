"""Tables of texts."""

from __future__ import annotations

import pytest

from tunebook.domain.errors import TableError
from tunebook.domain.formats.text_table import TextTable


def test_it_is_written_as_markdown_with_bars_kept_apart():
    table = TextTable(title="t", columns=("a", "b"), rows=(("1", "x|y"),))
    assert table.markdown() == "| a | b |\n| --- | --- |\n| 1 | x\\|y |\n"


def test_a_row_has_a_text_for_each_column():
    with pytest.raises(TableError, match="row 1 has 1 for 2"):
        TextTable(title="t", columns=("a", "b"), rows=(("1", "2"), ("1",)))
