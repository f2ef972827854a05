"""Acids that lack numbers: what is missing, and blanks in its place so that sums are blank too."""

from __future__ import annotations

import math

from optimiser.chemistry.acids import Acid
from optimiser.chemistry.impacts import CLIMATE, ImpactTable, same_text
from optimiser.chemistry.prices import Price
from optimiser.chemistry.quantity import Quantity

#: Categories named one by one in a note.
_NAMED = 3


def with_blanks(acid: Acid) -> Acid:
    """Return the acid with NaN for a price or factor that it lacks."""
    blanks: dict[str, object] = {}
    if acid.price is None:
        blanks["price"] = Price.model_construct(value=math.nan, currency="EUR", per="kg stock")
    if acid.climate_change is None:
        blanks["climate_change"] = Quantity.model_construct(
            value=math.nan, unit="kg CO2-eq/kg pure", source=""
        )
    return acid.model_copy(update=blanks)


def note(acid: Acid, table: ImpactTable) -> str:
    """Say which numbers for cost and impact an acid lacks, or nothing: ``levulinic has no price``."""
    known = {
        "stock purity": not math.isnan(acid.purity),
        "stock density": not math.isnan(acid.density),
        "price": acid.price is not None,
        "climate change factor": acid.climate_change is not None,
    }
    lacks = [name for name, there in known.items() if not there]
    without = [
        category
        for category in table.categories
        if not same_text(category, CLIMATE) and math.isnan(table.acid_factor(category, acid))
    ]
    lacks += [f"factor of {category}" for category in without[:_NAMED]]
    if len(without) > _NAMED:
        lacks.append(f"factor of {len(without) - _NAMED} more categories")
    return f"{acid.name} has no {', no '.join(lacks)}" if lacks else ""
