"""Many noisy curves at once: block means, their noise, and who rose at the end (C4 C8).

A curve is cut into blocks of neighbouring evaluations, eight of them (four where it has fewer than
16 evaluations); the last quarter is its end. `late_rise` asks whether the mean of the end lies
above the mean of any block before it. The lowest evaluation, and the lowest block, are low by luck
too; so the test is of every block, and pays for all of them (Bonferroni).

NULL: the mean of the curve never rises. Noise: from second differences of neighbours near either
block (a straight trend is not noise), so that it may shrink or grow in training, and wider where
it wanders, as a first-order autoregression. How much it wanders is told by how second differences
grow with their lag, as the median over the trials: one curve says too little of that. Everything
is an array over trials: no loop, linear in points.

Measured: docs/claims/overfitting.md. Source: von Neumann 1941 (successive differences); Welch 1947
(unequal noise); Andrews 1991 (the variance of a mean of values that are correlated).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tunebook.domain.curves import Curves
from tunebook.domain.table import TrialTable
from tunebook.statistics.distributions import t_tail
from tunebook.statistics.estimators import good_region, welch_freedom

if TYPE_CHECKING:
    from jaxtyping import Bool, Float, Int

BLOCKS = 8
FEWEST_POINTS = 8
"""Finite evaluations below which the end of a curve is not read: four blocks of two."""
EARLIEST = 0.25
"""The first quarter, mostly a steep fall, is not asked how noise wanders."""
MOST_WANDER = 0.95
MOST_TOLD = 0.7
"""Of the correlation, at a lag of 2: beyond it, second differences hardly grow any more."""
ASKED = 2000
"""Curves that are asked how noise wanders: more of them would say the same."""
AT_ONCE = 20_000
"""Trials that are read together: memory stays bounded, however many there are."""
NO_STEP = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Points:
    """The finite points of some trials' curves, packed; lower is better.

    Attributes:
        row: which of the trials asked for, rising; place: from 0 within the curve.
        count: points of each trial.
    """

    row: Int[np.ndarray, "points"]
    place: Int[np.ndarray, "points"]
    step: Int[np.ndarray, "points"]
    loss: Float[np.ndarray, "points"]
    count: Int[np.ndarray, "rows"]

    @property
    def begin(self) -> Float[np.ndarray, "rows"]:
        """Loss of each trial's first point; NaN where there is none."""
        begin = np.full(len(self.count), np.nan)
        begin[self.row[self.place == 0]] = self.loss[self.place == 0]
        return begin

    def best(self) -> tuple[Int[np.ndarray, "rows"], Float[np.ndarray, "rows"]]:
        """Step and loss of each trial's first lowest point; -1 and NaN where there is none."""
        step, loss = np.full(len(self.count), -1), np.full(len(self.count), np.nan)
        np.fmin.at(loss, self.row, self.loss)
        lowest = np.flatnonzero(self.loss == loss[self.row])[::-1]
        step[self.row[lowest]] = self.step[lowest]
        return step, loss


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Blocks:
    """Curves cut into blocks; NaN where a trial has no such block, or none at all.

    Attributes:
        mean, count: of each block.
        bend: mean square of second differences in and beside a block, over 6: the variance of
            noise that does not wander. bends: how many those are.
        wander: correlation of the noise between neighbours, alike for all trials.
        starts: first step of each block, for other metrics of the same trials.
        used: number of blocks, 8 or 4.
        readable: enough points, in every block.
    """

    mean: Float[np.ndarray, "rows blocks"]
    count: Int[np.ndarray, "rows blocks"]
    bend: Float[np.ndarray, "rows blocks"]
    bends: Float[np.ndarray, "rows blocks"]
    wander: float
    starts: Int[np.ndarray, "rows blocks"]
    used: Int[np.ndarray, "rows"]
    readable: Bool[np.ndarray, "rows"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rise:
    """How the end of each curve stands to its lowest block before; NaN where unreadable.

    Attributes:
        size: end minus lowest block, in the metric's units, worse is positive.
        error: standard error of that difference.
        p_value: that the mean never rises.
        block: the lowest one.
        low, end: means of that block and of the end (lower is better).
    """

    size: Float[np.ndarray, "rows"]
    error: Float[np.ndarray, "rows"]
    p_value: Float[np.ndarray, "rows"]
    block: Int[np.ndarray, "rows"]
    low: Float[np.ndarray, "rows"]
    end: Float[np.ndarray, "rows"]


def good_rows(
    table: TrialTable, readable: Bool[np.ndarray, "trials"] | None = None
) -> Bool[np.ndarray, "trials"]:
    """The best tenth of each study's counted trials, three at least, among those readable.

    Never more than its best third: of five trials the best three are no good ones.
    """
    good = np.zeros(len(table), dtype=bool)
    counted = table.counted
    losses = table.losses if readable is None else np.where(readable, table.losses, np.nan)
    _, study = np.unique(np.array(table.study, dtype=str), return_inverse=True)
    order = np.argsort(study[counted], kind="stable")
    rows = np.flatnonzero(counted)[order]
    for own in np.split(rows, np.flatnonzero(np.diff(study[rows])) + 1):
        if len(own):
            good[own] = good_region(losses[own], most=max(1, len(own) // 3))
    return good


def in_parts(
    rows: Int[np.ndarray, "rows"],
    read: Callable[[Int[np.ndarray, "some"]], tuple[np.ndarray, ...]],
) -> list[np.ndarray]:
    """What `read` says of trials, AT_ONCE of them at a time: columns with an entry a trial."""
    parts = [read(rows[begin : begin + AT_ONCE]) for begin in range(0, len(rows), AT_ONCE)]
    return [np.concatenate(column) for column in zip(*parts, strict=True)]


def points_of(curves: Curves, rows: Int[np.ndarray, "rows"], sign: int) -> Points:
    """The finite points of the curves of these trials (any order, each once)."""
    own = curves.take(rows)
    finite = np.isfinite(own.values)
    row = np.repeat(np.arange(len(rows)), own.sizes)[finite]
    count = np.bincount(row, minlength=len(rows))
    first = np.cumsum(count) - count
    return Points(
        row=row,
        place=np.arange(len(row)) - first[row],
        step=own.steps[finite],
        loss=sign * own.values[finite],
        count=count,
    )


def blocks_of(points: Points, starts: Int[np.ndarray, "rows blocks"] | None = None) -> Blocks:
    """Cut curves into blocks of neighbouring points.

    Args:
        points: of some trials.
        starts: first step of each block, of another metric of the same trials; else each
            curve is cut into blocks of equal size.
    """
    rows = len(points.count)
    if starts is None:
        many = np.where(points.count >= 2 * BLOCKS, BLOCKS, BLOCKS // 2)
        block = points.place * many[points.row] // np.maximum(points.count[points.row], 1)
    else:
        block = _block_by_step(points, starts)
    cell = points.row * BLOCKS + block
    size = rows * BLOCKS
    count = np.bincount(cell, minlength=size).reshape(rows, BLOCKS)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        total = np.bincount(cell, weights=points.loss, minlength=size).reshape(rows, BLOCKS)
        mean = np.where(count > 0, total / count, np.nan)
        bent, ends = _second_differences(points, 1)
        middle = cell[ends - 1]
        squares = np.bincount(middle, weights=bent**2, minlength=size).reshape(rows, BLOCKS)
        bends = _with_neighbours(np.bincount(middle, minlength=size).reshape(rows, BLOCKS))
        bend = _with_neighbours(squares) / (6 * bends)
    if starts is None:
        starts = np.full((rows, BLOCKS), NO_STEP)
        np.minimum.at(starts.reshape(-1), cell, points.step)
    used = (starts < NO_STEP).sum(axis=1)
    return Blocks(
        mean=mean,
        count=count,
        bend=bend,
        bends=bends,
        wander=wander_of(points),
        starts=starts,
        used=used,
        readable=(points.count >= FEWEST_POINTS)
        & ((count >= 2).sum(axis=1) == used)
        & (used >= BLOCKS // 2),
    )


def late_rise(blocks: Blocks) -> Rise:
    """The end of each curve, its last quarter, against the lowest block before it."""
    size, error, freedom, early, end = _against_end(blocks)
    chance = np.where(early, _tail(size, error, freedom), np.nan)
    before = np.where(early, blocks.mean, np.inf)
    block = np.argmin(np.where(np.isnan(before), np.inf, before), axis=1)
    least = np.min(np.where(np.isnan(chance), np.inf, chance), axis=1)
    least = np.where(np.isfinite(least), least, np.nan)
    p_value = np.minimum(1.0, early.sum(axis=1) * least)
    return _rise(blocks, block, size, error, p_value, end)


def fell_since(blocks: Blocks, block: Int[np.ndarray, "rows"]) -> Rise:
    """Whether each curve still fell from a block that another metric chose to its end.

    `size` is the fall, better is positive; `p_value` that there was none.
    """
    size, error, freedom, _, end = _against_end(blocks)
    chance = _tail(-size, error, freedom)[np.arange(len(block)), block]
    return _rise(blocks, block, -size, error, chance, end)


def evaluation_noise(blocks: Blocks) -> Float[np.ndarray, "rows"]:
    """Standard deviation of one evaluation near the end of each curve."""
    last = np.maximum(blocks.used - 1, 0)
    bend = blocks.bend[np.arange(len(last)), last]
    w = max(blocks.wander, 0.0)
    return np.asarray(np.sqrt(np.where(np.isfinite(bend), bend, 0.0) * 3 / ((1 - w) * (3 - w))))


def wander_of(points: Points) -> float:
    """Correlation of the noise between neighbours, one number for all curves of a metric.

    Second differences leave no straight trend. Their mean square at a lag of 4 over that at lag 1
    says the correlation of a first-order autoregression. Where most curves have fewer than 32
    points it is a lag of 2, which tells strong correlations hardly apart.
    """
    points = _some(points, ASKED)
    long = 2 * int((points.count >= 32).sum()) >= int((points.count >= FEWEST_POINTS).sum())
    lag, grid = (4, _GRID) if long else (2, _GRID[_GRID <= MOST_TOLD])
    wide, near = _mean_square(points, lag), _mean_square(points, 1)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        share = wide / (wide + near)  # a bounded share: no curve outweighs the others
    share = share[np.isfinite(share) & (points.count >= (32 if long else FEWEST_POINTS))]
    if not len(share) or share.mean() >= 1:
        return 0.0
    ratio = share.mean() / (1 - share.mean())
    expected = (3 - 4 * grid**lag + grid ** (2 * lag)) / (3 - 4 * grid + grid**2)
    return float(np.interp(ratio, expected, grid))


def _some(points: Points, most: int) -> Points:
    """The points of at most so many of the curves, evenly chosen."""
    if len(points.count) <= most:
        return points
    chosen = np.zeros(len(points.count), dtype=bool)
    chosen[np.linspace(0, len(points.count) - 1, most).astype(int)] = True
    kept = chosen[points.row]
    return Points(
        row=(np.cumsum(chosen) - 1)[points.row[kept]],
        place=points.place[kept],
        step=points.step[kept],
        loss=points.loss[kept],
        count=points.count[chosen],
    )


_GRID = np.linspace(-0.5, MOST_WANDER, 146)


def _second_differences(
    points: Points, lag: int, first: float = 0.0
) -> tuple[Float[np.ndarray, "k"], Int[np.ndarray, "k"]]:
    """Second differences within curves, from a share of each on, and where each of them ends."""
    loss, row = points.loss, points.row
    if len(loss) <= 2 * lag:
        return np.empty(0), np.empty(0, np.int64)
    begin = slice(None, -2 * lag)
    there = row[2 * lag :] == row[begin]
    if first:
        there &= points.place[begin] >= first * points.count[row[begin]]
    ends = np.flatnonzero(there) + 2 * lag
    return loss[ends] - 2 * loss[ends - lag] + loss[ends - 2 * lag], ends


def _mean_square(points: Points, lag: int) -> Float[np.ndarray, "rows"]:
    rows = len(points.count)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        bent, ends = _second_differences(points, lag, EARLIEST)
        total = np.bincount(points.row[ends], weights=bent**2, minlength=rows)
        many = np.bincount(points.row[ends], minlength=rows)
        return np.asarray(total / np.where(total > 0, many, 0))


def _against_end(blocks: Blocks) -> tuple[np.ndarray, ...]:
    """End minus each block, its standard error and degrees of freedom; which are early; end."""
    place, used = np.arange(BLOCKS), blocks.used
    early = place < (used - used // 4)[:, None]
    late = ~early & (place < used[:, None])
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        many = np.where(late, blocks.count, 0).sum(axis=1)
        end = np.where(late, blocks.mean * blocks.count, 0.0).sum(axis=1) / many
        bends = np.where(late, blocks.bends, 0.0)
        noise = np.where(bends > 0, blocks.bend * bends, 0.0).sum(axis=1) / bends.sum(axis=1)
        pairs = bends.max(axis=1)
        here = blocks.bend * _stretch(blocks.wander, blocks.count)
        there = (noise * _stretch(blocks.wander, many))[:, None]
        # Second differences know half of what deviations from a mean do (18 / 35).
        know = 0.5 * (1 - max(blocks.wander, 0.0))
        freedom = welch_freedom((here, there), (know * blocks.bends, (know * pairs)[:, None]))
        freedom = np.where(np.isfinite(freedom), np.maximum(1.0, freedom), 1.0)
    return end[:, None] - blocks.mean, np.sqrt(here + there), freedom, early, end


def _stretch(wander: float, count: Int[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    """Variance of a mean of `count` values over what second differences say of one of them."""
    w = max(wander, 0.0)
    apart = (1 + w) / (1 - w) - 2 * w * (1 - w**count) / (np.maximum(count, 1) * (1 - w) ** 2)
    return np.asarray(apart * 3 / ((1 - w) * (3 - w)) / count)


def _tail(size: np.ndarray, error: np.ndarray, freedom: np.ndarray) -> np.ndarray:
    """Chance of a difference as large as this or larger, where there is none."""
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        chance = t_tail(size / error, freedom)
    exact = np.where(size > 0, 0.0, 1.0)
    return np.where(np.isfinite(size), np.where(error > 0, chance, exact), np.nan)


def _rise(
    blocks: Blocks, block: np.ndarray, size: np.ndarray, error: np.ndarray,
    p_value: np.ndarray, end: np.ndarray,
) -> Rise:  # fmt: skip
    pick = (np.arange(len(block)), block)
    ok = blocks.readable & np.isfinite(p_value) & np.isfinite(size[pick])
    return Rise(
        size=np.where(ok, size[pick], np.nan),
        error=np.where(ok, error[pick], np.nan),
        p_value=np.where(ok, p_value, np.nan),
        block=np.asarray(block),
        low=np.where(ok, blocks.mean[pick], np.nan),
        end=np.where(ok, end, np.nan),
    )


def _with_neighbours(cells: np.ndarray) -> Float[np.ndarray, "rows blocks"]:
    """Each block with those beside it; the first, a steep fall, lends itself to none."""
    total = cells.astype(float)
    total[:, 2:] += cells[:, 1:-1]
    total[:, :-1] += cells[:, 1:]
    return np.asarray(total)


def _block_by_step(points: Points, starts: Int[np.ndarray, "rows blocks"]) -> np.ndarray:
    """Which block each point falls into by its step; points before the first are in it."""
    most = int(max(points.step.max(initial=0), 0)) + 2
    edges = np.minimum(starts, most - 1) + np.arange(len(starts))[:, None] * most
    at = np.searchsorted(edges.reshape(-1), points.row * most + points.step, side="right")
    return np.asarray(np.clip(at - 1 - points.row * BLOCKS, 0, BLOCKS - 1))
