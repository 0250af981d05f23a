"""A short real comparison: networks of JAX, the next character, optimizers of optax (G1 G2)."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

import tunebook as tb
from tunebook.domain.finding import Severity

pytestmark = pytest.mark.slow
BENCH = Path(__file__).parents[3] / "bench"
PINNED = {"adam": {"epsilon": 10.0, "beta1": 0.0}}


@pytest.fixture(scope="module")
def training():
    pytest.importorskip("optax")
    sys.path.insert(0, str(BENCH))
    try:
        yield importlib.import_module("optimizers_training")
    finally:
        sys.path.remove(str(BENCH))


@pytest.fixture(scope="module")
def compared(training, tmp_path_factory):
    """Momentum, Adam and SOAP by what differs from the catalogue's spaces; trained once each."""

    def ask(name: str, **more):
        path = tmp_path_factory.mktemp(name) / "book.db"
        with tb.Book(path, objective=tb.minimize("valid/error")) as book:
            return book.procedure(
                "optimizers",
                training.train,
                trials=16,
                seeds=6,
                max_train_steps=300,
                fixed={"optimizer": "momentum", "workload": "text"},
                workers=0,
                progress=False,
                **more,
            )

    pinned = ask("pinned", optimizers=("momentum", "adam", "soap"), spaces=PINNED)
    return pinned, ask("open", optimizers=("momentum", "adam"))


def test_adam_pinned_badly_loses_to_momentum_and_is_flagged(compared):
    pinned, _ = compared
    (flag,) = [f for f in pinned.findings if f.check == "G2"]
    assert flag.subject == "optimizer=adam"
    assert flag.numbers["worse by"].low > 0.1
    assert pinned.answer["best"] is None


def test_in_its_open_space_it_does_not(compared):
    _, opened = compared
    assert opened.finished and not [f for f in opened.findings if f.check == "G2"]
    assert opened.answer["mean of adam"] < opened.answer["mean of momentum"] + 0.01


def test_an_optimizer_that_optax_lacks_is_left_out_by_its_own_words(compared):
    pinned, _ = compared
    (lacking,) = [f for f in pinned.findings if f.severity is Severity.PROBLEM]
    assert "SOAP" in lacking.sentence and "optax" in lacking.sentence


@pytest.mark.parametrize(
    "config",
    [
        {"optimizer": "nesterov", "learning_rate": 0.1, "momentum": 0.9},
        {"optimizer": "rmsprop", "learning_rate": 1e-3, "momentum": 0.5},
        {"optimizer": "adam", "learning_rate": 3e-3, "beta1": 0.5},
        {"optimizer": "nadam", "learning_rate": 3e-3, "epsilon": 1e-3},
        {"optimizer": "lion", "learning_rate": 1e-3, "weight_decay": 0.1},
    ],
    ids=lambda c: c["optimizer"],
)
def test_what_the_benchmark_builds_takes_the_adapters_steps(training, config):
    """Compiled once for all trials, it is what `optax_optimizer` builds for each."""
    import jax
    import optax

    from tunebook.integrations.chosen import chosen
    from tunebook.integrations.optax import optax_optimizer

    entry, values = chosen(config, None, "optax", None)
    made = training.transformation(entry.name, entry.frameworks["optax"], values)
    weights = [jax.numpy.linspace(-1, 1, 8).reshape(2, 4)]
    ends = []
    for optimizer in (made, optax_optimizer(config)):
        own, state = weights, optimizer.init(weights)
        for _ in range(5):
            change, state = optimizer.update(jax.tree.map(lambda w: w**2 - 0.3, own), state, own)
            own = optax.apply_updates(own, change)
        ends.append(own[0])
    assert jax.numpy.allclose(ends[0], ends[1], atol=1e-6)
