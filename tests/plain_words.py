"""Phrases that user-visible text avoids, each with the term to use, and where such text is."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from click.testing import CliRunner

from tunebook.cli import COMMANDS, group

ROOT = Path(__file__).parents[1]

AVOIDED = {
    r"(?:told|tells?|telling) (?:\w+ )?apart": "differs, no significant difference",
    r"looks? by a plan": "interim look, analysis plan",
    r"(?:an?|each|every|the|these|another|this|at most \d+) looks?": "interim look; check",
    r"(?:all|both|either|two|three|\d+) sides": "candidate, baseline, arm",
    r"(?:reruns|more|trials|seeds) a side": "each candidate, arm",
    r"(?:an?|each|every|the other) side(?:'s| has| is)": "candidate, baseline, arm",
    r"fresh[- ]seeds?": "new seeds, rerun with new seeds",
    r"trained again": "rerun with new seeds, repeated",
    r"spent twice": "wasted, repeated work",
    r"foretold|foretells?": "prediction",
    r"came (?:true|false|out)": "met, not met, outcome",
    r"asked|asking": "arguments, options",
    r"settl(?:ed|ing)": "arguments, options",
    r"in our own words": "translate database errors",
    r"desk": "queue",
    r"patience": "timeout",
    r"tally|tallies": "counts",
    r"beside": "companion, together with, next to",
    r"others? says? the like": "similar findings",
    r"how often (?:it|they) (?:is|are) wrong": "false alarm rate, power, coverage",
    r"(?:what (?:the|this)|that this|the|this) space holds": "space, range, bound",
    r"var(?:y|ies|ied) by (?:it|them)": "importance, share of the variance",
}
"""Pattern of a phrase to avoid -> what to say. Single words are here only where no plain use remains."""

_PHRASE = re.compile(r"\b(?:" + "|".join(AVOIDED) + r")\b", re.IGNORECASE)
_CODE = re.compile(r"^```(?:python|py|toml|json|csv)\n.*?^```$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`[^`\n]+`|\]\([^)]*\)|<!--.*?-->")


def avoided_in(text: str) -> list[str]:
    """Return every phrase to avoid in running text, in order, lower case."""
    return [m.group().lower() for m in _PHRASE.finditer(" ".join(text.split()))]


def prose_of(markdown: str) -> str:
    """Return a page without code examples, code spans and addresses of links."""
    return _INLINE.sub(" ", _CODE.sub(" ", markdown))


def pages() -> dict[str, str]:
    """Return README and docs/*.md, as prose."""
    files = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    return {str(f.relative_to(ROOT)): prose_of(f.read_text("utf-8")) for f in files}


def help_texts() -> dict[str, str]:
    """Return the `--help` of the program and of each command, unwrapped."""
    texts = {}
    for arguments in ([], *([name] for name in COMMANDS)):
        ended = CliRunner().invoke(group, [*arguments, "--help"], terminal_width=200)
        texts[" ".join([*arguments, "--help"])] = ended.output
    return texts


def wording_files() -> dict[str, str]:
    """Return the sentences of each wording.py."""
    found = sorted((ROOT / "src").rglob("wording.py"))
    return {str(f.relative_to(ROOT)): sentences_in(f.read_text("utf-8")) for f in found}


def sentences_in(source: str) -> str:
    """Return the string literals of a module without docstrings, a 7 for each value in them."""
    return "\n".join(_literals(ast.parse(source)))


def _literals(tree: ast.AST) -> Iterator[str]:
    docstrings, parts = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            docstrings.add(id(node.value))
        if isinstance(node, ast.JoinedStr):
            constants = [v for v in node.values if isinstance(v, ast.Constant)]
            parts.update(map(id, constants))
            yield "".join(
                str(v.value) if isinstance(v, ast.Constant) else "7" for v in node.values
            )
    for node in ast.walk(tree):
        said = isinstance(node, ast.Constant) and isinstance(node.value, str)
        if said and id(node) not in docstrings | parts:
            yield node.value
