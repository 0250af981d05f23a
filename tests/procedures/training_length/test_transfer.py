"""What carries over from short training to long."""

from __future__ import annotations

import pytest

from tunebook.procedures.training_length.transfer import Transfers, transfers


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("warmup_steps", Transfers.VERY_LIKELY),
        ("init_scale", Transfers.VERY_LIKELY),
        ("hidden", Transfers.LIKELY),
        ("model.num_layers", Transfers.LIKELY),
        ("weight_decay", Transfers.PERHAPS),
        ("Dropout", Transfers.PERHAPS),
        ("one_minus_beta1", Transfers.PERHAPS),
        ("optim.lr", Transfers.UNLIKELY),
        ("decay-steps", Transfers.UNLIKELY),
        ("temperature", Transfers.PERHAPS),
    ],
)
def test_by_its_kind(name, how):
    assert transfers(name) is how
    assert how.carried == (how in (Transfers.VERY_LIKELY, Transfers.LIKELY))
