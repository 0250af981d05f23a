"""Runs of a Trainer, started one by one: a log for TensorBoard, model cards, early stopping, a run
that was resumed and one that was cut off; run as huggingface_runs.py OUT."""

import contextlib
import json
import sys
from pathlib import Path

import torch
from transformers import (
    EarlyStoppingCallback,
    PreTrainedConfig,
    PreTrainedModel,
    Trainer,
    TrainerCallback,
    TrainerState,
    TrainingArguments,
)
from transformers.modelcard import TrainingSummary

OUT = Path(sys.argv[1])


class Points(torch.utils.data.Dataset):
    def __init__(self, first, count):
        drawn = torch.randn(96, 4, generator=torch.Generator().manual_seed(0))
        self.x = drawn[first : first + count]

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return {"x": self.x[i], "labels": self.x[i, :1] * self.x[i, 1:2]}


class Net(PreTrainedModel):
    config_class = PreTrainedConfig

    def __init__(self):
        super().__init__(PreTrainedConfig())
        torch.manual_seed(0)
        self.layers = torch.nn.Sequential(
            torch.nn.Linear(4, 16), torch.nn.Tanh(), torch.nn.Linear(16, 1)
        )
        self.post_init()

    def forward(self, x, labels=None):
        made = self.layers(x)
        return {"loss": ((made - labels) ** 2).mean(), "logits": made}


class Cut(TrainerCallback):
    def on_step_end(self, args, state, control, **kwargs):
        if state.global_step == 21:
            raise KeyboardInterrupt


def train(name, callbacks=(), resume=False, report="tensorboard", **more):
    args = TrainingArguments(
        output_dir=str(OUT / name), num_train_epochs=5, per_device_train_batch_size=8, logging_steps=4,
        eval_strategy="epoch", save_strategy="epoch", report_to=report, use_cpu=True, disable_tqdm=True,
        load_best_model_at_end=True, metric_for_best_model="eval_loss", greater_is_better=False, **more,
    )  # fmt: skip
    trainer = Trainer(
        model=Net(),
        args=args,
        train_dataset=Points(0, 64),
        eval_dataset=Points(64, 32),
        callbacks=list(callbacks),
    )
    trainer.train(resume_from_checkpoint=resume or None)
    return trainer


def sweep():
    for i, rate in enumerate([3e-1, 3e-2, 3e-3]):
        train(f"plain/r{i}", learning_rate=rate, seed=i, weight_decay=0.1 * (i % 2)).save_state()
    train("plain/stopped", [EarlyStoppingCallback(1, 5.0)], learning_rate=1.0, weight_decay=0.0)
    for name in ("plain/resumed", "plain/cut"):
        with contextlib.suppress(KeyboardInterrupt):
            train(name, [Cut()], learning_rate=1e-2)
    train("plain/resumed", resume=True, learning_rate=1e-2)
    for i, rate in enumerate([1e-1, 1e-2]):
        trainer = train(f"cards/r{i}", report="none", learning_rate=rate)
        summary = TrainingSummary.from_trainer(trainer, model_name="m")
        (OUT / f"cards/r{i}/README.md").write_text(summary.to_model_card())


def truth():
    runs = {}
    for folder in sorted((OUT / "plain").iterdir()):
        last = max(folder.glob("checkpoint-*"), key=lambda f: int(f.name.split("-")[1]))
        file = folder / "trainer_state.json"
        state = TrainerState.load_from_json(
            str(file if file.exists() else last / "trainer_state.json")
        )
        args = torch.load(last / "training_args.bin", weights_only=False)
        curves = {}
        for row in state.log_history:
            for name in ("loss", "eval_loss", "grad_norm", "learning_rate"):
                if name in row:
                    curves.setdefault(name, {})[row["step"]] = row[name]
        runs[folder.name] = {
            "config": {n: getattr(args, n) for n in ("learning_rate", "weight_decay", "seed")},
            "results": {name: list(points.values())[-1] for name, points in curves.items()},
            "curves": {name: [list(p), list(p.values())] for name, p in curves.items()},
            "status": "running" if folder.name == "cut" else "complete",
        }
    return {"runs": runs}


sweep()
(OUT / "truth.json").write_text(json.dumps(truth()))
