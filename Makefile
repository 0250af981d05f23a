# Each target makes what it needs and is quick the second time. `make` alone lists them.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip --disable-pip-version-check install --quiet --constraint constraints.txt
# More processes than this only get into each other's way on a small machine.
JOBS ?= 2

CLAIMS := csv_reading marked_trials nothing_matters boundaries sampling feasibility overfitting variance training_length suspect_curves \
  isolation planning sensitivity adaptivity decisions estimands same_training variance_sources books whole_report subsamples length_choice optimizers good_ranges

.DEFAULT_GOAL := help
.PHONY: help setup demo picture ship-demo test test-slow test-fresh test-claims calibrate test-system test-cluster test-wheel test-importers test-importers-all test-full torture lint bench bench-instant bench-sources bench-store bench-runner bench-exploitation bench-batch-size bench-instability bench-optimizers bench-training-length scale docs constraints clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Tunebook needs Python 3.11 or later. Next: make PYTHON=python3.13"; exit 1; }
	$(PYTHON) -m venv $(VENV)

# `--group` needs pip 25.1.
$(VENV)/.pip-ready: | $(BIN)/python
	$(BIN)/python -m pip --disable-pip-version-check install --quiet --upgrade 'pip>=25.1'
	@touch $@

$(VENV)/.demo-ready: $(VENV)/.pip-ready pyproject.toml constraints.txt
	$(PIP) --editable '.[demo]'
	@touch $@

# PyTorch first: what depends on it must find it, not look for another.
$(VENV)/.ready: $(VENV)/.pip-ready pyproject.toml constraints.txt
	$(PIP) torch==2.13.0
	$(PIP) --editable '.[demo]' --group test --group lint
	@touch $@ $(VENV)/.demo-ready

setup: $(VENV)/.ready  ## make .venv with all that tests and lint need

demo: $(VENV)/.demo-ready  ## train real networks and write demo-out/report.html
	$(BIN)/python demo/play.py --out demo-out --workers $(JOBS)

picture: $(VENV)/.demo-ready  ## take docs/report.png from the packaged demo (Chromium)
	$(BIN)/python demo/picture.py

ship-demo: demo  ## pack the demo's book into the package, for `tunebook demo`
	$(BIN)/python demo/ship.py demo-out/digits.db

# Root: it mounts a small disk, cuts a network, starts servers. A run that was stopped goes on.
torture: $(VENV)/.ready  ## inject 500 faults into running rounds; rewrites docs/torture.md
	tests/system/install.sh
	tests/cluster/install.sh
	bench/torture/install.sh
	OMP_NUM_THREADS=1 $(BIN)/python bench/torture/measure.py

lint: $(VENV)/.ready  ## ruff, mypy strict, layers, import cycles
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# One thread of linear algebra a process: on small matrices more only get into each other's way. A file stays
# with one process, so that what its tests share is made once.
test: lint  ## lint, then every fast test, docs and README examples included
	OMP_NUM_THREADS=1 $(BIN)/pytest -n $(JOBS) --dist loadfile

test-slow: $(VENV)/.ready  ## what takes longer: real networks, real clusters of one process, larger simulations
	OMP_NUM_THREADS=1 $(BIN)/pytest -n $(JOBS) --dist loadfile -m slow

test-fresh: $(VENV)/.ready  ## the Hypothesis tests with new random examples, and more
	OMP_NUM_THREADS=1 $(BIN)/pytest -n $(JOBS) -m hypothesis --hypothesis-profile=fresh

test-claims: $(VENV)/.ready  ## the longer simulations of error rates
	OMP_NUM_THREADS=1 $(BIN)/pytest -n $(JOBS) --level 2 -k "level2 or claims or false_alarms or power" tests/checks tests/deciding tests/planning tests/procedures tests/statistics tests/examination

calibrate: $(VENV)/.ready  ## measure every check's error rates anew; rewrites docs/claims (hours)
	for page in $(CLAIMS); do OMP_NUM_THREADS=1 $(BIN)/python bench/claims/$$page.py || exit 1; done

test-system: $(VENV)/.ready  ## suites that need apt packages: a real Chromium, a real PostgreSQL
	tests/system/install.sh
	OMP_NUM_THREADS=1 $(BIN)/pytest -n $(JOBS) --dist loadgroup tests/system

# One after another: a suite has the whole machine as its cluster.
test-cluster: $(VENV)/.ready  ## a real SLURM of one node (root, apt packages)
	tests/system/install.sh
	tests/cluster/install.sh
	OMP_NUM_THREADS=1 $(BIN)/pytest -n 0 tests/cluster

# Environments of its own; nothing of .venv is in them.
test-wheel: $(VENV)/.pip-ready  ## the wheel without extras: every command, in fresh environments
	$(BIN)/python tests/wheel/plain_install.py

# An environment a tool, in build/tools.
WRITTEN = $$(grep -rl --include='test_*.py' 'written_by_tools\|importers.wandb.samples' tests/importers)
test-importers: $(VENV)/.ready  ## sweeps that other tools write here, compared with the tools' own numbers; light tools
	$(BIN)/python tests/importers/tools/install.py --light
	TUNEBOOK_TOOLS=light OMP_NUM_THREADS=1 $(BIN)/pytest -n $(JOBS) --dist loadfile $(WRITTEN)

test-importers-all: $(VENV)/.ready  ## the same with tools of a gigabyte each
	$(BIN)/python tests/importers/tools/install.py
	TUNEBOOK_TOOLS=all OMP_NUM_THREADS=1 $(BIN)/pytest -n $(JOBS) --dist loadfile $(WRITTEN)

# One after another: an hour and more.
test-full: test test-slow test-fresh test-claims test-wheel test-importers-all test-system test-cluster  ## all suites, and each extra alone
	$(BIN)/python tests/wheel/each_extra.py

$(VENV)/.bench-ready: $(VENV)/.ready
	$(PIP) --group bench
	@touch $@

bench: $(VENV)/.bench-ready  ## measure against Optuna; rewrites docs/benchmarks.md
	$(BIN)/python bench/against_optuna.py

# Twenty minutes; environments of its own in build/instant.
bench-instant: $(VENV)/.ready  ## what a person waits for, beside 0.1 and Optuna; rewrites docs/instant.md
	OMP_NUM_THREADS=1 $(BIN)/python bench/instant.py

bench-sources: $(VENV)/.ready  ## audits of other tools' sweeps where they lie; rewrites docs/sources/times.md
	OMP_NUM_THREADS=1 $(BIN)/python bench/sources.py

bench-store: $(VENV)/.bench-ready  ## the store beside Optuna's; rewrites docs/store.md
	tests/system/install.sh
	OMP_NUM_THREADS=1 $(BIN)/python bench/store.py

bench-runner: $(VENV)/.bench-ready  ## what running costs, beside others; rewrites docs/runner.md
	$(PIP) 'ray[tune]'
	tests/system/install.sh
	mkdir -p build
	OMP_NUM_THREADS=1 $(BIN)/python bench/many_workers.py > build/many_workers.json
	OMP_NUM_THREADS=1 $(BIN)/python bench/runner.py --cluster build/many_workers.json

# One process; a run that was stopped goes on where it was.
bench-exploitation: $(VENV)/.bench-ready  ## Bayesian optimisation beside Optuna and Ax; rewrites docs/exploitation.md (hours)
	OMP_NUM_THREADS=1 $(BIN)/python bench/exploitation.py --times --rows build/exploitation.jsonl
	OMP_NUM_THREADS=1 $(BIN)/python bench/exploitation.py --seeds 20 --first-seed 20 --rows build/exploitation.jsonl
	$(BIN)/python bench/exploitation_page.py build/exploitation.jsonl
	$(BIN)/python bench/exploitation_quasirandom.py

# An hour on an idle machine; a run that was stopped goes on where it was.
bench-batch-size: $(VENV)/.demo-ready  ## steps to a target against batch size; rewrites docs/batch_size.md
	OMP_NUM_THREADS=1 XLA_FLAGS=--xla_cpu_multi_thread_eigen=false $(BIN)/python bench/batch_size.py

# A run that was stopped goes on where it was.
bench-instability: $(VENV)/.ready  ## the procedure on unstable and stable networks; rewrites docs/instability.md
	OMP_NUM_THREADS=1 $(BIN)/python bench/instability.py --rows build/instability.jsonl
	OMP_NUM_THREADS=1 $(BIN)/python bench/instability_page.py build/instability.jsonl

# Forty minutes; a run that was stopped goes on where it was.
bench-optimizers: $(VENV)/.bench-ready  ## optimizers compared, and the same by hand; rewrites docs/optimizer_comparison.md
	OMP_NUM_THREADS=1 XLA_FLAGS=--xla_cpu_multi_thread_eigen=false $(BIN)/python bench/optimizers.py --workers 1

bench-training-length: $(VENV)/.ready  ## training length against an exhaustive search; rewrites docs/training_length.md
	OMP_NUM_THREADS=1 XLA_FLAGS=--xla_cpu_multi_thread_eigen=false $(BIN)/python bench/training_length.py

scale: $(VENV)/.ready  ## time and memory of an audit by its trials; rewrites docs/scale.md
	$(BIN)/python bench/at_scale.py

docs: $(VENV)/.ready  ## rewrite docs/cli.md from the commands' own help, and the tables of checks
	$(BIN)/python docs/write_cli.py
	$(BIN)/python docs/write_checks.py

constraints: $(VENV)/.bench-ready
	@echo "# The versions that the tests run with, on Python 3.11 and 3.13. \`make constraints\` writes it." > constraints.txt
	$(BIN)/pip freeze --exclude-editable | grep -viE '^(torch|mpmath)==' >> constraints.txt

clean:
	rm -rf $(VENV) demo-out build .pytest_cache .mypy_cache .ruff_cache .hypothesis
