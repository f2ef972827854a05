"""Tables of scenarios in, tables of results out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from optimiser.binding import assemble, known_acids
from optimiser.chemistry.acids import Acid, choose_acid
from optimiser.chemistry.feeds import Feed, find_feed
from optimiser.chemistry.reagents import load_acids
from optimiser.designs import CONTINUOUS, DESIGN_COLUMNS, VARIABLES, Designs, Floats
from optimiser.errors import InputError, closest
from optimiser.problem import Problem
from optimiser.process.parameters import process_parameters
from optimiser.spec.load import Question
from optimiser.surrogate.artefact import load_surrogate
from optimiser.table import design_table

_READERS: dict[str, Callable[[Path], pd.DataFrame]] = {".csv": pd.read_csv, ".xlsx": pd.read_excel}


def predict_table(
    path: Path, *, question: Question | None = None, feed_name: str | None = None
) -> pd.DataFrame:
    """Predict every row of a table of designs.

    Args:
        path: CSV or XLSX with the columns acid, temperature (degC), acid_concentration (mol/L), h2o2 (wt%),
            solid_liquid_ratio (g/L), time (min), and, if feeds differ, feed (a known name).
        question: takes feed, extra acids, process parameters and surrogate from this problem.
        feed_name: a known feed, for tables without a feed column.

    Returns:
        One row per row of the table, in its order: feed, the columns of `table.design_table`, and one
        ``margin_NAME`` per limit of chemistry and domain (>= 0 where it holds).

    Raises:
        InputError: the table cannot be read, or a cell is wrong (row and column named).
    """
    table = read_scenarios(path)
    known = known_acids(question) if question else load_acids()
    feeds = _feeds(table, path, question, feed_name)
    acids = [
        choose_acid(str(name), known, where=_cell(path, row, "acid"))
        for row, name in enumerate(table["acid"])
    ]
    continuous = np.column_stack([_numbers(table, name, path) for name in CONTINUOUS])
    surrogate = load_surrogate(question.spec.surrogate if question else "pd-gbr")
    parameters = process_parameters(question.spec.process if question else None)
    parts = []
    for feed in dict.fromkeys(feeds):
        rows = np.array([i for i, f in enumerate(feeds) if f == feed])
        chosen: list[Acid] = list({acids[i].name: acids[i] for i in rows}.values())
        problem = assemble("predict", feed, chosen, surrogate, parameters)
        index = {acid.name: k for k, acid in enumerate(chosen)}
        designs = Designs(np.array([index[acids[i].name] for i in rows], dtype=np.intp), continuous[rows])
        parts.append(_results(problem, designs, rows))
    return pd.concat(parts).sort_index().reset_index(drop=True)


def _results(problem: Problem, designs: Designs, rows: np.ndarray) -> pd.DataFrame:
    evaluation = problem.evaluate(designs)
    table = design_table(problem, evaluation).drop(columns=["knee", "p_feasible"])
    table.insert(0, "feed", problem.feed.name)
    for name, margin in evaluation.margins.items():
        table[f"margin_{name}"] = margin
    return table.set_index(rows)


def read_scenarios(path: Path) -> pd.DataFrame:
    """Read a table of designs and check its columns.

    Raises:
        InputError: missing, not CSV or XLSX, unreadable, empty, or without a column that is needed.
    """
    if path.is_dir():
        raise InputError(f"{path} is a directory.", allowed="a .csv or .xlsx file")
    if not path.is_file():
        raise InputError(f"{path} does not exist.", remedy="check the path")
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise InputError(f"{path} is neither CSV nor XLSX.", allowed=".csv or .xlsx", remedy="save it as one")
    try:
        table = reader(path)
    except Exception as error:  # whatever pandas or openpyxl make of a broken file
        raise InputError(
            f"{path} cannot be read as a table: {error}.", remedy="open and save it again"
        ) from None
    table.columns = [str(c).strip() for c in table.columns]
    table = table.dropna(how="all")
    if not len(table):
        raise InputError(f"{path} has no rows.", allowed="one row per design under a header")
    for name in DESIGN_COLUMNS:
        if name not in table.columns:
            raise InputError(
                f"Column {name!r} is missing.",
                where=f"{path}, header",
                allowed="the columns " + ", ".join(DESIGN_COLUMNS) + " and optionally feed",
                remedy=closest(name, set(table.columns) - set(DESIGN_COLUMNS))
                .replace("did you mean", f"rename to {name!r}, if it is meant, the column")
                .rstrip("?")
                or f"add {name}",
            )
    unknown = [c for c in table.columns if c not in (*DESIGN_COLUMNS, "feed")]
    if unknown:
        raise InputError(
            f"Unknown column {unknown[0]!r}.",
            where=f"{path}, header",
            allowed=", ".join((*DESIGN_COLUMNS, "feed")),
            remedy=closest(unknown[0], (*DESIGN_COLUMNS, "feed")) or "remove the column",
        )
    return table


def _cell(path: Path, row: int, column: str) -> str:
    # the header is row 1 of the file
    return f"{path}, row {row + 2}, column {column}"


def _numbers(table: pd.DataFrame, name: str, path: Path) -> Floats:
    variable = VARIABLES[CONTINUOUS.index(name)]
    values = pd.to_numeric(table[name], errors="coerce").to_numpy(dtype=np.float64)
    bad = np.flatnonzero(~((values >= variable.low) & (values <= variable.high)))
    if len(bad):
        found = table[name].iloc[bad[0]]
        kind = "outside what is possible" if np.isfinite(values[bad[0]]) else "not a number"
        raise InputError(
            f"{variable.label.capitalize()} {found!r} is {kind}.",
            where=_cell(path, int(bad[0]), name),
            allowed=f"{variable.low:g} to {variable.high:g} {variable.unit}",
            remedy=f"check the unit: {name} is in {variable.unit}",
        )
    return values


def _feeds(table: pd.DataFrame, path: Path, question: Question | None, feed_name: str | None) -> list[Feed]:
    if "feed" in table.columns:
        return [
            find_feed(str(name), where=_cell(path, row, "feed")) for row, name in enumerate(table["feed"])
        ]
    if feed_name is not None:
        return [find_feed(feed_name, where="--feed")] * len(table)
    if question is not None:
        return [question.spec.feed] * len(table)
    raise InputError(
        "The table does not say which cathode is leached.",
        where=f"{path}, header",
        allowed="a column feed, or --feed NAME, or --problem NAME",
        remedy="for example: --feed NMC111",
    )
