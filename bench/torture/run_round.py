"""A runner to be tortured: `run_round.py BOOK FILES EXECUTOR`, the last one JSON as in a round file."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict
from pathlib import Path

from training import nap
from tunebook.domain.errors import TunebookError
from tunebook.execution import RunOptions
from tunebook.execution.code import training_code
from tunebook.execution.executor_table import executor_of
from tunebook.execution.scheduler import run_trials
from tunebook.store.sql import SqlStore

time.sleep = nap
book, files, executor = sys.argv[1:]
try:
    store = SqlStore.open(book, create=False, files=files)
    code = training_code(f"{Path(__file__).with_name('training.py')}:train")
    summary = run_trials(store, 1, code, RunOptions(executor=executor_of(json.loads(executor))))
    store.close()
except TunebookError as error:
    # In words, as the command line has it; whoever runs this begins it again.
    print(json.dumps({"error": error.rule}), flush=True)
    sys.exit(1)
print(json.dumps(asdict(summary)), flush=True)
