"""One book, one round, one runner that is begun again whenever it has ended too early."""

from __future__ import annotations

import itertools
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from training import expected
from tunebook.domain.decision import Setting
from tunebook.domain.design import Objective, Round
from tunebook.domain.space import Choice
from tunebook.domain.trial import Status, TrialKey, TrialRecord
from tunebook.execution.child import MARK
from tunebook.store.sql import SqlStore

HERE = Path(__file__).parent
TRIALS, STEPS, PACE_S = 40, 48, 0.012
LIMIT_S = 400.0


@dataclass
class Result:
    """What came of a scene.

    Attributes:
        faults: how many were injected, by kind.
        reports: that training had acknowledged; lost: of these, not in the book with their value.
        twice: trials that were recorded complete under more than one attempt.
        by_hand: why the round could not be ended by running it again; empty where it could.
        wrong: complete trials whose curve is not what training makes.
        failed: trials recorded as failed or infeasible, with why.
        repeated: share of steps that were trained more than once.
        silence_s: by fault, the longest time without any acknowledged report from it on, until the
            next fault.
        errors: what runners said before they ended too early.
        stalls: faults after which no report came for two minutes, with what the cluster said then.
    """

    executor: str
    database: str
    faults: dict[str, int] = field(default_factory=dict)
    reports: int = 0
    lost: int = 0
    twice: int = 0
    by_hand: str = ""
    wrong: int = 0
    failed: dict[str, int] = field(default_factory=dict)
    repeated: float = 0.0
    silence_s: dict[str, list[float]] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    stalls: list[str] = field(default_factory=list)


class Scene:
    """A round under way.

    Args:
        folder: for the book, its files and what training noted.
        executor: as a round file's table has it.
        book: path or URL.
        dice: for moments and victims.
        before: words before the runner's command, such as `ip netns exec NAME`.
        environment: of the runner, beside this process's own.
    """

    def __init__(
        self,
        folder: Path,
        executor: dict,
        book: str,
        database: str,
        dice: random.Random,
        *,
        before: tuple[str, ...] = (),
        environment: dict[str, str] | None = None,
        book_there: str = "",
    ) -> None:
        self.folder, self.dice, self.executor, self.book = folder, dice, executor, book
        self.files = folder / "book.files"
        self.noted = folder.with_name(f"{folder.name}.acknowledged")  # on no small disk
        self.result = Result(executor["kind"], database)
        self._before, self._book_there = before, book_there or book
        self._environment = environment or {}
        self._complete: dict[str, int] = {}
        self._at: list[tuple[float, str]] = []
        self._well = False
        self.runner: subprocess.Popen | None = None
        # What a cluster says of itself, for a scene that stalls; what its administrator would do.
        self.around: Callable[[], str] = str
        self.administer: Callable[[], None] = lambda: None
        store = SqlStore.open(book, files=self.files)
        store.set_setting(Setting(name="torture"), Objective("loss"))
        pace = Choice((PACE_S,))
        store.add_round(
            Round(
                goal="Is it kept?", nuisance={"pace": pace}, trials=TRIALS, max_train_steps=STEPS
            ),
            0.0,
        )
        store.add_trials(
            [
                TrialRecord(
                    round=1, number=n, study="", index=n, config={"pace": PACE_S}, seed=100 + n,
                    max_train_steps=STEPS,
                )
                for n in range(TRIALS)
            ]
        )  # fmt: skip
        store.close()

    def begin(self) -> None:
        """Start the runner."""
        command = [*self._before, sys.executable, str(HERE / "run_round.py"), self._book_there,
                   str(self.files), json.dumps(self.executor)]  # fmt: skip
        environment = {**os.environ, **self._environment, "ACKNOWLEDGED": str(self.noted)}
        self.runner = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            start_new_session=True, env=environment,
        )  # fmt: skip

    def torment(self, faults: dict, gap_s: float, most: int) -> None:
        """Inject faults at random moments until the round has ended, or there were enough."""
        began, count = time.monotonic(), 0
        self.begin()
        while time.monotonic() - began < LIMIT_S:
            time.sleep(self.dice.uniform(0.3 * gap_s, 1.7 * gap_s))
            if self.ended_well():
                return
            if count >= most:
                self._until_done(began)
                return
            kind = self.dice.choice(list(faults))
            at, mark = time.time(), len(self.lines())
            if faults[kind](self):
                self._at.append((at, kind))
                count += 1
                self.result.faults[kind] = self.result.faults.get(kind, 0) + 1
                self._recovered(kind, at, mark)
            self.look()
        self.result.by_hand = self.result.by_hand or f"not done after {LIMIT_S:g} s"

    def _recovered(self, kind: str, at: float, mark: int) -> None:
        """Begin again what has ended, and wait for the next report."""
        until = time.monotonic() + 120
        while time.monotonic() < until:
            if self.ended_well():
                return
            steps = [r for r in self.lines()[mark:] if r[0] == "step" and float(r[5]) > at]
            if steps:
                return
            self.administer()
            time.sleep(0.05)
        # It may still come: by hand is only what has not ended when the time is up.
        self.result.stalls.append(f"{kind}; {self.around()}")

    def _until_done(self, began: float) -> None:
        while time.monotonic() - began < LIMIT_S:
            if self.ended_well():
                return
            self.administer()
            time.sleep(0.1)
        self.result.by_hand = self.result.by_hand or f"not done after {LIMIT_S:g} s"

    def ended_well(self) -> bool:
        """True once the runner has ended by itself; one that ended with an error is begun again."""
        if self._well:
            return True
        assert self.runner is not None
        code = self.runner.poll()
        if code is None:
            return False
        said = self.runner.stdout.read() if self.runner.stdout else ""
        last = said.strip().splitlines()[-1] if said.strip() else ""
        if code == 0 and '"stopped": ""' in last:
            self._well = True
            return True
        if "Traceback" in said:
            self.result.errors.append(said[-600:])
        elif '"error"' in last:
            self.result.errors.append(json.loads(last)["error"][:200])
        self.begin()
        return False

    def lines(self) -> list[list[str]]:
        """What training noted so far, whole lines."""
        try:
            text = self.noted.read_text()
        except FileNotFoundError:
            return []
        return [line.split() for line in text.split("\n")[:-1]]

    def look(self) -> None:
        """A trial that is complete stays so, under the attempt that completed it."""
        try:
            store = SqlStore.open(self.book, create=False, files=self.files)
        except Exception:  # the book is away just now
            return
        try:
            for trial in store.trials(1):
                if trial.status is Status.COMPLETE:
                    known = self._complete.setdefault(trial.name, trial.attempt)
                    self.result.twice += known != trial.attempt
        except Exception:
            return
        finally:
            store.close()

    def workers(self) -> list[psutil.Process]:
        """Workers of this scene's runner, wherever they came from."""
        found = []
        for process in psutil.process_iter():
            try:
                line = " ".join(process.cmdline())
                own = process.environ()
                ours = MARK in own and own.get("ACKNOWLEDGED") == str(self.noted)
                if ours and "tunebook.training.worker" in line:
                    found.append(process)
            except psutil.Error:
                continue
        return found

    def kill_runner(self, how: int = signal.SIGKILL) -> bool:
        """End the runner; the next look begins it again."""
        if self.runner is None or self.runner.poll() is not None:
            return False
        target = self._python() if self._before else self.runner.pid
        if target is None:
            return False
        os.kill(target, how)
        return True

    def _python(self) -> int | None:
        own = psutil.Process(self.runner.pid)
        return next((p.pid for p in [own, *own.children()] if "run_round" in " ".join(p.cmdline())),
                    None)  # fmt: skip

    def judge(self) -> Result:
        """Compare the book with what training noted."""
        result = self.result
        self.look()
        store = SqlStore.open(self.book, create=False, files=self.files)
        curves: dict[int, dict[int, float]] = {}
        for trial in store.trials(1):
            found = store.measurements(TrialKey(1, trial.number))
            curves[trial.number] = {m.step: m.value for m in found}
            if trial.status is Status.COMPLETE:
                whole = dict(enumerate(expected(trial.seed, STEPS)))
                result.wrong += curves[trial.number] != whole
            else:
                why = str(trial.cause or trial.status)
                result.failed[why] = result.failed.get(why, 0) + 1
                if not trial.status.ended:
                    result.by_hand = result.by_hand or f"{trial.name} is {trial.status}"
        store.close()
        steps = [r for r in self.lines() if r[0] == "step"]
        result.reports = len(steps)
        for _, number, _, step, value, _ in steps:
            result.lost += curves[int(number)].get(int(step)) != float(value)
        times = sorted(float(r[5]) for r in steps)
        ends = [at for at, _ in self._at[1:]] + [times[-1] if times else 0.0]
        for (at, kind), end in zip(self._at, ends, strict=True):
            own = [at, *(t for t in times if at <= t <= end), end]
            longest = max(b - a for a, b in itertools.pairwise(own))
            if end > at:
                result.silence_s.setdefault(kind, []).append(longest)
        unique = len({(r[1], r[3]) for r in steps})
        result.repeated = (len(steps) - unique) / max(1, unique)
        return result
