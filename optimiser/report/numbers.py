"""How numbers are written, on the page, on the terminal and in messages alike."""

from __future__ import annotations

import math

import numpy as np

#: Shown in place of a number that does not apply, such as the yield of an absent metal.
NOTHING = "–"


def number(value: float, digits: int | None = None, figures: int | None = None) -> str:
    """Write a number: thousands with commas, a true minus sign, a dash for NaN, no negative zero.

    Args:
        value: what to write.
        digits: decimals.
        figures: significant figures instead; with neither, as many as it takes, up to six.

    >>> number(-1234.5, 1), number(float("nan"), 1), number(0.01234, figures=2)
    ('−1,234.5', '–', '0.012')
    """
    if math.isnan(value):
        return NOTHING
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    shown = f"{value:.{figures or 6}g}" if digits is None else f"{value:,.{digits}f}"
    negative_zero = shown.startswith("-") and not shown.strip("-0.,")
    return shown[1:] if negative_zero else shown.replace("-", "−")


def signed(value: float, digits: int) -> str:
    """Write a number with its sign, but zero without one: ``+9.2``."""
    shown = number(value, digits)
    return f"+{shown}" if value > 0.0 and float(f"{value:.{digits}f}") else shown


def percent(share: float, digits: int = 0) -> str:
    """Write a fraction as per cent: ``93 %``."""
    return f"{number(100.0 * share, digits)} %"


def counted(n: int, thing: str) -> str:
    """Say how many: ``1 experiment``, ``5 experiments``."""
    return f"{n:,} {thing}" if n == 1 else f"{n:,} {thing}s"


def floor_percent(share: float) -> str:
    """Write a fraction as per cent with one decimal at most, rounded down: what is reached for certain."""
    return f"{np.floor(1000.0 * share + 1e-9) / 10.0:g}"


def ceil_points(share: float) -> str:
    """Write a fraction as points with one decimal at most, rounded up: giving so much is enough."""
    return f"{np.ceil(1000.0 * share) / 10.0:g}"
