"""A runner to be killed: `slurm_runner.py BOOK SETTINGS`, the latter JSON for SlurmExecutor.

It runs a book's first round on SLURM and prints its summary as JSON.
"""

import json
import sys
from dataclasses import asdict
from pathlib import Path

from tunebook.execution.code import training_code
from tunebook.execution.scheduler import run_trials
from tunebook.execution.slurm_executor import SlurmExecutor
from tunebook.store.sql import SqlStore

store = SqlStore.open(sys.argv[1], create=False)
code = training_code(f"{Path(__file__).with_name('slurm_training.py')}:train")
print("running", flush=True)
summary = run_trials(store, 1, code, executor=SlurmExecutor(**json.loads(sys.argv[2])))
store.close()
print(json.dumps(asdict(summary)), flush=True)
