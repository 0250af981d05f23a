"""How far another validation set of this size might move a gain in an error rate (D2).

Fresh seeds do not average out the choice of validation examples, since all of them are judged on
the same ones. Estimator: of two classifiers that err on shares p and q of n independent examples,
the difference has variance (r - (p - q)^2) / n, where r is the share on which just one of them
errs. r is not known without predictions, and is p + q at most (no example fails both): that gives
an upper bound of the standard error. Of shares above one half the same holds of what is right.
Assumes examples drawn alone. Source: McNemar 1947; Dietterich 1998.
"""

from __future__ import annotations

import math
from collections.abc import Sequence


def sampling_error(means: Sequence[float], examples: int) -> float | None:
    """Half of a 95 % interval at most, in the metric's units.

    Args:
        means: of the candidate and of the baseline, shares.
        examples: in the validation set.

    Returns:
        None where the means are no shares of examples.
    """
    if len(means) != 2 or not all(0 <= p <= 1 for p in means):
        return None
    p, q = means
    apart = min(p + q, 2 - p - q)
    return 1.959964 * math.sqrt(max(0.0, apart - (p - q) ** 2) / examples)
