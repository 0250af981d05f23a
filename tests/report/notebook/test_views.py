import re
from html.parser import HTMLParser
from urllib.parse import unquote
from xml.etree import ElementTree

from tunebook.charts.picture import Picture
from tunebook.domain.finding import Examination, Finding, Severity
from tunebook.report.notebook.views import (
    MOST_PICTURES,
    FindingsView,
    book_html,
    decision_html,
    picture_html,
    proposal_html,
    round_html,
)

HOSTILE = "</script><script>alert(1)</script>"


def elements(html):
    found = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag, attrs):
            found.append((tag, dict(attrs)))

    Reader().feed(html)
    return found


def tags(html):
    return {tag for tag, _ in elements(html)}


def one_finding(sentence="The best trials crowd an edge."):
    finding = Finding(
        check="C1", severity=Severity.WARNING, subject="lr", numbers={}, sentence=sentence
    )
    return Examination(trials=3, left_out=(), findings=[finding], not_applicable=())


def test_findings_show_themselves_in_both_ways():
    view = FindingsView(one_finding())
    assert len(view) == 1
    assert view[0].check == "C1"
    assert "▲ warning  C1" in repr(view)
    assert "The best trials crowd an edge." in view._repr_html_()


def test_a_picture_is_an_image_with_words():
    picture = Picture(
        name="p",
        title=HOSTILE,
        spec={"data": {"name": "d"}, "mark": "point", "encoding": {}},
        rows={"d": [{"x": 1}]},
        alt="one point",
    )
    [(_, attributes)] = [e for e in elements(picture_html(picture)) if e[0] == "img"]
    assert attributes["alt"] == "one point"
    source = unquote(attributes["src"].removeprefix("data:image/svg+xml,"))
    assert ElementTree.fromstring(source).tag == "{http://www.w3.org/2000/svg}svg"


def test_no_fragment_ever_holds_a_script(hostile_book, proposal_of):
    for html in (
        FindingsView(one_finding(HOSTILE))._repr_html_(),
        round_html(hostile_book, 3),
        book_html(hostile_book),
        decision_html(hostile_book.decisions[2]),
        proposal_html(proposal_of(hostile_book)),
    ):
        assert "script" not in tags(html)
        assert "alert(1)" in html


def test_a_round_shows_question_answer_and_pictures(book):
    html = round_html(book, 3)
    assert "Does Nesterov momentum beat Adam here?" in html
    assert book.decisions[2].sentence in html
    assert len(re.findall("<img ", html)) >= 1
    assert len(html) < 100_000


def test_a_display_has_pictures_of_its_findings_first_and_says_how_many_are_left(book):
    html = round_html(book, 3)
    shown = len(re.findall("<img ", html))
    [left] = map(int, re.findall(r"(\d+) more pictures", html))
    assert shown <= MOST_PICTURES
    assert left >= 1
