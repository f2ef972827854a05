"""Names in a user's table: which acid, reagent or energy each means, and that none is meant twice."""

from __future__ import annotations

from collections.abc import Mapping

from optimiser._io.errors import InputError, closest
from optimiser.chemistry.acids import Acid, find_acid_name
from optimiser.chemistry.reagents import load_reagents


def substance_name(name: str, acids: Mapping[str, Acid], where: str) -> str:
    """Return the name under which an acid, reagent or energy is known.

    Raises:
        InputError: there is none called so.
    """
    found = _find(name, acids)
    if found is None:
        every = [*acids, *(a for acid in acids.values() for a in acid.aliases or ()), *load_reagents()]
        raise InputError(
            f"{name!r} is no acid, reagent or energy that is known here.",
            where=where,
            allowed=", ".join((*acids, *load_reagents())),
            remedy=closest(name, every) or "describe a new acid in the table of acids (--acids) first",
        )
    return found


def _find(name: str, acids: Mapping[str, Acid]) -> str | None:
    wanted = name.strip().casefold().removesuffix(" acid").replace("_", " ")
    acid = find_acid_name(name.strip(), acids) or find_acid_name(wanted, acids)
    if acid is not None:
        return acid
    reagents = load_reagents()
    for key in reagents:
        reagent = reagents[key]
        spellings = (key.replace("_", " "), reagent.label, getattr(reagent, "formula", ""))
        if wanted in (spelling.casefold() for spelling in spellings if spelling):
            return key
    return None


def refuse_twice(name: str, written: str, where: str, seen: dict[str, str]) -> None:
    """Remember where a name was found.

    Raises:
        InputError: it had been found before.
    """
    if name in seen:
        other = f" as {name!r}" if written != name else ""
        raise InputError(
            f"{written!r} is listed twice{other}.",
            where=f"{where}; before: {seen[name]}",
            remedy="keep one of them",
        )
    seen[name] = where
