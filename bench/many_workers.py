"""A simulated cluster: 1,000 workers, each with one report a second, on one PostgreSQL book.

    make bench-runner

Eight hosts, each a process with 125 simulated workers, run one round together through the real
scheduler, store and logs; only training is simulated: a thread writes each worker's line into
that trial's real log once a second. The value reported is the moment of the report, so that its
age at the commit is the latency from `report` to the book. Time and processor are those of this
machine with the server on it.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

HOST = """
import json, sys
sys.path.insert(0, sys.argv[1])
from many_workers import host
print(json.dumps(host(sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))))
"""


class SimulatedWorkers:
    """An executor whose trials report once a second, and train nothing."""

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._under_way: dict = {}
        self._ended: list = []
        self._guard = threading.Lock()
        self._over = threading.Event()
        self.reports = 0
        self.late_s: list[float] = []
        threading.Thread(target=self._tick, daemon=True).start()

    def submit(self, assignment) -> None:
        from tunebook.training.log import TrialLog

        log = TrialLog(assignment.files)
        log.start(0)
        due = time.monotonic() + (assignment.trial.number % self.workers) / self.workers
        with self._guard:
            self._under_way[assignment.trial.key] = [assignment, log, 0, due]

    def _tick(self) -> None:
        from tunebook.domain.trial import Outcome, Status
        from tunebook.execution import Ended

        while not self._over.wait(0.02):
            now = time.monotonic()
            with self._guard:
                for key, entry in list(self._under_way.items()):
                    assignment, log, step, due = entry
                    if now < due:
                        continue
                    self.late_s.append(now - due)
                    log.measure(step, {"loss": time.time()})
                    self.reports += 1
                    entry[2:] = [step + 1, due + 1.0]
                    if step + 1 == assignment.trial.max_train_steps:
                        done = Outcome(
                            status=Status.COMPLETE, seconds=float(step), ended_at=time.time()
                        )
                        log.end(done)
                        log.close()
                        del self._under_way[key]
                        self._ended.append(Ended(key=key, attempt=assignment.trial.attempt))

    def wait(self, timeout_s: float) -> tuple:
        until = time.monotonic() + timeout_s
        while not self._ended and time.monotonic() < until:
            time.sleep(0.02)
        with self._guard:
            ended, self._ended = tuple(self._ended), []
        return ended

    def cancel(self, key) -> None:
        raise SystemExit(f"a simulated worker was cancelled: {key}")

    def close(self, *, grace_s: float = 0.0) -> tuple:
        del grace_s
        self._over.set()
        return ()


def host(url: str, files: str, workers: int, number: int) -> dict:
    """Run the round with simulated workers; what was measured."""
    from tunebook.execution import RunOptions
    from tunebook.execution.code import training_code
    from tunebook.execution.scheduler import run_trials
    from tunebook.store.sql import SqlStore

    store = SqlStore.open(url, create=False, files=f"{files}/{number}")
    ages: list[float] = []
    appended = store.append

    def append(key, attempt, first_step, measurements, lines):
        appended(key, attempt, first_step, measurements, lines)
        now = time.time()
        ages.extend(now - m.value for m in measurements)

    store.append = append  # type: ignore[method-assign]
    workers_here = SimulatedWorkers(workers)
    cpu = time.process_time()
    summary = run_trials(store, 1, training_code(_nothing), RunOptions(executor=workers_here))
    ages.sort()
    return {
        "ran": summary.ran, "reports": workers_here.reports, "cpu_s": time.process_time() - cpu,
        "seconds": summary.seconds, "ages": ages, "late": sorted(workers_here.late_s),
    }  # fmt: skip


def _nothing(_) -> None:
    raise AssertionError("a simulated worker trains nothing")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hosts", type=int, default=8)
    parser.add_argument("--workers", type=int, default=1000)
    parser.add_argument("--seconds", type=int, default=60)
    asked = parser.parse_args()
    from system.postgres import Server
    from tunebook.domain.decision import Setting
    from tunebook.domain.design import Objective, Round
    from tunebook.domain.space import Float
    from tunebook.domain.trial import TrialRecord
    from tunebook.store.sql import SqlStore

    server = Server()
    try:
        url = server.url()
        with tempfile.TemporaryDirectory() as files:
            store = SqlStore.open(url, files=files)
            store.set_setting(Setting(name="many"), Objective("loss"))
            # Hosts claim as many trials ahead as they have workers.
            n, steps = 2 * asked.workers, asked.seconds
            plan = Round(goal="q", nuisance={"x": Float(0, 1)}, trials=n, max_train_steps=steps)
            store.add_round(plan, 0.0)
            store.add_trials(
                [TrialRecord(round=1, number=i, study="", index=i, config={"x": i / n}, seed=i,
                             max_train_steps=steps) for i in range(n)]
            )  # fmt: skip
            each = asked.workers // asked.hosts
            command = [sys.executable, "-c", HOST, str(Path(__file__).parent), url, files]
            hosts = [
                subprocess.Popen([*command, str(each), str(i)], stdout=subprocess.PIPE, text=True)
                for i in range(asked.hosts)
            ]
            said = [json.loads(h.communicate()[0].splitlines()[-1]) for h in hosts]
            stored = sum(len(store.measurements(t.key)) for t in store.trials(1))
            store.close()
    finally:
        server.remove()
    ages = sorted(a for s in said for a in s["ages"])
    late = sorted(a for s in said for a in s["late"])
    at = [0.5, 0.9, 0.99, 0.999]
    print(json.dumps({
        "hosts": asked.hosts, "workers": asked.workers, "reports": sum(s["reports"] for s in said),
        "stored": stored, "seconds": statistics.median(s["seconds"] for s in said),
        "latency_s": {str(q): round(ages[min(len(ages) - 1, int(q * len(ages)))], 3) for q in at},
        "slowest_s": round(ages[-1], 3), "late_s_p99": round(late[int(0.99 * len(late))], 3),
        "cpu_s_of_hosts": round(sum(s["cpu_s"] for s in said), 1),
    }, indent=1))  # fmt: skip


if __name__ == "__main__":
    main()
