"""Read and check the table of a system: from its cells to arrays, and notes of what a reader must know."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from optimiser._io.errors import InputError
from optimiser._io.reading import MOST_TABLE, read_bytes
from optimiser.systems import checks
from optimiser.systems.cells import Cells, find_table, read_cells
from optimiser.systems.feeds import feed_columns, feeds_of
from optimiser.systems.grouping import FEED, Grouping, grouping, named_columns, numbered
from optimiser.systems.reagents import check_reagents
from optimiser.systems.spec import LongResponses, SetpointSpec, SystemSpec, read_spec
from optimiser.systems.system import BETWEEN, NO_CHOICE, Option, System
from optimiser.systems.table import SystemTable
from optimiser.systems.units import conversion, converted
from optimiser.variables import Floats, Ints, Variable

#: Groups that the folds need at least.
LEAST_EXPERIMENTS = 5
_REPEAT, _RESPONSE, _VALUE = "repeat\0", "response\0", "value\0"  # columns that no table can name


def read_system_table(path: str | Path, table: Path | None = None) -> SystemTable:
    """Read a system's file and its table, and check both.

    Args:
        path: of the system's file, or the name of one that ships.
        table: the table, if not where the system's file says.

    Raises:
        InputError: the file or its table cannot be read, or does not hold what it should; with file, and line
            or row and column.
    """
    spec, document = read_spec(path)
    for key in ("stoichiometry", "artefact"):
        if getattr(spec, key) is not None:
            raise InputError(
                f"`{key}` belongs to the built-in system of cathodes.",
                where=document.where((key,)),
                remedy="remove it; `optimiser train` fits the model of cathodes",
            )
    try:
        return _read(spec, find_table(spec.table, document.path.parent, table))
    except InputError as error:
        raise (document.located(error) if error.key else error) from None


def _columns_of(spec: SystemSpec) -> list[str]:
    responses = (
        [spec.responses.by, spec.responses.value]
        if isinstance(spec.responses, LongResponses)
        else list(spec.responses.values())
    )
    feed = [*spec.feed.columns.values(), *([spec.feed.name] if spec.feed.name else [])]
    setpoints = [one.column for one in spec.setpoints.values()]
    choices = [one.column for one in spec.choices.values()]
    return [*responses, *setpoints, *choices, *feed, *named_columns(spec)]


@dataclass(frozen=True)
class _Wide:
    """Rows of the table with a column for each response."""

    conditions: pd.DataFrame
    written: Floats
    responses: tuple[str, ...]
    rows: Ints


def _read(spec: SystemSpec, path: Path) -> SystemTable:
    digest = hashlib.sha256(read_bytes(path, MOST_TABLE, allowed="a CSV or XLSX table")).hexdigest()
    cells, notes = checks.excluded(spec, read_cells(path))
    cells.check_columns(_columns_of(spec))
    cells, more = _with_responses(spec, cells)
    notes += more
    choices, more = checks.choice_values(spec, cells)
    notes += more
    setpoints, unused, more = checks.setpoint_values(spec, cells, choices)
    notes += [*more, *_converted_notes(spec)]
    spec = spec.model_copy(
        update={"setpoints": {name: converted(name, said) for name, said in spec.setpoints.items()}}
    )
    variables = []
    for name, said in spec.setpoints.items():
        values = setpoints[name].to_numpy()
        notes += checks.check_setpoint(name, said, values, cells, unused[name])
        variables.append(_variable(name, said, values, bool(unused[name].any())))
    feed, names, more = feed_columns(spec, cells)
    notes += more
    conditions = pd.concat([setpoints, choices, feed], axis=1)
    conditions[FEED] = names
    wide, more = _wide(spec, cells, conditions)
    notes += more
    return _table(spec, wide, variables, path, digest, notes)


def _converted_notes(spec: SystemSpec) -> list[str]:
    notes = []
    for name, said in spec.setpoints.items():
        unit, after = conversion(name, said.unit), converted(name, said).unit
        if unit is not None and (unit.factor, unit.shift) != (1.0, 0.0):
            notes.append(f"{name} is converted from {said.unit} to {after}")
    return notes


def _with_responses(spec: SystemSpec, cells: Cells) -> tuple[Cells, list[str]]:
    """Leave out rows in which no response was measured."""
    long = isinstance(spec.responses, LongResponses)
    columns = [spec.responses.value] if isinstance(spec.responses, LongResponses) else spec.responses.values()
    measured = ~np.isnan(np.column_stack([cells.numbers(column) for column in columns]))
    without = ~measured.any(axis=1)
    if without.all():
        raise InputError(
            "No row has a yield.",
            where=cells.where(),
            allowed="numbers in the columns of the responses",
            remedy="correct the names of the responses' columns",
        )
    if isinstance(spec.responses, LongResponses) and "" in (names := cells.text(spec.responses.by)):
        raise InputError(
            "The row does not say which response its yield is of.",
            where=cells.where(cells.rows[names.index("")], spec.responses.by),
            allowed="a name in every row",
        )
    if not without.any():
        return cells, []
    said = "a yield" if long else "any response"
    return cells.keep(np.asarray(~without)), [f"{int(without.sum())} rows without {said} are left out"]


def _wide(spec: SystemSpec, cells: Cells, conditions: pd.DataFrame) -> tuple[_Wide, list[str]]:
    """Return rows with a column for each response, checked; what only groups need is among the conditions."""
    for column in named_columns(spec):
        conditions[column] = cells.text(column)
    scale = 0.01 if spec.unit == "percent" else 1.0
    if not isinstance(spec.responses, LongResponses):
        columns = list(spec.responses.values())
        written = np.column_stack([cells.numbers(column) for column in columns]) * scale
        notes = checks.check_yields(spec, written, columns, cells)
        rows = np.array(cells.rows, dtype=np.intp)
        return _Wide(conditions.reset_index(drop=True), written, tuple(spec.responses), rows), notes
    value = cells.numbers(spec.responses.value) * scale
    notes = checks.check_yields(spec, value[:, None], [spec.responses.value], cells)
    keys, by = list(conditions.columns), cells.text(spec.responses.by)
    long = conditions.copy()
    long[_RESPONSE], long[_VALUE] = by, value
    long[_REPEAT] = long.groupby([*keys, _RESPONSE], sort=False).cumcount()
    row = numbered(long, [*keys, _REPEAT])
    responses = tuple(dict.fromkeys(by))
    written = np.full((int(row.max()) + 1, len(responses)), np.nan)
    written[row, [responses.index(name) for name in by]] = value
    first = np.unique(row, return_index=True)[1]
    kept = conditions.iloc[first].reset_index(drop=True)
    return _Wide(kept, written, responses, np.array(cells.rows, dtype=np.intp)[first]), notes


def _table(
    spec: SystemSpec, wide: _Wide, variables: Sequence[Variable], path: Path, digest: str, notes: list[str]
) -> SystemTable:
    yields, conditions = wide.written.clip(0.0, 1.0), wide.conditions
    checks.check_varies(wide.responses, yields, str(path))
    by = grouping(spec)
    continuous = conditions[list(spec.setpoints)].to_numpy(dtype=np.float64)
    parts = [tuple(row) for row in conditions[list(spec.choices)].to_numpy(dtype=object).tolist()]
    known = list(dict.fromkeys(parts))
    place = conditions[list(spec.feed.columns)].to_numpy(dtype=np.float64)
    names = tuple(conditions[FEED].tolist())
    feeds, has = feeds_of(spec, names, place, ~np.isnan(wide.written), wide.responses)
    experiments = numbered(conditions, by.names)
    _check_experiments(experiments, by, path)
    notes += checks.repeats(conditions[[*spec.setpoints, *spec.choices, *spec.feed.columns, FEED]], yields)
    values = {choice: tuple(dict.fromkeys(conditions[choice])) for choice in spec.choices}
    check_reagents(spec, values)
    system = System(
        name=spec.name,
        variables=tuple(variables),
        responses=wide.responses,
        choices=tuple(spec.choices),
        values=tuple(values.values()),
        options=tuple(Option(part, BETWEEN.join(part) or NO_CHOICE) for part in known),
        feed_columns=tuple(spec.feed.columns),
        feeds=feeds,
        along=by.along,
        monotone={name: sign for name, sign in spec.monotone.items() if sign},
        spec=spec,
    )
    return SystemTable(
        path=path,
        sha256=digest,
        system=system,
        option=np.array([known.index(part) for part in parts], dtype=np.intp),
        feed=place,
        feed_name=names,
        has=has,
        continuous=continuous,
        yields=yields,
        yields_as_written=wide.written,
        experiments=experiments,
        studies=numbered(conditions, [spec.groups.study or FEED]),
        rows=wide.rows,
        notes=tuple(notes),
    )


def _check_experiments(experiments: Ints, by: Grouping, path: Path) -> None:
    many = int(experiments.max()) + 1
    if many < LEAST_EXPERIMENTS:
        raise InputError(
            f"The table has {many} experiment{'s' if many > 1 else ''}, told apart by {', '.join(by.names)}: "
            "too few to hold out.",
            where=str(path),
            allowed=f"{LEAST_EXPERIMENTS} or more",
            remedy="add experiments, or say in `groups` what tells them apart",
        )


def _variable(name: str, said: SetpointSpec, values: npt.NDArray[np.float64], unused: bool) -> Variable:
    """Return a setpoint as the search sees it; its least is 0 where some option does not have it."""
    least, most = float(values.min()), float(values.max())
    low = least if said.low is None else said.low
    high = most if said.high is None else said.high
    span = (most - least) or abs(most) or 1.0
    step = said.step or 10.0 ** float(np.floor(np.log10(span / 100.0)))
    if said.values:
        gaps = np.diff([*said.values])
        low = said.values[0] if said.low is None else low
        high = said.values[-1] if said.high is None else high
        step = float(gaps.min()) if len(gaps) else step
    return Variable(
        name,
        said.label or name.replace("_", " "),
        said.unit,
        min(low, 0.0) if unused else low,
        high,
        float(step),
        said.log,
        ((0.0, *said.values) if unused and 0.0 not in said.values else said.values) if said.values else (),
    )
