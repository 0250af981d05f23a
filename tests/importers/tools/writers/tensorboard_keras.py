"""A sweep of Keras on TensorFlow with its callbacks; run as tensorboard_keras.py OUT."""

import json
import os
import sys
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
import tensorflow as tf
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import api as hp
from tensorboard.plugins.hparams import api_pb2, plugin_data_pb2
from tensorboard.util.tensor_util import make_ndarray

OUT = Path(sys.argv[1])
EPOCHS = 6
RATE = hp.HParam("lr", hp.RealInterval(1e-4, 1.0))
UNITS = hp.HParam("units", hp.Discrete([4, 8, 16]))
OPTIMIZER = hp.HParam("optimizer", hp.Discrete(["adam", "sgd"]))


class Stop(Exception):
    pass


class Stopping(tf.keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        if epoch == EPOCHS // 2:
            raise Stop


def train(i, values):
    tf.keras.utils.set_random_seed(i)
    net = tf.keras.Sequential(
        [
            tf.keras.layers.Input((3,)),
            tf.keras.layers.Dense(values[UNITS], "relu"),
            tf.keras.layers.Dense(1),
        ]
    )
    kinds = {"adam": tf.keras.optimizers.Adam, "sgd": tf.keras.optimizers.SGD}
    net.compile(kinds[values[OPTIMIZER]](values[RATE]), "mse")
    x = np.random.default_rng(0).normal(size=(64, 3)).astype("float32")
    folder = str(OUT / f"run-{i}")
    calls = [
        tf.keras.callbacks.TensorBoard(folder, write_graph=False),
        hp.KerasCallback(folder, values, trial_id=f"t{i // 2}"),
    ]
    calls += [Stopping()] if i == 7 else []
    net.fit(
        x, x[:, :1] * x[:, 1:2], epochs=EPOCHS, validation_split=0.25, verbose=0, callbacks=calls
    )


def sweep():
    with tf.summary.create_file_writer(str(OUT)).as_default():
        hp.hparams_config(
            hparams=[RATE, UNITS, OPTIMIZER],
            metrics=[hp.Metric("epoch_loss", group="validation", display_name="loss")],
        )
    rng = np.random.default_rng(0)
    for i in range(8):
        values = {RATE: float(10 ** rng.uniform(-4, 0)), UNITS: [4, 8, 16][i % 3],
                  OPTIMIZER: ["adam", "sgd"][i % 2], "seed": i}  # fmt: skip
        try:
            train(i, values)
        except Stop:
            tf.summary.flush()


def accumulated(folder):
    guidance = {"scalars": 0, "tensors": 0}
    return EventAccumulator(str(folder), size_guidance=guidance).Reload()


def truth():
    runs = {}
    names = {api_pb2.STATUS_SUCCESS: "complete", api_pb2.STATUS_FAILURE: "failed"}
    for folder in sorted(OUT.glob("run-*")):
        run = {"config": {}, "results": {}, "curves": {}, "status": "running"}
        for metadata in accumulated(folder).summary_metadata.values():
            if metadata.plugin_data.plugin_name != "hparams":
                continue
            data = plugin_data_pb2.HParamsPluginData.FromString(metadata.plugin_data.content)
            if data.WhichOneof("data") == "session_start_info":
                hparams = data.session_start_info.hparams
                run["config"] = {n: getattr(v, v.WhichOneof("kind")) for n, v in hparams.items()}
            elif data.WhichOneof("data") == "session_end_info":
                run["status"] = names[data.session_end_info.status]
        for part in ("train", "validation"):
            read = accumulated(folder / part)
            for tag in read.Tags()["tensors"]:
                if read.SummaryMetadata(tag).plugin_data.plugin_name != "scalars":
                    continue
                points = [(e.step, float(make_ndarray(e.tensor_proto))) for e in read.Tensors(tag)]
                run["results"][f"{part}/{tag}"] = points[-1][1]
                run["curves"][f"{part}/{tag}"] = [list(c) for c in zip(*points, strict=True)]
        runs[folder.name] = run
    return {"runs": runs}


sweep()
(OUT / "truth.json").write_text(json.dumps(truth()))
