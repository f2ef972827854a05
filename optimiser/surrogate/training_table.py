"""The training table of the LIB Leaching Toolkit: read, checked, absent metals masked."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from optimiser._io.errors import InputError
from optimiser._io.reading import MOST_TABLE, check_workbook, read_bytes
from optimiser.chemistry.descriptors import structure_key
from optimiser.chemistry.metals import BASE_METALS
from optimiser.systems.system import System, cathode
from optimiser.variables import VARIABLES, Bools, Floats, Ints

Labels = npt.NDArray[np.str_]

_SPEC = cathode().spec
_FEED = tuple(_SPEC.feed.columns.values())
_PKA = ("pKa1", "pKa2", "pKa3")
_CONTINUOUS = tuple(setpoint.column for setpoint in _SPEC.setpoints.values())
_SOLUBILITY = ("sLi", "sNi", "sMn", "sCo")
_YIELDS = tuple(_SPEC.responses.values()) if isinstance(_SPEC.responses, dict) else ()
_MAY_BE_EMPTY = {"pKa2", "pKa3", *_SOLUBILITY}
#: Feeds are written with two to four decimals: those that differ by less, in mol per mol Li, are one.
_SAME_FEED = 0.005
#: Beyond it no acid in water has a constant that anybody could have meant.
_PKA_RANGE = (-15.0, 20.0)
_TEMPERATURE = next(variable for variable in VARIABLES if variable.name == "temperature")
_UNIT = {
    **dict.fromkeys(_YIELDS, "yields are fractions, not per cent"),
    "temp": "temperatures are in degC",
}
#: Largest difference in mol per mol Li at which a feed goes by a known one's name: two decimals or more.
_SAME_FEED = 0.005
NUMERIC_COLUMNS = (*_FEED, *_PKA, "nProtons", *_CONTINUOUS, *_SOLUBILITY, *_YIELDS)


@dataclass(frozen=True)
class TrainingTable:
    """The rows of a training table as arrays; n rows, metals in the order Li, Ni, Mn, Co.

    Attributes:
        path: the workbook.
        sha256: hash of the file.
        smiles: SMILES of each row's acid, length n.
        feed: mol Ni, Mn, Co per mol Li, shape (n, 3).
        pka: acid dissociation constants, NaN where there is none, shape (n, 3).
        n_protons: protons of the acid, shape (n,).
        continuous: the variables of ``designs.CONTINUOUS`` in their order and units, shape (n, 5).
        solubility: of the Li, Ni, Mn, Co salts in g/100 mL, NaN where unknown, shape (n, 4).
        yields: fractions 0-1, NaN where the feed does not contain the metal, shape (n, 4).
        yields_as_written: the table's own numbers, those of absent metals included, shape (n, 4).
        experiments: number of each row's experiment (rows that differ in time only), shape (n,).
        studies: number of each row's study (neighbouring rows, one feed, one acid), shape (n,).
    """

    path: Path
    sha256: str
    smiles: tuple[str, ...]
    feed: Floats
    pka: Floats
    n_protons: Floats
    continuous: Floats
    solubility: Floats
    yields: Floats
    yields_as_written: Floats
    experiments: Ints
    studies: Ints

    def __len__(self) -> int:
        return len(self.smiles)

    @property
    def system(self) -> System:
        """The built-in system."""
        return cathode()

    @property
    def keys(self) -> tuple[str, ...]:
        """What tells each row's acid apart, length n."""
        return tuple(structure_key(smiles) for smiles in self.smiles)

    @property
    def sound(self) -> Bools:
        """Which rows keep to stoichiometry, shape (n,); the others support no prediction."""
        from optimiser.surrogate.stoichiometry import breaks

        return ~breaks(self)

    @property
    def present(self) -> Bools:
        """Whether the feed contains the metal, shape (n, 4)."""
        return np.column_stack([np.ones(len(self), dtype=bool), self.feed > 0])


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file as hexadecimal digits."""
    return hashlib.sha256(read_bytes(path, MOST_TABLE, allowed="a training table")).hexdigest()


def read_table(path: Path) -> TrainingTable:
    """Read and check a training table.

    Yields of metals that the feed does not contain are set to NaN: the published table writes 1.0 (sometimes
    0 or in between) there, 308 of its 3,652 values, and they are not measurements.

    Args:
        path: an xlsx workbook whose first sheet has the Toolkit's columns.

    Raises:
        InputError: unreadable, a column missing or there twice, a cell that is not a number or no SMILES, or
            a value out of range; the row is the one a spreadsheet shows.
    """
    frame = _read_workbook(path)
    _check_unique(list(frame.columns), path)
    missing = [column for column in (*NUMERIC_COLUMNS, "SMILES") if column not in frame.columns]
    if missing:
        raise InputError(
            f"The training table lacks the column {missing[0]!r}.",
            where=str(path)
            + (f" ({len(missing)} columns missing: {', '.join(missing)})" if missing[1:] else ""),
            allowed=", ".join((*NUMERIC_COLUMNS, "SMILES")),
            remedy="use the Toolkit's table (optimiser data install) or rename your columns to these",
        )
    if not len(frame):
        raise InputError(
            "The training table has no rows.",
            where=str(path),
            allowed="a row for each sample, below the names of the columns",
            remedy="add rows",
        )
    smiles = tuple(_smiles(value, row, path) for row, value in enumerate(frame["SMILES"]))
    structures = tuple(map(structure_key, smiles))
    columns = {
        name: np.array([_number(value, name, row, path) for row, value in enumerate(frame[name])])
        for name in NUMERIC_COLUMNS
    }
    _check_range(columns, _YIELDS, 0.0, 1.0, path)
    _check_range(columns, ("temp",), _TEMPERATURE.low, _TEMPERATURE.high, path)
    _check_range(columns, _PKA, *_PKA_RANGE, path)
    _check_range(
        columns, (*_FEED, "nProtons", "acidC", "H2O2_conc", "solidToLiquid", "time"), 0.0, np.inf, path
    )

    def stack(names: tuple[str, ...]) -> Floats:
        return np.column_stack([columns[name] for name in names])

    feed, written = stack(_FEED), stack(_YIELDS)
    absent = np.column_stack([np.zeros(len(frame), dtype=bool), feed <= 0])
    return TrainingTable(
        path=path,
        sha256=sha256_of(path),
        smiles=smiles,
        feed=feed,
        pka=stack(_PKA),
        n_protons=columns["nProtons"],
        continuous=stack(_CONTINUOUS),
        solubility=stack(_SOLUBILITY),
        yields=np.where(absent, np.nan, written),
        yields_as_written=written,
        experiments=_experiments(columns, structures),
        studies=_studies(feed, structures),
    )


def acid_names(table: TrainingTable) -> npt.NDArray[np.str_]:
    """Return the name of each row's acid, shape (n,); its SMILES where the product has no such acid."""
    from optimiser.chemistry.acids import load_acids

    known = {structure_key(acid.smiles): name for name, acid in load_acids().items()}
    return np.array([known.get(structure_key(smiles), smiles) for smiles in table.smiles])


def feed_names(feed: Floats) -> npt.NDArray[np.str_]:
    """Return names of feeds (mol Ni, Mn, Co per mol Li, shape (n, 3)), shape (n,).

    The product's own name where it has one; else a formula such as ``Ni0.15Mn0.15Co0.7``.
    """
    from optimiser.chemistry.feeds import load_feeds

    known = {name: feed.composition[1 : len(BASE_METALS)] for name, feed in load_feeds().items()}
    formulas = [
        "".join(f"{metal}{x:.3g}" for metal, x in zip(BASE_METALS[1:], row, strict=True) if x > 0.0)
        for row in feed
    ]
    return named(feed, known, np.array(formulas))


def named(feed: Floats, known: Mapping[str, npt.ArrayLike], other: npt.ArrayLike) -> npt.NDArray[np.str_]:
    """Return the names of feeds (mol Ni, Mn, Co per mol Li, shape (n, 3)), ``other`` where unknown, (n,)."""
    same = (np.abs(feed[:, None] - np.array(list(known.values()))) <= _SAME_FEED).all(axis=2)
    return np.where(same.any(axis=1), np.array(list(known))[same.argmax(axis=1)], other)


def _read_workbook(path: Path) -> Any:
    import pandas as pd

    if not path.exists():
        raise InputError(
            f"The training table {path} does not exist.",
            remedy="check the path; the published table is there without one, after `optimiser data install`",
        )
    check_workbook(path)
    try:
        if not zipfile.is_zipfile(path):  # which every xlsx workbook is
            raise ValueError("it is not an xlsx workbook, whatever its name says, or it is cut off")
        # without a header, since pandas would rename a second column of one name
        frame = pd.read_excel(path, engine="openpyxl", dtype=object, header=None)
    except Exception as error:
        # openpyxl raises KeyError, BadZipFile, ValueError and more for files that are no workbook
        raise InputError(
            f"The training table {path} cannot be read: {error}.",
            allowed="an xlsx workbook; CSV and the old XLS are not read",
            remedy="save the table as XLSX in a spreadsheet",
        ) from None
    if not len(frame):
        return frame
    return frame.iloc[1:].set_axis(frame.iloc[0].tolist(), axis=1).reset_index(drop=True)


def _check_unique(names: list[Any], path: Path) -> None:
    for name in (*NUMERIC_COLUMNS, "SMILES"):
        if names.count(name) > 1:
            raise InputError(
                f"The training table has {names.count(name)} columns {name!r}.",
                where=f"{path}, columns " + ", ".join(str(i + 1) for i, n in enumerate(names) if n == name),
                allowed="one column of each name",
                remedy="rename or delete those that are not meant",
            )


def _cell(row: int, column: str, path: Path) -> str:
    return f"{path}, row {row + 2}, column {column}"


def _smiles(value: Any, row: int, path: Path) -> str:
    if not isinstance(value, str) or not value.strip():
        raise InputError(
            f"The acid's SMILES is {value!r}.", where=_cell(row, "SMILES", path), allowed="a SMILES"
        )
    try:
        structure_key(value.strip())
    except InputError as error:
        raise InputError(
            error.what, where=_cell(row, "SMILES", path), allowed=error.allowed, remedy="correct the cell"
        ) from None
    return value.strip()


def _number(value: Any, column: str, row: int, path: Path) -> float:
    empty = value is None or value == "" or value != value  # NaN is what pandas makes of an empty cell
    if empty and column in _MAY_BE_EMPTY:
        return float("nan")
    try:
        number = float("nan") if empty or isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        number = float("nan")
    if not np.isfinite(number):
        raise InputError(
            "An empty cell stands where a number is needed." if empty else f"{value!r} is not a number.",
            where=_cell(row, column, path),
            allowed="a number",
            remedy="correct the cell",
        )
    return number


def _check_range(
    columns: dict[str, Floats], names: tuple[str, ...], low: float, high: float, path: Path
) -> None:
    values = np.column_stack([columns[name] for name in names])
    outside = np.argwhere((values < low) | (values > high))
    if outside.size:
        row, j = outside[0].tolist()
        others = sorted({int(at) + 2 for at in outside[:, 0]} - {row + 2})
        raise InputError(
            f"{names[j]} is {values[row, j]:g}.",
            where=_cell(row, names[j], path) + _also(others),
            allowed=f"{low:g} to {high:g}" if np.isfinite(high) else f"{low:g} or more",
            remedy=_UNIT.get(names[j], "correct the cell"),
        )


def _also(rows: list[int]) -> str:
    """Name the further rows of a spreadsheet with the same fault, the first twenty of them."""
    if not rows:
        return ""
    more = f" and {len(rows) - 20} more" if len(rows) > 20 else ""
    return f"; also row{'s' if rows[1:] else ''} {', '.join(map(str, rows[:20]))}{more}"


def _experiments(columns: dict[str, Floats], structures: tuple[str, ...]) -> Ints:
    """Number the experiments: rows equal in everything but time and yields, values rounded to 4 decimals.

    Acids are compared by structure: one may be written in many ways.
    """
    import pandas as pd

    names = [name for name in NUMERIC_COLUMNS if name not in ("time", *_YIELDS)]
    # -0.0 equals 0.0
    rounded = pd.DataFrame({name: columns[name].round(4) + 0.0 for name in names} | {"acid": structures})
    numbers = rounded.groupby([*names, "acid"], sort=False, dropna=False).ngroup()
    return np.asarray(numbers, dtype=np.intp)


def _studies(feed: Floats, structures: tuple[str, ...]) -> Ints:
    """Number the runs of neighbouring rows with one acid and one feed, feed rounded to 3 decimals."""
    keys = [(*row, acid) for row, acid in zip((feed.round(3) + 0.0).tolist(), structures, strict=True)]
    starts = [True] + [keys[i] != keys[i - 1] for i in range(1, len(keys))]
    return np.asarray(np.cumsum(starts) - 1, dtype=np.intp)
