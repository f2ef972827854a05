"""All of a user's own tables together, read in the order in which they build on each other."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from optimiser._io.errors import InputError
from optimiser._io.reading import MOST_TABLE, read_bytes
from optimiser.chemistry.acids import Acid, load_acids
from optimiser.chemistry.impacts import CLIMATE, ImpactTable, climate_table, same_text, with_climate_change
from optimiser.chemistry.reagents import Reagents, load_reagents
from optimiser.problem.binding import known_acids
from optimiser.problem.schema import Problem
from optimiser.tables.own_acids import import_acids
from optimiser.tables.own_impacts import impacts_path, import_impacts
from optimiser.tables.own_prices import import_prices, with_prices
from optimiser.tables.read import split_source


@dataclass(frozen=True)
class OwnFile:
    """A table that a user gave: what it is of (acids, prices, impacts), its file, and the hash of that."""

    kind: str
    file: str
    sha256: str


@dataclass(frozen=True)
class OwnTables:
    """Acids, reagents and impact factors with a user's tables applied.

    Attributes:
        acids: by name.
        reagents: peroxide, water, bases, heat and power.
        impacts: the user's categories, completed with our climate change; ours alone where none was given.
        notes: what a reader must be told.
        files: the tables given.
        given: the table of impacts as the user gave it, or None.
    """

    acids: dict[str, Acid]
    reagents: Reagents
    impacts: ImpactTable
    notes: tuple[str, ...]
    files: tuple[OwnFile, ...] = ()
    given: ImpactTable | None = None


def read_own_tables(
    acids: str | Path | None = None,
    prices: str | Path | None = None,
    impacts: str | Path | None = None,
    *,
    known: Mapping[str, Acid] | None = None,
) -> OwnTables:
    """Read a user's tables of acids, prices and impacts; each may be left out.

    New acids may be named in the other two tables. A climate change in the table of impacts takes the place
    of ours in ``acids`` and ``reagents`` too, so that every figure agrees.

    Args:
        acids: for `import_acids`.
        prices: for `import_prices`.
        impacts: for `import_impacts`.
        known: acids to start from, e.g. with a problem's own; None for the shipped ones.

    Raises:
        InputError: whatever is wrong in a table, with its place.
    """
    have, reagents = load_acids() if known is None else dict(known), load_reagents()
    impacts = None if impacts is None else impacts_path(impacts)
    notes: tuple[str, ...] = ()
    if acids is not None:
        imported = import_acids(acids, have)
        have, notes = imported.acids, imported.notes
    if prices is not None:
        have, reagents = with_prices(have, reagents, import_prices(prices, have))
    table = climate_table(have, reagents)
    given = None if impacts is None else import_impacts(impacts, have)
    if given is not None:
        notes += given.notes
        table = given.completed(table)
        have, reagents = with_climate_change(have, reagents, given)
    given_files = {"acids": acids, "prices": prices, "impacts": impacts}
    files = tuple(_file(kind, source) for kind, source in given_files.items() if source is not None)
    return OwnTables(have, reagents, table, notes, files, given)


def own_tables(question: Problem, acids: Path | None, prices: Path | None, impacts: Path | None) -> OwnTables:
    """Read a user's own tables for a search; a number in them is stronger than one in the problem.

    Raises:
        InputError: whatever is wrong in a table, with its place; a table of impacts without climate change,
            the only impact that a search looks at.
    """
    tables = read_own_tables(acids, prices, impacts, known=known_acids(question))
    given = tables.given.categories if tables.given is not None else (CLIMATE,)
    if not any(same_text(category, CLIMATE) for category in given):
        raise InputError(
            "The table of impacts has no climate change, and a search looks at no other impact.",
            where=str(impacts),
            allowed=f"a row `{CLIMATE}`",
            remedy="add it, or compare designs by other impacts with `optimiser predict`",
        )
    return tables


def _file(kind: str, source: str | Path) -> OwnFile:
    path, _ = split_source(source)
    return OwnFile(kind, str(source), hashlib.sha256(read_bytes(path, MOST_TABLE)).hexdigest())
