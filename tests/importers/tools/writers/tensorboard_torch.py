"""A sweep of PyTorch with SummaryWriter and add_hparams; run as tensorboard_torch.py OUT."""

import json
import math
import sys
import time
from pathlib import Path

import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import plugin_data_pb2
from torch.utils.tensorboard import SummaryWriter

OUT = Path(sys.argv[1])
EPOCHS = 12


def train(writer, lr, width, act, begin=0):
    torch.manual_seed(width)
    x = torch.randn(64, 4)
    y = x[:, :1] * x[:, 1:2]
    net = torch.nn.Sequential(torch.nn.Linear(4, width), act(), torch.nn.Linear(width, 1))
    optimizer = torch.optim.SGD(net.parameters(), lr)
    for epoch in range(begin, EPOCHS):
        loss = ((net(x[:48]) - y[:48]) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            valid = float(((net(x[48:]) - y[48:]) ** 2).mean())
        writer.add_scalar("train/loss", loss.item(), epoch)
        if epoch % 2 == 1:
            writer.add_scalar("valid/loss", valid, epoch)
    writer.add_histogram("weights", net[0].weight, 0)
    writer.add_text("note", "x < y & <b>z</b>")
    return valid


def sweep():
    for i in range(8):
        config = {
            "lr": 10 ** -(0.5 + i / 3), "width": 4 * (i % 3 + 1), "act": "relu" if i % 2 else "tanh",
            "bias": i % 3 == 0,
        }  # fmt: skip
        act = torch.nn.ReLU if i % 2 else torch.nn.Tanh
        folder = OUT / f"run{i}"
        writer = SummaryWriter(folder)
        valid = train(writer, config["lr"], config["width"], act)
        if i == 3:  # resumed from a checkpoint of epoch 6
            writer.close()
            time.sleep(1.1)
            writer = SummaryWriter(folder, purge_step=6)
            valid = train(writer, config["lr"] / 2, config["width"], act, begin=6)
        if i == 4:  # begun again without saying so
            writer.close()
            time.sleep(1.1)
            writer = SummaryWriter(folder)
            valid = train(writer, config["lr"], config["width"] + 1, act)
        if i == 5:
            for epoch in range(EPOCHS):
                writer.add_scalars("both/loss", {"train": 1 / (epoch + 1), "valid": 2.0}, epoch)
        domain = {"act": ["relu", "tanh"], "width": [4, 8, 12]}
        final = {"final/valid": math.nan if i == 7 else valid}
        writer.add_hparams(config, final, domain)
        if i == 6:  # said twice
            time.sleep(0.01)
            writer.add_hparams(config, final, domain)
        writer.close()


def scalars(folder):
    """Each tag's points; of a step that was logged again the later."""
    read = EventAccumulator(str(folder), size_guidance={"scalars": 0, "tensors": 0}).Reload()
    found = {}
    for tag in read.Tags()["scalars"]:
        events = sorted(read.Scalars(tag), key=lambda event: (event.step, event.wall_time))
        found[tag] = {event.step: event.value for event in events}
    return read, found


def config_of(read):
    for tag, metadata in read.summary_metadata.items():
        if tag == "_hparams_/session_start_info":
            data = plugin_data_pb2.HParamsPluginData.FromString(metadata.plugin_data.content)
            hparams = data.session_start_info.hparams
            return {n: getattr(v, v.WhichOneof("kind")) for n, v in hparams.items()}
    return None


def truth():
    runs = {}
    for folder in sorted(OUT.glob("run*")):
        _, found = scalars(folder)
        for part in sorted(folder.glob("*_loss_*")):
            _, own = scalars(part)
            found |= {f"{part.name}/{tag}": points for tag, points in own.items()}
        config = {}
        results = {tag: list(points.values())[-1] for tag, points in found.items()}
        for below in (f.parent for f in folder.glob("*/events*")):
            read, own = scalars(below)
            if said := config_of(read):
                config = said
                results |= {tag: list(points.values())[-1] for tag, points in own.items()}
        curves = {tag: [list(p), list(p.values())] for tag, p in found.items()}
        runs[folder.name] = {"config": config, "results": results, "curves": curves,
                             "status": "complete"}  # fmt: skip
    return {"runs": runs}


sweep()
(OUT / "truth.json").write_text(json.dumps(truth()))
