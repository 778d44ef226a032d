"""The statistics of the figures, small enough to be checked by hand."""

import math
from collections.abc import Sequence


def percentile(values: Sequence[float], percent: float) -> float:
    """The nearest-rank percentile: the smallest value that so many percent do not exceed.

    It is always one of the values. Raises ValueError where there are none, or for a percentage
    outside 0 < percent <= 100.
    """
    if not values:
        raise ValueError("no values")
    if not 0 < percent <= 100:
        raise ValueError(f"{percent} is no percentage")
    rank = max(1, math.ceil(len(values) * percent / 100))
    return sorted(values)[rank - 1]
