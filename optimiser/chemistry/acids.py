"""Acids: structure, strength, stock, solubility, price and burden, and how a user adds or completes one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
from pydantic import AfterValidator, BeforeValidator, Field, ValidationError

from optimiser._io.errors import InputError, closest
from optimiser.chemistry.descriptors import check_smiles, molar_mass, structure_key
from optimiser.chemistry.metals import METALS, MetalName
from optimiser.chemistry.prices import Price, price_per
from optimiser.chemistry.quantity import Quantity, expecting
from optimiser.chemistry.substances import ClimateChange, PartialStock, Stock, Substance, Temperature
from optimiser.chemistry.tables import NAMED, Strict, read_table, shipped, table_of

#: A proton whose pKa is below this dissolves oxide; weaker ones stay on the acid.
USABLE_PKA = 7.0

#: Acids that a problem or a table may add; each is compared with all others.
MOST_ACIDS = 1000

#: The temperatures of an acid's ``solubility`` and ``solubility_60``, degC.
COLD, HOT = 25.0, 60.0

PKa = Annotated[Quantity, *expecting("-", -20.0, 60.0)]
SaltSolubility = Annotated[Quantity, *expecting("g/100 mL", 0.0, 1000.0)]
HydrateWater = Annotated[Quantity, *expecting("-", 0.0, 20.0)]
StockPrice = Annotated[Price, *price_per("kg stock", "kg pure")]


def _miscible(given: Any) -> Any:
    return {"value": math.inf, "note": "miscible"} if given == "miscible" else given


# pydantic runs the validator written last first: `miscible` becomes a number before the unit is looked at
Solubility = Annotated[Quantity, *expecting("g/L", 1e-6, math.inf), BeforeValidator(_miscible)]
Smiles = Annotated[str, AfterValidator(check_smiles)]
PKas = Annotated[
    tuple[PKa, ...],
    Field(min_length=1),
    BeforeValidator(lambda given: given if isinstance(given, list | tuple) else [given]),
]


class AcidOverrides(Strict):
    """One entry of a problem's ``acids:``: some fields of a known acid, or a new one (smiles, pKa, stock).

    Attributes:
        label: what to call it in text; the name if left out.
        formula: chemical formula.
        aliases: other names by which it may be chosen.
        smiles: structure.
        price: EUR per kg stock, or a price with its currency and period.
        climate_change: kg CO2-eq per kg pure acid.
        stock: purity (kg/kg) and density (kg/L) as bought.
        pKa: of each acidic proton, strongest first; one or several.
        solubility: g pure acid per L of water at 25 degC, or ``miscible``.
        solubility_60: the same at 60 degC, where known.
        calcium_hydrate: mol of water that its calcium salt binds per mol of calcium.
        temperature_limit: degC, where lower than boiling.
        salt_solubility: in water, of the salt that it makes with each metal, g/100 mL; none if unknown.
        zwitterion: true where the first proton sits on the acid's own amine, so that it is not usable.
        nitrate: true where it brings nitrate, which forms nitrogen oxides when hot.
        reductant: what of the acid reduces the metals beside hydrogen peroxide.
        caveat: what must be said wherever the acid is recommended.
        missing: what is not known, by field, and why.
    """

    label: str | None = None
    formula: str | None = None
    aliases: tuple[str, ...] | None = None
    smiles: Smiles | None = None
    price: StockPrice | None = None
    climate_change: ClimateChange | None = None
    stock: PartialStock | None = None
    pKa: PKas | None = None  # noqa: N815 - the chemist's spelling
    solubility: Solubility | None = None
    solubility_60: Solubility | None = Field(default=None, title="solubility at 60 degC")
    calcium_hydrate: HydrateWater | None = Field(default=None, title="calcium salt's crystal water")
    limit: Temperature | None = Field(default=None, alias="temperature_limit")
    salt_solubility: dict[MetalName, SaltSolubility] | None = None
    zwitterion: bool | None = None
    nitrate: bool | None = None
    reductant: Literal["none", "chloride", "organic"] | None = None
    caveat: str | None = None
    missing: dict[str, str] | None = None


class Acid(Substance, AcidOverrides):
    """An acid that a design can use. Fields as in `AcidOverrides`; ``name`` is its key in the table."""

    kind: ClassVar[tuple[str, str]] = ("acid", "acids")
    label: str
    smiles: Smiles
    stock: Stock
    price: StockPrice | None = None
    pKa: PKas  # noqa: N815

    @property
    def key(self) -> str:
        """Identity for the yield model and for own results: the structure, whatever the acid is called."""
        return structure_key(self.smiles)

    @property
    def components(self) -> tuple[tuple[Acid, float], ...]:
        """The acids that it is mixed from, with their mole shares: itself, unless it is a mixture."""
        return ((self, 1.0),)

    @property
    def pKa_values(self) -> tuple[float, ...]:  # noqa: N802
        """Strength of each acidic proton as pKa, in the order listed."""
        return tuple(q.value for q in self.pKa)

    @property
    def n_protons(self) -> int:
        """Number of acidic protons, usable or not: the number of pKa listed."""
        return len(self.pKa)

    @property
    def usable_protons(self) -> int:
        """Protons per molecule that dissolve oxide: pKa below `USABLE_PKA`, less a zwitterion's first."""
        below = sum(pka < USABLE_PKA for pka in self.pKa_values)
        return max(below - 1, 0) if self.zwitterion else below

    @property
    def molar_mass(self) -> float:
        """Molar mass of the pure acid, g/mol."""
        return molar_mass(self.smiles)

    @property
    def salt_solubility_values(self) -> npt.NDArray[np.float64]:
        """Solubility of each metal's salt in g/100 mL, one per metal of METALS; NaN where unknown."""
        salts = self.salt_solubility or {}
        known = (salts.get(metal) for metal in METALS)
        return np.array([math.nan if q is None else q.value for q in known])

    @property
    def max_molarity(self) -> float:
        """Strength of the undiluted stock, mol/L: purity x density / molar mass."""
        return self.purity * self.density * 1000.0 / self.molar_mass

    @property
    def solubility_molar(self) -> float:
        """Solubility in water at 25 degC, mol/L; inf if miscible or unknown."""
        return math.inf if self.solubility is None else self.solubility.value / self.molar_mass

    @property
    def solubility_rise(self) -> float:
        """Slope of ln(solubility) from 25 to 60 degC, 1/K; 0 where one of the two is unknown or miscible."""
        if self.solubility is None or self.solubility_60 is None or math.isinf(self.solubility_60.value):
            return 0.0
        return math.log(self.solubility_60.value / self.solubility.value) / (HOT - COLD)

    @property
    def calcium_salt_water(self) -> float:
        """Crystal water of the calcium salt, mol per mol of calcium; 0 where unknown."""
        return 0.0 if self.calcium_hydrate is None else self.calcium_hydrate.value

    def _on_missing(self, field: str) -> tuple[str, str]:
        why = (self.missing or {}).get(field, "")
        return why, f"write `acids: {{{self.name}: {{{field}: ...}}}}` in the problem, or leave the acid out"


@cache
def _read(path: Path | None) -> dict[str, Acid]:
    return dict(
        table_of(read_table(path or shipped("acids.yaml")), acids=Annotated[dict[str, Acid], NAMED]).acids
    )


def load_acids(path: Path | None = None) -> dict[str, Acid]:
    """Return the shipped acids by name, or those of another table. Raises InputError with file and line."""
    return dict(_read(path))


def complete(acid: Acid, overrides: AcidOverrides | Mapping[str, Any]) -> Acid:
    """Return an acid with some of its fields replaced; of stock and salt solubilities, only what is given.

    Raises:
        InputError: ``overrides`` is a mapping with an unknown key or an impossible value.
    """
    changes = _given(_overrides(acid.name, overrides))
    if "stock" in changes:
        changes["stock"] = acid.stock.model_copy(update=_given(changes["stock"]))
    if "salt_solubility" in changes:
        changes["salt_solubility"] = {**(acid.salt_solubility or {}), **changes["salt_solubility"]}
    return acid.model_copy(update=changes)


def with_user_acids(
    acids: Mapping[str, Acid], entries: Mapping[str, AcidOverrides | Mapping[str, Any]]
) -> dict[str, Acid]:
    """Return known acids with a problem's own: an entry named like a known acid completes it, others are new.

    Raises:
        InputError: a new acid without SMILES, pKa, or its stock's purity and density; an acid given the
            structure of another one.
    """
    merged = dict(acids)
    written: dict[str, str] = {}
    for name, entry in entries.items():
        known, overrides = find_acid_name(name, merged), _overrides(name, entry)
        if (before := written.setdefault(known or name, name)) != name:
            raise InputError(
                f"The acid {before!r} is given again as {name!r}.",
                where=f"acids.{name}",
                allowed="each acid once",
                remedy="write all its numbers under one name",
            )
        if overrides.smiles is not None:
            _refuse_twin(known or name, overrides.smiles, merged)
        merged[known or name] = complete(merged[known], overrides) if known else _new(name, overrides, acids)
    return merged


def _given(entry: Strict) -> dict[str, Any]:
    """Return the fields that an entry sets."""
    found = {field: getattr(entry, field) for field in entry.model_fields_set}
    return {field: value for field, value in found.items() if value is not None}


def _new(name: str, entry: AcidOverrides, known: Mapping[str, Acid]) -> Acid:
    stock = entry.stock or PartialStock()
    lacking = [field for field in ("smiles", "pKa") if getattr(entry, field) is None]
    lacking += [f"stock.{part}" for part in ("purity", "density") if getattr(stock, part) is None]
    if lacking:
        raise InputError(
            f"The new acid {name!r} lacks {', '.join(lacking)}.",
            where=f"acids.{name}",
            allowed="smiles, pKa and stock: {purity: kg/kg, density: kg/L}; the rest is optional",
            remedy=closest(name, known) or "add them",
        )
    fields = {"label": name, **_given(entry), "name": name, "stock": Stock.model_construct(**_given(stock))}
    return Acid.model_construct(**fields)


def _refuse_twin(name: str, smiles: str, acids: Mapping[str, Acid]) -> None:
    """The yield model and tables of scenarios know an acid by its structure: it must be there once."""
    key = structure_key(smiles)
    twin = next((a for a in acids.values() if a.name != name and structure_key(a.smiles) == key), None)
    if twin is not None:
        raise InputError(
            f"The acid {name!r} has the structure of {twin.name!r}, {twin.smiles}.",
            where=f"acids.{name}.smiles",
            allowed="the structure of an acid that is not known yet",
            remedy=f"to change its numbers, write them under the name {twin.name!r}",
        )


def find_acid_name(name: str, acids: Mapping[str, Acid]) -> str | None:
    """Return the key of the acid called so, by key or alias whatever the case, or None."""
    if name in acids:
        return name
    wanted = name.casefold()
    for key, acid in acids.items():
        if wanted in (key.casefold(), *(alias.casefold() for alias in acid.aliases or ())):
            return key
    return None


def choose_acid(name: str, acids: Mapping[str, Acid], *, where: str = "") -> Acid:
    """Return the acid called so, by key or alias.

    Raises:
        InputError: there is none; it lists those there are.
    """
    key = find_acid_name(name, acids)
    if key is None:
        every = [*acids, *(alias for acid in acids.values() for alias in acid.aliases or ())]
        raise InputError(
            f"There is no acid {name!r}.",
            where=where,
            allowed=", ".join(acids) + ", or one of your own under `acids:`",
            remedy=closest(name, every) or "optimiser list acids",
        )
    return acids[key]


def _overrides(name: str, entry: AcidOverrides | Mapping[str, Any]) -> AcidOverrides:
    if isinstance(entry, AcidOverrides):
        return entry
    try:
        return AcidOverrides.model_validate(entry)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        cause = first.get("ctx", {}).get("error")
        known = cause if isinstance(cause, InputError) else InputError(f"{first['msg']}.")
        raise InputError(
            f"Acid {name!r}, {key}: {known.what}",
            where=f"acids.{name}.{key}",
            allowed=known.allowed,
            remedy=known.remedy,
        ) from None
