"""A user's table of prices: YAML, CSV or XLSX with a currency, or the Toolkit's own Acids_costs.xlsx."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from optimiser._io.errors import InputError
from optimiser._io.yamlfile import Document, read_yaml, validate
from optimiser.chemistry.acids import Acid, complete
from optimiser.chemistry.quantity import Basis, Price
from optimiser.chemistry.reagents import ENERGIES, Reagents, load_acids
from optimiser.tables.read import Column, Table, open_table, refuse_twice, split_title
from optimiser.tables.substances import substance_columns, substance_name

AMOUNTS = ("price", "low", "high")
_SUBSTANCE = Column("substance", kind="text", aliases=("acid", "reagent", "name"), required=True)
_WIDE = (
    Column("category", kind="text", aliases=("impact category",)),
    Column("unit", kind="text", required=True),
)
_TEXTS = ("currency", "per", "unit", "period", "source", "note")
_SIGNS = {"€": "EUR", "$": "USD", "£": "GBP", "¥": "CNY", "EURO": "EUR"}
_PER = {
    "kg": ("kg stock", 1.0),
    "t": ("kg stock", 1e-3),
    "mt": ("kg stock", 1e-3),
    "tonne": ("kg stock", 1e-3),
}
_BASES: tuple[str, ...] = get_args(Basis)
_EXAMPLE = "a header like `price [EUR/kg stock]`, or a column currency (and per); in YAML `currency: EUR`"


@dataclass(frozen=True)
class _Unit:
    """What a price is in: a currency (or None), what it buys (or None), and the factor to that."""

    currency: str | None = None
    per: str | None = None
    scale: float = 1.0


class _PriceFile(BaseModel):
    model_config = ConfigDict(extra="forbid")

    currency: str | None = Field(default=None, pattern="^[A-Z]{3}$")
    period: str | int | None = None
    prices: dict[str, float | dict[str, Any]]


def import_prices(source: str | Path, acids: Mapping[str, Acid] | None = None) -> dict[str, Price]:
    """Read a table of prices of acids, reagents, heat and power, by the names known here.

    A price is per kg of stock as bought unless the table says ``kg pure``; heat and power are per kWh. An
    empty price leaves what is known. A price that is not in euros needs a period with an exchange rate.

    Args:
        source: YAML (``currency:``, ``prices:``), CSV or XLSX (``FILE#SHEET``).
        acids: the acids that may be named; None for the shipped ones.

    Raises:
        InputError: no currency, mixed units, an unknown or repeated substance, a negative price, text in its
            place, or no exchange rate; with file, row and column (or line and key).
    """
    known = load_acids() if acids is None else acids
    if Path(source).suffix.lower() in (".yaml", ".yml"):
        return _from_yaml(read_yaml(Path(source)), known)
    table = open_table(source)
    wide = {"impact category", "category"} & {name.casefold() for name in table.header}
    return _from_wide(table, known) if wide else _from_rows(table, known)


def with_prices(
    acids: Mapping[str, Acid], reagents: Reagents, prices: Mapping[str, Price]
) -> tuple[dict[str, Acid], Reagents]:
    """Return acids and reagents at other prices.

    A price equal to the known one keeps its source and range; another one does not keep that source.
    """
    changed = dict(acids)
    for name, price in prices.items():
        old = acids[name] if name in acids else reagents[name]
        was = old.price
        if was is not None and was.per == price.per:
            if math.isclose(was.euro(), price.euro(), rel_tol=1e-9):
                continue
            if price.source == was.source_text:
                price = price.model_copy(update={"source": f"changed in a table of prices from {was.source}"})
        if isinstance(old, Acid):
            changed[name] = complete(old, {"price": price})
        else:
            reagents = reagents.changed(name, price=price)
    return changed, reagents


def parse_unit(text: str, where: str) -> _Unit:
    """Read ``EUR``, ``EUR/kg``, ``USD/t``, ``EUR/kg pure`` or ``EUR/kWh``; t and kg alone mean stock.

    Raises:
        InputError: something else.
    """
    first, _, rest = text.partition("/")
    per = rest.strip()
    currency = _SIGNS.get(first.strip().upper(), first.strip().upper()) or None
    if currency is not None and not re.fullmatch("[A-Z]{3}", currency):
        raise InputError(f"{text!r} names no currency.", where=where, allowed=_EXAMPLE)
    if not per:
        return _Unit(currency)
    for known, (basis, scale) in {**_PER, **{b.casefold(): (b, 1.0) for b in _BASES}}.items():
        if per.casefold() == known:
            return _Unit(currency, basis, scale)
    raise InputError(
        f"A price per {per!r} cannot be used.", where=where, allowed="per kg stock, kg pure, t or kWh"
    )


def _checked(data: dict[str, Any], name: str, where: str) -> Price:
    try:
        price = Price.model_validate(data)
        price.euro()
    except ValidationError as error:
        cause = error.errors()[0].get("ctx", {}).get("error")
        told = cause if isinstance(cause, InputError) else InputError(error.errors()[0]["msg"] + ".")
        raise InputError(
            f"Price of {name}: {told.what}", where=where, allowed=told.allowed, remedy=told.remedy
        ) from None
    except InputError as error:
        raise InputError(error.what, where=where, allowed=error.allowed, remedy=error.remedy) from None
    expected = ("kWh",) if name in ENERGIES else ("kg stock", "kg pure")
    if price.per not in expected:
        raise InputError(
            f"The price of {name} is per {price.per}.",
            where=where,
            allowed="per " + " or per ".join(expected),
        )
    return price


def _from_rows(table: Table, known: Mapping[str, Acid]) -> dict[str, Price]:
    header, units = _header_unit(table)
    amounts = (Column(name, units.get(name, ""), required=name == "price") for name in AMOUNTS)
    table = table.expecting((_SUBSTANCE, *amounts, *(Column(name, kind="text") for name in _TEXTS)))
    prices: dict[str, Price] = {}
    seen: dict[str, str] = {}
    first: tuple[_Unit, int] | None = None
    for row, cells in table.rows():
        name = substance_name(cells["substance"], known, table.where(row, "substance"))
        refuse_twice(name, cells["substance"], table.where(row), seen)
        where = table.where(row, "price")
        if cells["price"] is None:
            continue
        unit = _row_unit(table, row, cells, header, name)
        first = first or (unit, row)
        if (unit.currency, unit.scale) != (first[0].currency, first[0].scale):
            raise _mixed(f"rows {first[1]} and {row} differ", where)
        data = {"source": table.where(row), "currency": unit.currency, "per": unit.per}
        data |= {key: text for key in ("period", "source", "note") if (text := cells.get(key))}
        scaled = {key: cells[key] * unit.scale for key in AMOUNTS if cells.get(key) is not None}
        data |= {"value" if key == "price" else key: amount for key, amount in scaled.items()}
        prices[name] = _checked(data, name, where)
    return prices


def _mixed(how: str, where: str) -> InputError:
    return InputError(
        f"Prices in mixed units: {how}.",
        where=where,
        allowed="one currency, and one of kg and t, for the whole table",
        remedy="convert the numbers",
    )


def _header_unit(table: Table) -> tuple[_Unit, dict[str, str]]:
    """Return the unit that the headers of price, low and high agree on, and how each of them writes it."""
    written, found = dict[str, str](), _Unit()
    for j, title in enumerate(table.header):
        name, text = split_title(title)
        if name.casefold() not in AMOUNTS or not text:
            continue
        written[name.casefold()] = text
        unit = parse_unit(text, table.where(None, j))
        if found not in (_Unit(), unit):
            raise _mixed("the headers differ", table.where(None, j))
        found = unit
    return found, written


def _row_unit(table: Table, row: int, cells: Mapping[str, Any], header: _Unit, name: str) -> _Unit:
    """Return the unit of one row, from its header and its columns unit, currency and per."""
    unit = header
    for key, prefix in (("unit", ""), ("currency", ""), ("per", "/")):
        if not (text := cells.get(key)):
            continue
        where = table.where(row, key)
        given = parse_unit(prefix + text, where)
        for part in ("currency", "per"):
            one, two = getattr(unit, part), getattr(given, part)
            if one is not None and two is not None and one != two:
                raise _mixed(f"{one} and {two} for the same price", where)
        unit = _Unit(
            unit.currency or given.currency, unit.per or given.per, given.scale if given.per else unit.scale
        )
    if unit.currency is None:
        raise _no_currency(name, table.where(row, "price"))
    return _Unit(unit.currency, unit.per or _default_basis(name), unit.scale)


def _no_currency(name: str, where: str) -> InputError:
    return InputError(
        f"The price of {name} has no currency.", where=where, allowed=_EXAMPLE, remedy="add the currency"
    )


def _default_basis(name: str) -> str:
    return "kWh" if name in ENERGIES else "kg stock"


def _from_wide(table: Table, known: Mapping[str, Acid]) -> dict[str, Price]:
    """Read the Toolkit's layout: one row of prices, a column per acid, the unit in a column of its own."""
    substances = substance_columns(table, known, _WIDE)
    table = table.expecting((*_WIDE, *substances))
    rows = dict(table.rows())
    if len(rows) > 1:
        raise InputError(
            f"{table.place} has {len(rows)} rows of prices.", where=table.where(), allowed="one row"
        )
    ((row, cells),) = rows.items()
    unit = parse_unit(cells["unit"], table.where(row, "unit"))
    if unit.currency is None:
        raise _no_currency("every substance", table.where(row, "unit"))
    prices = {}
    for name in (column.called for column in substances if cells[column.called] is not None):
        where = table.where(row, name)
        data = {"value": cells[name] * unit.scale, "currency": unit.currency, "source": where}
        prices[name] = _checked({**data, "per": unit.per or _default_basis(name)}, name, where)
    return prices


def _from_yaml(document: Document, known: Mapping[str, Acid]) -> dict[str, Price]:
    file = validate(_PriceFile, document)
    prices: dict[str, Price] = {}
    seen: dict[str, str] = {}
    for written, given in file.prices.items():
        where = document.where(("prices", written))
        name = substance_name(written, known, where)
        refuse_twice(name, written, where, seen)
        entry = given if isinstance(given, dict) else {"value": given}
        common = {"currency": file.currency, "period": file.period, "per": _default_basis(name)}
        data = {"source": where, **{k: v for k, v in common.items() if v is not None}, **entry}
        if "currency" not in data:
            raise _no_currency(name, where)
        prices[name] = _checked(data, name, where)
    return prices
