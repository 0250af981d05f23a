"""Train a trial by a program that stays as it is, and report its numbers as they come (I1)."""

from __future__ import annotations

import math
import os
import queue
import re
import subprocess
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from tunebook.domain.formats.program_values import json_text, spelled
from tunebook.domain.program import Program, filled, names_in, switches_in
from tunebook.domain.trial import Cause
from tunebook.training.attempt import MEMORY_WORDS, ProgramFailed
from tunebook.training.handle import Trial
from tunebook.training.left_running import end_marked
from tunebook.training.objects_in_text import Numbers
from tunebook.training.program_numbers import Reader, reader_of

MARK = "TUNEBOOK_PROGRAM"
"""Environment variable by which all that a program started is known."""
LOOK_EVERY_S = 0.1
GRACE_S = 10.0
"""From the request to stop until the program is killed."""
QUIET_S = 2.0
"""After its end, how long output of children that hold its pipe is waited for."""
TAIL_LINES = 20


def training_by(program: Program) -> Callable[[Trial], None]:
    """The training function that runs a program."""

    def train(trial: Trial) -> None:
        _Attempt(program, trial).run()

    return train


class _Attempt:
    """One run of a program."""

    def __init__(self, program: Program, trial: Trial) -> None:
        self._program, self._trial = program, trial
        self._next: Counter[str] = Counter()
        self._tail: deque[str] = deque(maxlen=TAIL_LINES)
        # The trial's, for all attempts: a program that saves its state there can go on from it.
        self._folder = trial._assignment.files.checkpoints.with_suffix(".program")
        self._folder.mkdir(parents=True, exist_ok=True)
        self._config = self._folder / "config.json"
        values = {name: trial.config._values[name] for name in trial.config}
        self._config.write_text(json_text(values), "utf-8")
        if "config" in program.placeholders:
            trial.config.read.update(values)
        self._told: set[str] = set()
        self._mark = f"{os.getpid()}-{time.monotonic_ns()}"
        self._kill_at: float | None = None

    def run(self) -> None:
        """Start it, follow it, and say what its end means."""
        args = self._arguments()
        kind, where = self._program.reader
        objective = self._trial._assignment.objective.metric
        reader = reader_of(
            self._program, "" if kind == "pattern" else self._filled(where), objective
        )
        try:
            process = subprocess.Popen(
                args,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env=self._environment(),
                text=True,
                encoding="utf-8",
                errors="replace",
            )
        except OSError as error:
            raise ProgramFailed(f"{args[0]} can't be started: {error}", Cause.CRASHED) from None
        lines: queue.Queue[str | None] = queue.Queue()
        heard = threading.Thread(target=_hand_on, args=(process, lines), daemon=True)
        heard.start()
        try:
            self._follow(process, lines, reader)
        finally:
            # One that ended well may have left something behind on purpose.
            if process.poll() is None or process.returncode or self._kill_at is not None:
                end_marked(MARK, self._mark, self._kill_at)
                process.kill()
            process.wait()
            heard.join(QUIET_S)
        if process.returncode and not self._trial._told_late:
            self._fail(process.returncode)

    def _follow(
        self, process: subprocess.Popen[str], lines: queue.Queue[str | None], reader: Reader
    ) -> None:
        """Until it has ended; children that it left behind are not waited for."""
        looked, heard, silent = 0.0, time.monotonic(), False
        while True:
            now = time.monotonic()
            with suppress(queue.Empty):
                text = lines.get(timeout=LOOK_EVERY_S)
                silent = text is None
                if text is not None:
                    heard = now
                    print(text, flush=True)
                    self._tail.append(text)
                    for numbers in reader.line(text):
                        self._report(numbers)
            if process.poll() is not None and (silent or now - heard > QUIET_S):
                break
            if now - looked < LOOK_EVERY_S:
                continue
            looked = now
            self._report_new(reader)
            if self._kill_at is not None and now >= self._kill_at:
                process.kill()
            elif self._kill_at is None and self._trial.should_stop():
                self._kill_at = now + GRACE_S
                process.terminate()
        self._report_new(reader, ended=True)

    def _report_new(self, reader: Reader, *, ended: bool = False) -> None:
        """What files have gained, which may be what an earlier attempt wrote."""
        for numbers in reader.more(ended=ended):
            self._report(numbers, quiet=True)
        while reader.notes:
            self._tell(reader.notes.pop(0))

    def _report(self, numbers: Numbers, *, quiet: bool = False) -> None:
        """What is a number goes on, under the book's names; where no step is given, counted.

        A program may print its last evaluation once more, or that of its best checkpoint: a
        metric at a step that it has passed is passed over, and training goes on.
        """
        program = self._program
        renamed = {program.names.get(k, k): v for k, v in numbers.items() if k != program.step
                   and (not program.names or k in program.names)}  # fmt: skip
        found = {name: n for name, value in renamed.items() if (n := _number(value)) is not None}
        if not found:
            return
        said = _number(numbers.get(program.step))
        for name, value in found.items():
            step = self._next[name] if said is None or not math.isfinite(said) else int(said)
            if step < self._next[name]:
                if not quiet:
                    why = (
                        f"it was reported up to step {self._next[name] - 1} before; steps count "
                        "over all of training"
                        if step >= 0
                        else "steps count from 0"
                    )
                    self._tell(f"{name} at step {step} is not recorded: {why}")
                continue
            if step < self._trial._step and step >= self._next[name]:
                # Another file of the same program, or a metric that comes more seldom.
                self._trial._late(step, {name: value})
            else:
                self._trial.report(step, {name: value})
            self._next[name] = step + 1

    def _tell(self, note: str) -> None:
        """Say something about the program's numbers once, among what it prints."""
        kind = re.sub(r"\d+", "#", note)
        if kind not in self._told:
            self._told.add(kind)
            self._trial._log.note(note)
            print(f"Tunebook: {note}.", flush=True)

    def _arguments(self) -> list[str]:
        """The command, without arguments whose hyperparameter does not exist in this trial."""
        texts = [(arg, self._filled(arg)) for arg in self._program.args if self._exists(arg)]
        return [text for arg, text in texts if text or not switches_in(arg)]

    def _exists(self, text: str) -> bool:
        own = self._own()
        return all(name in own or name in self._trial.config for name in names_in(text))

    def _filled(self, text: str) -> str:
        own = self._own()
        return filled(text, lambda n: own[n] if n in own else self._trial.config[n], spelled)

    def _own(self) -> Mapping[str, str]:
        trial = self._trial
        return {
            "seed": str(trial.seed),
            "max_train_steps": str(trial.max_train_steps),
            "trial": trial.name,
            "attempt": str(trial.attempt),
            "config": str(self._config),
            "folder": str(self._folder),
            "python": sys.executable,
        }

    def _environment(self) -> dict[str, str]:
        told = {f"TUNEBOOK_{name.upper()}": value for name, value in self._own().items()}
        return {**os.environ, **told, MARK: self._mark, "PYTHONUNBUFFERED": "1"}

    def _fail(self, code: int) -> None:
        """Raise what an exit code or a signal means."""
        said = "\n".join(self._tail)
        last = next((line for line in reversed(self._tail) if line.strip()), "")
        meaning = self._program.exits.get(code)
        if meaning is None and any(words in said.lower() for words in MEMORY_WORDS):
            meaning = Cause.OUT_OF_MEMORY
        how = f"exit code {code}" if code > 0 else f"signal {-code}"
        end = f": {last.strip()[:200]}" if last else ""
        raise ProgramFailed(f"the program ended with {how}{end}", Cause(meaning or Cause.CRASHED))


def _hand_on(process: subprocess.Popen[str], lines: queue.Queue[str | None]) -> None:
    assert process.stdout is not None
    with process.stdout:
        for line in process.stdout:
            lines.put(line.rstrip("\n"))
    lines.put(None)


def _number(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        return None
