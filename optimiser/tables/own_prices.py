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
from optimiser.chemistry.acids import Acid, complete, load_acids
from optimiser.chemistry.prices import Basis, Price
from optimiser.chemistry.reagents import ENERGIES, Reagents
from optimiser.tables.own_names import refuse_twice, substance_name
from optimiser.tables.sheets import Column, Sheet, find_columns, read_sheet, require, split_title

#: Columns of a table of prices, as `optimiser tables export` writes them, beside price, low and high.
COLUMNS: tuple[Column, ...] = (
    Column("substance", aliases=("acid", "reagent", "name")),
    *(Column("currency"), Column("per"), Column("unit"), Column("period"), Column("source"), Column("note")),
)
AMOUNTS = ("price", "low", "high")
_SIGNS = {"€": "EUR", "$": "USD", "£": "GBP", "¥": "CNY", "EURO": "EUR"}
_PER = {
    "kg": ("kg stock", 1.0),
    "t": ("kg stock", 1e-3),
    "mt": ("kg stock", 1e-3),
    "tonne": ("kg stock", 1e-3),
}
_BASES: tuple[str, ...] = get_args(Basis)
_EXAMPLE = "a header like `price [EUR/kg stock]`, or a column currency (and per)"


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
    sheet = read_sheet(source)
    wide = {"impact category", "category"} & {name.casefold() for name in sheet.header}
    return _from_wide(sheet, known) if wide else _from_rows(sheet, known)


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


def _from_rows(sheet: Sheet, known: Mapping[str, Acid]) -> dict[str, Price]:
    header, amounts = _header_unit(sheet)
    given = {column.name for column in amounts}
    absent = [Column(name) for name in AMOUNTS if name not in given]
    places, _ = find_columns(sheet, (*COLUMNS, *amounts, *absent))
    require(sheet, places, "substance", "price")
    prices: dict[str, Price] = {}
    seen: dict[str, str] = {}
    first: tuple[_Unit, int] | None = None
    for row in sheet.rows:
        written = sheet.text(row, places["substance"])
        name = substance_name(written, known, sheet.where(row, places["substance"]))
        refuse_twice(name, written, sheet.where(row), seen)
        values = {key: sheet.number(row, places.get(key)) for key in AMOUNTS}
        if values["price"] is None:
            continue
        unit = _row_unit(sheet, row, places, header, name)
        first = first or (unit, row)
        if (unit.currency, unit.scale) != (first[0].currency, first[0].scale):
            raise _mixed(f"rows {first[1]} and {row} differ", sheet.where(row, places["price"]))
        scaled = {key: value * unit.scale for key, value in values.items() if value is not None}
        texts = {k: text for k in ("period", "source", "note") if (text := sheet.text(row, places.get(k)))}
        data = {"source": sheet.where(row), **texts, **scaled, "currency": unit.currency, "per": unit.per}
        data["value"] = data.pop("price")
        prices[name] = _checked(data, name, sheet.where(row, places["price"]))
    return prices


def _mixed(how: str, where: str) -> InputError:
    return InputError(
        f"Prices in mixed units: {how}.",
        where=where,
        allowed="one currency, and one of kg and t, for the whole table",
        remedy="convert the numbers",
    )


def _header_unit(sheet: Sheet) -> tuple[_Unit, list[Column]]:
    """Return the unit that the headers of price, low and high agree on, and those columns."""
    columns, found = [], _Unit()
    for index, title in enumerate(sheet.header):
        name, text = split_title(title)
        if name.casefold() not in AMOUNTS:
            continue
        columns.append(Column(name.casefold(), text))
        unit = parse_unit(text, sheet.where(None, index)) if text else _Unit()
        if text and found != _Unit() and unit != found:
            raise _mixed("the headers differ", sheet.where(None, index))
        found = unit if text else found
    return found, columns


def _row_unit(sheet: Sheet, row: int, places: Mapping[str, int], header: _Unit, name: str) -> _Unit:
    """Return the unit of one row, from its header and its columns unit, currency and per."""
    unit = header
    for key, prefix in (("unit", ""), ("currency", ""), ("per", "/")):
        if not (text := sheet.text(row, places.get(key))):
            continue
        where = sheet.where(row, places[key])
        given = parse_unit(prefix + text, where)
        for part in ("currency", "per"):
            one, two = getattr(unit, part), getattr(given, part)
            if one is not None and two is not None and one != two:
                raise _mixed(f"{one} and {two} for the same price", where)
        unit = _Unit(
            unit.currency or given.currency, unit.per or given.per, given.scale if given.per else unit.scale
        )
    if unit.currency is None:
        where = sheet.where(row, places["price"])
        raise InputError(
            f"The price of {name} has no currency.", where=where, allowed=_EXAMPLE, remedy="add the currency"
        )
    return _Unit(unit.currency, unit.per or _default_basis(name), unit.scale)


def _default_basis(name: str) -> str:
    return "kWh" if name in ENERGIES else "kg stock"


def _from_wide(sheet: Sheet, known: Mapping[str, Acid]) -> dict[str, Price]:
    """Read the Toolkit's layout: one row of prices, a column per acid, the unit in a column of its own."""
    first = {"impact category": "what", "category": "what", "unit": "unit"}
    columns = {first.get(t.casefold(), t): i for i, t in enumerate(sheet.header) if t}
    require(sheet, {**columns, "unit": columns.get("unit", 0)}, "unit")
    if len(sheet.rows) > 1:
        raise InputError(
            f"{sheet.place} has {len(sheet.rows)} rows of prices.", where=sheet.where(), allowed="one row"
        )
    (row,) = sheet.rows
    unit = parse_unit(sheet.text(row, columns.get("unit")), sheet.where(row, columns.get("unit")))
    if unit.currency is None:
        raise InputError(
            "The table of prices has no currency.", where=sheet.where(row), allowed="a unit like EUR/kg"
        )
    prices: dict[str, Price] = {}
    seen: dict[str, str] = {}
    for title, index in columns.items():
        if title in ("what", "unit"):
            continue
        name = substance_name(title, known, sheet.where(None, index))
        refuse_twice(name, title, sheet.where(None, index), seen)
        value = sheet.number(row, index)
        if value is not None:
            per = unit.per or _default_basis(name)
            data = {"value": value * unit.scale, "currency": unit.currency, "per": per}
            where = sheet.where(row, index)
            prices[name] = _checked({**data, "source": where}, name, where)
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
            raise InputError(
                f"The price of {name} has no currency.",
                where=where,
                allowed="currency: EUR at the top of the file, or in each price",
                remedy="add the currency",
            )
        prices[name] = _checked(data, name, where)
    return prices
