"""Numbers, spans of time and dates as people write them, and axes and configurations (C12)."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from tunebook.domain.decision import Estimand
from tunebook.domain.design import Direction, Objective, Reduce
from tunebook.domain.finding import Interval
from tunebook.domain.space import Axis, Choice, Float, Per, Scale
from tunebook.domain.trial import Value

SCIENTIFIC_RATIO = 1000.0
"""A column whose largest number is this many times its smallest has no one style."""

ABSENT = "–"


def number(value: float) -> str:
    """Four significant digits: `0.0213`, `1e-3`, `1.5e-6`.

    Example:
        >>> [number(x) for x in (0.02134567, 0.001, 1.234e-7, 12345678.0, 3.0, 0.5, 0.9999987)]
        ['0.02135', '1e-3', '1.234e-7', '1.235e7', '3', '0.5', '0.9999987']
    """
    if math.isnan(value):
        return "not a number"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if value == 0:
        return "0"
    size = abs(value)
    if size == round(size) and size < 1e6:
        return minus(f"{value:.0f}")
    if 1e-3 < size < 1e5:
        digits = max(0, 3 - math.floor(math.log10(size)))
        if 0.999 <= size < 1:  # two digits of what is left to one
            digits = min(1 - math.floor(math.log10(1 - size) + 1e-9), 12)
        text = f"{value:.{digits}f}"
        return minus(text.rstrip("0").rstrip(".") if "." in text else text)
    return minus(_power(value, 3, strip=True))


def digits(value: float, figures: int = 2) -> str:
    """An estimate to `figures` significant digits, as sentences have it: `0.021`, `120`, `1.2e-5`.

    Example:
        >>> [digits(x) for x in (0.02134, 123.4, 0.00051, 1.234e-5, 3.0)]
        ['0.021', '120', '0.00051', '1.2e-5', '3']
    """
    text = f"{value:.{figures}g}"
    if "e" in text:
        mantissa, _, exponent = text.partition("e")
        whole = 0 < int(exponent) < 6
        text = f"{float(text):.0f}" if whole else f"{mantissa}e{int(exponent)}"
    return minus(text)


def round_to(value: float, figures: int = 2) -> float:
    """The number of `figures` significant digits that is nearest."""
    return float(f"{value:.{figures}g}")


def round_steps(steps: float, *, up: bool = False) -> int:
    """A number of steps to two digits.

    Example:
        >>> round_steps(1284), round_steps(1284, up=True)
        (1300, 1300)
    """
    unit = 10 ** max(0, math.floor(math.log10(max(steps, 1))) - 1)
    return int((math.ceil(steps / unit) if up else round(steps / unit)) * unit)


def steps_text(steps: float) -> str:
    """Three significant digits of a large number: `1,280,000`."""
    return f"{round_to(steps, 3):,.0f}"


def minus(text: str) -> str:
    """The text with a real minus sign in front of a negative number."""
    return "−" + text[1:] if text.startswith("-") else text


def value_text(value: Value | None) -> str:
    """A hyperparameter's value; a dash where it does not exist."""
    if value is None:
        return ABSENT
    if isinstance(value, bool):
        return "true" if value else "false"
    return number(value) if isinstance(value, float) else str(value)


def interval_text(interval: Interval, *, signed: bool = False) -> str:
    """`0.0213 (0.0201 to 0.0225)`, with a plus sign where it is a gain.

    Example:
        >>> interval_text(Interval(0.02, 0.01, 0.03), signed=True)
        '+0.020 (0.010 to 0.030)'
    """
    if math.isnan(interval.estimate):
        return "not known"
    sign = "+" if signed and interval.estimate > 0 else ""
    if math.isinf(interval.low) and math.isinf(interval.high):
        return f"{sign}{number(interval.estimate)} (no interval)"
    estimate, low, high = _like_each_other(interval.estimate, interval.low, interval.high)
    return f"{sign}{estimate} ({low} to {high})"


def estimate_text(interval: Interval, figures: int = 2) -> str:
    """`0.087 (0.011 to 0.16)`, as sentences have it; the estimate alone without an interval."""
    if not (math.isfinite(interval.low) and math.isfinite(interval.high)):
        return digits(interval.estimate, figures)
    estimate, *ends = _apart((interval.estimate, interval.low, interval.high), figures)
    return f"{estimate} ({' to '.join(ends)})"


def range_text(low: float, high: float, figures: int = 2) -> str:
    """`0.011 to 0.16`, with more digits where both ends would read the same.

    Example:
        >>> range_text(0.0112, 0.163), range_text(0.9911, 0.9938)
        ('0.011 to 0.16', '0.991 to 0.994')
    """
    return " to ".join(_apart((low, high), figures))


def _apart(values: Sequence[float], figures: int) -> list[str]:
    """The numbers to as many digits, from `figures` to six, as let different ones differ.

    None below one reads as one: it may be a share, of which one would say all.
    """
    for more in range(figures, 7):
        texts = [digits(v, more) for v in values]
        rounded_up = any(t == "1" and v < 1 for t, v in zip(texts, values, strict=True))
        if len(set(texts)) == len(set(values)) and not rounded_up:
            break
    return texts


def _like_each_other(estimate: float, low: float, high: float) -> tuple[str, str, str]:
    """Three numbers with the decimals that their interval needs: two digits of its half."""
    half, size = (high - low) / 2, max(abs(estimate), abs(low), abs(high))
    if not (math.isfinite(half) and half > 0 and 1e-3 <= size < 1e5):
        return number(estimate), number(low), number(high)
    decimals = min(max(1 - math.floor(math.log10(half)), 0), 6)
    return (
        minus(f"{estimate:.{decimals}f}"),
        minus(f"{low:.{decimals}f}"),
        minus(f"{high:.{decimals}f}"),
    )


def percent(share: float, figures: int = 0) -> str:
    """A share in percent, whole unless that would say none or all: `44 %`, `0.5 %`, `99.7 %`.

    Args:
        share: of one; nan is a dash.
        figures: significant digits, for an error rate or a level of confidence; 0: whole percent.

    Example:
        >>> [percent(s) for s in (0.437, 0.0052, 0.997, 0.0, 1.0)]
        ['44 %', '0.5 %', '99.7 %', '0 %', '100 %']
        >>> percent(0.0351, 2), percent(0.975, 2)
        ('3.5 %', '97.5 %')
    """
    if math.isnan(share):
        return ABSENT
    rest, decimals = min(share, 1 - share), 0
    if rest > 0 and (figures or rest < 0.01):
        # Digits of what is small: of the share, or of what it leaves to all.
        decimals = max(max(figures, 1) - 1 - math.floor(math.log10(100 * rest)), 0)
    text = f"{100 * share:.{decimals}f}"
    return f"{minus(text.rstrip('0').rstrip('.') if decimals else text)} %"


def percent_range(low: float, high: float) -> str:
    """`61 to 100 %`: the ends of a share's interval, from 0 to 100 %."""
    ends = (percent(min(max(x, 0.0), 1.0)) for x in (low, high))
    return " to ".join(ends).replace(" %", "", 1)


def percent_interval(share: Interval) -> str:
    """`83 % (61 to 100 %)`; of an estimate at an end of its interval the end that bounds it.

    Example:
        >>> percent_interval(Interval(0.75, 0.75, 1.0)), percent_interval(Interval(0.0, 0.0, 0.4))
        ('at least 75 %', 'at most 40 %')
        >>> percent_interval(Interval(1.0, 0.83, 1.0))
        'at least 83 %'
    """
    estimate, low, high = (percent(x) for x in (share.estimate, share.low, share.high))
    if low != high and estimate in (low, high):
        all_ = estimate == high == "100 %"
        return f"at least {low}" if all_ or estimate == low != "0 %" else f"at most {high}"
    return f"{percent(share.estimate)} ({percent_range(share.low, share.high)})"


def gain_text(gain: Interval, estimand: Estimand, *, named: bool = False) -> str:
    """A gain as a report writes it: signed, or as the chance to beat the baseline.

    Args:
        named: beside other numbers it says that it is a gain.

    Example:
        >>> gain_text(Interval(0.83, 0.61, 1.0), Estimand.BEATS)
        'better in 83 % (61 to 100 %)'
    """
    if estimand is Estimand.MEAN or math.isnan(gain.estimate):
        return f"{'gain ' if named else ''}{interval_text(gain, signed=True)}"
    return f"better in {percent_interval(gain)}"


def seconds_text(seconds: float) -> str:
    """`0.84 s`, `3 min 20 s`, `2 h 5 min`, `4 d 3 h`.

    Example:
        >>> [seconds_text(s) for s in (0.84, 59.6, 200, 7500, 356400)]
        ['0.84 s', '1 min', '3 min 20 s', '2 h 5 min', '4 d 3 h']
    """
    if math.isnan(seconds):
        return ABSENT
    if seconds < 10:
        return f"{digits(seconds)} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    for unit, size, below, part in (("min", 60, "s", 1), ("h", 3600, "min", 60)):
        if whole < size * (60 if unit == "min" else 24):
            return _two(whole // size, unit, whole % size // part, below)
    return _two(whole // 86400, "d", whole % 86400 // 3600, "h")


def bytes_text(size: float) -> str:
    """`512 kB`, `1.3 MB`, `24 GB`: a file, or memory.

    Example:
        >>> bytes_text(5.12e5), bytes_text(1.29e6), bytes_text(2.41e10)
        ('512 kB', '1.3 MB', '24 GB')
    """
    unit, name = next(((u, n) for u, n in ((1e9, "GB"), (1e6, "MB")) if size >= u), (1e3, "kB"))
    return f"{size / unit:.{1 if size < 10 * unit else 0}f} {name}"


def date_text(unix_s: float) -> str:
    """`24 November 2025, 04:10 UTC`."""
    moment = datetime.fromtimestamp(unix_s, tz=UTC)
    return f"{moment.day} {moment:%B %Y, %H:%M} UTC"


def plural(count: int, noun: str) -> str:
    """`1 trial`, `2 trials`, `1 study`, `2 studies`."""
    many = noun[:-1] + "ies" if noun.endswith("y") else noun + "s"
    return f"{count} {noun if count == 1 else many}"


def in_words(names: Sequence[str], last: str = "and", *, most: int = 0) -> str:
    """`a`, `a and b`, `a, b and c`; of more than `most`, `a, b and 3 more`.

    Example:
        >>> in_words(["a", "b", "c"]), in_words("abcde", "or", most=2)
        ('a, b and c', 'a, b or 3 more')
    """
    shown = list(names)
    if most and len(shown) > most:
        shown[most:] = [f"{len(shown) - most} more"]
    return f" {last} ".join(filter(None, (", ".join(shown[:-1]), *shown[-1:])))


def better(objective: Objective) -> str:
    """`lower is better`."""
    return "lower is better" if objective.direction is Direction.MINIMIZE else "higher is better"


def reduced_text(objective: Objective) -> str:
    """How a trial's curve counts: `the best of its curve`, `its last value`."""
    if objective.reduce is Reduce.MEAN_LAST:
        return f"the mean of its last {plural(objective.over, 'value')}"
    return "the best of its curve" if objective.reduce is Reduce.BEST else "its last value"


def axis_text(axis: Axis | Per) -> str:
    """`1e-4 to 1, log`; under conditions, each with its own."""
    if isinstance(axis, Per):
        return "; ".join(f"{axis.on}={value_text(v)}: {axis_text(a)}" for v, a in axis.when)
    if isinstance(axis, Choice):
        return listed([value_text(v) for v in axis.values], 12)
    scale = {Scale.LINEAR: "", Scale.LOG: ", log", Scale.NEAR_ONE: ", log of 1 − x"}[axis.scale]
    kind = "" if isinstance(axis, Float) else ", whole numbers"
    return f"{value_text(axis.low)} to {value_text(axis.high)}{scale}{kind}"


def config_text(config: Mapping[str, Value]) -> str:
    """`learning_rate 0.0213, momentum 0.95`."""
    return ", ".join(f"{name} {value_text(value)}" for name, value in config.items())


def column_texts(values: Sequence[Value | None], *, digits: int = 3) -> list[str]:
    """A column of a table in one style, so that decimal points stand below each other.

    Whole numbers as they are; numbers over three or more powers of ten (learning rates), or that
    come near one (a momentum of 0.9998), each with `digits` digits of its own; others with
    decimals for `digits` digits of the smallest or one more of the largest.

    Example:
        >>> column_texts([0.5, 0.95, None])
        ['0.500', '0.950', '–']
        >>> column_texts([1e-4, 0.2])
        ['1.00e-4', '0.200']
        >>> column_texts([0.9, 0.99981])
        ['0.900', '0.999810']
    """
    floats = [float(v) for v in values if isinstance(v, float) and math.isfinite(v)]
    if not floats:
        return [value_text(v) for v in values]
    sizes = [abs(f) for f in floats if f != 0]
    low, high = min(sizes, default=1.0), max(sizes, default=1.0)
    decimals = max(
        0, min(digits - 1 - math.floor(math.log10(low)), digits - math.floor(math.log10(high)))
    )
    if 0 < (spread := max(floats) - min(floats)) < 0.1 * high:
        # Values that differ little need more digits to differ at all: three of the spread.
        decimals = max(decimals, min(2 - math.floor(math.log10(spread)), 6))
    wide = high >= 1e5 or high < 1e-3 or (high / low >= SCIENTIFIC_RATIO and low < 1e-2)
    near_one = any(0.999 < f < 1 for f in floats) and high <= 1

    def text(value: Value | None) -> str:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return value_text(value)
        if not math.isfinite(value):
            return number(float(value))
        if wide or near_one:
            return _by_itself(float(value), digits)
        return minus(f"{value:.{min(decimals, 6)}f}")

    return [text(v) for v in values]


def _by_itself(value: float, digits: int) -> str:
    """`1.23e-4`, `0.280`, `1.27`; near one with as many digits of what is left to one."""
    size = abs(value)
    if value == 0:
        return "0"
    if not 1e-3 <= size < 1e5:
        return minus(_power(value, digits - 1))
    seen = 1 - value if 0.9 < value < 1 else size
    decimals = digits - 1 - math.floor(math.log10(seen) + 1e-9)
    return minus(f"{value:.{min(max(decimals, 0), 9)}f}")


def left_out_texts(left_out: Iterable[str]) -> list[str]:
    """ "name: reason" entries, one for each reason: `3 trials failed, machine lost: 3.4, 3.9`."""
    groups: dict[str, list[str]] = {}
    for entry in left_out:
        name, _, reason = entry.partition(": ")
        groups.setdefault(reason or name, []).append(name)
    return [
        f"{plural(len(names), 'trial')} left out, {reason}: {listed(names)}"
        for reason, names in groups.items()
    ]


def listed(names: Sequence[str], most: int = 8) -> str:
    """`3.1, 3.4, 3.9 and 12 more`."""
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


def counts_text(statuses: Iterable[str]) -> str:
    """`60 complete, 4 infeasible`, in the order of a trial's life; `none` for no trial."""
    order = ("complete", "infeasible", "failed", "running", "pending")
    counts = Counter(str(s) for s in statuses)
    return ", ".join(f"{counts[s]} {s}" for s in order if counts[s]) or "none"


def _two(large: int, unit: str, small: int, below: str) -> str:
    return f"{large} {unit} {small} {below}" if small else f"{large} {unit}"


def _power(value: float, decimals: int, *, strip: bool = False) -> str:
    mantissa, _, exponent = f"{value:.{decimals}e}".partition("e")
    if strip and "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    return f"{mantissa}e{int(exponent)}"
