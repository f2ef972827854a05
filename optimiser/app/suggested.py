"""The laboratory sheet that a job of `optimiser suggest` has written, and why its experiments were chosen."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from optimiser._io.errors import InputError
from optimiser.app.jobs import printed
from optimiser.report.lab_sheet import HOW_TO
from optimiser.tables.mistakes import cells_of
from optimiser.tables.own_results import SHEET
from optimiser.tables.read import open_table, split_title

#: The file in the job's folder.
FILE = "sheet.xlsx"


@dataclass(frozen=True)
class Line:
    """What stands under one heading: its name, its unit, and what it says."""

    name: str
    unit: str
    text: str


@dataclass(frozen=True)
class Experiment:
    """One row of a laboratory sheet.

    Attributes:
        number: from 1; samples of one leach share it.
        setpoints, amounts, expected: what is set, weighed or measured out, and predicted.
        blank: what is filled in after the experiment.
        why: it was chosen.
        guess: whether the model knows nothing like it.
    """

    number: int
    setpoints: tuple[Line, ...]
    amounts: tuple[Line, ...]
    expected: tuple[Line, ...]
    blank: tuple[Line, ...]
    why: str
    guess: bool


@dataclass(frozen=True)
class LabSheet:
    """A laboratory sheet: its experiments, how they are done, and what they are for.

    Attributes:
        experiments: in the order of the sheet.
        how: lines of the sheet with instructions: number or subject, and text.
        told: what `optimiser suggest --json` printed.
    """

    experiments: tuple[Experiment, ...]
    how: tuple[tuple[str, str], ...]
    told: dict[str, Any]


def lab_sheet(folder: Path) -> LabSheet:
    """Read the laboratory sheet of a job.

    Args:
        folder: of the job.

    Raises:
        InputError: it has made none.
    """
    path = folder / FILE
    try:
        told = json.loads(printed(folder).get("out", ""))
        why = [(str(one["why"]), bool(one["guess"])) for one in told["experiments"]]
    except (ValueError, KeyError, TypeError):
        raise InputError("This job has made no laboratory sheet.", remedy="suggest experiments") from None
    table = open_table(path, SHEET)
    rows = cells_of(table).to_numpy(object).tolist()
    how = cells_of(open_table(path, HOW_TO))
    first = open_table(path, HOW_TO).header
    lines = [first, *how.to_numpy(object).tolist()]
    return LabSheet(
        tuple(_experiment(table.header, row, why) for row in rows),
        tuple((_text(line[0]), _text(line[1]) if len(line) > 1 else "") for line in lines),
        told,
    )


def _experiment(header: tuple[str, ...], row: list[Any], why: list[tuple[str, bool]]) -> Experiment:
    parts: dict[str, list[Line]] = {"setpoint": [], "amount": [], "predicted": [], "blank": []}
    number = 1
    for title, cell in zip(header, row, strict=True):
        name, unit = split_title(title)
        if name == "experiment":
            number = int(cell)
            continue
        kind = name.split(" ")[0]
        if kind in ("amount", "predicted"):
            parts[kind].append(Line(name.removeprefix(f"{kind} "), unit, _text(cell)))
        elif _text(cell) and name != "replicate":
            parts["setpoint"].append(Line(name, unit, _text(cell)))
        else:
            parts["blank"].append(Line(name, unit, _text(cell)))
    reason, guess = why[number - 1]
    return Experiment(
        number=number,
        setpoints=tuple(parts["setpoint"]),
        amounts=tuple(parts["amount"]),
        expected=tuple(parts["predicted"]),
        blank=tuple(parts["blank"]),
        why=reason,
        guess=guess,
    )


def _text(cell: Any) -> str:
    """Write a cell for a person: three figures are what a balance and a cylinder give."""
    if cell is None or (not isinstance(cell, str) and pd.isna(cell)):
        return ""
    if isinstance(cell, float) and not cell.is_integer():
        return f"{cell:.3g}"
    return f"{cell:.0f}" if isinstance(cell, float) else str(cell)
