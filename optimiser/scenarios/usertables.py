"""A user's own tables of acids, prices and impacts, put together with the shipped ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from optimiser.binding import known_acids
from optimiser.chemistry.acids import Acid
from optimiser.chemistry.impacts import ImpactTable, climate_table, with_climate_change
from optimiser.chemistry.reagents import Reagents, load_acids, load_reagents
from optimiser.importers import import_acids, import_impacts, import_prices, with_prices
from optimiser.process.inputs import ProcessInputs
from optimiser.spec.load import Question


@dataclass(frozen=True)
class UserTables:
    """What sums are made with.

    Attributes:
        acids: by name.
        reagents: peroxide, water, bases, heat and power.
        factors: impact factors of all of them.
        notes: what must be told of the tables read, one sentence each.
    """

    acids: Mapping[str, Acid]
    reagents: Reagents
    factors: ImpactTable
    notes: tuple[str, ...] = ()


def user_tables(
    question: Question | None = None,
    acids: str | Path | None = None,
    prices: str | Path | None = None,
    impacts: str | Path | None = None,
) -> UserTables:
    """Read a user's tables; what they do not say stays as the problem or the shipped tables have it.

    Args:
        question: a problem, whose own acids come before the tables.
        acids, prices, impacts: files, ``FILE#SHEET`` for a workbook with several sheets.

    Raises:
        InputError: something in a table is wrong; with file, row and column.
    """
    known: Mapping[str, Acid] = known_acids(question) if question else load_acids()
    reagents, notes = load_reagents(), tuple[str, ...]()
    if acids is not None:
        imported = import_acids(acids, known)
        known, notes = imported.acids, imported.notes
    if prices is not None:
        known, reagents = with_prices(known, reagents, import_prices(prices, known))
    if impacts is None:
        return UserTables(known, reagents, climate_table(known, reagents), notes)
    table = import_impacts(impacts, known)
    known, reagents = with_climate_change(known, reagents, table)
    return UserTables(
        known, reagents, table.completed(climate_table(known, reagents)), (*notes, *table.notes)
    )


def with_reagents(inputs: ProcessInputs, reagents: Reagents) -> ProcessInputs:
    """Return process inputs at the prices and factors of other reagents."""
    base = inputs.parameters.neutraliser
    changed = replace(
        inputs.reagents,
        peroxide_price=reagents.hydrogen_peroxide.price_eur_per_kg_pure(),
        peroxide_climate_change=reagents.hydrogen_peroxide.climate_change_per_kg_pure(),
        water_price=reagents.water.price_eur_per_kg_pure(),
        water_climate_change=reagents.water.climate_change_per_kg_pure(),
        heat_price=reagents.heat.price_eur_per_kwh(),
        heat_climate_change=reagents.heat.climate_change_per_kwh(),
        power_price=reagents.power.price_eur_per_kwh(),
        power_climate_change=reagents.power.climate_change_per_kwh(),
    )
    if base != "none":
        taken = getattr(reagents, base)
        changed = replace(
            changed,
            base_price=taken.price_eur_per_kg_pure(),
            base_climate_change=taken.climate_change_per_kg_pure(),
        )
    return replace(inputs, reagents=changed)
