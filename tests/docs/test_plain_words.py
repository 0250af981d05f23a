"""User-visible text uses the terms of docs/glossary.md, and none of the phrases that they replace."""

from __future__ import annotations

import re

import pytest

from plain_words import (
    ROOT,
    avoided_in,
    help_texts,
    pages,
    prose_of,
    sentences_in,
    wording_files,
)

CLEAN = {
    "README.md",
    *(f"docs/{name}.md" for name in (
        "audit", "cli", "deciding", "glossary", "next", "report", "running", "setting-out"
    )),
}  # fmt: skip
"""Pages that a new user reads first."""

GLOSSARY = (ROOT / "docs/glossary.md").read_text("utf-8")
ROWS = re.findall(r"^\| ([a-z][a-z ]+) \| (.+?) \| (.+?) \|$", GLOSSARY, re.MULTILINE)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The two can't be\ntold apart by 10 fresh  seeds each.", ["told apart", "fresh seeds"]),
        ("Two fresh-seed reruns a side", ["fresh-seed", "reruns a side"]),
        ("what the space holds, beside it", ["what the space holds", "beside"]),
        ("An interim look; look at the loss; the left side", []),
        ("a look adopts it", ["a look"]),
        ("A prediction is met. It is kept. `foretold` is a key.", []),
    ],
)
def test_phrases_are_found_in_running_text(text, found):
    assert avoided_in(prose_of(text)) == found


def test_code_is_not_prose_and_printed_text_is():
    page = (
        "a\n```python\nasked = foretold\n```\nb\n```text\n3 sides, beside\n```\n[x](told-apart.md)"
    )
    assert avoided_in(prose_of(page)) == ["3 sides", "beside"]


def test_sentences_are_string_literals_without_docstrings():
    source = '"""asked"""\ndef f(side):\n    """beside"""\n    return (f"{side} sides "\n"are told"\n" apart")'
    assert avoided_in(sentences_in(source)) == ["7 sides", "told apart"]


@pytest.mark.parametrize("page", sorted(pages()))
def test_a_page_has_no_phrase_to_avoid(page):
    assert avoided_in(pages()[page]) == []


def test_the_first_pages_are_among_them():
    assert set(pages()) >= CLEAN


def test_no_help_text_has_a_phrase_to_avoid():
    texts = help_texts()
    assert len(texts) > 25 and all("Usage:" in text for text in texts.values())
    assert {name: found for name, text in texts.items() if (found := avoided_in(text))} == {}


def test_no_sentence_of_a_wording_file_has_a_phrase_to_avoid():
    texts = wording_files()
    assert len(texts) >= 10 and all(len(text) > 100 for text in texts.values())
    assert {name: found for name, text in texts.items() if (found := avoided_in(text))} == {}


def test_the_glossary_has_the_terms_once():
    terms = [term for term, _, _ in ROWS]
    assert len(terms) == len(set(terms)) == GLOSSARY.count("\n| ") - 3  # three heads
    assert {"interim look", "analysis plan", "candidate", "baseline", "new seeds", "prediction",
            "coverage", "power", "false alarm", "importance", "launch"} <= set(terms)  # fmt: skip
    assert "(docs/glossary.md)" in (ROOT / "README.md").read_text("utf-8")


@pytest.mark.parametrize(("term", "meaning", "where"), ROWS, ids=[row[0] for row in ROWS])
def test_a_term_is_used_where_the_glossary_says(term, meaning, where):
    assert len(meaning.split()) <= 30 and meaning.endswith(".")
    links = re.findall(r"\]\(([^)]+)\)", where)
    assert links
    for link in links:
        page = (ROOT / "docs" / link).read_text("utf-8").lower()
        assert re.search(rf"\b{term}s?\b", " ".join(page.split())), link
