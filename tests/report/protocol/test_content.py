"""D8: the protocol has what a paper needs; nothing in it escapes its spelling."""

from __future__ import annotations

import re
import shutil
import string
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunebook.domain.errors import EvidenceError
from tunebook.report.protocol import latex, markdown
from tunebook.report.protocol.content import Part, launch_protocol, round_protocol

HOSTILE = "\\input{/etc/passwd} $x$ & # % _ ~ ^ {a} [b] *c* <d> |e| \"f\" 'g' `h` -- é ∞ 日 \x07"
COMMANDS = re.compile(
    r"\\(textbackslash\{\}|textasciitilde\{\}|textasciicircum\{\}|textless\{\}|textgreater\{\}|"
    r"textbar\{\}|char(34|39|96)\{\}|ldots\{\}|ensuremath\{(-|\\infty|\\to|\\times|\\pm|\\cdot)\}|"
    r"[{}$&#%_])|\{[-*\[\]]\}"
)
"""All that the spelling of a text may hold; what is left of it must be plain letters."""
PLAIN = set(string.ascii_letters + string.digits + " .,:;!?()/+=@~-")


def left_over(text):
    return {c for c in COMMANDS.sub("", text) if c not in PLAIN and c.isascii()}


@given(st.text(max_size=60))
def test_no_text_holds_anything_that_latex_reads(text):
    assert left_over(latex.escaped(text)) == set()


def test_each_special_character_has_its_spelling():
    for character in "\\{}$&#%_^<>|\"'`-[]*":
        assert latex.escaped(character) != character
    assert latex.escaped("~") == r"\textasciitilde{}"
    assert latex.escaped("日é") == "{[}U+65E5{]}é"
    assert latex.escaped("a\nb\x07") == "a b?"


def test_a_protocol_of_hostile_texts_is_balanced():
    part = Part(title=HOSTILE, pairs=((HOSTILE, HOSTILE),), texts=(HOSTILE,), head=("a", "b"),
                rows=((HOSTILE, "[1pt]"), ("*", HOSTILE)), code=(HOSTILE, "", "\\end{flushleft}"))  # fmt: skip
    text = latex.latex([part])
    bare = re.sub(r"\\[{}]", "", text)
    assert bare.count("{") == bare.count("}")
    assert text.count(r"\begin{") == text.count(r"\end{") == 3
    assert r"\input" not in text.replace(r"\textbackslash{}input", "")
    for line in text.splitlines():
        if line.endswith(r"\\") and " & " in line:
            assert not line.startswith(("[", "*")), "LaTeX would take it for the row's own"


@given(st.text(alphabet=st.sampled_from("`*_{}[]<>#|~$&!\\-+=1. ab\n"), max_size=40))
def test_markdown_keeps_a_cell_in_its_row(text):
    part = Part(title="t", head=("a", "b"), rows=((text, text),))
    rows = [x for x in markdown.markdown([part]).splitlines() if x.startswith("|")]
    assert all(len(re.findall(r"(?<!\\)(?:\\\\)*\|", row)) == 3 for row in rows)
    assert len(rows) == 3


def test_markdown_fences_are_longer_than_what_they_hold():
    text = markdown.markdown([Part(title="t", code=("````", "x"))])
    assert text.splitlines()[2:] == ["`````", "````", "x", "`````"]
    assert markdown.escaped("0.5 and 1. x") == "0.5 and 1. x"
    assert markdown.escaped("1. x") == "1\\. x"


def test_a_round_has_all_that_a_paper_needs(book):
    text = markdown.markdown(round_protocol(book, 3))
    for needed in ("Objective", "Halton", "seed 0", "Search space", "Scale", "log", "Infeasible",
                   "Tuning curve", "95 % band", "Versions and hardware", "tunebook run again/round-3.toml",
                   "What was fixed"):  # fmt: skip
        assert needed in text, needed


def test_a_launch_tells_of_every_round_that_was_spent(book):
    newest = book.launches[-1]
    parts = launch_protocol(book, newest.number)
    (spent,) = [p for p in parts if p.title == "All that was spent"]
    rounds = {d.number: d.round for d in book.decisions}
    assert [row[0] for row in spent.rows] == [
        str(n) for n in range(1, rounds[newest.decision] + 1)
    ]


def test_what_is_not_there_is_said(book):
    with pytest.raises(EvidenceError, match="no round 99"):
        round_protocol(book, 99)
    with pytest.raises(EvidenceError, match="no launch 99"):
        launch_protocol(book, 99)


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
def test_latex_compiles(book, tmp_path):
    body = latex.latex([*round_protocol(book, 3), Part(title=HOSTILE, texts=(HOSTILE,))])
    (tmp_path / "p.tex").write_text(
        f"\\documentclass{{article}}\n\\begin{{document}}\n{body}\\end{{document}}\n", "utf-8"
    )
    subprocess.run(["pdflatex", "-halt-on-error", "p.tex"], cwd=tmp_path, check=True,
                   capture_output=True)  # fmt: skip
