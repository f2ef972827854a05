"""How an assay is written: what it may name, and a content in wt% as a number or a range."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer

from optimiser._io.errors import InputError, closest
from optimiser.chemistry.impurities import IMPURITIES, MOISTURE, OTHER, OXYGEN, load_inert, unfollowed
from optimiser.chemistry.metals import BASE_METALS
from optimiser.chemistry.quantity import Sourced


def assay_keys() -> tuple[str, ...]:
    """Return everything that an assay may name."""
    return (*BASE_METALS, *IMPURITIES, *load_inert(), MOISTURE, OXYGEN, *unfollowed())


def _entry(value: Any) -> Any:
    """Read a content: a number, [low, high] or {low, mode, high}, in wt%."""
    if isinstance(value, Sourced):
        return value
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, list | tuple):
        numbers = [v for v in value if isinstance(v, int | float) and not isinstance(v, bool)]
        if len(value) != 2 or len(numbers) != 2 or not numbers[0] <= numbers[1]:
            raise InputError(
                f"{value!r} is not a range.",
                allowed="[low, high] in wt% with low <= high",
                remedy="write e.g. `Cu: [1, 3]`",
            )
        low, high = map(float, numbers)
        value = {"value": (low + high) / 2.0, "low": low, "high": high, "distribution": "uniform"}
    if not isinstance(value, dict):
        value = {"value": value}
    for end in ("value", "mode", "low", "high"):
        if end in value and not _is_number(value[end], optional=end in ("low", "high")):
            said = "A content is missing" if value[end] is None else f"{value[end]!r} is not a content"
            raise InputError(
                f"{said}.",
                allowed="a plain number in wt% with a decimal point, e.g. 4.1",
                remedy="write the number alone: no comma, quotes or % sign; 0 where there is none",
            )
    ends = [value[end] for end in ("low", "value", "mode", "high") if end in value]
    for end in ends:
        if isinstance(end, int | float) and not isinstance(end, bool) and not 0.0 <= end <= 100.0:
            raise InputError(
                f"A content of {end:g} wt% is not possible.",
                allowed="0 to 100 wt%",
                remedy="write the contents in per cent by mass of what is charged",
            )
    return value


def _is_number(value: Any, optional: bool) -> bool:
    """Tell whether a content is a number; YAML 1.1 reads 1e-3, which lacks a point, as text."""
    if isinstance(value, str):
        try:
            float(value)
        except ValueError:
            return False
        return True
    return optional if value is None else not isinstance(value, bool | list | tuple | dict)


def _written(number: Sourced) -> Any:
    if number.low is None and number.high is None:
        return number.value
    low, high = number.range()
    if number.distribution == "uniform" and number.value == (low + high) / 2.0:
        return [low, high]
    return {"low": low, "mode": number.value, "high": high} | (
        {"distribution": "uniform"} if number.distribution == "uniform" else {}
    )


#: A content in wt%: one number, a range that is drawn evenly, or low, mode and high.
Content = Annotated[Sourced, BeforeValidator(_entry), PlainSerializer(_written)]


def check_names(assay: Mapping[str, Any]) -> None:
    """Refuse what no assay can name.

    Raises:
        InputError: an unknown element or solid; a range of one that cannot have a range.
    """
    known = assay_keys()
    for name, value in assay.items():
        if name not in known:
            by_case = {key.casefold(): key for key in known}
            near = by_case.get(str(name).casefold())
            raise InputError(
                f"An assay cannot name {name!r}.",
                key=(str(name),),
                allowed=", ".join(known),
                remedy=(f"did you mean {near!r}?" if near else closest(str(name), known))
                or f"add its wt% to `{OTHER}`, which takes no part in the sums",
            )
        ranged = isinstance(value, list | tuple | dict) or (
            isinstance(value, Sourced) and value.range()[0] < value.range()[1]
        )
        if ranged and name not in IMPURITIES:
            why = (
                "the cathode that the yields are predicted for would be another one in every draw"
                if name in BASE_METALS
                else "the sums hardly depend on it"
            )
            raise InputError(
                f"{name} cannot have a range: {why}.",
                key=(str(name),),
                allowed=f"ranges of {', '.join(IMPURITIES)}; one number for the others",
                remedy="give the number that is most likely, and ask again with each end to see what it does",
            )
