"""A2: every entry of the catalogue really trains digits in every framework that has it."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch

from integrations import digits
from sizes import some_slow
from tunebook.domain.errors import DesignError
from tunebook.domain.optimizers.catalogue import FRAMEWORKS, OPTIMIZERS
from tunebook.domain.schedule import schedule
from tunebook.integrations.chosen import load
from tunebook.integrations.keras import keras_optimizer, keras_schedule
from tunebook.integrations.optax import optax_optimizer, optax_schedule
from tunebook.integrations.torch import torch_optimizer

TRAIN = {"torch": digits.torch_error, "optax": digits.optax_error, "keras": digits.keras_error}
BUILD = {
    "torch": lambda config: torch_optimizer([torch.nn.Parameter(torch.zeros(2))], config),
    "optax": optax_optimizer,
    "keras": keras_optimizer,
}


def rate(name: str, place: float = 0.5) -> float:
    """A learning rate inside the range that the catalogue gives: the middle; Lion wants more."""
    return OPTIMIZERS[name].tunables[0].axis.from_unit(0.75 if name == "lion" else place)


def entries():
    """Each in each framework; in `make test` those of PyTorch, since the others compile."""
    for name in OPTIMIZERS:
        for framework in FRAMEWORKS:
            quick = framework == "torch" or framework not in OPTIMIZERS[name].frameworks
            yield pytest.param(name, framework, marks=[] if quick else pytest.mark.slow)


@pytest.mark.parametrize(("name", "framework"), list(entries()))
def test_an_entry_learns_digits_inside_its_own_range(name, framework):
    if framework not in OPTIMIZERS[name].frameworks:
        with pytest.raises(DesignError, match=f"{framework} has no {OPTIMIZERS[name].title}"):
            BUILD[framework]({"optimizer": name, "learning_rate": rate(name)})
        return
    error = TRAIN[framework]({"optimizer": name, "learning_rate": rate(name)})
    assert error < 0.12  # guessing is 0.9


def test_what_the_catalogue_leaves_out_is_really_lacking():
    import keras
    import optax

    assert not hasattr(optax, "soap") and not hasattr(optax.contrib, "soap")
    assert not hasattr(keras.optimizers, "SOAP")


MOVED = [("adam", 0.6), ("nesterov", 0.6), ("muon", 0.6)]


@pytest.mark.parametrize(("name", "place"), some_slow(MOVED, [("adam", 0.6)]))
def test_a_schedule_moves_the_rate_of_training(name, place):
    cosine = schedule("cosine", digits.STEPS, warmup_steps=30)
    config = {"optimizer": name, "learning_rate": rate(name, place)}
    assert digits.torch_error(config, schedule=cosine) < 0.12
    assert digits.optax_error(config, schedule=cosine) < 0.12
    assert digits.keras_error(config, schedule=schedule("linear", 12 * 21)) < 0.12


def test_schedules_of_optax_and_keras_are_our_own_numbers():
    import jax
    import keras

    made = schedule("cosine", 100, warmup_steps=10, final_factor=0.1)
    ours = [0.5 * made.factor(s) for s in range(110)]
    traced = jax.jit(optax_schedule(made, 0.5))
    assert [float(traced(s)) for s in range(110)] == pytest.approx(ours, abs=1e-6)
    theirs = keras_schedule(made, 0.5)
    assert [float(theirs(s)) for s in range(110)] == pytest.approx(ours, abs=1e-6)
    again = keras.optimizers.schedules.deserialize(keras.optimizers.schedules.serialize(theirs))
    assert float(again(55)) == pytest.approx(ours[55], abs=1e-6)


def test_names_of_a_configuration_may_be_its_own():
    config = {"opt": "momentum", "optim.lr": 0.25, "momentum": 0.5}
    names = {"optimizer": "opt", "learning_rate": "optim.lr"}
    made = torch_optimizer([torch.nn.Parameter(torch.zeros(2))], config, names=names)
    assert (made.defaults["lr"], made.defaults["momentum"]) == (0.25, 0.5)


def test_a_ratio_to_epsilon_becomes_a_learning_rate():
    config = {"optimizer": "adam", "learning_rate_over_epsilon": 0.5, "epsilon": 100.0}
    made = torch_optimizer([torch.nn.Parameter(torch.zeros(2))], config)
    assert (made.defaults["lr"], made.defaults["eps"]) == (50.0, 100.0)


def test_muon_leaves_embeddings_the_last_layer_and_named_parts_to_adamw():
    model = torch.nn.ModuleDict(
        {
            "words": torch.nn.Embedding(5, 4),
            "hidden": torch.nn.Linear(4, 4),
            "gate": torch.nn.Linear(4, 4),
            "head": torch.nn.Linear(4, 2),
        }
    )
    made = torch_optimizer(model, {"learning_rate": 0.02}, "muon", adam=["gate"])
    muon, adam = made.param_groups
    assert [id(p) for p in muon["params"]] == [id(model["hidden"].weight)]
    assert len(adam["params"]) == 6 and adam["lr"] == 3e-4 and muon["lr"] == 0.02


@pytest.mark.parametrize(
    ("config", "asked", "said"),
    [
        ({"learning_rate": 0.1}, None, '"optimizer" is no hyperparameter of this trial'),
        ({"learning_rate": 0.1}, "adm", 'Did you mean "adam"'),
        ({"optimizer": "adam", "lr": 0.1}, None, '"learning_rate" is no hyperparameter'),
        ({"optimizer": "adam", "learning_rate": "high"}, None, "learning_rate is a number"),
        ({"optimizer": "muon", "learning_rate": 0.1}, None, "pass the model"),
    ],
)
def test_what_can_not_be_built_is_told_with_a_way_out(config, asked, said):
    with pytest.raises(DesignError) as caught:
        torch_optimizer([torch.nn.Parameter(torch.zeros(2))], config, asked)
    assert said in str(caught.value) and caught.value.next_step


def test_schedule_free_takes_no_schedule():
    config = {"optimizer": "schedule_free_adamw", "learning_rate": 0.01, "warmup_steps": 5}
    with pytest.raises(DesignError, match="takes no schedule; got cosine"):
        optax_optimizer(config, schedule=schedule("cosine", 10))
    made = torch_optimizer([torch.nn.Parameter(torch.zeros(2))], config)
    assert made.defaults["warmup_steps"] == 5


def test_what_is_missing_is_named_with_its_package():
    with pytest.raises(DesignError, match="pip install pytorch-optimizer"):
        # As if it were not there: a module that never is.
        load("pytorch_optimizer.nowhere.Lion")
    with pytest.raises(DesignError, match=r"torch 2.* has no torch.optim.Nothing"):
        load("torch.optim.Nothing")


def test_no_framework_is_loaded_before_it_is_asked_for():
    script = (
        "import sys, tunebook as tb\n"
        "from tunebook.integrations import keras, optax, torch\n"
        "keras.keras_schedule, optax.optax_schedule, torch.torch_optimizer, tb.schedule\n"
        "heavy = {'torch', 'jax', 'optax', 'keras', 'numpy', 'pytorch_optimizer'}\n"
        "print(heavy & set(sys.modules))\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert ended.stdout.strip() == "set()"
