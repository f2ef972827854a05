"""What own results taught, in one sentence; nothing is claimed that the weights do not carry."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from optimiser.systems.system import System

if TYPE_CHECKING:
    from optimiser.learning.lessons import Shift, Trend

#: Points of yield within which metals are told to leach about the same.
SAME = 2
#: Experiments before a plant is told to be unlike the literature.
LEAST_UNLIKE = 5
#: What stands behind the number of a setpoint.
_NOUNS = {"acid_concentration": " acid", "h2o2": " peroxide", "solid_liquid_ratio": " solids"}


def source_of(system: System) -> str:
    """Return what own results are compared with, in words: the literature, or the table of one's own system.

    Examples:
        >>> from optimiser.systems.system import cathode
        >>> source_of(cathode())
        'the literature'
    """
    return "the literature" if system.is_cathode else f"the table of {system.name}"


def option_words(name: str, system: System) -> str:
    """Return an option in a sentence: ``sulfuric acid``; of one's own system ``sulfuric / none``."""
    return f"{name} acid" if system.is_cathode else name


def sentence_of(shifts: Sequence[Shift], system: System) -> str:
    """Say how a plant differs from the literature: a sentence for each acid and feed."""
    several = len(shifts) > 1
    return " ".join(_sentence(shift, several, system) for shift in shifts)


def _sentence(shift: Shift, several: bool, system: System) -> str:
    acid, source = option_words(shift.acid, system), source_of(system)
    where = f"With {acid} on {shift.feed}, your" if several else "Your"
    if not shift.published:
        lacking = (
            "The literature's data have" if system.is_cathode else f"{source[:1].upper()}{source[1:]} has"
        )
        where = f"{lacking} no {acid}. {where}"
    if shift.likeliest == "literature":
        return f"{where} plant shows no difference from {source} that the results could show."
    if shift.likeliest == "own" and shift.experiments >= LEAST_UNLIKE:
        own = f"{source}: its predictions no longer count" + (" there" if several else "")
        return f"{where} plant is unlike {own}."
    points = {metal: round(100.0 * value) for metal, value in shift.shift.items()}
    other = sorted((m for m, p in points.items() if abs(p) > SAME), key=lambda m: -abs(points[m]))
    same = [metal for metal, p in points.items() if abs(p) <= SAME]
    model = "the literature model" if system.is_cathode else f"the model of {system.name}"
    if not other:
        said = f"{where} plant leaches {listed(same)} about as {model} says (within {SAME} points)"
    else:
        first, *more = other
        said = f"{where} plant leaches {first} {_size(points[first])} than {model} says"
        said += "".join(f", {metal} {_much(points[metal])}" for metal in more)
        if same:
            said += f", {listed(same)} about the same (within {SAME} points)"
    trend = shift.trends[0] if shift.trends else None
    return f"{said}; {trend_words(trend, system)}." if trend is not None else f"{said}."


def trend_words(trend: Trend, system: System) -> str:
    """Say the half of a range in which a metal differs more: ``below 60 °C Mn 15 points less``."""
    below = abs(trend.below) >= abs(trend.above)
    points = round(100.0 * (trend.below if below else trend.above))
    side = "up to" if below else "above"
    if trend.variable in system.column:
        variable = system.variables[system.column[trend.variable]]
        noun = _NOUNS.get(trend.variable, "") if system.is_cathode else f" {variable.label}"
        unit = (
            f"{variable.shown_unit}{noun}".strip() if variable.unit == "-" else f"{variable.shown_unit}{noun}"
        )
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
