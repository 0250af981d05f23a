"""Does instability hold training back: all that a person writes with Tunebook."""

import sys
from pathlib import Path

import tunebook as tb

sys.path.insert(0, str(Path(__file__).parents[1] / "claims"))
from deep_digits import unstable

if __name__ == "__main__":
    with tb.Book("deep.db", objective=tb.minimize("valid/error"), chance=0.9) as book:
        said = book.procedure(
            "instability",
            unstable,
            max_train_steps=400,
            learning_rates=(3e-4, 3.0),
            fixed={"warmup_steps": 0, "clip_norm": 0.0},
            workers=0,  # in this process, as Optuna does
        )
        print(said)
