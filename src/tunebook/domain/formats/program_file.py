"""The `command` and `[program]` of a round file: a training program that stays as it is (I1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tunebook.domain.errors import CodecError
from tunebook.domain.formats.plain_data import check_keys, from_data
from tunebook.domain.formats.toml_text import value_text
from tunebook.domain.program import MARK, Program

KEYS = ("command", "program")
TABLE_KEYS = ("metrics", "step", "names", "exits")


def read_train(data: dict[str, Any]) -> str:
    """What trains: a function's name, or the text that stands for `command` and `[program]`."""
    train = from_data(str, data.pop("train", ""), path="train")
    if not data.keys() & set(KEYS):
        return train
    args = from_data(tuple[str, ...], data.pop("command", []), path="command")
    said = from_data(Mapping[str, object], data.pop("program", {}), path="program")  # type: ignore[type-abstract]
    check_keys(said, dict.fromkeys(TABLE_KEYS), "program", "program")
    if train or not args:
        raise CodecError(
            "a round trains by one thing: train = ..., or command = [...] with [program]",
            next_step='give command = ["python", "train.py", "--lr={learning_rate}"] alone',
        )
    exits = from_data(Mapping[str, str], said.get("exits", {}), path="program.exits")  # type: ignore[type-abstract]
    if not all(code.lstrip("-").isdigit() for code in exits):
        raise CodecError(
            f"program.exits has exit codes as keys; got {', '.join(exits)}",
            next_step='give exits = {3 = "diverged"}, for example',
        )
    return Program(
        args=args,
        metrics=from_data(str, said.get("metrics", "json"), path="program.metrics"),
        step=from_data(str, said.get("step", "step"), path="program.step"),
        names=from_data(Mapping[str, str], said.get("names", {}), path="program.names"),  # type: ignore[type-abstract]
        exits={int(code): meaning for code, meaning in exits.items()},
    ).path


def program_lines(train: str) -> list[str]:
    """The `[program]` table, without what has its default."""
    if not train.startswith(MARK):
        return []
    program = Program.from_path(train)
    said: dict[str, Any] = {}
    if program.metrics != "json":
        said["metrics"] = program.metrics
    if program.step != "step":
        said["step"] = program.step
    if program.names:
        said["names"] = dict(program.names)
    if program.exits:
        said["exits"] = {str(code): meaning for code, meaning in program.exits.items()}
    return ["", "[program]", *(f"{k} = {value_text(v)}" for k, v in said.items())] if said else []
