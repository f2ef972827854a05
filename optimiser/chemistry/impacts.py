"""Impact factors of acids, reagents and energy in any set of categories, and EF 3.1's way to one score."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np

from optimiser._io.errors import InputError
from optimiser.chemistry.acids import Acid, complete
from optimiser.chemistry.impact_source import Provenance
from optimiser.chemistry.mixtures import mass_shares
from optimiser.chemistry.quantity import Quantity
from optimiser.chemistry.reagents import ENERGIES, Reagents
from optimiser.chemistry.tables import Strict, read_table, shipped, table_of
from optimiser.variables import Floats

CLIMATE = "climate change"


@dataclass(frozen=True)
class ImpactTable:
    """Impact factors of c categories for s substances.

    Attributes:
        categories: names, in the order of the rows.
        units: of each category, without what they are per, e.g. ``kg CO2 eq``.
        substances: names of acids and reagents, in the order of the columns.
        factors: per kg of pure substance, of `ENERGIES` per kWh, shape (c, s); NaN where missing.
        source: where the table comes from.
        notes: what a reader must be told, one sentence each.
        provenance: what a local table says of its database, activities and gaps; None for other tables.
    """

    categories: tuple[str, ...]
    units: tuple[str, ...]
    substances: tuple[str, ...]
    factors: Floats
    source: str = ""
    notes: tuple[str, ...] = ()
    provenance: Provenance | None = None

    def __post_init__(self) -> None:
        shape = (len(self.categories), len(self.substances))
        if self.factors.shape != shape or len(self.units) != shape[0]:
            raise ValueError(f"factors have shape {self.factors.shape}, units {len(self.units)}: not {shape}")

    def factor(self, category: str, substance: str) -> float:
        """Return one factor; NaN where the table has none."""
        if category not in self.categories or substance not in self.substances:
            return float("nan")
        return float(self.factors[self.categories.index(category), self.substances.index(substance)])

    @property
    def cited(self) -> str:
        """Where the table comes from: its file, and of a local table the database behind it."""
        told = "" if self.provenance is None else self.provenance.cited
        return f"{self.source} ({told})" if told else self.source

    @property
    def missing(self) -> tuple[tuple[str, str], ...]:
        """The (category, substance) whose factor is missing."""
        rows, columns = np.nonzero(np.isnan(self.factors))
        return tuple((self.categories[i], self.substances[k]) for i, k in zip(rows, columns, strict=True))

    def completed(self, other: ImpactTable) -> ImpactTable:
        """Return this table with what it lacks taken from another: cells of its own categories, in its units.

        Categories that only the other table has are not added.
        """
        substances = tuple(dict.fromkeys((*self.substances, *other.substances)))
        factors = _factors_of(substances, self)
        for row, category, unit in zip(factors, self.categories, self.units, strict=True):
            twin = other.find(category)
            if twin is not None and same_text(other.units[other.categories.index(twin)], unit):
                theirs = np.array([other.factor(twin, substance) for substance in substances])
                row[:] = np.where(np.isnan(row), theirs, row)
        return replace(self, substances=substances, factors=factors)

    def acid_factor(self, category: str, acid: Acid) -> float:
        """Return the factor of an acid, or of a mixture by the masses of its acids; NaN where one is missing.

        Examples:
            >>> from optimiser.chemistry.acids import load_acids
            >>> from optimiser.chemistry.mixtures import choose
            >>> table = ImpactTable(("x",), ("kg",), ("sulfuric", "citric"), np.array([[1.0, 3.0]]))
            >>> round(table.acid_factor("x", choose("0.7 sulfuric + 0.3 citric", load_acids())), 3)
            1.913
        """
        shares = mass_shares(acid)
        return sum(share * self.factor(category, name) for name, share in shares.items())

    def find(self, category: str) -> str | None:
        """Return the table's own name of a category, whatever its spelling, or None."""
        return next((own for own in self.categories if same_text(own, category)), None)


def same_text(one: str, two: str) -> bool:
    """Tell whether two names or units differ at most in case, spaces, hyphens, underscores and full stops."""
    return _plain(one) == _plain(two)


def _plain(text: str) -> str:
    return re.sub(r"[\s._-]+", "", text).casefold()


def impacts(amounts: Mapping[str, Floats], table: ImpactTable) -> Floats:
    """Return the impacts of n scenarios, shape (n, c): amount x factor, summed over substances.

    Args:
        amounts: by substance, what each scenario uses: kg of pure substance (kWh of heat and power), shape
            (n,) each. To look at the acid alone, give only the acids.
        table: the factors. Where a substance is used and its factor is missing, the impact is NaN.
    """
    used = _stacked(amounts)
    factors = _factors_of(amounts, table)
    total: Floats = used @ np.nan_to_num(factors).T
    lacking = (used > 0.0).astype(np.float64) @ np.isnan(factors).astype(np.float64).T
    return np.where(lacking > 0.0, np.nan, total)


def missing_factors(amounts: Mapping[str, Floats], table: ImpactTable) -> list[tuple[str, str, int]]:
    """Return (category, substance, number of scenarios that use it) for each factor that `impacts` lacked."""
    used = (_stacked(amounts) > 0.0).sum(axis=0)
    factors = _factors_of(amounts, table)
    return [
        (category, substance, int(used[k]))
        for k, substance in enumerate(amounts)
        for i, category in enumerate(table.categories)
        if used[k] and np.isnan(factors[i, k])
    ]


def _stacked(amounts: Mapping[str, Floats]) -> Floats:
    return np.column_stack([np.asarray(amount, dtype=np.float64) for amount in amounts.values()])


def _factors_of(substances: Iterable[str], table: ImpactTable) -> Floats:
    names = tuple(substances)
    return np.array([[table.factor(category, name) for name in names] for category in table.categories])


def climate_table(acids: Mapping[str, Acid], reagents: Reagents) -> ImpactTable:
    """Return the climate change of all acids, reagents and energies as a table; NaN where not known."""
    every = {**acids, **reagents}
    factors = [factor.value if (factor := item.climate_change) else np.nan for item in every.values()]
    return ImpactTable((CLIMATE,), ("kg CO2 eq",), tuple(every), np.array([factors]), "tables of models/")


def with_climate_change(
    acids: Mapping[str, Acid], reagents: Reagents, table: ImpactTable
) -> tuple[dict[str, Acid], Reagents]:
    """Return acids and reagents whose climate change is that of an impact table, where it has one.

    Raises:
        InputError: the table gives climate change in another unit, or an impossible number.
    """
    row = next((category for category in table.categories if is_climate(category)), None)
    if row is None:
        return dict(acids), reagents
    unit = table.units[table.categories.index(row)]
    if not same_text(unit, "kg CO2 eq"):
        raise InputError(
            f"Climate change is given in {unit!r}.", where=table.source, allowed="kg CO2 eq per kg pure"
        )

    changed = dict(acids)
    for name, item in {**acids, **reagents}.items():
        value, old = table.factor(row, name), item.climate_change
        if np.isnan(value) or (old is not None and old.value == value):
            continue
        unit = "kg CO2-eq/kWh" if name in ENERGIES else "kg CO2-eq/kg pure"
        factor = Quantity(
            value=value, unit=unit, source=table.cited or "impact table", **_known(table, row, name, value)
        )
        if name in acids:
            changed[name] = complete(acids[name], {"climate_change": factor})
        else:
            reagents = reagents.changed(name, climate_change=factor)
    return changed, reagents


def _known(table: ImpactTable, category: str, substance: str, value: float) -> dict[str, Any]:
    """Return method, year and range of a factor, as far as a local table tells them."""
    if table.provenance is None:
        return {}
    known: dict[str, Any] = {
        "method": str(table.provenance.source.get("method", "")),
        "year": table.provenance.year,
    }
    low, high = table.provenance.ends(substance, category) or (value, value)
    return known | {"low": low, "high": high} if low <= value <= high and low < high else known


class Footprint(Strict):
    """One category of the Environmental Footprint method.

    Attributes:
        unit: of the impact.
        names: other spellings.
        normalisation: impact of one person in one year, world average.
        weighting: share in the single score, %.
    """

    unit: str
    names: tuple[str, ...] = ()
    normalisation: Quantity
    weighting: Quantity


@cache
def load_footprint() -> Mapping[str, Footprint]:
    """Return the shipped EF 3.1 figures by category."""
    return dict(table_of(read_table(shipped("ef31.yaml")), categories=dict[str, Footprint]).categories)


def is_climate(category: str) -> bool:
    """Tell whether a category is climate change itself, however a table writes it.

    Examples:
        >>> is_climate("Global Warming"), is_climate("climate change: biogenic")
        (True, False)
    """
    entry = load_footprint()[CLIMATE]
    return any(same_text(category, spelling) for spelling in (CLIMATE, *entry.names))
