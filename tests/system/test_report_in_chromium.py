"""The report as a reader meets it: in a real browser, from a file, with no network."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

playwright = pytest.importorskip("playwright.sync_api")

from tunebook.report import trial_rows  # noqa: E402 - after the skip
from tunebook.report.page.page import render  # noqa: E402

CHROMIUM = Path("/usr/bin/chromium")
pytestmark = [
    pytest.mark.skipif(not CHROMIUM.exists(), reason="no Chromium: tests/system/install.sh"),
    pytest.mark.xdist_group("chromium"),
]
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def _made_by_hand():
    path = Path(__file__).parents[1] / "report" / "conftest.py"
    spec = importlib.util.spec_from_file_location("report_conftest", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> dict[str, Path]:
    made, folder = _made_by_hand(), tmp_path_factory.mktemp("reports")
    hostile = made.HOSTILE
    books = {
        "book": made.make_book(),
        "hostile": made.make_book(
            goal=f"Does it hold? {hostile} <img src=x onerror=alert(2)>",
            decay=f"decay{hostile}",
            second=f"adam{hostile}",
            tail=hostile,
            name=hostile,
        ),
    }
    written = {}
    for name, book in books.items():
        written[name] = folder / f"{name}.html"
        text = render(book, proposal=made.make_proposal(book.rounds[-1].plan))
        written[name].write_text(text, "utf-8")
    shown, trial_rows.SHOWN = trial_rows.SHOWN, 5
    try:
        folded = render(books["hostile"])
    finally:
        trial_rows.SHOWN = shown
    written["folded"] = folder / "folded.html"
    written["folded"].write_text(folded, "utf-8")
    return written


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield started
        started.close()


class Reader:
    """A page that notes all that it says and asks for."""

    def __init__(self, browser, file: Path, **options) -> None:
        self.said: list[str] = []
        self.asked: list[str] = []
        self.context = browser.new_context(**options)
        self.page = self.context.new_page()
        self.page.set_default_timeout(600_000)
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("dialog", lambda dialog: self.said.append("a dialog opened"))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(file.as_uri())

    def draw_everything(self) -> None:
        self.page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        # As a reader comes by them; a busy machine may take longer than the look at one lasts.
        self.page.wait_for_function(
            """() => {
                const left = document.querySelector('.canvas:not(.drawn)');
                if (left) left.scrollIntoView({block: 'center'});
                return !left;
            }""",
            timeout=600_000,
            polling=50,
        )


@pytest.mark.parametrize(("name", "width"), [("book", 400), ("hostile", 1600)])
def test_everything_is_drawn_without_a_complaint_or_a_request(browser, files, name, width):
    reader = Reader(browser, files[name], viewport={"width": width, "height": 900})
    reader.draw_everything()
    assert reader.said == []
    assert reader.asked == [files[name].as_uri()]
    assert reader.page.locator(".fault").count() == 0
    assert reader.page.locator("figure svg").count() >= 1
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert reader.page.evaluate(overflow) <= 0
    reader.context.close()


def test_on_a_narrow_screen_nothing_is_hidden_without_a_word(browser, files):
    """A wide table says that it goes on, the decision's fits, and every section can be reached."""
    reader = Reader(browser, files["book"], viewport={"width": 420, "height": 900})
    page = reader.page
    page.wait_for_selector("#r3-trials .scroll.sideways.more")
    hint = "getComputedStyle(document.querySelector('#r3-trials .scroll'), '::before').content"
    assert "scroll sideways" in page.evaluate(hint)
    page.evaluate("document.querySelector('#r3-trials .scroll').scrollLeft = 1e5")
    page.wait_for_selector("#r3-trials .scroll.sideways:not(.more)")
    assert page.locator(".evidence .scroll.sideways").count() == 0
    for link in page.locator(".masthead nav a").all():
        link.scroll_into_view_if_needed()
        assert link.is_visible()
    link.click()
    page.wait_for_function("document.getElementById('history').getBoundingClientRect().top < 300")
    assert reader.said == []
    reader.context.close()


@pytest.mark.parametrize("width", [420, 1280])
def test_no_line_crosses_a_text_of_the_answer(browser, files, width):
    reader = Reader(browser, files["book"], viewport={"width": width, "height": 900})
    crossed = """() => {
        const boxes = (what) => [...document.querySelectorAll(`#round-3 .forest ${what}`)]
            .map((one) => [one, one.getBoundingClientRect()]);
        const lines = boxes("line"), texts = boxes("text");
        const meet = (a, b) => a.left < b.right - 1 && b.left < a.right - 1
            && a.top < b.bottom - 2 && b.top < a.bottom - 2;
        return {
            lines: lines.length, texts: texts.length,
            crossed: texts.filter(([, t]) => lines.some(([, l]) =>
                meet({left: l.left - 1, right: l.right + 1, top: l.top, bottom: l.bottom}, t)))
                .map(([one]) => one.textContent),
        };
    }"""
    found = reader.page.evaluate(crossed)
    assert found["lines"] >= 6 and found["texts"] >= 4
    assert found["crossed"] == []
    reader.context.close()


def test_a_trial_pointed_at_lights_up_in_the_table_and_back(browser, files):
    reader = Reader(browser, files["book"], viewport={"width": 1400, "height": 900})
    page = reader.page
    points = page.locator("#r3-pictures figure").first.locator("g.mark-symbol.role-mark").last
    page.locator("#r3-pictures figure").first.scroll_into_view_if_needed()
    page.wait_for_selector("#r3-pictures figure .canvas.drawn")
    points.locator("path").first.hover(force=True)
    page.wait_for_selector("tr.lit")
    trial = page.locator("tr.lit").first.get_attribute("data-trial")
    assert trial.startswith("3.")
    page.locator("tr[data-trial='3.5']").first.hover()
    page.wait_for_function("document.querySelector('tr.lit').dataset.trial === '3.5'")
    assert reader.said == []
    reader.context.close()


def test_dark_follows_the_reader_and_the_button(browser, files):
    reader = Reader(browser, files["book"], color_scheme="dark")
    paper = "getComputedStyle(document.body).backgroundColor"
    dark = reader.page.evaluate(paper)
    reader.page.get_by_role("button", name="light colours").click()
    light = reader.page.evaluate(paper)
    assert dark != light
    reader.page.locator("#r3-pictures").scroll_into_view_if_needed()
    reader.page.wait_for_selector("#r3-pictures .canvas.drawn svg")
    label = "document.querySelector('#r3-pictures svg text').getAttribute('fill')"
    in_light = reader.page.evaluate(label)
    reader.page.get_by_role("button", name="dark colours").click()
    reader.page.wait_for_function(f"{label} !== {in_light!r}")
    assert reader.said == []
    reader.context.close()


def test_a_heading_sorts_the_table_by_keyboard(browser, files):
    reader = Reader(browser, files["book"])
    table = reader.page.locator("#r3-trials table.trials").first
    heading = table.get_by_role("button", name="time (s)")
    heading.focus()
    reader.page.keyboard.press("Enter")
    cells = "[...document.querySelector('#r3-trials table.trials').tBodies[0].rows]"
    place = "[...document.querySelectorAll('#r3-trials table.trials thead th')]"
    column = reader.page.evaluate(f"{place}[0] && {place}.findIndex(h => h.ariaSort)")
    seconds = reader.page.evaluate(f"{cells}.map(r => Number(r.cells[{column}].dataset.v))")
    assert seconds == sorted(seconds)
    reader.page.keyboard.press("Enter")
    seconds = reader.page.evaluate(f"{cells}.map(r => Number(r.cells[{column}].dataset.v))")
    assert seconds == sorted(seconds, reverse=True)
    reader.context.close()


def test_a_link_to_a_trial_unfolds_and_shows_it(browser, files):
    reader = Reader(browser, files["book"])
    reader.page.locator("a[data-goto='3.30']").first.click()
    row = reader.page.locator("tr[data-trial='3.30']").first
    row.wait_for(state="visible")
    assert "lit" in row.get_attribute("class")
    reader.context.close()


TEXTS = """[...document.querySelector('#r3-trials table.trials').tBodies[0].rows]
    .map(r => [r.className.replace(' lit', ''), ...[...r.cells].map(c => [c.className, c.dataset.v, c.textContent])])"""


def test_folded_rows_are_the_rows_of_a_page_that_folds_none(browser, files):
    whole, folded = Reader(browser, files["hostile"]), Reader(browser, files["folded"])
    every = whole.page.evaluate(TEXTS)
    assert folded.page.evaluate(TEXTS) == every[:5]
    folded.page.locator("#r3-trials .unfold button").first.click()
    assert folded.page.evaluate(TEXTS) == every
    assert folded.page.locator("#r3-trials > .unfold").count() == 0
    whole.context.close()
    folded.context.close()


def test_a_sort_and_a_link_see_the_folded_rows(browser, files):
    reader = Reader(browser, files["folded"])
    reader.page.locator("#r3-trials thead button").first.click()
    assert len(reader.page.evaluate(TEXTS)) > 5
    reader.context.close()
    reader = Reader(browser, files["folded"])
    reader.page.locator("a[data-goto='3.30']").first.click()
    row = reader.page.locator("tr[data-trial='3.30']").first
    row.wait_for(state="visible")
    assert "lit" in row.get_attribute("class")
    reader.context.close()


def test_printing_draws_in_light_what_was_not_in_sight(browser, files, tmp_path):
    reader = Reader(browser, files["book"], color_scheme="dark")
    paper = tmp_path / "report.pdf"
    paper.write_bytes(reader.page.pdf())
    assert paper.read_bytes().startswith(b"%PDF")
    drawn = "document.querySelectorAll('#r3-pictures .canvas.drawn').length"
    assert reader.page.evaluate(drawn) == reader.page.locator("#r3-pictures figure").count()
    assert reader.said == []
    reader.context.close()


def test_what_was_drawn_on_a_wide_screen_fits_the_paper(browser, files):
    reader = Reader(browser, files["book"], viewport={"width": 1600, "height": 900})
    reader.draw_everything()
    reader.page.emulate_media(media="print")
    reader.page.set_viewport_size({"width": 700, "height": 900})
    within = "s.getBoundingClientRect().width <= s.closest('.canvas').clientWidth + 1"
    drawn = "[...document.querySelectorAll('.canvas svg')]"
    assert reader.page.evaluate(f"{drawn}.length") > 5
    assert reader.page.evaluate(f"{drawn}.every(s => {within})")
    reader.context.close()


def test_without_scripts_the_words_are_all_there(browser, files):
    reader = Reader(browser, files["book"], java_script_enabled=False)
    assert "as PNG and SVG files" in reader.page.inner_text("body")
    assert reader.page.locator("tr[data-trial]").count() > 100
    assert not reader.page.locator("#theme").is_visible()
    reader.context.close()
