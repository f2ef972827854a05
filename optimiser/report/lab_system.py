"""The laboratory sheet of a system of one's own: setpoints, what to fill in, and amounts of the solid alone.

What a lixiviant is made up from, nobody knows but the user, so that nothing is said of stocks.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from optimiser.problem.bound import BoundProblem
from optimiser.report.lab_amounts import check_volume
from optimiser.report.numbers import number, percent
from optimiser.tables.own_results_layout import Layout, layout_of
from optimiser.variables import Designs, Floats

#: g per mL of leachant for one of the setpoint, by its unit.
_SOLIDS = {"g/L": 0.001, "kg/m3": 0.001, "g/mL": 1.0, "kg/L": 1.0}
_SETPOINT = "solid_liquid_ratio"
_SOLID = "amount_solid [g]"


def system_frame(
    problem: BoundProblem, designs: Designs, volume_ml: float, predicted: Floats, low: Floats, high: Floats
) -> pd.DataFrame:
    """Return the table of a laboratory sheet: setpoints, mass of solid, results to fill in, predictions.

    Args:
        problem: on a system of one's own, bound.
        designs: n designs, as a laboratory sets them.
        volume_ml: leachant of one experiment, mL.
        predicted, low, high: yields as fractions and the ends of their intervals, shape (n, m) each.

    Raises:
        InputError: an impossible volume.
    """
    check_volume(volume_ml)
    layout, rows = layout_of(problem.system), len(designs)
    options = [problem.acids[k] for k in designs.acid]
    columns: dict[str, object] = {"experiment": np.arange(1, rows + 1), "feed": problem.feed.name}
    for choice, values in zip(layout.choices, zip(*(_values(o) for o in options), strict=True), strict=True):
        columns[choice] = list(values)
    titles = layout.titles
    columns |= {titles[v.name]: designs.continuous[:, j] for j, v in enumerate(problem.variables)}
    if (share := _solids(problem)) is not None:
        columns[_SOLID] = share * volume_ml * designs.continuous[:, problem.system.column[_SETPOINT]]
    has = [(problem.responses.index(response), response) for response in problem.present]
    columns |= {titles[f"yield_{response}"]: np.nan for _, response in has}
    columns |= {
        titles[name]: np.nan if name == "sd" else "" for name in ("replicate", "sd", "batch", "date", "note")
    }
    for i, response in has:
        columns[f"predicted_yield_{response}"] = [
            f"{percent(p)} ({number(100.0 * a, 0)} to {number(100.0 * b, 0)})"
            for p, a, b in zip(predicted[:, i], low[:, i], high[:, i], strict=True)
        ]
    frame = pd.DataFrame(columns, index=range(rows))
    alike = frame.groupby([*layout.choices, *(titles[name] for name in problem.system.names)], sort=False)
    several = alike["feed"].transform("size") > 1
    frame.loc[several, "replicate"] = (alike.cumcount() + 1).astype(str)[several]
    return frame


def system_assumptions(problem: BoundProblem, volume_ml: float) -> dict[str, str]:
    """Say what the sheet takes for granted, by what it is about."""
    said = {
        "Volume": f"{number(volume_ml)} mL of leachant.",
        "Lixiviant": "made up as your table means its setpoints; no stock is known here.",
    }
    if _solids(problem) is not None:
        said["Solid"] = f"{problem.feed.name}: the solid-to-liquid ratio times the volume of leachant."
    return said


def system_steps(layout: Layout) -> tuple[str, ...]:
    """Say how an experiment is done, in this order."""
    told = [
        "Know the hazards of the lixiviant and of what it sets free from the feed before you begin.",
        "Make up the lixiviant, bring it to the setpoints of the row, and add the solid.",
        "Take the sample, filter it at once (0.45 µm or finer) and dilute it at once: what stays with the "
        "solid goes on dissolving.",
    ]
    if layout.system.along is not None:
        label = layout.system.variables[layout.system.column[layout.system.along]].label
        told.append(
            f"Of an experiment that is sampled several times, every sample is a row with its own {label}."
        )
    return tuple(told)


def system_filling(layout: Layout) -> tuple[str, ...]:
    """Say how the results are filled in."""
    example = "93 for 93 %" if layout.per_cent else "0.93 for 93 %"
    sd = "2" if layout.per_cent else "0.02"
    return (
        f"A yield is the response as your table means it, in {layout.unit}: {example}.",
        "A blank cell was not measured; 0 means that nothing had dissolved. Rows without any yield are left "
        "out.",
        "Where you set or weighed something else than planned, overwrite the setpoint: what was done is "
        "what counts.",
        "For a repeat, copy the row and give each of them its own label under replicate, such as a and b.",
        f"sd is the standard deviation of a yield as you know it, in {layout.unit} ({sd}); leave it blank "
        "where you do not.",
        "batch, date and note are for you. White and yellow cells may be changed, the headings must stay.",
        "Blue amounts and grey predictions are not read when the sheet comes back. The predictions stand to"
        " the right of the notes and are not printed.",
    )


def _values(option: object) -> tuple[str, ...]:
    values: tuple[str, ...] = getattr(option, "values", ())
    return values


def _solids(problem: BoundProblem) -> float | None:
    """Return g of solid per mL for one of the setpoint; None where there is none in a known unit."""
    column = problem.system.column.get(_SETPOINT)
    return None if column is None else _SOLIDS.get(problem.variables[column].unit)
