"""What acids and reagents have in common: a stock, a price and a climate change."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import Field

from optimiser._io.errors import InputError
from optimiser.chemistry.prices import Basis, Price
from optimiser.chemistry.quantity import Quantity, expecting
from optimiser.chemistry.tables import Strict
from optimiser.variables import Floats

MassFraction = Annotated[Quantity, *expecting("kg/kg", 1e-6, 1.0)]
Density = Annotated[Quantity, *expecting("kg/L", 0.3, 5.0)]
MolarMass = Annotated[Quantity, *expecting("g/mol", 1.0, 2000.0)]
Temperature = Annotated[Quantity, *expecting("degC", -50.0, 400.0)]
#: One price or purity, or several.
Amount = TypeVar("Amount", float, Floats)
ClimateChange = Annotated[Quantity, *expecting("kg CO2-eq/kg pure", -100.0, 1000.0)]


def in_basis(amount: Amount, per: Basis, wanted: Basis, purity: Amount) -> Amount:
    """Return a price per one basis as one per another: stock and pure substance differ by the purity."""
    if per == wanted:
        return amount
    return amount * purity if wanted == "kg stock" else amount / purity


class PartialStock(Strict):
    """What a user may replace of a stock: purity in kg/kg, density of the stock in kg/L."""

    purity: MassFraction | None = Field(default=None, title="stock purity")
    density: Density | None = Field(default=None, title="stock density")


class Stock(PartialStock):
    """A reagent as bought: purity in kg pure per kg stock, density of the stock (not of the pure) in kg/L."""

    purity: MassFraction = Field(title="stock purity")
    density: Density = Field(title="stock density")


class Entry(Strict):
    """An entry of a table of ``models/``: ``name`` is its key there, ``label`` what to call it in text."""

    #: What an entry is called, and the key of the table that holds them.
    kind: ClassVar[tuple[str, str]]
    name: str = ""
    label: str
    price: Price | None = None

    @property
    def purity(self) -> float:
        """Mass fraction of the pure substance in what is bought."""
        return 1.0

    def price_eur(self, per: Basis) -> float:
        """Return the price in EUR per kg of stock, of pure substance or of metal, or per kWh.

        Raises:
            InputError: no price, or no exchange rate for its currency and period.
        """
        price: Price = self._needed("price", f"EUR per {per}")
        try:
            euro = price.euro()
        except InputError as error:
            where = f"{self.kind[1]}.{self.name}.price"
            raise InputError(error.what, where=where, allowed=error.allowed, remedy=error.remedy) from None
        return in_basis(euro, price.per, per, self.purity)

    def _needed(self, field: str, unit: str) -> Any:
        """Return a number of the entry. Raises InputError, which says what to do, where it has none."""
        found = getattr(self, field)
        if found is None:
            kind, table = self.kind
            why, remedy = self._on_missing(field)
            raise InputError(
                f"The {kind} {self.name!r} has no {field.replace('_', ' ')}" + (f": {why}." if why else "."),
                where=f"{table}.{self.name}.{field}",
                allowed=f"a number in {unit}",
                remedy=remedy,
            )
        return found

    def _on_missing(self, field: str) -> tuple[str, str]:
        """Return why a field is missing, if known, and what to do."""
        return "", "complete the table of models/ that lists it"


class Bought(Entry):
    """What a leach buys: a substance by the kg, or heat and power by the kWh."""

    climate_change: Quantity | None = None

    @property
    def climate_factor(self) -> float:
        """Climate change of making it, kg CO2-eq per kg of pure substance or per kWh.

        Raises:
            InputError: no factor.
        """
        factor: Quantity = self._needed("climate_change", "kg CO2-eq per kg of pure substance or per kWh")
        return factor.value


class Substance(Bought):
    """What is bought as a stock. ``temperature_limit`` is where it starts to decompose, degC."""

    climate_change: ClimateChange | None = None
    stock: Stock
    limit: Temperature | None = Field(default=None, alias="temperature_limit")

    @property
    def purity(self) -> float:
        """Mass fraction of the pure substance in the stock."""
        return self.stock.purity.value

    @property
    def density(self) -> float:
        """Density of the stock, kg/L."""
        return self.stock.density.value

    @property
    def temperature_limit(self) -> float | None:
        """Highest sensible temperature in degC where lower than boiling, else None."""
        return None if self.limit is None else self.limit.value
