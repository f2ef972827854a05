"""The current acids, prices and impact factors as tables to edit; `own.py` reads them back."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd

from optimiser.chemistry.acids import Acid
from optimiser.chemistry.impacts import ImpactTable, climate_table
from optimiser.chemistry.quantity import Quantity, flags
from optimiser.chemistry.reagents import ENERGIES, Energy, Reagents
from optimiser.tables.own_acids import COLUMNS, NUMBERS, PKAS, SALTS, TRUTHS


def tables(acids: Mapping[str, Acid], reagents: Reagents) -> dict[str, pd.DataFrame]:
    """Return the three tables by the name of their file: acids, prices, impacts; units in the headers."""
    return {
        "acids": acid_table(acids),
        "prices": price_table(acids, reagents),
        "impacts": impact_table(climate_table(acids, reagents)),
    }


def acid_table(acids: Mapping[str, Acid]) -> pd.DataFrame:
    """Return one row per acid: structure, pKa, stock and solubilities; empty where not known."""
    rows = []
    for name, acid in acids.items():
        pkas = dict(zip(PKAS, acid.pKa_values, strict=False))
        row: dict[str, object] = {"acid": name, **pkas}
        row |= {key: getattr(acid, key) or "" for key in ("label", "formula", "smiles", "reductant")}
        row |= {"purity": acid.purity, "density": acid.density}
        for title, key in NUMBERS.items():
            known = getattr(acid, key)
            value = known.value if isinstance(known, Quantity) else known
            row[title] = "miscible" if value == math.inf else value
        row |= {key: "yes" for key in TRUTHS if getattr(acid, key)}
        row |= dict(zip(SALTS.values(), acid.salt_solubility_values, strict=True))
        rows.append({column.title: row.get(column.name, np.nan) for column in COLUMNS})
    return pd.DataFrame(rows)


def price_table(acids: Mapping[str, Acid], reagents: Reagents) -> pd.DataFrame:
    """Return one row per acid, reagent and energy: its price in EUR at the rate of its own period.

    ``per`` says what it buys; the range and the source stand beside it, and what must be told of them.
    """
    rows = []
    for name, item in [*acids.items(), *((n, reagents[n]) for n in reagents)]:
        price = item.price
        basis = "kWh" if isinstance(item, Energy) else "kg stock"
        low, high = price.range_euro() if price else (np.nan, np.nan)
        quoted = f"{price.value:g} {price.unit} of {price.period}" if price and price.period else ""
        rows.append(
            {
                "substance": name,
                "price [EUR]": price.euro() if price else np.nan,
                "per": price.per if price else basis,
                "low [EUR]": low,
                "high [EUR]": high,
                "source": price.source_text if price else "",
                "note": "; ".join(part for part in (quoted, *(flags(price) if price else ())) if part),
            }
        )
    return pd.DataFrame(rows)


def impact_table(table: ImpactTable) -> pd.DataFrame:
    """Return one row per category and one column per substance, empty where a factor is missing."""
    columns: dict[str, object] = {"category": table.categories, "unit": table.units}
    for k, name in enumerate(table.substances):
        columns[f"{name} [per {'kWh' if name in ENERGIES else 'kg pure'}]"] = table.factors[:, k]
    return pd.DataFrame(columns)
