"""Real networks on digits: one that is unstable on purpose, and one that is left alone (H1 to H5)."""

from __future__ import annotations

import pytest

from tunebook.book.notebook import Book
from tunebook.domain.formats.spelling import minimize

pytestmark = pytest.mark.slow
ASKED = {"max_train_steps": 400, "fixed": {"warmup_steps": 0, "clip_norm": 0.0}, "seed": 1_000_000}


@pytest.fixture
def digits(tmp_path):
    """Ask about a network of bench/claims/deep_digits.py; the full size is make bench-instability."""
    pytest.importorskip("jax")
    pytest.importorskip("sklearn")
    import deep_digits

    opened = []

    def ask(network: str, rates: tuple[float, float]):
        book = Book(tmp_path / f"{network}.db", objective=minimize("valid/error"), chance=0.9,
                    training_objective="train/loss")  # fmt: skip
        opened.append(book)
        return book.procedure("instability", getattr(deep_digits, network), workers=0,
                              progress=False, learning_rates=rates, **ASKED)  # fmt: skip

    yield ask
    for book in opened:
        book.close()


def test_a_deep_network_without_normalisation_is_found_unstable(digits):
    found = digits("unstable", (3e-4, 3.0))
    assert found.answer["verdict"] == "unstable"
    told = {f.check: f.sentence for f in found.findings}
    assert found.answer["warmup_steps"] is not None
    times = found.answer["warmup_learning_rate"] / found.answer["unstable_learning_rate"]
    assert times == pytest.approx(10) or "Higher peaks do not train: at 10 times" in told["H3"]
    assert "The 90th percentile of" in told["H4"]
    assert found.answer["clipping_threshold"] > 0
    assert set(found.proposal.plan.scientific) == {"warmup_steps", "clip_norm"}


def test_a_residual_network_with_normalisation_is_left_alone(digits):
    found = digits("stable", (1e-3, 10.0))
    assert found.answer["verdict"] == "stable"
    assert found.proposal is None
