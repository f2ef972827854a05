"""What a problem says of impacts: factors that it assumes, and a credit for the metals dissolved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import numpy as np
from pydantic import BeforeValidator, Field, model_validator

from optimiser._io.errors import InputError, closest
from optimiser._io.yamlfile import Real
from optimiser.chemistry.acids import Acid, find_acid_name
from optimiser.chemistry.categories import CLIMATE_CHANGE, category_of
from optimiser.chemistry.impacts import ImpactTable, is_climate, same_text
from optimiser.chemistry.metals import METALS
from optimiser.problem.strict import Strict
from optimiser.process.impacts import AssumedFactor, Credit

#: Stands for every category of the table.
EVERY = "all"
_MOST_SUBSTANCES = 200
_MOST_CREDIT = 1000.0  # kg CO2-eq per kg of metal: beyond it the unit is wrong
_UNIT = "kg CO2-eq/kg"


def _plain(value: Any) -> Any:
    return {"value": value} if isinstance(value, int | float) and not isinstance(value, bool) else value


class _Assumption(Strict):
    value: Annotated[Real, Field(ge=0.0)]
    source: str = ""


class _CreditFactor(Strict):
    value: Annotated[Real, Field(ge=0.0, le=_MOST_CREDIT)]
    unit: str = _UNIT
    source: str = Field(min_length=1)

    @model_validator(mode="after")
    def _unit_is_known(self) -> _CreditFactor:
        if not same_text(self.unit, _UNIT):
            raise InputError(f"The unit {self.unit!r} is not that of a credit.", allowed=_UNIT)
        return self


#: By category, then by substance.
AssumeField = Annotated[
    dict[str, dict[str, Annotated[_Assumption, BeforeValidator(_plain)]]],
    Field(max_length=_MOST_SUBSTANCES),
]


def no_credit() -> InputError:
    """Return the error for a credit that names no metal."""
    return InputError(
        "The credit names no metal.",
        allowed=f"{{value: {_UNIT}, source: text}} for some of {', '.join(METALS)}",
        remedy="write e.g. `credit: {Co: {value: 10, source: ...}}`, or leave the key out",
    )


def _metals(value: Any) -> Any:
    if isinstance(value, Mapping) and not value:
        raise no_credit()
    if isinstance(value, Mapping):
        for metal in value:
            if metal not in METALS:
                raise InputError(
                    f"There is no metal {str(metal)!r} to credit.",
                    key=(metal,),
                    allowed=", ".join(METALS),
                    remedy=closest(str(metal), METALS) or "leave it out",
                )
            if not isinstance(value[metal], Mapping | _CreditFactor) or not dict(value[metal]).get("source"):
                raise InputError(
                    f"The credit of {metal} has no source.",
                    key=(metal,),
                    allowed=f"{{value: {_UNIT}, source: text}}",
                    remedy="say where the factor comes from",
                )
    return value


CreditField = Annotated[dict[str, _CreditFactor], BeforeValidator(_metals), Field(min_length=1)]


def credit_of(given: Mapping[str, Any] | None) -> Credit | None:
    """Return the credit that a problem gives, as numbers; None where it gives none."""
    if not given:
        return None
    factors = np.array([given[metal].value if metal in given else 0.0 for metal in METALS])
    return Credit(factors, {metal: factor.source for metal, factor in given.items()})


def assumed_factors(
    assume: Mapping[str, Mapping[str, Any]],
    table: ImpactTable | None,
    acids: Mapping[str, Acid],
    bought: Sequence[str],
) -> tuple[AssumedFactor, ...]:
    """Return the factors that a problem assumes, each for one category of the table.

    Args:
        assume: by category (the name of its metric, as the table writes it, or ``all``), then by substance.
        table: the problem's impact factors.
        acids: all that are known, by name.
        bought: what is bought beside the acids.

    Raises:
        InputError: there is no table, no such category or substance; the table has the factor already; with
            the key under ``assume``.
    """
    if not assume:
        return ()
    if table is None:
        raise InputError(
            "Factors are assumed, but the problem has no table of impacts.",
            key=("assume",),
            remedy="name it: `impacts: NAME`, or --impacts FILE",
        )
    names = {
        row: category_of(row, unit).name
        for row, unit in zip(table.categories, table.units, strict=True)
        if not is_climate(row)
    }
    found: dict[tuple[str, str], AssumedFactor] = {}
    # what is said of one category is stronger than what is said of all
    for category, factors in sorted(assume.items(), key=lambda item: item[0] != EVERY):
        rows = _rows(category, names)
        for written, one in factors.items():
            substance = _substance(written, acids, bought, category)
            lacking = [row for row in rows if np.isnan(table.factor(row, substance))]
            if not lacking:
                raise InputError(
                    f"The table has the {category} factor of {written} already.",
                    key=("assume", category, written),
                    remedy="leave the assumption out, or change the table",
                )
            for row in lacking:
                found[row, substance] = AssumedFactor(names[row], substance, one.value, one.source)
    return tuple(found.values())


def _rows(category: str, names: Mapping[str, str]) -> list[str]:
    if category == EVERY:
        return list(names)
    if category == CLIMATE_CHANGE or is_climate(category):
        raise InputError(
            "A climate factor is not assumed here.",
            key=("assume", category),
            allowed=", ".join(dict.fromkeys([*names.values(), EVERY])),
            remedy="give it with the acid: `acids: {levulinic: {climate_change: 4.0}}`",
        )
    rows = [row for row, name in names.items() if category == name or same_text(category, row)]
    if not rows:
        raise InputError(
            f"The table of impacts has no category {category!r}.",
            key=("assume", category),
            allowed=", ".join(dict.fromkeys([*names.values(), EVERY])),
            remedy=closest(category, list(names.values())) or "optimiser check lists the table's categories",
        )
    return rows


def _substance(written: str, acids: Mapping[str, Acid], bought: Sequence[str], category: str) -> str:
    name = written if written in bought else find_acid_name(written, acids)
    if name is None:
        known = [*acids, *bought]
        raise InputError(
            f"{written!r} is no acid, and nothing that the problem buys.",
            key=("assume", category, written),
            allowed=", ".join(known),
            remedy=closest(written, known) or "leave it out",
        )
    return name
