"""What stands for our substances and categories in an LCA database: shipped names, and a user's mapping."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from optimiser._io.errors import InputError
from optimiser._io.yamlfile import Document, Real, read_yaml, validate
from optimiser.chemistry.acids import Acid, load_acids
from optimiser.chemistry.impact_source import EFFLUENTS
from optimiser.chemistry.impacts import load_footprint, same_text
from optimiser.chemistry.reagents import ENERGIES, load_reagents
from optimiser.chemistry.tables import Strict, read_table, shipped, table_of
from optimiser.tables.substance_names import substance_name

Basis = Literal["kg pure", "kg stock", "kWh", "m3"]
_NOTHING: BeforeValidator = BeforeValidator(lambda given: {} if given is None else given)
#: How many alternatives a message lists at most.
MOST_LISTED = 8


class Behind(Strict):
    """Which activity stands for a substance; every part may be left out.

    Attributes:
        activity: its name.
        location: where; by the order of locations where left out.
        product: its reference product, where one activity has several.
        code: its code in the database, which settles what name and location leave open.
        unit: in which it is counted.
        per: what our factor is per once the unit is converted.
        purity: share of pure substance in what the activity counts, where ``per`` is kg pure.
        in_country: name of the same activity where the user's country has one of its own.
        why: why there is none.
    """

    activity: str | None = None
    location: str | None = None
    product: str | None = None
    code: str | None = None
    unit: str | None = None
    per: Basis | None = None
    purity: Real | None = Field(default=None, gt=0.0, le=1.0)
    in_country: str | None = None
    why: str = ""


class Shipped(Behind):
    """An entry of ``models/lca_names.yaml``."""

    source: str
    citation: str = ""
    confidence: Literal["A", "B", "C"]
    note: str = ""


class Category(Strict):
    """Which method computes one of our categories.

    Attributes:
        category, indicator: the last two elements of the method's name.
        also: other spellings of its unit.
    """

    category: str
    indicator: str
    also: tuple[str, ...] = ()
    source: str
    citation: str = ""
    confidence: Literal["A", "B", "C"]


class Column(Strict):
    """A column of a workbook that holds a category: its title, and its unit where the workbook has none."""

    column: str
    unit: str | None = None


class MappingFile(BaseModel):
    """A user's mapping file: what differs from the shipped names."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    method: str | None = None
    prefix: tuple[str, ...] | None = None
    country: str | None = None
    locations: tuple[str, ...] | None = None
    activities: Annotated[dict[str, Behind | None], _NOTHING] = {}
    categories: Annotated[dict[str, Column], _NOTHING] = {}


@dataclass(frozen=True)
class Names:
    """What to look for in a database.

    Attributes:
        method: name of the method set, the third last element of each method.
        prefix: elements before it, where several sets have the same name; None for any.
        never: parts of names whose methods are never used.
        locations: in the order in which they are looked for.
        country: whose activity comes first where the substance names one ``in_country``.
        activities: by substance, every substance that is known.
        categories: by our category.
        columns: of a workbook, by category; only where a mapping names them.
        units: by ours (kg, kWh, m3), how many of each unit make one.
        chosen: substances whose activity a mapping file names or takes away.
    """

    method: str
    prefix: tuple[str, ...] | None
    never: tuple[str, ...]
    locations: tuple[str, ...]
    country: str | None
    activities: Mapping[str, Behind]
    categories: Mapping[str, Category]
    columns: Mapping[str, Column]
    units: Mapping[str, Mapping[str, float]]
    chosen: frozenset[str] = frozenset()

    def basis(self, substance: str) -> Basis:
        """Return what a substance's factor is per: as mapped, else by what it is."""
        return self.activities[substance].per or usual_basis(substance)

    def amount(self, substance: str, unit: str, where: str) -> float:
        """Return how many of an activity's units make one of ours (kg pure, kWh, m3).

        Args:
            substance: one of ``activities``.
            unit: of the activity.
            where: for the error.

        Raises:
            InputError: the activity is counted in something that does not convert, or in another unit than
                the mapping says.

        Examples:
            >>> shipped_names().amount("heat", "megajoule", "")
            3.6
        """
        behind, basis = self.activities[substance], self.basis(substance)
        ours = basis.partition(" ")[0]
        known = {text.casefold(): number for text, number in self.units[ours].items()}
        asked = (behind.unit or unit).strip().casefold()
        if asked != unit.strip().casefold() and known.get(asked) != known.get(unit.strip().casefold(), 0.0):
            raise InputError(
                f"The activity for {substance} is counted in {unit!r}, not in {behind.unit!r}.",
                where=where,
                remedy="correct unit: in the mapping file, or choose another activity",
            )
        if unit.strip().casefold() not in known:
            raise InputError(
                f"The activity for {substance} is counted in {unit or 'no unit'!r}, which is no {ours}.",
                where=where,
                allowed=", ".join(self.units[ours]),
                remedy="choose another activity in a mapping file (--mapping)",
            )
        purity = stock_purity(substance) if basis == "kg stock" else behind.purity or 1.0
        return known[unit.strip().casefold()] / purity


def usual_basis(substance: str) -> Basis:
    """Return what a factor is per where nothing else is said."""
    if substance in ENERGIES:
        return "kWh"
    return "m3" if EFFLUENTS.get(substance) == "m3" else "kg pure"


def stock_purity(substance: str) -> float:
    """Return the mass fraction of the pure substance in its stock; 1 for an effluent."""
    items: dict[str, Any] = {**load_acids(), **load_reagents()}
    return float(items[substance].purity) if substance in items else 1.0


def substances(acids: Mapping[str, Acid] | None = None) -> tuple[str, ...]:
    """Return everything that a local table may have factors of: acids, reagents, energies, effluents."""
    return (*(load_acids() if acids is None else acids), *load_reagents(), *EFFLUENTS)


@cache
def shipped_names() -> Names:
    """Return the shipped names, with an entry for every substance.

    Raises:
        InputError: the table is not valid.
    """
    table = table_of(
        read_table(shipped("lca_names.yaml")),
        method=str,
        never=tuple[str, ...],
        locations=tuple[str, ...],
        activities=dict[str, Shipped],
        categories=dict[str, Category],
        units=dict[str, dict[str, Real]],
    )
    unnamed = Behind(why="no activity name is known; name one in a mapping file")
    return Names(
        method=table.method,
        prefix=None,
        never=table.never,
        locations=table.locations,
        country=None,
        activities={name: table.activities.get(name, unnamed) for name in substances()},
        categories={name: table.categories[name] for name in load_footprint() if name in table.categories},
        columns={},
        units=table.units,
    )


def read_mapping(path: Path | None, country: str | None = None, method: str | None = None) -> Names:
    """Return the shipped names with a user's mapping file applied.

    Args:
        path: of the mapping file; None for the shipped names.
        country: of the user, stronger than the file's.
        method: name of the method set, likewise.

    Raises:
        InputError: the file is not valid, or names an unknown substance or one twice; with line and key.
    """
    names = shipped_names()
    if path is not None:
        names = _mapped(names, read_yaml(path))
    return replace(names, country=country or names.country, method=method or names.method)


def _mapped(names: Names, document: Document) -> Names:
    given = validate(MappingFile, document)
    acids, activities, seen = load_acids(), dict(names.activities), set[str]()
    for written, behind in given.activities.items():
        at = document.where(("activities", written))
        name = written if written in EFFLUENTS else substance_name(written, acids, at)
        if name in seen:
            raise InputError(f"{name} is mapped twice.", where=at, remedy="keep one of them")
        seen.add(name)
        activities[name] = _merged(activities[name], behind)
        _refuse_basis(name, activities[name], at)
    for category, column in given.categories.items():
        if not column.column.strip():
            at = document.where(("categories", category))
            raise InputError("The column has no title.", where=at, allowed="a title of the workbook")
    columns = {(find_category(key) or key): column for key, column in given.categories.items()}
    return replace(
        names,
        method=given.method or names.method,
        prefix=given.prefix,
        locations=given.locations or names.locations,
        country=given.country,
        activities=activities,
        columns=columns,
        chosen=frozenset(seen),
    )


def _merged(old: Behind, new: Behind | None) -> Behind:
    """Return what a mapping makes of a shipped entry; another activity starts from nothing."""
    if new is None:
        return Behind(why="left out in the mapping file")
    changed = new.model_dump(exclude_none=True, exclude={"why"})
    kept: dict[str, Any] = {} if {"activity", "code"} & set(changed) else old.model_dump(exclude_none=True)
    return Behind.model_validate({k: v for k, v in {**kept, **changed}.items() if k in Behind.model_fields})


def _refuse_basis(name: str, behind: Behind, where: str) -> None:
    usual = usual_basis(name)
    allowed = ("kg pure", "kg stock") if usual == "kg pure" and name not in EFFLUENTS else (usual,)
    if behind.per is not None and behind.per not in allowed:
        raise InputError(
            f"A factor of {name} per {behind.per} is not possible.", where=where, allowed=", ".join(allowed)
        )
    if behind.purity is not None and usual != "kg pure":
        raise InputError(f"{name} has no purity.", where=where, remedy="leave purity out")


def find_category(text: str) -> str | None:
    """Return our name of a category, given ours, another spelling of it, or that of the method; or None.

    Examples:
        >>> find_category("Ecotoxicity: freshwater")
        'ecotoxicity, freshwater'
    """
    for name, footprint in load_footprint().items():
        theirs = shipped_names().categories.get(name)
        spellings = (name, *footprint.names, *((theirs.category,) if theirs else ()))
        if any(same_text(text, spelling) for spelling in spellings):
            return name
    return None


def check_unit(category: str, unit: str, where: str) -> str:
    """Return our unit of a category, if the database's is the same.

    Raises:
        InputError: it is another one.

    Examples:
        >>> check_unit("acidification", "mol H+-Eq", "")
        'mol H+ eq'
    """
    ours = load_footprint()[category].unit
    known = (ours, *shipped_names().categories[category].also)
    if not any(same_text(unit, text) for text in known):
        raise InputError(
            f"{category[:1].upper()}{category[1:]} is in {unit or 'no unit'!r}.",
            where=where,
            allowed=" or ".join(known),
            remedy="convert the numbers, or choose another method or column",
        )
    return ours


def listed(texts: Iterable[str], none: str = "none") -> str:
    """Write some texts as a message lists them: the first few, and how many more.

    Examples:
        >>> listed(["a", "b"])
        'a, b'
    """
    every = list(texts)
    more = f" and {len(every) - MOST_LISTED} more" if len(every) > MOST_LISTED else ""
    return ", ".join(every[:MOST_LISTED]) + more if every else none
