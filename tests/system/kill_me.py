"""A round that a test kills again and again: each report also goes to a file beside the book.

python kill_me.py FOLDER TRIALS WORKERS
"""

import sys
import time
from pathlib import Path

import tunebook as tb

FOLDER, TRIALS, WORKERS = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
ACKNOWLEDGED = FOLDER / "acknowledged.txt"


def train(trial):
    """Report, and only once `report` has returned note that it did. No main guard here."""
    x = trial.config["x"]
    for step in range(trial.max_train_steps):
        time.sleep(0.004)
        value = (x - 0.3) ** 2 + 1.0 / (step + 1)
        trial.report(step, {"loss": value, "steps": float(step)})
        with ACKNOWLEDGED.open("a") as out:
            out.write(f"{trial.name} {step} {value!r}\n")


book = tb.Book(FOLDER / "killed.db", objective=tb.minimize("loss"))
asked = book.round(
    "Where is x best?", nuisance={"x": tb.uniform(0, 1)}, trials=TRIALS, max_train_steps=25
)
asked.run(train, workers=WORKERS, progress=False)
print("done")
