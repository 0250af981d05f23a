"""Scripts that `instant.py` times, each in a process of its own."""

CREATE_STUDY = """
import sys, optuna
optuna.create_study(storage=f"sqlite:///{sys.argv[1]}/new.db")
"""
STUDY_OF = """
import sys, optuna
optuna.logging.set_verbosity(optuna.logging.ERROR)
def objective(trial):
    rate = trial.suggest_float("learning_rate", 1e-4, 1, log=True)
    momentum = trial.suggest_float("momentum", 0.5, 0.99)
    dropout = trial.suggest_float("dropout", 0, 0.5)
    optimizer = trial.suggest_categorical("optimizer", ["nesterov", "adam"])
    for step in range(20):
        trial.report(1 / (step + 1), step)
    return (rate - 0.1) ** 2 + momentum + dropout + (optimizer == "adam")
study = optuna.create_study(storage=f"sqlite:///{sys.argv[1]}", study_name="s",
                            sampler=optuna.samplers.RandomSampler(seed=0))
study.optimize(objective, n_trials=148)
"""
"""A study of as many trials as the demo's book has."""
OPEN_STUDY = """
import sys, optuna
optuna.load_study(study_name="s", storage=f"sqlite:///{sys.argv[1]}")
"""
OPEN_BOOK = """
import sys, tunebook as tb
tb.Book(sys.argv[1])
"""
OPTUNA_PLOTS = """
import sys, optuna
from optuna import visualization as draw
study = optuna.load_study(study_name="s", storage=f"sqlite:///{sys.argv[1]}")
plots = (draw.plot_optimization_history, draw.plot_param_importances, draw.plot_slice,
         draw.plot_parallel_coordinate, draw.plot_intermediate_values, draw.plot_edf)
for i, plot in enumerate(plots):
    plot(study).write_html(f"{sys.argv[2]}/plot-{i}.html", include_plotlyjs=True)
"""
"""The pictures that its dashboard shows, as files."""

_TUNEBOOK = """
import sys
import tunebook as tb
def train(trial):
    return (trial.config["x"] - 0.3) ** 2
book = tb.Book(sys.argv[1] + "/t.db", objective=tb.minimize("loss"))
found = book.round("q", nuisance={{"x": tb.uniform(0, 1)}}, trials=int(sys.argv[2]), max_train_steps=1)
found.run(train, workers={workers}, progress=False)
"""
NOTHING_TUNEBOOK = _TUNEBOOK.format(workers=2)
NOTHING_TUNEBOOK_ONE = _TUNEBOOK.format(workers=1)
NOTHING_OPTUNA = """
import sys, optuna
optuna.logging.set_verbosity(optuna.logging.ERROR)
study = optuna.create_study(storage=f"sqlite:///{sys.argv[1]}/o.db", study_name="q",
                            sampler=optuna.samplers.RandomSampler())
study.optimize(lambda t: (t.suggest_float("x", 0, 1) - 0.3) ** 2, n_trials=int(sys.argv[2]))
"""
NOTHING_OPTUNA_TWO = """
import subprocess, sys, optuna
optuna.logging.set_verbosity(optuna.logging.ERROR)
optuna.create_study(storage=f"sqlite:///{sys.argv[1]}/o.db", study_name="q")
work = '''
import sys, optuna
optuna.logging.set_verbosity(optuna.logging.ERROR)
study = optuna.load_study(storage=f"sqlite:///{sys.argv[1]}/o.db", study_name="q",
                          sampler=optuna.samplers.RandomSampler())
study.optimize(lambda t: (t.suggest_float("x", 0, 1) - 0.3) ** 2, n_trials=int(sys.argv[2]))
'''
pool = [subprocess.Popen([sys.executable, "-c", work, sys.argv[1], str(int(sys.argv[2]) // 2)])
        for _ in range(2)]
assert not any(one.wait() for one in pool)
"""
PLANNED_ROUND = """
goal = "Does Nesterov momentum beat Adam?"
train = "train.py:train"
trials = 60
max_train_steps = 200
least_improvement = 0.002

[scientific]
optimizer = { choice = ["nesterov", "adam"] }

[nuisance]
learning_rate = { low = 1e-4, high = 1.0, scale = "log" }
dropout = { low = 0.0, high = 0.5 }
"""
TRAIN = """
def train(trial):
    for step in range(trial.max_train_steps):
        trial.report(step, {"valid/error": 1 / (step + 1)})
"""
