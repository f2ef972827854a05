"""Where every number comes from: one flat record per number, for tables of sources."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from optimiser.chemistry.acids import Acid
from optimiser.chemistry.metals import METALS, Metal
from optimiser.chemistry.quantity import Price, Quantity, flags
from optimiser.chemistry.rates import load_rates
from optimiser.chemistry.reagents import Reagent, Reagents


@dataclass(frozen=True)
class Provenance:
    """One number and what it rests on.

    Attributes:
        item: what it belongs to, e.g. ``sulfuric acid``.
        quantity: what it is, e.g. ``price``.
        value: in ``unit``; None for "miscible", which the note says.
        low, high: the range, None where not known.
        source: the full citation.
        date: year or period, empty where not known.
        confidence: A, B, C, or empty.
        flags: what must be told beside it, e.g. ``confidence C``.
        note: remarks.
        euro: a price in EUR per the same basis, else None.
    """

    item: str
    quantity: str
    value: float | None
    unit: str
    low: float | None
    high: float | None
    source: str
    date: str
    confidence: str
    flags: tuple[str, ...]
    note: str
    euro: float | None = None

    @property
    def value_text(self) -> str:
        """The value as a reader wants it."""
        return "miscible" if self.value is None else f"{self.value:g}"

    @property
    def range_text(self) -> str:
        """``low-high``, one of them with a sign, or nothing."""
        if self.low is None and self.high is None:
            return ""
        if self.high is None:
            return f"from {self.low:g}"
        return f"up to {self.high:g}" if self.low is None else f"{self.low:g} to {self.high:g}"


def provenance(
    acids: Mapping[str, Acid], metals: Mapping[str, Metal], reagents: Reagents
) -> list[Provenance]:
    """Return a record of every number of some acids, the metals and the reagents, and of the rates they use.

    Args:
        acids: the acids to tell of, by name.
        metals: by name.
        reagents: all of them are told of.

    Raises:
        InputError: a price whose currency and period have no exchange rate.
    """
    records: list[Provenance] = []
    prices: list[Price] = []
    for item, quantity, number in _numbers(acids, metals, reagents):
        records.append(_record(item, quantity, number))
        if isinstance(number, Price):
            prices.append(number)
    return records + _rates(prices)


def markdown_table(records: Iterable[Provenance]) -> str:
    """Return the records as a Markdown table."""
    lines = [
        "| item | quantity | value | unit | range | date | confidence | marked | source | note |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for r in records:
        cells = (
            *(r.item, r.quantity, r.value_text, r.unit, r.range_text, r.date, r.confidence),
            *(", ".join(r.flags), r.source, r.note),
        )
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def _numbers(
    acids: Mapping[str, Acid], metals: Mapping[str, Metal], reagents: Reagents
) -> Iterator[tuple[str, str, Quantity | Price]]:
    for acid in acids.values():
        found: dict[str, Quantity | Price | None] = {
            "price": acid.price,
            "climate change": acid.climate_change,
            "stock purity": acid.stock.purity,
            "stock density": acid.stock.density,
            **{f"pKa{i}": pka for i, pka in enumerate(acid.pKa, start=1)},
            "solubility": acid.solubility,
            "solubility at 60 degC": acid.solubility_60,
            "calcium salt's crystal water": acid.calcium_hydrate,
            "temperature limit": acid.limit,
        }
        salts = acid.salt_solubility or {}
        found |= {f"{metal} salt solubility": salts.get(metal) for metal in METALS}
        yield from _known(acid.label, found)
    for name in reagents:
        reagent = reagents[name]
        found = {"price": reagent.price, "climate change": reagent.climate_change}
        if isinstance(reagent, Reagent):
            found |= {
                "stock purity": reagent.stock.purity,
                "stock density": reagent.stock.density,
                "molar mass": reagent.mass,
                "temperature limit": reagent.limit,
            }
            if reagent.base is not None:
                found |= {
                    "protons taken up": reagent.base.protons,
                    "released in neutralising": reagent.base.released,
                }
        yield from _known(reagent.label, found)
    for metal in metals.values():
        yield from _known(
            metal.label,
            {
                "price": metal.price,
                "payable": metal.payable,
                "molar mass": metal.mass,
                "ion's charge": metal.ion,
            },
        )


def _known(
    item: str, found: Mapping[str, Quantity | Price | None]
) -> Iterator[tuple[str, str, Quantity | Price]]:
    for quantity, number in found.items():
        if number is not None:
            yield item, quantity, number


def _record(item: str, quantity: str, number: Quantity | Price) -> Provenance:
    period = number.period if isinstance(number, Price) else None
    return Provenance(
        item=item,
        quantity=quantity,
        value=number.value if math.isfinite(number.value) else None,
        unit=number.unit,
        low=number.low,
        high=number.high,
        source=number.source_text,
        date=period or str(number.year or ""),
        confidence=number.confidence or "",
        flags=flags(number),
        note=number.note,
        euro=number.euro() if isinstance(number, Price) else None,
    )


def _rates(prices: Iterable[Price]) -> list[Provenance]:
    used = {(price.currency, price.period) for price in prices if price.currency != "EUR"}
    return [
        Provenance(
            item="euro",
            quantity="exchange rate",
            value=rate.rate,
            unit=f"{rate.currency}/EUR",
            low=None,
            high=None,
            source=rate.citation,
            date=rate.period,
            confidence=rate.confidence or "",
            flags=("confidence C",) if rate.confidence == "C" else (),
            note=rate.note,
        )
        for key, rate in load_rates().items()
        if key in used
    ]
