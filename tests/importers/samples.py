"""Each reader's stored samples, in one place: what the contract of all readers is tried on.

A reader is added by a line here.
"""

from __future__ import annotations

import gzip
import shutil
from dataclasses import dataclass
from pathlib import Path

from stored_folders import unpack

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A sweep as its tool wrote it.

    Attributes:
        format: of `sources.FORMATS`, which must be told of it.
        stored: file under `tests/importers`; an archive of a folder, a packed or a plain file.
        place: of the sweep in the archive; empty for all of it.
        study: to name where there are several.
        objective: to ask for where the source states none.
        needs: the library of an extra that reads it.
        name: of the copy, where the stored one's does not do.
    """

    format: str
    stored: str
    place: str = ""
    study: str = ""
    objective: str = ""
    needs: str = ""
    name: str = ""

    def __str__(self) -> str:
        return f"{self.format}:{self.place or Path(self.stored).name}"

    def copy(self, out: Path) -> Path:
        """The sweep, under `out`."""
        stored = HERE / self.stored
        if ".tar." in stored.name:
            return unpack(stored, out) / self.place
        to = out / (self.name or stored.name.removesuffix(".gz"))
        if stored.suffix == ".gz":
            to.write_bytes(gzip.decompress(stored.read_bytes()))
        else:
            shutil.copyfile(stored, to)
        return to


EXPERIMENT = 'a "sweep": one'

SAMPLES = (
    Sample(format="trackio", stored="trackio/stored/trackio-0.20.0.db.gz"),
    Sample(
        format="trackio",
        stored="trackio/stored/trackio-0.43.0.tar.xz",
        place="store/digits.db",
    ),
    Sample(format="trackio", stored="trackio/stored/trackio-0.43.0.tar.xz", place="fragments"),
    Sample(format="neps", stored="neps/stored/neps-0.17.0.tar.xz", place="asha"),
    Sample(format="smac", stored="smac/stored/smac-2.4.1.tar.xz", place="blackbox/1"),
    Sample(format="smac", stored="smac/stored/smac-2.4.1.tar.xz", place="hyperband/1"),
    Sample(format="syne-tune", stored="syne_tune/stored/syne-tune-0.16.0.tar.xz", place="asha"),
    Sample(
        format="lightning",
        stored="lightning/stored/lightning_logs.tar.gz",
        place="lightning_logs",
    ),
    Sample(format="ax", stored="ax/stored/ax-1.3.1.tar.xz", place="bayesian.json"),
    Sample(format="ax", stored="ax/stored/ax-1.3.1.tar.xz", place="random.json"),
    Sample(format="wandb", stored="wandb/stored/wandb-0.31.0.tar.xz", place="wandb"),
    Sample(format="dvclive", stored="dvclive/stored/dvclive-3.49.1.tar.gz", place="exps"),
    Sample(format="hydra", stored="hydra/stored/hydra.tar.gz", place="hydra/grid"),
    Sample(format="hydra", stored="hydra/stored/hydra.tar.gz", place="hydra/tpe"),
    Sample(format="huggingface", stored="huggingface/stored/trainer.tar.gz", place="search"),
    Sample(format="huggingface", stored="huggingface/stored/trainer.tar.gz", place="cards"),
    Sample(format="optuna", stored="optuna/stored/optuna-3.6.1.db.gz"),
    Sample(format="optuna", stored="optuna/stored/cmaes-plain.log.gz"),
    Sample(
        format="mlflow",
        stored="mlflow/stored/mlruns-3.17.2.tar.gz",
        place="mlruns",
        study=EXPERIMENT,
    ),
    Sample(format="mlflow", stored="mlflow/stored/mlflow-3.17.2.db.gz", study=EXPERIMENT),
    Sample(format="ray", stored="ray_tune/stored/ray-2.60.0.tar.xz", place="random"),
    Sample(format="ray", stored="ray_tune/stored/ray-2.60.0.tar.xz", place="population"),
    Sample(
        format="keras-tuner",
        stored="keras_tuner/stored/keras-tuner-1.4.8.tar.xz",
        place="bayesian",
    ),
    Sample(
        format="keras-tuner",
        stored="keras_tuner/stored/keras-tuner-1.4.8.tar.xz",
        place="hyperband",
    ),
    Sample(
        format="tensorboard",
        stored="tensorboard/stored/keras.tar.gz",
        place="keras",
    ),
    Sample(format="json", stored="tables/stored/runs.jsonl.gz", objective="minimize:val_loss"),
    Sample(
        format="parquet",
        stored="tables/stored/pandas-3.1.1.parquet",
        objective="minimize:val_loss",
        needs="pyarrow",
    ),
    Sample(
        format="excel",
        stored="tables/stored/pandas-3.1.1.xlsx",
        objective="minimize:val_loss",
        needs="openpyxl",
    ),
    Sample(
        format="neptune", stored="neptune/stored/export.tar.gz", place="exports", needs="pyarrow"
    ),
    Sample(format="ledger", stored="ledger/stored/results.tsv"),
    Sample(format="csv", stored="csv/foreign/optuna-tpe.csv", objective="minimize:value"),
    Sample(format="csv", stored="csv/foreign/mlflow-search-runs.csv"),
)
