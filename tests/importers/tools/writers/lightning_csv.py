"""Runs of Lightning with its CSVLogger, one of them resumed; run as lightning_csv.py OUT."""

import json
import logging
import os
import sys
import warnings
from pathlib import Path

import lightning
import numpy as np
import torch
from lightning.pytorch.loggers import CSVLogger

warnings.simplefilter("ignore")
logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
OUT = Path(sys.argv[1])
os.chdir(OUT)
LOGGED = {}


class Logger(CSVLogger):
    def log_metrics(self, metrics, step=None):
        LOGGED.setdefault(f"version_{self.version}", []).append((dict(metrics), step))
        super().log_metrics(metrics, step)


class Net(lightning.LightningModule):
    def __init__(self, lr, betas, act, width, place, late=False):
        super().__init__()
        self.save_hyperparameters()
        torch.manual_seed(0)
        self.net = torch.nn.Sequential(torch.nn.Linear(4, width), act(), torch.nn.Linear(width, 1))

    def loss(self, batch):
        (x,) = batch
        return ((self.net(x) - x[:, :1] * x[:, 1:2]) ** 2).mean()

    def training_step(self, batch, _):
        loss = self.loss(batch)
        self.log("train/loss", loss, on_step=True, on_epoch=True)
        return loss

    def validation_step(self, batch, _):
        self.log("val_loss", self.loss(batch))
        if self.hparams.late and self.current_epoch == 2:
            self.log("late", 1.0)

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), self.hparams.lr, betas=self.hparams.betas)


def batches(seed):
    drawn = torch.randn(64, 4, generator=torch.Generator().manual_seed(seed))
    return torch.utils.data.DataLoader(torch.utils.data.TensorDataset(drawn), batch_size=16)


def fit(values, epochs, resume=None):
    trainer = lightning.Trainer(
        max_epochs=epochs, logger=Logger("."), log_every_n_steps=3, enable_progress_bar=False,
        enable_model_summary=False, accelerator="cpu", num_sanity_val_steps=0,
    )  # fmt: skip
    trainer.fit(
        Net(**values),
        batches(1),
        batches(2),
        ckpt_path=resume,
        weights_only=False if resume else None,
    )
    return trainer


def sweep():
    acts = [torch.nn.ReLU, torch.nn.Tanh]
    configs = []
    for i in range(5):
        values = {
            "lr": np.float64(10 ** -(1 + i / 2)), "betas": (0.9, 0.99 if i else 0.9), "act": acts[i % 2],
            "width": 8 * (i % 2 + 1), "place": Path("data/a"), "late": i == 2,
        }  # fmt: skip
        trainer = fit(values, 3 if i == 4 else 5)
        configs.append(values)
    fit(configs[4], 5, trainer.checkpoint_callback.best_model_path)  # the same run, in version_5
    return configs


def truth(configs):
    runs = {}
    for i, values in enumerate(configs):
        logged = LOGGED[f"version_{i}"] + (LOGGED["version_5"] if i == 4 else [])
        curves = {}
        for metrics, step in logged:
            for name, value in metrics.items():
                if name != "epoch":
                    curves.setdefault(name, {})[step] = float(value)
        act = f"{values['act'].__module__}.{values['act'].__name__}"
        runs[f"version_{i}"] = {
            "config": {"lr": float(values["lr"]), "betas": list(values["betas"]), "act": act,
                       "width": values["width"], "late": values["late"]},
            "results": {name: list(points.values())[-1] for name, points in curves.items()},
            "curves": {n: [list(p), list(p.values())] for n, p in curves.items() if len(p) > 1},
        }  # fmt: skip
    return {"runs": runs}


(OUT / "truth.json").write_text(json.dumps(truth(sweep())))
