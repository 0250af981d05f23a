"""Which of eight optimizers trains best: all that a person writes with Tunebook."""

import sys
from pathlib import Path

import tunebook as tb

sys.path.insert(0, str(Path(__file__).parents[1]))
from optimizers_training import train

if __name__ == "__main__":
    with tb.Book("optimizers.db", objective=tb.minimize("valid/error")) as book:
        said = book.procedure(
            "optimizers",
            train,
            optimizers=(
                "sgd",
                "momentum",
                "nesterov",
                "rmsprop",
                "adam",
                "adamw",
                "nadam",
                "lion",
            ),
            trials=48,
            seeds=10,
            max_train_steps=1000,
            fixed={"workload": "text"},
        )
        print(said)
        book.report("optimizers.html")
