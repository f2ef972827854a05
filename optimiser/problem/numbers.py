"""Numbers as a problem may write them."""

from __future__ import annotations

import contextlib
import math
from typing import Any

from optimiser._io.errors import InputError


def number(value: Any, key: tuple[str | int, ...] = ()) -> float:
    """Return a finite number; YAML 1.1 reads 1e-3, which lacks a point, as text.

    Raises:
        InputError: it is text, true or false, or not finite.

    Examples:
        >>> number("1e-3")
        0.001
    """
    found = value.item() if hasattr(value, "item") else value  # numpy's numbers
    if isinstance(value, str) and "e" in value.lower():
        with contextlib.suppress(ValueError):
            found = float(value)
    with contextlib.suppress(OverflowError):
        if not isinstance(found, bool) and isinstance(found, int | float) and math.isfinite(found):
            return float(found)
    raise InputError(
        f"{value!r} is not a number.",
        allowed="a number without its unit",
        remedy="write the number alone, without quotes or a unit",
        key=key,
    )


def bounded(value: Any, name: str, low: str, high: str) -> float:
    """Return a number between two bounds such as ``> 0`` and ``<= 10``.

    Raises:
        InputError: it is no number, or out of bounds.

    Examples:
        >>> bounded(1.1, "proton_balance", "> 0", "<= 10")
        1.1
    """
    found = number(value, key=(name,))
    holds = {">": found.__gt__, ">=": found.__ge__, "<": found.__lt__, "<=": found.__le__}
    words = {">": "above", ">=": "at least", "<": "below", "<=": "at most"}
    bounds = [bound.split() for bound in (low, high)]
    if not all(holds[sign](float(limit)) for sign, limit in bounds):
        raise InputError(
            f"{name} = {found:g} is not possible.",
            allowed=", ".join(f"{words[sign]} {limit}" for sign, limit in bounds),
            remedy=f"correct {name}",
            key=(name,),
        )
    return found
