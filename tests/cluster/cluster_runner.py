"""A runner to be killed: `cluster_runner.py BOOK EXECUTOR`, the latter JSON as in a round file.

It runs a book's first round there and prints its summary as JSON.
"""

import json
import sys
from dataclasses import asdict
from pathlib import Path

from tunebook.execution import RunOptions
from tunebook.execution.code import training_code
from tunebook.execution.executor_table import executor_of
from tunebook.execution.scheduler import run_trials
from tunebook.store.sql import SqlStore

store = SqlStore.open(sys.argv[1], create=False)
code = training_code(f"{Path(__file__).with_name('followed_training.py')}:train")
executor = executor_of(json.loads(sys.argv[2]))
print("running", flush=True)
summary = run_trials(store, 1, code, RunOptions(executor=executor))
store.close()
print(json.dumps(asdict(summary)), flush=True)
