import json
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from markupsafe import Markup
from tests.report.conftest import run

from tunebook.checks.charts import pictures
from tunebook.domain.design import Round
from tunebook.domain.errors import EvidenceError
from tunebook.domain.formats.spelling import choice, log_uniform
from tunebook.examination.examine import examine, results
from tunebook.report.page.chapter import chapter
from tunebook.report.page.offline import source_hash
from tunebook.report.page.page import breakable, environment, render

VOID = {"meta", "img", "br", "wbr", "hr", "input", "link", "line", "circle"}


class Page(HTMLParser):
    """Elements with their attributes, the text in each script and style, and all shown text."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.elements, self.raw, self.open, self.shown = [], [], [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag in ("script", "style"):
            self.raw.append([tag, dict(attrs), ""])

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, f"</{tag}> closes something else"

    def handle_data(self, data):
        if self.open and self.open[-1] in ("script", "style"):
            self.raw[-1][2] += data
        else:
            self.shown.append(data)

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def text(self):
        return " ".join(" ".join(self.shown).split())


@pytest.fixture(scope="module")
def html(book, proposal_of):
    return render(book, proposal=proposal_of(book))


@pytest.fixture(scope="module")
def page(html):
    return Page(html)


@pytest.fixture(scope="module")
def hostile(hostile_book, proposal_of):
    return Page(render(hostile_book, proposal=proposal_of(hostile_book)))


def test_the_page_is_well_formed_small_and_whole(html, page):
    assert html.startswith("<!doctype html>")
    assert page.open == []
    assert len(html.encode("utf-8")) < 3_000_000


def test_the_first_screen_has_question_answer_verdict_and_place_in_the_loop(page, book):
    place = 0
    for words in (
        f"Does Nesterov momentum beat Adam here? Adopt {book.decisions[2].sentence}",
        "The change is adopted, and is not the baseline yet.",
        "What we learned",
        "Pictures",
        "Trials",
        "Caveats",
        "The next round",
        "Tuning protocol",
        "History of the book",
        "Earlier rounds",
    ):
        place = page.text.index(words, place)
    assert [a["class"] for a in page.all("li") if a.get("aria-current") == "step"] == ["now"] * 3


def test_every_trial_and_rerun_of_every_round_is_a_row(page, book):
    rows = [a["data-trial"] for a in page.all("tr") if "data-trial" in a]
    expected = [n for r in book.rounds for n in (*r.table.name, *r.reruns.name)]
    assert sorted(rows) == sorted(expected)


def test_the_policy_holds_the_hashes_of_what_is_there_and_allows_no_more(page):
    [content] = [
        a["content"] for a in page.all("meta") if a.get("http-equiv") == "Content-Security-Policy"
    ]
    code = [text for tag, a, text in page.raw if tag == "script" and "type" not in a]
    styles = [text for tag, _, text in page.raw if tag == "style"]
    assert len(code) == 2
    assert len(styles) == 1
    for text in (*code, *styles):
        assert source_hash(text) in content
    assert content.count("sha256-") == 3
    assert "unsafe" not in content


@pytest.mark.parametrize("which", ["page", "hostile"])
def test_nothing_is_fetched_and_nothing_runs_inline(which, request):
    page = request.getfixturevalue(which)
    for _, attributes in page.elements:
        assert not {name for name in attributes if name.startswith("on")}
        assert "style" not in attributes
        assert "src" not in attributes
        assert attributes.get("href", "#").startswith("#")


def test_hostile_texts_stay_texts(hostile):
    tags = {tag for tag, _ in hostile.elements}
    assert not tags & {"img", "iframe", "object", "embed", "form"}
    assert len(hostile.raw) == 4
    code = [text for tag, a, text in hostile.raw if tag == "script" and "type" not in a]
    assert not any("alert(1)" in text for text in code)
    assert "</script><script>alert(1)</script> <img src=x onerror=alert(2)> {{ 7*7 }}" in (
        hostile.text
    )


def test_pictures_are_data_that_reads_back_and_have_words(page):
    [stored] = [text for _, a, text in page.raw if a.get("id") == "pictures"]
    data = json.loads(stored)
    figures = [a["data-picture"] for a in page.all("figure")]
    assert figures
    assert set(figures) == set(data["pictures"])
    for picture in data["pictures"].values():
        assert set(picture["rows"].values()) <= set(data["rows"])
    labels = [a["aria-label"] for a in page.all("div") if a.get("role") == "img"]
    assert all(labels)
    assert len(labels) >= len(figures)


@pytest.fixture(scope="module")
def gallery(book):
    """The pictures of the third round."""
    return chapter(book, book.rounds[2], None).gallery


def test_each_thing_is_drawn_once_and_under_a_title_that_stands_alone(book, gallery):
    """The best trial with its training metric is in the picture of overfitting alone."""
    found = book.rounds[2]
    everything = pictures(results(found.table))
    shown = [s.picture for s in gallery.shown]
    left = {p.name for p in everything} - {p.name for p in shown}
    assert {p.name for p in everything if p.detail} <= left
    twice = [p for p in everything if p.check == "C6" and p.trial]
    assert twice and {p.name for p in twice} <= left
    for picture in twice:
        assert picture.trial in {p.trial for p in shown if p.check == "C4"}
    for picture in shown:
        assert "valid/error" in picture.title or picture.check == "C3", picture.title


def test_causes_outputs_and_left_out_trials_are_told(page):
    text = page.text
    assert "infeasible: crashed" in text
    assert "loss nan (3.11)" in text
    assert "1 trial left out, failed, machine lost, not its own fault: 3.20" in text


def test_caveats_protocol_changes_and_lineage_are_told(page):
    text = page.text
    for words in (
        "layers 2",
        "Variation over data splits was not measured",
        "nuisance.learning_rate[optimizer=nesterov] 1e-3 to 10, log 1e-2 to 1, log",
        "Is a third layer worth its time?",
        "tunebook run again/round-3.toml --book again.db",
        "scrambled and shifted; seed 0",
        "learning_rate 0.002 to 0.0631, momentum 0.9 to 0.93",
    ):
        assert words in text


def test_ids_are_unique_and_links_lead_somewhere(page):
    ids = [a["id"] for _, a in page.elements if "id" in a]
    assert len(ids) == len(set(ids))
    assert {a["href"][1:] for a in page.all("a") if a["href"] != "#"} <= set(ids)


@pytest.fixture(scope="module")
def second(book, proposal_of):
    """The report of the second round alone."""
    return Page(render(book, rounds=[2], proposal=proposal_of(book)))


def test_a_report_of_one_round_shows_that_round(second):
    one = second
    rows = [a["data-trial"] for a in one.all("tr") if "data-trial" in a]
    assert {name.partition(".")[0] for name in rows} == {"2"}
    assert "Round 3 followed" in one.text
    assert test_ids_are_unique_and_links_lead_somewhere(one) is None


def test_a_round_that_is_not_there_is_named(book):
    with pytest.raises(EvidenceError, match="there is no round 7"):
        render(book, rounds=[7])


def test_a_running_round_has_no_answer_yet_and_what_is_said_is_open(running_book, page):
    text = Page(render(running_book)).text
    assert "Not decided yet No answer yet: 44 of 64 trials have ended" in text
    assert "20 trials of 64 have not ended." in text
    open_ = "the findings may change until all have ended"
    assert open_ in text
    assert open_ not in page.text


def test_an_empty_book_says_how_to_begin(book):
    from dataclasses import replace

    empty = Page(render(replace(book, rounds=(), decisions=(), launches=())))
    assert "No round has been planned yet" in empty.text


@pytest.mark.slow
def test_many_findings_of_a_kind_are_folded_and_none_is_lost(book):
    names = [f"value {i}" for i in range(9)]
    plan = Round(
        goal="Which of nine?",
        scientific={"activation": choice(*names)},
        nuisance={"learning_rate": log_uniform(1e-4, 1e-1)},
        trials=90,
        max_train_steps=2000,
    )
    many = run(plan, 1, lambda c: 0.05 + 0.01 * len(c["activation"]) * c["learning_rate"])
    record = replace(book, rounds=(many,), decisions=(), launches=())
    one = chapter(record, many, None)
    views = [v for a in (*one.findings, *one.passes) for v in (*a.shown, *a.folded)]
    assert sum(n for _, n in one.severities) == len(views)
    assert len(views) == len(examine(many.table).findings)
    page = Page(render(record))
    assert "7 more like these: C3 Infeasible trials, pass, of" in page.text
    folded = [a for a in page.all("details") if a.get("class") == "aside more"]
    assert folded


def test_a_round_that_was_not_run_proposes_nothing_and_claims_nothing(book, proposal_of):
    planned = book.rounds[2]
    none = np.zeros(len(planned.table), dtype=bool)
    unrun = replace(planned, table=planned.table.take(none), reruns=planned.reruns.take(none[:0]))
    record = replace(book, rounds=(*book.rounds[:2], unrun), decisions=book.decisions[:2])
    text = Page(render(record, rounds=[3], proposal=proposal_of(book))).text
    assert "No trial has been started; 64 are planned." in text
    assert "A proposal follows from the findings, once every trial has ended." in text
    assert "Proposed question" not in text and "trained 2000 steps: more" not in text
    assert "64 planned, none started yet" in text


def test_a_lone_picture_shares_its_row_or_fills_it(gallery):
    lone = [g for g in gallery.drawn if len(g.pictures) == 1]
    beside = [g.check for g in lone if not gallery.stands_alone(g)]
    assert "C9" in beside
    alone = [g.check for g in lone if gallery.stands_alone(g)]
    order = [g.check for g in gallery.drawn]
    for check in alone:
        at = order.index(check)
        assert not {*order[max(at - 1, 0) : at], *order[at + 1 : at + 2]} & {g.check for g in lone}
    assert not any(gallery.stands_alone(g) for g in gallery.drawn if len(g.pictures) > 1)
    assert all(g.silent for g in gallery.silent)


def test_a_percent_sign_stays_with_its_number():
    made = environment().from_string("{{ text }}, {{ count }}{{ script }}")
    shown = made.render(text="5 % & more", count=3, script=Markup("a = 5 % b"))
    assert shown == "5\N{NO-BREAK SPACE}% &amp; more, 3a = 5 % b"


def test_a_title_breaks_between_its_parts():
    assert breakable("of a_b[c=<d>]") == "of <wbr>a_b<wbr>[c=&lt;d&gt;]"
    long = "per_device_train_batch_size"
    assert breakable(long) == "per_<wbr>device_<wbr>train_<wbr>batch_<wbr>size"
    assert breakable("") == ""


def test_a_report_of_an_older_round_shows_what_followed_it(second):
    assert "Round 3 followed: Does Nesterov momentum beat Adam here?" in second.text
    assert "Proposed question" not in second.text
