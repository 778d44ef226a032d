"""Whether the bare order still does what ours does."""

from collections.abc import Mapping

_TOLERANCE = 0.05
"""Requests per order may differ by this much: a repetition here or there is no drift."""


class DriftError(RuntimeError):
    """The bare order no longer does what ours does: bench/bare has to follow."""


def differences(ours: Mapping[str, float], bare: Mapping[str, float]) -> list[str]:
    """What the two do not do equally often, in words."""
    return [
        f"{name}: {ours.get(name, 0):g} in ours, {bare.get(name, 0):g} in the bare order"
        for name in sorted({*ours, *bare})
        if abs(ours.get(name, 0) - bare.get(name, 0)) > _TOLERANCE
    ]
