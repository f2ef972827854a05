"""Which acid, reagent or energy a name in a user's table means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from optimiser._io.errors import InputError, closest
from optimiser.chemistry.acids import Acid, find_acid_name
from optimiser.chemistry.reagents import load_reagents
from optimiser.tables.read import Column, Table, refuse_twice, split_title


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


def substance_columns(
    table: Table, acids: Mapping[str, Acid], others: Sequence[Column], low: float = 0.0
) -> tuple[Column, ...]:
    """Return a column of numbers for each title that is a substance's name, beside those of ``others``.

    A unit in such a title stays the column's own.

    Raises:
        InputError: a title that is neither, or a substance given twice; where one of ``others`` is missing.
    """
    taken = {name.casefold() for column in others for name in (column.name, *column.aliases)}
    found, seen = [], dict[str, str]()
    for j, title in enumerate(table.header):
        if not title or title.casefold() in taken:
            continue
        written, unit = split_title(title)
        where = table.where(None, j)
        try:
            name = substance_name(written, acids, where)
        except InputError as error:
            raise InputError(
                f"Unknown column {title!r}: {error.what}",
                where=where,
                allowed=", ".join((*(column.name for column in others), error.allowed)),
                remedy=closest(title, [column.name for column in others]) or error.remedy,
            ) from None
        refuse_twice(name, title, where, seen)
        found.append(Column(written, unit, key=name, low=low))
    return tuple(found)
