"""Which searchers there are, and what each asks of a plan (B6 B7 B8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tunebook.domain.errors import DesignError, nearest

SEARCHERS = ("halton", "sobol", "random", "grid", "by_hand", "bayes")
ADAPTIVE = frozenset({"bayes"})
"""Searchers that wait for results: their configurations are no function of an index."""


def check_searcher(
    searcher: str,
    *,
    scientific: Mapping[str, object],
    varied: Mapping[str, object],
    points: Sequence[object],
    levels: Mapping[str, int],
) -> None:
    """Refuse a searcher that does not exist, or that can't search this plan.

    Args:
        searcher: its name.
        scientific, varied, points, levels: of the plan.

    Raises:
        DesignError: says which rule, and the way out.
    """
    if searcher not in SEARCHERS:
        raise DesignError(
            f"searcher is one of {', '.join(SEARCHERS)}; got {searcher!r}."
            + nearest(searcher, SEARCHERS),
            next_step='say searcher="halton", or leave it out',
        )
    if searcher in ADAPTIVE and scientific:
        names = ", ".join(f'"{name}"' for name in scientific)
        raise DesignError(
            f"exploitation compares no values: trials that earlier results chose are no evidence "
            f"about {names} (B7)",
            next_step=f"make {names} nuisance, to search over it too, or fix it; or ask the "
            'question by quasi-random search: searcher="halton"',
        )
    if (searcher == "by_hand") != bool(points):
        raise DesignError(
            f"points go with searcher by_hand; got {len(points)} points and searcher {searcher!r}",
            next_step='give points=[{...}, ...] with searcher="by_hand", or neither',
        )
    if levels and searcher != "grid":
        raise DesignError(
            f"levels go with searcher grid; got searcher {searcher!r}",
            next_step='say searcher="grid", or leave levels out',
        )
    _check_levels(levels, varied)


def _check_levels(levels: Mapping[str, int], varied: Mapping[str, object]) -> None:
    for name, count in levels.items():
        if name not in varied:
            raise DesignError(
                f'levels are given for "{name}", which does not vary.{nearest(name, varied)}',
                next_step="correct the name, or drop its levels",
            )
        if isinstance(count, bool) or not isinstance(count, int) or count < 1:
            raise DesignError(
                f'levels of "{name}" are a whole number from 1; got {count!r}',
                next_step=f'give levels={{"{name}": 5}}, for example',
            )
