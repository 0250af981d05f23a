"""The gradient norm of PyTorch, JAX and NumPy, and what it costs beside a step (H4)."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest

import tunebook as tb

TREE = {"a": np.array([3.0, 0.0]), "b": [np.array([[4.0]]), None], "c": {}}


def test_numpy_trees():
    assert tb.gradient_norm(TREE) == 5.0
    assert tb.gradient_norm([]) == 0.0
    assert tb.gradient_norm([np.array([3 + 4j])]) == 5.0


def test_what_has_no_norm_is_told():
    with pytest.raises(TypeError, match="over arrays; got object"):
        tb.gradient_norm([object()])
    with pytest.raises(TypeError, match="got str"):
        tb.gradient_norm("train/grad_norm")


@pytest.fixture
def network():
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    torch.set_num_threads(1)
    layers = [torch.nn.Linear(64, 256), torch.nn.ReLU(), torch.nn.Linear(256, 256),
              torch.nn.ReLU(), torch.nn.Linear(256, 10)]  # fmt: skip
    return torch.nn.Sequential(*layers)


def backward(network) -> None:
    import torch

    network.zero_grad()
    torch.nn.functional.cross_entropy(
        network(torch.randn(256, 64)), torch.randint(10, (256,))
    ).backward()


def test_torch_is_what_clipping_measures_and_changes_nothing(network):
    import torch

    backward(network)
    network[0].bias.requires_grad_(False)
    network[0].bias.grad = None
    before = [p.grad.clone() for p in network.parameters() if p.grad is not None]
    found = tb.gradient_norm(network.parameters())
    assert torch.is_tensor(found) and found.ndim == 0 and not found.requires_grad
    assert tb.gradient_norm(before) == found
    assert all(torch.equal(a, p.grad) for a, p in zip(before, [p for p in network.parameters() if p.grad is not None], strict=True))  # fmt: skip
    clipped = torch.nn.utils.clip_grad_norm_(network.parameters(), 1e-3)
    assert float(clipped) == pytest.approx(float(found), rel=1e-6)


def test_torch_before_a_backward_is_zero(network):
    assert tb.gradient_norm(network.parameters()) == 0.0


def test_jax_inside_and_outside_a_compiled_function():
    jax = pytest.importorskip("jax")
    tree = jax.tree.map(jax.numpy.asarray, {"a": np.array([3.0, 0.0]), "b": (np.array([4.0]),)})
    assert float(tb.gradient_norm(tree)) == pytest.approx(5.0)
    assert float(jax.jit(tb.gradient_norm)(tree)) == pytest.approx(5.0)
    half = jax.tree.map(lambda x: (300 * x).astype("float16"), tree)
    assert float(tb.gradient_norm(half)) == pytest.approx(1500.0), "squares of halves overflow"


def test_it_is_reported_as_any_number(network, tmp_path):
    def train(trial):
        for step in range(4):
            backward(network)
            trial.report(
                step, {"loss": 1.0, "train/grad_norm": tb.gradient_norm(network.parameters())}
            )

    with tb.Book(tmp_path / "b.db", objective=tb.minimize("loss")) as book:
        made = book.round("Does it report?", trials=1, max_train_steps=4)
        made.run(train, workers=0, progress=False)
        steps, norms = made.table().curves["train/grad_norm"].of(0)
    assert len(steps) == 4 and all(n > 0 and math.isfinite(n) for n in norms)


def test_what_it_costs_beside_a_step_of_pytorch(network):
    """At every step, which is more often than it is asked for; bench/instability.py has figures."""

    def seconds(do) -> float:
        began = time.process_time()
        for _ in range(30):
            do()
        return (time.process_time() - began) / 30

    step = min(seconds(lambda: backward(network)) for _ in range(5))
    norm = min(seconds(lambda: float(tb.gradient_norm(network.parameters()))) for _ in range(5))
    print(f"a step {1e6 * step:.0f} us, its gradient norm {1e6 * norm:.0f} us ({norm / step:.1%})")
    assert norm < 0.25 * step
