"""What configurations say of the learning rate's decay (C6 C7)."""

from __future__ import annotations

import pytest

from tunebook.domain.schedule import Shape
from tunebook.statistics.curves.decay import decay_of, names_schedule


@pytest.mark.parametrize("shape", list(Shape))
def test_our_own_schedules_are_known(shape):
    found = decay_of([{"schedule": shape.value, "learning_rate": 0.1}] * 3)
    assert found.decays is (shape is not Shape.CONSTANT)
    assert found.subject == (f"schedule={shape.value}" if found.decays else "")


@pytest.mark.parametrize(
    ("configs", "decays", "subject"),
    [
        ([{"lr": 0.1}], None, ""),
        ([{"linear_decay": 1e-7}], None, "linear_decay"),
        ([{"linear_decay": 0.0}], None, ""),
        ([{"schedule": "constant", "decay_steps": 100}], False, ""),
        ([{"schedule": "constant"}, {"schedule": "wsd"}], True, "schedule=wsd"),
        ([{"schedule": "cosine"}, {"schedule": "wsd"}], True, "schedule"),
        ([{"lr_scheduler": "constant_with_warmup"}], False, ""),
        ([{"cosine": True}], True, "cosine=true"),
        ([{"cosine": False}], False, ""),
        ([{"beta_schedule": "cosine"}, {"weight_decay_schedule": "cosine"}], None, ""),
    ],
)
def test_names_and_values_say_what_decays(configs, decays, subject):
    found = decay_of(configs)
    assert found.decays is decays and found.subject == subject


def test_weight_decay_is_no_schedule():
    assert not names_schedule("weight_decay") and names_schedule("lr_decay")
