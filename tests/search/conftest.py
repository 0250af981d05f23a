"""Spaces that every searcher is tried on."""

from __future__ import annotations

import pytest

from tunebook.domain.design import Round, studies
from tunebook.domain.formats.spelling import choice, integer, log_uniform, near_one, per, uniform
from tunebook.domain.searchers import ADAPTIVE, SEARCHERS

NUISANCE = {
    "lr": per("optimizer", nesterov=log_uniform(1e-3, 10), adam=log_uniform(1e-5, 0.1)),
    "momentum": per("optimizer", nesterov=near_one(0.9, 0.999)),
    "layers": integer(1, 6),
    "norm": choice("batch", "layer", "none"),
}


@pytest.fixture
def make_plan():
    """A round of a searcher, with conditions, whose points lie anywhere for by_hand."""

    def of(searcher, *, trials=24, **more):
        given = {
            "goal": "Does Nesterov momentum beat Adam here?",
            "scientific": {"optimizer": choice("nesterov", "adam")},
            "nuisance": NUISANCE,
            "fixed": {"batch_size": 64, "clip": per("optimizer", adam=1.0)},
            "trials": trials,
            "max_train_steps": 100,
            "searcher": searcher,
            **more,
        }
        if searcher == "by_hand" and "points" not in more:
            drawn = Round(**{**given, "searcher": "halton"})
            given["points"] = [
                {
                    **study.branch.conditions,
                    **{n: a.from_unit((i * 0.37) % 1) for n, a in study.branch.axes.items()},
                }
                for i in range(9)
                for study in studies(drawn)
                if i % 3 or not study.name.endswith("adam")
            ]
        return Round(**given)

    return of


@pytest.fixture(params=[s for s in SEARCHERS if s not in ADAPTIVE])
def searcher(request):
    return request.param


@pytest.fixture
def cube():
    """A round over a flat cube of so many dimensions."""

    def of(dimensions, searcher, *, trials=64, seed=0, **more):
        return Round(
            goal="Where is it best?",
            nuisance={f"x{i}": uniform(0, 1) for i in range(dimensions)},
            trials=trials,
            max_train_steps=1,
            searcher=searcher,
            seed=seed,
            **more,
        )

    return of
