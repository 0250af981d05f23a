"""How far do larger batches shorten training: all that a person writes with Tunebook."""

import sys
from pathlib import Path

import tunebook as tb

sys.path.insert(0, str(Path(__file__).parents[1]))
from batch_size_training import train

if __name__ == "__main__":
    with tb.Book("batch_size.db", objective=tb.minimize("valid/error")) as book:
        said = book.procedure(
            "batch-size",
            train,
            batch_sizes=(8, 32, 128, 512, 2048),
            target=0.32,
            learning_rates=(0.02, 4.0),
            trials=10,
            seeds=4,
            least_steps=400,
            max_train_steps=16_000,
            fixed={"workload": "teacher", "momentum": 0.0, "target": 0.32, "batch_size": 8},
            workers=1,
        )
        print(said)
        book.report("batch_size.html")
