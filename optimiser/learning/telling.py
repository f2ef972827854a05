"""What own results taught, in one sentence; nothing is claimed that the weights do not carry."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from optimiser.variables import COLUMN, VARIABLES

if TYPE_CHECKING:
    from optimiser.learning.lessons import Shift, Trend

#: Points of yield within which metals are told to leach about the same.
SAME = 2
#: Experiments before a plant is told to be unlike the literature.
LEAST_UNLIKE = 5
#: What stands behind the number of a setpoint.
_NOUNS = {"acid_concentration": " acid", "h2o2": " peroxide", "solid_liquid_ratio": " solids"}


def sentence_of(shifts: Sequence[Shift]) -> str:
    """Say how a plant differs from the literature: a sentence for each acid and feed."""
    several = len(shifts) > 1
    return " ".join(_sentence(shift, several) for shift in shifts)


def _sentence(shift: Shift, several: bool) -> str:
    where = f"With {shift.acid} acid on {shift.feed}, your" if several else "Your"
    if not shift.published:
        where = f"The literature's data have no {shift.acid} acid. {where}"
    if shift.likeliest == "literature":
        return f"{where} plant shows no difference from the literature that the results could show."
    if shift.likeliest == "own" and shift.experiments >= LEAST_UNLIKE:
        own = (
            "the literature: its predictions no longer count there"
            if several
            else ("the literature: its predictions no longer count")
        )
        return f"{where} plant is unlike {own}."
    points = {metal: round(100.0 * value) for metal, value in shift.shift.items()}
    other = sorted((m for m, p in points.items() if abs(p) > SAME), key=lambda m: -abs(points[m]))
    same = [metal for metal, p in points.items() if abs(p) <= SAME]
    if not other:
        said = (
            f"{where} plant leaches {listed(same)} about as the literature model says (within {SAME} points)"
        )
    else:
        first, *more = other
        said = f"{where} plant leaches {first} {_size(points[first])} than the literature model says"
        said += "".join(f", {metal} {_much(points[metal])}" for metal in more)
        if same:
            said += f", {listed(same)} about the same (within {SAME} points)"
    trend = shift.trends[0] if shift.trends else None
    return f"{said}; {trend_words(trend)}." if trend is not None else f"{said}."


def trend_words(trend: Trend) -> str:
    """Say the half of a range in which a metal differs more: ``below 60 °C Mn 15 points less``."""
    below = abs(trend.below) >= abs(trend.above)
    points = round(100.0 * (trend.below if below else trend.above))
    side = "up to" if below else "above"
    if trend.variable in COLUMN:
        unit = f"{VARIABLES[COLUMN[trend.variable]].shown_unit}{_NOUNS.get(trend.variable, '')}"
    else:
        unit = f"wt% {trend.variable}"
    place = f"{side} {trend.middle:.3g} {unit}"
    return f"{place} {trend.metal} {_size(points)}"


def listed(names: Iterable[str]) -> str:
    """Join names: ``Li, Ni and Co``.

    >>> listed(["Li", "Ni", "Co"]), listed(["Li"])
    ('Li, Ni and Co', 'Li')
    """
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def _size(points: int) -> str:
    """Say a shift: ``11 points less``."""
    return f"{abs(points)} point{'' if abs(points) == 1 else 's'} {'less' if points < 0 else 'more'}"


def _much(points: int) -> str:
    return f"{abs(points)} {'less' if points < 0 else 'more'}"
