"""What a command is about to do is said at once: before anything heavy, and never in its output."""

from __future__ import annotations

import fcntl
import gzip
import io
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from importlib.resources import files
from pathlib import Path

import pytest

from tunebook.domain.doing import doing, watched, within
from tunebook.domain.doing import lines as terminals
from tunebook.domain.doing.lines import RareLines, ReplacedLine
from tunebook.domain.formats.printable import cells, cut

HEAVY = ("numpy", "scipy", "sqlalchemy", "rich", "altair", "jinja2")

AT_THE_FIRST_LINE = """
import sys
from tunebook.cli import main

class Heard:
    def __init__(self, stream): self.stream = stream
    def write(self, text):
        if text.strip():
            self.stream.write(text)
            self.stream.write("LOADED " + " ".join(sorted(set(sys.modules) & set({heavy}))) + "\\n")
            self.stream.flush()
            import os
            os._exit(0)
    def __getattr__(self, name): return getattr(self.stream, name)

sys.stderr = Heard(sys.stderr)
sys.argv[0] = "tunebook"
main()
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a finished book, a round's file and a sweep."""
    at = tmp_path_factory.mktemp("activity")
    shipped = files("tunebook.cli").joinpath("assets/digits.db.gz").read_bytes()
    (at / "demo.db").write_bytes(gzip.decompress(shipped))
    (at / "round-1.toml").write_text("goal = 'Which x?'\n")
    (at / "trials.csv").write_text("lr,loss\n0.1,0.5\n")
    return at


@pytest.mark.parametrize(
    ("command", "subject"),
    [
        ("run round-1.toml", "round-1.toml"),
        ("run --round 4", "round 4 of demo.db"),
        ("decide 4", "round 4 of demo.db"),
        ("procedure throughput", "demo.db"),
        ("audit trials.csv --objective minimize:loss", "trials.csv"),
        ("findings 2", "round 2 of demo.db"),
        ("report --out all.html", "demo.db"),
        ("next", "demo.db"),
    ],
)
def test_the_first_line_comes_before_what_is_heavy(folder, command, subject):
    ran = subprocess.run(
        [sys.executable, "-c", AT_THE_FIRST_LINE.replace("{heavy}", repr(HEAVY)), *command.split()],
        cwd=folder, env={**os.environ, "TUNEBOOK_BOOK": "demo.db"}, capture_output=True, text=True,
    )  # fmt: skip
    first, loaded, *_ = ran.stderr.splitlines()
    assert subject in first
    assert loaded.split() == ["LOADED"]
    assert ran.stdout == ""


def test_json_says_nothing_beside_it(folder, tunebook):
    ended = tunebook("findings", "2", "--book", str(folder / "demo.db"), "--json")
    assert json.loads(ended.stdout)["round"] == 2
    assert ended.stderr == ""


def on_a_terminal(folder: Path, command: str, columns: int) -> str:
    """All that a command writes to a terminal of so many columns."""
    main, own = pty.openpty()
    fcntl.ioctl(own, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    env = {**os.environ, "TERM": "xterm", "NO_COLOR": "1", "TUNEBOOK_BOOK": "demo.db"}
    run = "import sys; sys.argv[0] = 'tunebook'; from tunebook.cli import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", run, *command.split()],
        cwd=folder, env=env, stdin=own, stdout=own, stderr=own,
    )  # fmt: skip
    os.close(own)
    written = b""
    while True:
        try:
            part = os.read(main, 65536)
        except OSError:  # the last process that had it has ended
            break
        if not part:
            break
        written += part
    os.close(main)
    assert process.wait() == 0
    return written.decode()


@pytest.mark.parametrize("columns", [40, 160])
def test_on_a_terminal_checks_are_named_one_by_one_and_then_gone(folder, columns):
    for kept in folder.glob(".demo.kept/*"):
        kept.unlink()
    before, _, printed = on_a_terminal(folder, "findings 2", columns).partition("\n")
    shown = [part.rstrip() for part in before.split("\r") if part.strip()]
    assert "demo.db" in shown[0]
    named = [s for part in shown if (s := re.match(r"Round 2: ([A-Z]\d+) ", part))]
    assert len({s[1] for s in named}) >= 10
    assert max(len(part) for part in shown if "\x1b" not in part) < columns
    assert before.isascii()
    assert "check 1 of" not in printed


def test_what_is_printed_meanwhile_stands_on_a_line_of_its_own():
    stream = io.StringIO()
    line = ReplacedLine(stream)
    line("Round 2: C10 importance")
    terminals.Above(stream, line).write("Warning: few trials\n")
    assert stream.getvalue().split("\r")[-1] == "Warning: few trials\n"
    line.clear()
    assert stream.getvalue().endswith("Warning: few trials\n")


def test_plain_lines_come_every_30_s_at_most(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(terminals.time, "monotonic", lambda: now[0])
    stream = io.StringIO()
    say = RareLines(stream)
    for second in range(65):
        now[0] = float(second)
        say(f"at {second}\x1b[2J")
    assert [line.split()[1][:2].strip("\ufffd") for line in stream.getvalue().splitlines()] == [
        "0",
        "30",
        "60",
    ]
    assert "\x1b" not in stream.getvalue()


def test_what_is_done_is_told_to_the_innermost_watcher_with_its_subject():
    heard: list[str] = []
    doing("nobody hears it")
    with watched(heard.append):
        doing("one")
        with within("Round 2"):
            doing("two")
        with watched():
            doing("silent")
        doing("three")
    doing("nobody again")
    assert heard == ["one", "Round 2: two", "three"]


@pytest.mark.parametrize(
    "text", ["Which x?", "学習率はどれが最適ですか", "e\u0301" * 30, "x" * 200]
)
@pytest.mark.parametrize("most", [0, 1, 2, 5, 39])
def test_a_cut_text_fits(text, most):
    assert cells(cut(text, most)) <= most
    assert cut(text, 1000) == text
