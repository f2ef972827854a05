"""All of a user's own tables together, read in the order in which they build on each other."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from optimiser._io.errors import InputError
from optimiser._io.reading import MOST_TABLE, check_readable, read_bytes
from optimiser.chemistry.acids import Acid, load_acids
from optimiser.chemistry.categories import category_of
from optimiser.chemistry.energy import CHOICES, ELECTRIC, EnergyChoice, energy_lines, supplied
from optimiser.chemistry.impacts import ImpactTable, climate_table, is_climate, with_climate_change
from optimiser.chemistry.reagents import Reagents, load_reagents
from optimiser.problem.binding import known_acids
from optimiser.problem.schema import Problem
from optimiser.tables.own_acids import import_acids
from optimiser.tables.own_impacts import impacts_path, import_impacts
from optimiser.tables.own_prices import import_prices, in_euros, with_prices
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
    reagents: Reagents | None = None,
    amounts: Mapping[str, float] | None = None,
) -> OwnTables:
    """Read a user's tables of acids, prices and impacts; each may be left out.

    New acids may be named in the other two tables. A climate change in the table of impacts takes the place
    of ours in ``acids`` and ``reagents`` too, so that every figure agrees.

    Args:
        acids: for `import_acids`.
        prices: for `import_prices`.
        impacts: for `import_impacts`.
        known: acids to start from, e.g. with a problem's own; None for the shipped ones.
        reagents: those to start from, e.g. with a problem's electricity; None for the shipped ones.
        amounts: prices in EUR by substance, as `in_euros` takes them; stronger than those of the table.

    Raises:
        InputError: whatever is wrong in a table, with its place.
    """
    have, reagents = load_acids() if known is None else dict(known), reagents or load_reagents()
    impacts = None if impacts is None else impacts_path(impacts)
    notes: tuple[str, ...] = ()
    if acids is not None:
        imported = import_acids(acids, have)
        have, notes = imported.acids, imported.notes
    if prices is not None:
        have, reagents = with_prices(have, reagents, import_prices(prices, have))
    if amounts:
        have, reagents = with_prices(have, reagents, in_euros(amounts, have))
    table = climate_table(have, reagents)
    given = None if impacts is None else import_impacts(impacts, have)
    if given is not None:
        notes += given.notes
        table = given.completed(table)
        have, reagents = with_climate_change(have, reagents, given)
    given_files = {"acids": acids, "prices": prices, "impacts": impacts}
    files = tuple(_file(kind, source) for kind, source in given_files.items() if source is not None)
    return OwnTables(have, reagents, table, notes, files, given)


def own_tables(
    question: Problem,
    acids: Path | None = None,
    prices: Path | None = None,
    impacts: Path | None = None,
    *,
    amounts: Mapping[str, float] | None = None,
) -> OwnTables:
    """Read a user's own tables for a problem; a number in them is stronger than one in the problem.

    The table of impacts is the one given here, else the one that the problem names; its electricity and heat
    are those of the problem. ``amounts`` are prices in EUR by substance, stronger than those of the table.

    Raises:
        InputError: whatever is wrong in a table, with its place; two categories that mean the same; a table
            with factors of its own for an energy that the problem chooses.
    """
    reagents = supplied(load_reagents(), question.process)
    source = impacts if impacts is not None else impacts_of(question)
    tables = read_own_tables(
        acids, prices, source, known=known_acids(question), reagents=reagents, amounts=amounts
    )
    if tables.given is not None:
        _refuse_twins(tables.given)
        _refuse_two_energies(question, tables.given)
    heat = question.process.get("heat")
    if isinstance(heat, EnergyChoice) and heat.setting == ELECTRIC:  # whatever power costs and burdens by now
        tables = replace(tables, reagents=supplied(tables.reagents, {"heat": heat}))
    return replace(tables, notes=(*energy_lines(tables.reagents), *tables.notes))


def tables_of(
    question: Problem, acids: Path | None = None, prices: Path | None = None, impacts: Path | None = None
) -> OwnTables | None:
    """Return the tables that count for a problem; None where nothing but the shipped ones does.

    Raises:
        InputError: as `own_tables`.
    """
    chosen = any(isinstance(value, EnergyChoice) for value in question.process.values())
    if question.impacts is None and not chosen and (acids, prices, impacts) == (None, None, None):
        return None
    return own_tables(question, acids, prices, impacts)


def impacts_of(question: Problem) -> str | None:
    """Return the path of the table of impacts that a problem names; None where it names none.

    A name is that of ``NAME.impacts.yaml``. It is looked for beside the problem's file, then here.

    Raises:
        InputError: there is no such file.
    """
    name = question.impacts
    if name is None:
        return None
    folder = None if question.source is None else question.source.problem.path.parent
    try:
        source = str(impacts_path(name, beside=folder))
        check_readable(split_source(source)[0], MOST_TABLE, allowed="a table of impact factors")
    except InputError as error:
        raise InputError(
            error.what, where=question.where("impacts"), allowed=error.allowed, remedy=error.remedy
        ) from None
    return source


def _refuse_twins(table: ImpactTable) -> None:
    known: dict[str, str] = {}
    for row, unit in zip(table.categories, table.units, strict=True):
        name = "climate_change" if is_climate(row) else category_of(row, unit).name
        if name in known:
            raise InputError(
                f"The categories {known[name]!r} and {row!r} mean the same: {name}.",
                where=table.source,
                remedy="keep one of them, or give them names that differ",
            )
        known[name] = row


def _refuse_two_energies(question: Problem, table: ImpactTable) -> None:
    """Refuse a choice of electricity or heat that a table's own factors would contradict."""
    for key, energy in CHOICES.items():
        choice = question.process.get(key)
        if not isinstance(choice, EnergyChoice) or choice.setting == ELECTRIC:
            continue
        if choice.own and "climate_change" not in choice.setting:  # a price alone contradicts nothing
            continue
        if not np.isnan([table.factor(row, energy) for row in table.categories]).all():
            raise InputError(
                f"The table of impacts has its own factors of {energy}, which are those of one mix; "
                f"{key} would change climate change alone.",
                where=question.where("process", key),
                remedy=f"remove {key} from the problem, or {energy} from {table.source}",
            )


def _file(kind: str, source: str | Path) -> OwnFile:
    path, _ = split_source(source)
    return OwnFile(kind, str(source), hashlib.sha256(read_bytes(path, MOST_TABLE)).hexdigest())
