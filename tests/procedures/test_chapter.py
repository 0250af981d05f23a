"""A procedure as text, as a notebook's HTML, and as a chapter of the report (C12)."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from tunebook.book.notebook import Book
from tunebook.domain.formats.spelling import minimize
from tunebook.report.page.procedure_chapter import shown


@pytest.fixture
def book(narrow_book):
    return narrow_book


@pytest.fixture(scope="module")
def page(narrow_run, tmp_path_factory):
    """The report of that book."""
    folder = tmp_path_factory.mktemp("page")
    shutil.copytree(narrow_run, folder, dirs_exist_ok=True)
    with Book(folder / "valley.db") as opened:
        return opened.report(folder / "report.html").read_text("utf-8")


class Ids(HTMLParser):
    """Ids of a page, and where its links lead within it."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag, attrs) -> None:
        told = dict(attrs)
        self.ids += [told["id"]] if "id" in told else []
        self.links += [told["href"]] if (told.get("href") or "").startswith("#") else []


def test_the_report_has_it_as_a_chapter(book, page):
    [procedure] = book.procedures
    chapter = page[page.index('id="procedure-1"') :]
    chapter = chapter[: chapter.index("</section>")]
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", chapter)).replace("\N{NO-BREAK SPACE}", " ")
    assert procedure.asked.question in text
    assert procedure.sentence in text
    for finding in procedure.findings:
        assert finding.sentence.replace("&", "&amp;") in text
    assert "Proposed next" in text and "clip_norm" in text
    found = Ids()
    found.feed(page)
    assert len(found.ids) == len(set(found.ids))
    assert set(found.links) <= {f"#{i}" for i in found.ids}
    stored = json.loads(re.search(r'<script[^>]*id="pictures"[^>]*>(.*?)</script>', page, re.S)[1])
    drawn = [k for k in stored["pictures"] if k.startswith("procedure-1")]
    assert len(drawn) == len(procedure.pictures) >= 6


def test_it_leads_where_the_newest_round_is_one_of_its_own(book, page, tmp_path):
    """Its question is the one that was asked, and not that of its last stage."""
    [heading] = re.findall(r"<h1[^>]*>(.*?)</h1>", page)
    [procedure] = book.procedures
    assert heading == procedure.asked.question
    book.round("What does one trial do?", fixed={"learning_rate": 0.01}, trials=1,
               max_train_steps=10)  # fmt: skip
    after = book.report(tmp_path / "after.html").read_text("utf-8")
    assert re.findall(r"<h1[^>]*>(.*?)</h1>", after) == ["What does one trial do?"]
    assert 'id="procedure-1-title"' in after


def test_a_stage_says_what_its_round_asked(book):
    [procedure] = book.procedures
    goals = {r.number: r.goal for r in book.rounds}
    for stage in procedure.chapter().stages:
        if stage.round is not None:
            assert goals[stage.round].startswith(stage.asks)


def test_a_report_without_one_has_no_chapter(tmp_path):
    with Book(tmp_path / "plain.db", objective=minimize("loss")) as plain:
        assert 'id="procedure' not in plain.report(tmp_path / "r.html").read_text("utf-8")


def test_what_a_book_holds_is_escaped(book):
    [procedure] = book.procedures
    evil = replace(procedure.chapter(), question="<script>alert(1)</script>")
    from tunebook.report.terminal.procedure import result_html

    assert "<script>" not in result_html(evil)
    assert shown([evil])[0].id == "procedure-1"


def test_it_shows_itself_in_a_terminal_and_a_notebook(book):
    [procedure] = book.procedures
    text, html = repr(procedure), procedure._repr_html_()
    assert "Held back by instability" in text and "Rounds: first trial (round 1)" in text
    assert "tunebook procedure instability --out next.toml" in text
    assert procedure.asked.question in html and "data:image/svg+xml" in html
