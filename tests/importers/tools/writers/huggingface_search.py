"""hyperparameter_search of transformers with Optuna and a pruner; run as huggingface_search.py OUT."""

import json
import sys
from pathlib import Path

import optuna
import torch
from torch.utils.data import Dataset
from transformers import Trainer, TrainerState, TrainingArguments

OUT = Path(sys.argv[1])


class Points(Dataset):
    def __init__(self, first, count):
        self.x = torch.randn(96, 4, generator=torch.Generator().manual_seed(0))[
            first : first + count
        ]

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return {"x": self.x[i], "labels": self.x[i, :1] * self.x[i, 1:2]}


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.layers = torch.nn.Sequential(
            torch.nn.Linear(4, 16), torch.nn.Tanh(), torch.nn.Linear(16, 1)
        )

    def forward(self, x, labels=None):
        made = self.layers(x)
        return {"loss": ((made - labels) ** 2).mean(), "logits": made}


def space(trial):
    return {
        "learning_rate": trial.suggest_float("learning_rate", 1e-4, 1.0, log=True),
        "per_device_train_batch_size": trial.suggest_categorical(
            "per_device_train_batch_size", [8, 16]
        ),
        "weight_decay": trial.suggest_float("weight_decay", 0.0, 0.1),
    }


def metrics(said):
    return {"mae": float(abs(said.predictions - said.label_ids).mean())}


def search():
    args = TrainingArguments(
        output_dir=str(OUT / "search"), num_train_epochs=4, eval_strategy="epoch", save_strategy="epoch",
        logging_steps=3, report_to="none", use_cpu=True, disable_tqdm=True, save_total_limit=2,
        metric_for_best_model="mae", greater_is_better=False,
    )  # fmt: skip
    trainer = Trainer(
        model_init=Net, args=args, train_dataset=Points(0, 64), eval_dataset=Points(64, 32),
        compute_metrics=metrics,
    )  # fmt: skip
    study = optuna.create_study
    made = []
    optuna.create_study = lambda *a, **k: made.append(study(*a, **k)) or made[-1]
    trainer.hyperparameter_search(
        hp_space=space, backend="optuna", n_trials=7, direction="minimize",
        compute_objective=lambda m: m["eval_mae"],
        sampler=optuna.samplers.TPESampler(seed=0), pruner=optuna.pruners.MedianPruner(2, 1),
    )  # fmt: skip
    return made[0]


def truth(study):
    runs = {}
    for trial in study.trials:
        folder = OUT / f"search/run-{trial.number}"
        if not folder.is_dir():  # pruned before its first checkpoint
            continue
        last = max(folder.glob("checkpoint-*"), key=lambda f: int(f.name.split("-")[1]))
        log = TrainerState.load_from_json(str(last / "trainer_state.json")).log_history
        curves = {}
        for row in log:
            for name in ("loss", "eval_loss", "eval_mae", "grad_norm"):
                if name in row:
                    curves.setdefault(name, {})[row["step"]] = row[name]
        runs[folder.name] = {
            "config": trial.params,
            "results": {name: list(points.values())[-1] for name, points in curves.items()},
            "curves": {name: [list(p), list(p.values())] for name, p in curves.items()},
            "status": {"COMPLETE": "complete", "PRUNED": "pruned"}[trial.state.name],
        }
    return {"runs": runs}


(OUT / "truth.json").write_text(json.dumps(truth(search())))
