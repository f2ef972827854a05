"""Where every number comes from: one flat record per number, for tables of sources."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel

from optimiser.chemistry.acids import Acid
from optimiser.chemistry.metals import Metal
from optimiser.chemistry.prices import ExchangeRate, Price, load_rates
from optimiser.chemistry.quantity import Quantity, flags, numbers
from optimiser.chemistry.reagents import Reagents


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
        method: the impact method of a factor, such as ``IPCC GWP100``; empty for other numbers.
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
    method: str = ""


def provenance(
    acids: Mapping[str, Acid],
    metals: Mapping[str, Metal],
    reagents: Reagents,
    beside: Mapping[str, BaseModel] | None = None,
) -> list[Provenance]:
    """Return a record of every number of some acids, the metals and the reagents, and of the rates they use.

    Args:
        acids: the acids to tell of, by name.
        metals: by name.
        reagents: all of them are told of.
        beside: what a feed holds beside its cathode, as `impurities.entries` gives it, by label.

    Raises:
        InputError: a price whose currency and period have no exchange rate.
    """
    items = (*acids.values(), *reagents.values(), *metals.values())
    found = [(item.label, title, number) for item in items for title, number in numbers(item)]
    found += [
        (label, title, number) for label, item in (beside or {}).items() for title, number in numbers(item)
    ]
    used = {(number.currency, number.period) for _, _, number in found if isinstance(number, Price)}
    found += [("euro", "exchange rate", rate) for key, rate in load_rates().items() if key in used]
    return [_record(*number) for number in found]


def markdown_table(records: Iterable[Provenance]) -> str:
    """Return the records as a Markdown table."""
    lines = [
        "| item | quantity | value | unit | method | range | date | confidence | marked | source | note |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for r in records:
        value = "miscible" if r.value is None else f"{r.value:g}"
        cells = (r.item, r.quantity, value, r.unit, r.method, _range(r.low, r.high), r.date, r.confidence)
        texts = (*cells, ", ".join(r.flags), r.source, r.note)
        lines.append("| " + " | ".join(text.replace("|", "\\|") for text in texts) + " |")
    return "\n".join(lines) + "\n"


def _range(low: float | None, high: float | None) -> str:
    if low is not None and high is not None:
        return f"{low:g} to {high:g}"
    return f"from {low:g}" if low is not None else f"up to {high:g}" if high is not None else ""


def _record(item: str, quantity: str, number: Quantity | Price | ExchangeRate) -> Provenance:
    return Provenance(
        item=item,
        quantity=quantity,
        value=number.value if math.isfinite(number.value) else None,
        unit=number.unit,
        low=number.low,
        high=number.high,
        source=number.source_text,
        date=number.date,
        confidence=number.confidence or "",
        flags=flags(number),
        note=number.note,
        euro=number.euro() if isinstance(number, Price) else None,
        method=number.method if isinstance(number, Quantity) else "",
    )


#: Marks between which a page holds a table that is written by a command.
_BEGIN, _END = "<!-- begin table -->\n", "<!-- end table -->"


def write_table(table: str, pages: Iterable[str]) -> None:
    """Write a Markdown table between the two marks of each page; without a page it is printed."""
    named = list(pages)
    if not named:
        print(table, end="")
    for page in map(Path, named):
        before, _, rest = page.read_text(encoding="utf-8").partition(_BEGIN)
        _, _, after = rest.partition(_END)
        page.write_text(f"{before}{_BEGIN}\n{table}\n{_END}{after}", encoding="utf-8")
