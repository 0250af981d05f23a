"""How long should training be: all that a person writes with Tunebook."""

import sys
from pathlib import Path

import tunebook as tb

sys.path.insert(0, str(Path(__file__).parents[1]))
from training_length_training import train

if __name__ == "__main__":
    with tb.Book("length.db", objective=tb.minimize("valid/loss")) as book:
        said = book.procedure(
            "training-length",
            train,
            max_train_steps=8192,
            learning_rates=(0.003, 1.0),
            least_improvement=0.01,
            fixed={"workload": "digits", "learning_rate": 0.1, "weight_decay": 1e-4,
                   "schedule": "cosine"},
            workers=0,  # in this process, as Optuna does
        )  # fmt: skip
        print(said)
