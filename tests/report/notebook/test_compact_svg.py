"""A picture made small for a notebook keeps every mark that a reader sees."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from tunebook.charts.render import to_svg
from tunebook.report.notebook.compact_svg import compact
from tunebook.report.page.chapter import chapter

GROUP = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><g fill="none">{}</g></svg>'


def marks(svg, tag):
    return [e for e in ElementTree.fromstring(svg).iter() if e.tag.endswith("}" + tag)]


@pytest.fixture(scope="module")
def drawings(book):
    return [to_svg(s.picture) for s in chapter(book, book.rounds[2], None).gallery.shown][:8]


def test_texts_stay_and_most_characters_go(drawings):
    before, after = sum(map(len, drawings)), 0
    for svg in drawings:
        small = compact(svg)
        after += len(small)
        seen = [e.text for e in marks(svg, "text") if e.get("opacity") != "0"]
        assert [e.text for e in marks(small, "text")] == seen
    assert after < before / 2


def test_a_mark_that_is_seen_stays_and_one_for_the_pointer_goes():
    svg = GROUP.format(
        '<path d="M1.25,2.5L3,4" fill="#0072b2" aria-label="trial: 1.2"/>'
        '<g class="mark-symbol target_marks"><path d="M0,0L9,9" stroke="#000"/></g>'
        '<path d="M1,1L2,2" opacity="0" fill="#000"/><path d="M5,5L6,6"/>'
    )
    [path] = marks(compact(svg), "path")
    assert path.get("d") == "M1.2,2.5L3,4"
    assert path.get("aria-label") is None


def test_cells_of_one_colour_are_one_path_with_every_cell():
    cells = "".join(f'<path d="M{i},0h1v1h-1Z" fill="rgb({10 + i % 2}, 0, 0)"/>' for i in range(6))
    [path] = marks(compact(GROUP.format(cells)), "path")
    assert path.get("d").count("M") == 6
