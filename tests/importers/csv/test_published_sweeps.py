"""Published studies, read from CSV: what is in them, as SOURCE.md of each says."""

from __future__ import annotations

import numpy as np
import pytest

from tunebook.domain.table import TrialTable

PUBLISHED = [
    ("algoperf/ogbg", "maximize:validation/mean_average_precision", ["submission"], 275, 0, 11),
    ("algoperf/wmt", "maximize:validation/bleu", ["submission"], 275, 0, 11),
    ("deepobs/cifar10_3c3d", "maximize:test_accuracy", ["optimizer"], 135, 36, 3),
    ("deepobs/fmnist_2c2d", "maximize:test_accuracy", [], 135, 0, 3),
    ("deepobs/mnist_vae", "minimize:test_loss", ["optimizer"], 135, 48, 3),
    ("deepobs/quadratic_deep", "minimize:test_loss", ["optimizer"], 135, 34, 3),
    ("nanogpt/track3", "minimize:val_loss", ["record"], 249, 0, 23),
    ("opda/convnext", "maximize:top_1", [], 512, 224, 1),
    ("opda/deberta-base", "maximize:matched", [], 1024, 0, 1),
    ("taskset/imdb-patch128-lstm128-avg-bs64", "minimize:valid_loss", [], 1000, 84, 1),
    ("taskset/imdb-patch32-gru64-avg-bs128", "minimize:valid_loss", [], 1000, 0, 1),
]


@pytest.mark.parametrize(
    ("name", "objective", "scientific", "trials", "infeasible", "branches"), PUBLISHED
)
def test_published_studies(shared_data, name, objective, scientific, trials, infeasible, branches):
    table = TrialTable.from_csv(
        shared_data / f"{name}-trials.csv.gz",
        shared_data / f"{name}-curves.csv.gz",
        objective=objective,
        scientific=scientific,
    )
    assert (len(table), table.infeasible.sum(), len(table.branches)) == (
        trials,
        infeasible,
        branches,
    )
    assert table.left_out == ()
    assert np.isfinite(table.value[table.complete]).all()
    for study in table.branches:
        units = table.units(study)
        assert ((units >= -1e-9) & (units <= 1 + 1e-9)).all()


def test_published_spaces_are_recognised(shared_data):
    def axes(name, objective):
        file = shared_data / f"{name}-trials.csv.gz"
        return TrialTable.from_csv(file, objective=objective).branches[""].axes

    convnext = axes("opda/convnext", "maximize:best_top_1")
    assert {n: a.scale.value for n, a in convnext.items()} == {
        "epochs": "linear",
        "batch_size": "linear",
        "lr": "log",
        "lr_peak_epoch": "linear",
        "momentum": "linear",
        "weight_decay": "log",
        "label_smoothing": "linear",
    }
    taskset = axes("taskset/imdb-patch128-lstm128-avg-bs64", "minimize:best_valid_loss")
    scales = {n: a.scale.value for n, a in taskset.items()}
    assert (scales.pop("beta1"), scales.pop("beta2")) == ("near_one", "near_one")
    assert len(scales) == 6
    assert set(scales.values()) == {"log"}


def test_best_of_curves_agree_with_the_published_bests(shared_data):
    table = TrialTable.from_csv(
        shared_data / "opda/convnext-trials.csv.gz",
        shared_data / "opda/convnext-curves.csv.gz",
        objective="maximize:top_1",
    )
    best = int(np.argmin(np.where(table.complete, table.losses, np.inf)))
    assert (table.name[best], table.value[best]) == ("375", 0.74888)
