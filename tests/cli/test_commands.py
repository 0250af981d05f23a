"""Every command: its help has an example, its JSON a schema, its errors a next step."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from tunebook.cli import ALIASES, COMMANDS, GROUPS, group

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", COMMANDS)
def test_help_has_an_example(name):
    ended = CliRunner().invoke(group, [name, "--help"], prog_name="tunebook")
    assert ended.exit_code == 0
    assert "Example:" in ended.output
    command = group.get_command(None, name)
    if name != "completion":
        assert "--json" in {o for p in command.params for o in p.opts}


def test_the_reference_is_what_the_help_says():
    namespace: dict = {"__file__": str(ROOT / "docs/write_cli.py"), "__name__": "write_cli"}
    exec((ROOT / "docs/write_cli.py").read_text("utf-8"), namespace)  # noqa: S102 - our own file
    assert (ROOT / "docs/cli.md").read_text("utf-8") == namespace["page"](), "run: make docs"


def test_reruns_go_where_a_round_file_says(tunebook, started):
    text = (started / "round-1.toml").read_text("utf-8")
    (started / "there.toml").write_text(
        text + '\n[executor]\nkind = "local"\nworkers = 1\n', "utf-8"
    )
    (started / "wrong.toml").write_text(text + '\n[executor]\nkind = "lokal"\n', "utf-8")
    wrong = tunebook("decide", "--on", "wrong.toml", code=2)
    assert 'Did you mean "local"' in wrong.stderr
    told = tunebook("decide", "--max-reruns", "4", "--on", "there.toml", "--json")
    assert json.loads(told.stdout)["decision"]["verdict"] == "adopt"


def test_a_whole_round_from_the_shell(tunebook, started):
    decision = json.loads(tunebook("decide", "--max-reruns", "4", "--json").stdout)
    assert decision["schema"] == 2 and decision["decision"]["verdict"] == "adopt"
    launch = json.loads(tunebook("launch", "--why", "a start", "--json").stdout)
    assert launch["launch"]["number"] == 0
    assert json.loads(tunebook("adopt", "--json").stdout) == launch  # a second time: the same
    findings = json.loads(tunebook("findings", "--json").stdout)
    assert findings["schema"] == 2 and "not_applicable" in findings
    proposal = json.loads(tunebook("next", "--json", "--out", "round-2.toml").stdout)
    assert proposal["proposal"]["plan"]["goal"]
    assert "goal" in (started / "round-2.toml").read_text("utf-8")
    report = json.loads(tunebook("report", "--json", "--out", "r.html").stdout)
    assert Path(report["report"]).stat().st_size < 3e6
    written = json.loads(tunebook("export", "files", "--pictures", "svg", "--json").stdout)
    assert any(w.endswith("round-1-trials.csv") for w in written["written"])
    assert any(w.endswith("round-1-reruns-decision-1.svg") for w in written["written"])
    for command in (["status"], ["findings"], ["next"]):
        assert tunebook(*command).stdout.strip()


def test_run_again_goes_on(tunebook, started):
    again = json.loads(tunebook("run", "round-1.toml", "--json").stdout)
    assert again["ran"] == 0
    assert json.loads(tunebook("run", "--json").stdout)["ran"] == 0


def test_the_shipped_book_opens(tunebook, tmp_path):
    shown = json.loads(tunebook("demo", "--json").stdout)
    assert Path(shown["report"]).stat().st_size < 3e6
    status = json.loads(tunebook("status", "--json", "--book", shown["book"]).stdout)
    assert len(status["rounds"]) >= 4 and status["launches"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(tunebook, shell):
    assert "_TUNEBOOK_COMPLETE" in tunebook("completion", shell).stdout


def test_completion_knows_the_commands(tunebook):
    listed = tunebook(
        _TUNEBOOK_COMPLETE="bash_complete", COMP_WORDS="tunebook st", COMP_CWORD="1"
    ).stdout
    assert "status" in listed


def completed(tunebook, words):
    listed = tunebook(
        _TUNEBOOK_COMPLETE="bash_complete",
        COMP_WORDS=words,
        COMP_CWORD=str(len(words.split()) - 1),
    ).stdout
    return [line.partition(",")[2] for line in listed.splitlines()]


def test_completion_knows_the_aliases_and_their_options(tunebook):
    assert completed(tunebook, "tunebook ad") == ["adopt"]
    assert "--despite-problems" in completed(tunebook, "tunebook adopt --de")


WORDS = ["set out", "run", "read", "decide", "record", "steer", "move"]


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_help_lists_each_command_once_in_groups(columns):
    text = CliRunner().invoke(group, ["--help"], terminal_width=columns).output
    lines = text.splitlines()
    assert max(map(len, lines)) <= columns
    titles = [line.rstrip(":") for line in lines if line.endswith(":") and line[0] != " "]
    assert titles == ["Options", *(title for title, _ in GROUPS.values())]
    assert all(word in t.lower() for word, t in zip(WORDS, titles[1:], strict=True))
    listed = [line.split()[0] for line in lines[lines.index(f"{titles[1]}:") :] if line[2:3] > " "]
    assert [name for name in listed if name in COMMANDS] == list(COMMANDS)
    assert set(ALIASES).isdisjoint(listed) and text.count("adopt)") == 1
    if columns > 60:  # one line each
        assert all(f"{name} " in text and line in text for name, line in COMMANDS.items())


def test_an_alias_is_its_command():
    for alias, name in ALIASES.items():
        assert group.get_command(None, alias) is group.get_command(None, name)
        assert alias not in COMMANDS
        shown = CliRunner().invoke(group, [alias, "--help"]).output
        assert alias in shown and "playbook's word" in shown


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["rnu"], 2, 'Did you mean "run"?'),
        (["fnidings"], 2, 'Did you mean "findings"?'),
        (["adpot"], 2, 'Did you mean "adopt"?'),
        (["run", "absent.toml"], 2, "there is no round file absent.toml"),
        (["status"], 2, "there is no book (*.db)"),
        (["status", "--book", "absent.db"], 2, "there is no book at absent.db"),
        (["launch"], 2, "there is no book"),
    ],
)
def test_wrong_use(tunebook, arguments, code, says):
    ended = tunebook(*arguments, code=code)
    assert says in ended.stderr


BAD = {
    "no goal": ('goal = ""', "a round has one goal, in words"),
    "unknown key": ("max_train_step = 5", 'Did you mean "max_train_steps"?'),
    "two roles": ("[nuisance]\nlearning_rate = { low = 0.1, high = 1.0 }", "one role in a round"),
    "reversed": ("[nuisance]\nx = { low = 2.0, high = 1.0 }", "low > high: 2 > 1"),
    "log at zero": ('[nuisance]\nx = { low = 0.0, high = 1.0, scale = "log" }', "above 0"),
    "steps searched": ("[nuisance]\nepochs = { low = 1, high = 9, integer = true }", "B9"),
    "batch size": ("[nuisance]\nbatch_size = { low = 8, high = 64, integer = true }", "A4"),
    "absent parent": (
        '[nuisance.x]\nper = "optimiser"\nwhen = [{ is = "adam", low = 0.1, high = 1.0 }]',
        "has no role in this round",
    ),
    "not toml": ("goal = = 3", "line"),
    "absent training code": ('train = "absent.py:train"', "absent.py"),
    "absent function": ('train = "train.py:trian"', "trian"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_rounds_are_refused_before_any_training(tunebook, tmp_path, case):
    change, says = BAD[case]
    tunebook("init", "--no-try")
    lines = (tmp_path / "round-1.toml").read_text("utf-8")
    key = change.split(" = ")[0] if not change.startswith("[") else None
    kept = [x for x in lines.splitlines() if not (key and x.startswith(f"{key} = "))]
    kept = [x for x in kept if not (case == "unknown key" and x.startswith("max_train_steps"))]
    text = "\n".join(kept)
    text = f"{change}\n{text}" if key else f"{text}\n{change}\n"
    (tmp_path / "round-1.toml").write_text(text, "utf-8")
    ended = tunebook("run", "round-1.toml", code=2)
    assert not list(tmp_path.glob("*.db"))
    assert says in ended.stderr, ended.stderr
    assert "Next: " in ended.stderr
    assert not list(tmp_path.glob("*.files/round-*/*"))


@pytest.mark.parametrize(
    ("code", "says"),
    [
        (
            "import absent_module\ndef train(trial): pass",
            "No module named 'absent_module' (train.py:1)",
        ),
        ("raise RuntimeError('boom')\ndef train(trial): pass", "RuntimeError: boom (train.py:1)"),
        ("import sys\nsys.exit(3)\ndef train(trial): pass", "SystemExit: 3 (train.py:2)"),
        (
            "import functools\ntrain = functools.partial(int, 3)()",
            "train.py:train is not a function",
        ),
        (
            "import os\ntrain = os.path.isfile and (lambda: 3)",
            "can't be called with one argument, the trial",
        ),
    ],
)
@pytest.mark.parametrize("workers", ["0", "1"])
def test_code_that_does_not_load_uses_up_no_trial(tunebook, tmp_path, code, says, workers):
    tunebook("init", "--no-try")
    (tmp_path / "train.py").write_text(code, "utf-8")
    ended = tunebook("run", "round-1.toml", "--workers", workers, code=1)
    assert says in ended.stderr and "Next: fix" in ended.stderr
    rounds = json.loads(tunebook("status", "--json").stdout)["rounds"]
    assert rounds[0]["trials"] == {"pending": 4}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--time-budget", "-3"], "time_budget_s is above 0"),
        (["--time-budget", "nan"], "time_budget_s is above 0"),
        (["--memory-limit", "0"], "memory_limit_mb is a whole number of at least 1"),
        (["--train", "trian.py:train"], 'Did you mean "train.py"?'),
    ],
)
def test_wrong_options_make_no_book(tunebook, tmp_path, arguments, says):
    tunebook("init", "--no-try")
    assert says in tunebook("run", "round-1.toml", *arguments, code=2).stderr
    assert not list(tmp_path.glob("*.db"))


def test_files_of_other_editors(tunebook, tmp_path):
    tunebook("init", "--no-try")
    text = (tmp_path / "round-1.toml").read_text("utf-8").replace("= 500", "= 20")
    (tmp_path / "round-1.toml").write_text(text, "utf-16")
    assert "is not UTF-8 text" in tunebook("run", "round-1.toml", code=2).stderr
    (tmp_path / "round-1.toml").write_text(text.replace('train = "train.py:train"', ""), "utf-8")
    assert 'train = "train.py:train"' in tunebook("run", "round-1.toml", code=2).stderr
    assert not list(tmp_path.glob("*.db"))
    (tmp_path / "round-1.toml").write_text(text, "utf-8-sig")
    assert json.loads(tunebook("run", "round-1.toml", "--json").stdout)["ran"] == 4
    assert "numbered 1 to 1; got 99" in tunebook("findings", "99", code=2).stderr
    assert "has none yet" in tunebook("launch", code=1).stderr


def test_a_round_file_s_book_is_the_one_that_it_names(tunebook, started):
    text = (started / "round-1.toml").read_text("utf-8")
    other = text.replace('name = "first"', 'name = "other"').replace("= 100", "= 20")
    (started / "other.toml").write_text(other, "utf-8")
    planned = tunebook("run", "other.toml", "--plan", "--json")
    assert not (started / "other.db").exists() and planned.returncode == 0
    began = tunebook("run", "other.toml", "--workers", "1", "--json")
    assert "--book first.db" in began.stderr
    assert [json.loads(began.stdout)[key] for key in ("round", "ran")] == [1, 4]
    # With two books here, each file still means its own.
    for file, book in (("other.toml", "other.db"), ("round-1.toml", "first.db")):
        again = tunebook("run", file, "--workers", "1", "--json")
        assert json.loads(again.stdout)["ran"] == 0, book
        status = json.loads(tunebook("status", "--json", "--book", book).stdout)
        assert len(status["rounds"]) == 1
    # A book keeps its name in a file of another name, and a file without a name means the only book.
    (started / "other.db").unlink()
    (started / "first.db").rename(started / "moved.db")
    assert json.loads(tunebook("run", "round-1.toml", "--json").stdout)["ran"] == 0
    (started / "round-1.toml").write_text(text.replace('name = "first"', ""), "utf-8")
    assert json.loads(tunebook("run", "round-1.toml", "--json").stdout)["ran"] == 0
    assert [path.name for path in started.glob("*.db")] == ["moved.db"]


def test_a_round_file_can_not_change_what_the_book_keeps(tunebook, started):
    text = (started / "round-1.toml").read_text("utf-8")
    for before, after, says in (
        ("chance = 0.5", "chance = 0.7", "a book keeps its chance; first.db has 0.5, got 0.7"),
        ('"minimize:', '"maximize:', "a book keeps its objective"),
        ('"train/loss"', '"train/error"', "a book keeps its training_objective"),
        ("trials = 4", "trials = 2", "a round is extended, never cut"),
        ("= 100", "= 200", "max_train_steps: 100 -> 200"),
    ):
        (started / "other.toml").write_text(text.replace(before, after), "utf-8")
        assert says in tunebook("run", "other.toml", code=2).stderr


def test_places_that_can_not_be_written(tunebook, started):
    for arguments in (["next", "--out", "no/r.toml"], ["report", "--out", "no/r.html"]):
        assert "Next: make its folder: mkdir -p no" in tunebook(*arguments, code=1).stderr
    (started / "files" / "book.json").mkdir(parents=True)
    ended = tunebook("export", "files", "--pictures", "none", code=1)
    assert "book.json can't be written" in ended.stderr and "Next: " in ended.stderr


def test_findings_of_another_metric_are_marked_exploratory(tunebook, started):
    told = json.loads(tunebook("findings", "--objective", "minimize:train/loss", "--json").stdout)
    assert (told["exploratory"], told["objective"]) == (True, "minimize:train/loss")
    assert any(f["sentence"].startswith("Exploratory") for f in told["findings"])
    assert (
        "exploratory: minimize:train/loss"
        in tunebook("findings", "--objective", "minimize:train/loss").stdout
    )
    assert (
        "Did you mean" in tunebook("findings", "--objective", "minimize:train/los", code=2).stderr
    )
    assert json.loads(tunebook("findings", "--json").stdout)["exploratory"] is False
