"""A user's table of prices: YAML, CSV or XLSX with a currency, or the Toolkit's own Acids_costs.xlsx."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from optimiser._io.errors import InputError
from optimiser._io.yamlfile import Document, read_yaml, validate
from optimiser.chemistry.acids import Acid, complete, load_acids
from optimiser.chemistry.prices import Basis, Price
from optimiser.chemistry.reagents import ENERGIES, Reagents
from optimiser.tables.read import Column, Table, open_table, refuse_twice, split_title
from optimiser.tables.substance_names import substance_columns, substance_name

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


#: A substance as written and its place, what is said of its price and the place of that.
_Entry = tuple[str, str, dict[str, Any], str]


@dataclass(frozen=True)
class _Unit:
    """What a price is in: a currency, what it buys, and the factor to that; None where it is not said."""

    currency: str | None = None
    per: str | None = None
    scale: float | None = None


class _PriceFile(BaseModel):
    model_config = ConfigDict(extra="forbid")

    currency: str | None = Field(default=None, pattern="^[A-Z]{3}$")
    period: str | int | None = None
    prices: dict[str, float | dict[str, Any]]


def import_prices(source: str | Path | Table, acids: Mapping[str, Acid] | None = None) -> dict[str, Price]:
    """Read a table of prices of acids, reagents, heat and power, by the names known here.

    A price is per kg of stock as bought unless the table says ``kg pure``; heat and power are per kWh. An
    empty price leaves what is known. A price that is not in euros needs a period with an exchange rate.

    Args:
        source: YAML (``currency:``, ``prices:``), CSV, XLSX (``FILE#SHEET``) or Parquet; or a Table.
        acids: the acids that may be named; None for the shipped ones.

    Raises:
        InputError: no currency, mixed units, an unknown or repeated substance, a negative price, text in its
            place, or no exchange rate; with file, row and column (or line and key).
    """
    known = load_acids() if acids is None else acids
    if not isinstance(source, Table) and Path(source).suffix.lower() in (".yaml", ".yml"):
        entries = _from_yaml(read_yaml(Path(source)))
    else:
        table = open_table(source)
        wide = {"impact category", "category"} & {name.casefold() for name in table.header}
        entries = _from_wide(table, known) if wide else _from_rows(table)
    return _prices(entries, known)


def in_euros(amounts: Mapping[str, float], acids: Mapping[str, Acid]) -> dict[str, Price]:
    """Return prices in EUR per kg of stock, of heat and power per kWh, by the names known here.

    Args:
        amounts: by substance, as a table of prices may name it.
        acids: the acids that may be named.

    Raises:
        InputError: an unknown or repeated substance, or a price that is not possible.

    Examples:
        >>> in_euros({"H2SO4": 0.11}, load_acids())["sulfuric"].euro()
        0.11
    """
    entries = (
        (name, f"prices.{name}", {"value": amount, "currency": "EUR"}, f"prices.{name}")
        for name, amount in amounts.items()
    )
    return _prices(entries, acids)


def _prices(entries: Iterable[_Entry], known: Mapping[str, Acid]) -> dict[str, Price]:
    prices: dict[str, Price] = {}
    seen: dict[str, str] = {}
    for written, place, given, where in entries:
        name = substance_name(written, known, place)
        refuse_twice(name, written, place, seen)
        if "value" in given and given["value"] is None:
            continue
        said = {key: value for key, value in given.items() if value not in (None, "")}
        if "currency" not in said:
            raise InputError(
                f"The price of {name} has no currency.",
                where=where,
                allowed=_EXAMPLE,
                remedy="add the currency",
            )
        basis = "kWh" if name in ENERGIES else "kg stock"
        prices[name] = _checked({"source": where, "per": basis, **said}, name, where)
    return prices


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


def _merged(units: Iterable[tuple[str, str]], known: _Unit = _Unit()) -> _Unit:
    """Return the unit that some texts, each with its place, say together."""
    for text, where in units:
        given = parse_unit(text, where)
        for part in ("currency", "per", "scale"):
            one, two = getattr(known, part), getattr(given, part)
            if one is not None and two is not None and one != two:
                raise _mixed(f"{one} and {two} for the same price", where)
        known = _Unit(given.currency or known.currency, given.per or known.per, given.scale or known.scale)
    return known


def _mixed(how: str, where: str) -> InputError:
    return InputError(
        f"Prices in mixed units: {how}.",
        where=where,
        allowed="one currency, and one of kg and t, for the whole table",
        remedy="convert the numbers",
    )


def _from_rows(table: Table) -> Iterator[_Entry]:
    titles = [(split_title(title), table.where(None, j)) for j, title in enumerate(table.header)]
    units = {name.casefold(): (u, where) for (name, u), where in titles if u and name.casefold() in AMOUNTS}
    amounts = (Column(key, units.get(key, ("",))[0], required=key == "price") for key in AMOUNTS)
    table = table.expecting((_SUBSTANCE, *amounts, *(Column(name, kind="text") for name in _TEXTS)))
    header = _merged(units.values())
    first: tuple[_Unit, int] | None = None
    for row, cells in table.rows():
        where = table.where(row, "price")
        own = {"unit": cells.get("unit"), "currency": cells.get("currency"), "per": cells.get("per")}
        texts = {key: f"/{text}" if key == "per" else text for key, text in own.items() if text}
        unit = _merged(((text, table.where(row, key)) for key, text in texts.items()), header)
        if cells["price"] is not None:
            first = first or (unit, row)
            if (unit.currency, unit.scale) != (first[0].currency, first[0].scale):
                raise _mixed(f"rows {first[1]} and {row} differ", where)
        data = {key: cells.get(key) for key in ("period", "source", "note")}
        data |= {"currency": unit.currency, "per": unit.per, "value": None}
        for key in AMOUNTS:
            if (amount := cells.get(key)) is not None:
                data["value" if key == "price" else key] = amount * (unit.scale or 1.0)
        yield cells["substance"], table.where(row, "substance"), data, where


def _from_wide(table: Table, known: Mapping[str, Acid]) -> Iterator[_Entry]:
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
    for name in (column.called for column in substances):
        value = None if cells[name] is None else cells[name] * (unit.scale or 1.0)
        data = {"value": value, "currency": unit.currency, "per": unit.per}
        yield name, table.where(None, name), data, table.where(row, name)


def _from_yaml(document: Document) -> Iterator[_Entry]:
    file = validate(_PriceFile, document)
    for written, given in file.prices.items():
        entry = given if isinstance(given, dict) else {"value": given}
        common = {"currency": file.currency, "period": file.period}
        where = document.where(("prices", written))
        yield written, where, {**common, **entry}, where
