"""What a system's table may hold: setpoints and yields that can be, choices with rows; repeats are told."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from optimiser._io.errors import InputError, closest
from optimiser.systems.cells import Cells
from optimiser.systems.spec import SetpointSpec, SystemSpec
from optimiser.systems.system import BETWEEN
from optimiser.systems.units import conversion, convert
from optimiser.variables import Bools, Floats

#: Rows that a value of a choice needs: two say nothing of it that could be held out.
LEAST_ROWS = 3
#: Temperatures in degC that a leach can have; roasting, which some tables mean, included.
_DEGREES = (-20.0, 1500.0)
#: Leaching above it is rare, and room temperature in kelvin is above it.
_KELVIN = 270.0
#: Yields apart by more, as fractions, contradict each other.
_APART = 0.05


def excluded(spec: SystemSpec, cells: Cells) -> tuple[Cells, list[str]]:
    """Return the table without the rows that the system's file excludes, and what was left out.

    Raises:
        InputError: a value that no row has.
    """
    notes = []
    cells.check_columns(spec.exclude)
    for column, values in spec.exclude.items():
        text = np.array(cells.text(column), dtype=object)
        for value in values:
            said = f"{value:g}" if isinstance(value, float) else str(value)
            mine = text == said
            if not mine.any():
                known = sorted(set(text.tolist()))
                raise InputError(
                    f"No row has {said!r} in {column!r}, so none can be excluded.",
                    where=cells.where(column=column),
                    allowed=", ".join(known),
                    remedy=closest(said, known) or "remove the entry from `exclude`",
                )
            notes.append(f"{int(mine.sum())} rows with {column} {said!r} are excluded, as the file says")
            cells, text = cells.keep(~mine), text[~mine]
    if not len(cells):
        raise InputError("`exclude` leaves no row.", where=cells.where(), remedy="exclude less")
    return cells, notes


def choice_values(spec: SystemSpec, cells: Cells) -> tuple[pd.DataFrame, list[str]]:
    """Return the value of each choice in each row, and notes.

    Raises:
        InputError: an empty cell, one value only of a choice with structures, or a value with too few rows.
    """
    found, notes = {}, []
    for name, choice in spec.choices.items():
        text = cells.text(choice.column)
        if "" in text:
            raise InputError(
                f"The row has no {name}.",
                where=cells.where(cells.rows[text.index("")], choice.column),
                allowed="a word in every row",
                remedy="write what was used, such as none; or exclude the row",
            )
        if any(BETWEEN in value for value in text):
            text = [value.replace(BETWEEN, "/") for value in text]
            notes.append(f"{BETWEEN!r} in values of {name} is written '/': it parts choices")
        counts = pd.Series(text).value_counts()
        rare = counts[counts < LEAST_ROWS]
        if len(rare):
            value, rows = str(rare.index[0]), int(rare.iloc[0])
            raise InputError(
                f"{name} {value!r} has {rows} row{'s' if rows > 1 else ''}: too few to learn from.",
                where=cells.where(cells.rows[text.index(value)], choice.column),
                allowed=f"{LEAST_ROWS} rows or more of every value of a choice",
                remedy=f"add rows, or leave it out: exclude: {{{choice.column}: {value}}}",
            )
        _check_described(name, [*choice.smiles, *choice.values], list(counts.index))
        found[name] = text
    return pd.DataFrame(found, index=cells.frame.index, dtype=object), notes


def _check_described(choice: str, described: Sequence[str], known: Sequence[str]) -> None:
    for value in described:
        if value not in known:
            raise InputError(
                f"The table has no {choice} {value!r}.",
                key=("choices", choice),
                allowed=", ".join(known),
                remedy=closest(value, known) or "remove the entry",
            )


def setpoint_values(
    spec: SystemSpec, cells: Cells, choices: pd.DataFrame
) -> tuple[pd.DataFrame, dict[str, Bools], list[str]]:
    """Return the setpoints of each row in the units of the search, where they do not apply, and notes.

    Raises:
        InputError: text, an empty cell whose meaning nobody said, or a number that cannot be.
    """
    found, unused, notes = {}, {}, []
    for name, setpoint in spec.setpoints.items():
        values = cells.numbers(setpoint.column)
        unused[name], more = _inapplicable(name, np.isnan(values), choices)
        notes += more
        empty = np.isnan(values) & ~unused[name]
        if empty.any() and setpoint.empty is None:
            raise InputError(
                f"The row has no {name}.",
                where=cells.where(cells.rows[int(empty.argmax())], setpoint.column),
                allowed="a number in every row, or in none of the rows with some value of a choice",
                remedy=f"write the number; or say what an empty cell means: {name}: {{..., empty: 0}}",
            )
        if empty.any():
            notes.append(f"{int(empty.sum())} empty cells of {name} are {setpoint.empty:g}, as the file says")
        values = np.where(empty, setpoint.empty if setpoint.empty is not None else np.nan, values)
        unit = conversion(name, setpoint.unit)
        if unit is not None:
            values = convert(name, setpoint.unit, values)
        values = np.where(unused[name], 0.0, values)
        found[name] = values
    return pd.DataFrame(found, index=cells.frame.index), unused, notes


def _inapplicable(name: str, empty: Bools, choices: pd.DataFrame) -> tuple[Bools, list[str]]:
    """Return the rows of values of a choice that never have the setpoint, shape (n,), and what to tell."""
    unused, notes = np.zeros(len(empty), dtype=np.bool_), []
    for choice in choices:
        for value in dict.fromkeys(choices[choice]):
            mine = (choices[choice] == value).to_numpy()
            if empty[mine].all() and not unused[mine].all():
                unused |= mine
                notes.append(
                    f"{name} does not apply to {choice} {value!r}: none of its {int(mine.sum())} rows "
                    "has it; it is taken as 0 there"
                )
    if unused.all():  # then nothing has it
        return np.zeros_like(unused), []
    return unused, notes


#: Largest yield, a fraction as read, up to which a table in per cent looks like one of fractions: 1.05 %.
_LIKE_FRACTIONS = 0.0105
#: Setpoints of which there cannot be less than nothing.
NEVER_NEGATIVE = ("time", "acid_concentration", "solid_liquid_ratio", "h2o2")


def check_setpoint(name: str, said: SetpointSpec, values: Floats, cells: Cells, unused: Bools) -> list[str]:
    """Refuse numbers of a setpoint that cannot be; return what to tell.

    Args:
        name: of the setpoint.
        said: of it, in the unit of the numbers.
        values: of the rows, shape (n,).
        cells: the table, for where they stand.
        unused: where it does not apply, shape (n,).

    Raises:
        InputError: a number outside ``low`` and ``high``, none of ``values``, or a temperature that no leach
            has.
    """
    low, high = said.low, said.high
    if name == "temperature" and said.unit == "degC":
        low, high = (
            _DEGREES[0] if low is None else max(low, _DEGREES[0]),
            _DEGREES[1] if high is None else min(high, _DEGREES[1]),
        )
    if name in NEVER_NEGATIVE or said.log:
        low = 0.0 if low is None else max(low, 0.0)
    for bad, limit in (
        (values < low if low is not None else None, f"{low:g} or more" if low is not None else ""),
        (values > high if high is not None else None, f"{high:g} or less" if high is not None else ""),
    ):
        if bad is not None and (bad & ~unused).any():
            at = int((bad & ~unused).argmax())
            raise InputError(
                f"{name} is {values[at]:g} {said.unit} in row {cells.rows[at]}.",
                where=cells.where(cells.rows[at], said.column),
                allowed=f"{limit} {said.unit}",
                remedy="correct the cell, the unit, or the range in the system's file",
            )
    if said.values:
        known = np.array(said.values)
        apart = np.abs(values[:, None] - known).min(axis=1)
        bad = (apart > 1e-9 + 1e-6 * np.abs(values)) & ~unused
        if bad.any():
            at = int(bad.argmax())
            raise InputError(
                f"{name} is {values[at]:g} {said.unit} in row {cells.rows[at]}: not among its values.",
                where=cells.where(cells.rows[at], said.column),
                allowed=", ".join(f"{value:g}" for value in said.values),
                remedy="add it to `values`, or correct the cell",
            )
    used = values[~unused]
    if np.ptp(used) == 0.0 and not (unused.any() and used[0] != 0.0):
        return [f"{name} is {used[0]:g} {said.unit} in every row: it cannot be searched"]
    if name == "temperature" and said.unit == "degC" and used.min() > _KELVIN:
        return [
            f"no temperature is below {used.min():g} degC: if these are kelvin, write unit: K; "
            "if they are of roasting, name the setpoint so"
        ]
    return []


def check_yields(spec: SystemSpec, written: Floats, columns: Sequence[str], cells: Cells) -> list[str]:
    """Refuse yields beyond the tolerance and responses that never vary; return what to tell.

    Args:
        spec: the system's file.
        written: fractions as the table says them, NaN where not measured, shape (n, k).
        columns: the table's columns that they stand in, k of them.
        cells: the table, n rows.

    Raises:
        InputError: with the cell.
    """
    slack = spec.tolerance / 100.0
    scale = 100.0 if spec.unit == "percent" else 1.0
    least, most = -slack * scale, (1.0 + slack) * scale
    bad = (written < -slack - 1e-12) | (written > 1.0 + slack + 1e-12)
    if bad.any():
        at, k = (int(index[0]) for index in np.nonzero(bad))
        hint = "; if the table holds per cent, write unit: percent" if spec.unit == "fraction" else ""
        raise InputError(
            f"The yield is {written[at, k] * scale:g}{' %' if spec.unit == 'percent' else ''}.",
            where=cells.where(cells.rows[at], columns[k]),
            allowed=f"{least:g} to {most:g}: 0 to {scale:g}, and a tolerance of {spec.tolerance:g} points",
            remedy="correct the cell, exclude the row, or raise `tolerance` in the system's file" + hint,
        )
    measured = written[~np.isnan(written)]
    if spec.unit == "percent" and len(measured) and 0.0 < measured.max() <= _LIKE_FRACTIONS:
        raise InputError(
            f"No yield is above {100.0 * measured.max():g} %: these look like fractions.",
            where=cells.where(),
            allowed="per cent, as the system's file says",
            remedy="write unit: fraction",
        )
    notes = []
    above, below = int((written > 1.0).sum()), int((written < 0.0).sum())
    if above:
        notes.append(
            f"{above} yields above 100 %, at most {100.0 * np.nanmax(written):.1f} %, are taken as 100 %"
        )
    if below:
        notes.append(f"{below} yields below 0, at least {100.0 * np.nanmin(written):.2g} %, are taken as 0")
    return notes


def check_varies(responses: Sequence[str], yields: Floats, where: str) -> None:
    """Refuse a response that is the same in every row, or was never measured.

    Raises:
        InputError: with its name.
    """
    for k, response in enumerate(responses):
        mine = yields[~np.isnan(yields[:, k]), k]
        if not len(mine) or np.ptp(mine) == 0.0:
            said = f"is {100.0 * mine[0]:g} % in every row" if len(mine) else "was never measured"
            raise InputError(
                f"The response {response!r} {said}: there is nothing to learn.",
                where=where,
                allowed="yields that vary",
                remedy="leave the response out of the system's file; of responses in rows, exclude it",
            )


def repeats(conditions: pd.DataFrame, yields: Floats) -> list[str]:
    """Tell rows with the same conditions, and how far their yields are apart.

    Args:
        conditions: setpoints, choices and feed of each row.
        yields: fractions, shape (n, m).
    """
    same = conditions.duplicated(keep=False).to_numpy()
    if not same.any():
        return []
    groups = conditions[same].groupby(list(conditions.columns), sort=False, dropna=False).ngroup().to_numpy()
    frame = pd.DataFrame(yields[same]).groupby(groups)
    apart = (frame.max() - frame.min()).to_numpy()[frame.count().to_numpy() > 1]
    number = len(np.unique(groups))
    if not len(apart):
        return []
    mean, most = 100.0 * apart.mean(), 100.0 * apart.max()
    contradict = int((apart > _APART).sum())
    told = f"{number} conditions stand in more than one row ({int(same.sum())} rows), all kept"
    if not contradict:
        return [f"{told}; their yields agree within {most:.1f} points"]
    return [
        f"{told}; their yields differ by {mean:.1f} points on average, {most:.1f} at most: "
        f"{contradict} contradict each other by more than {100.0 * _APART:g}"
    ]
