"""What own results taught in words: how sure it is, what explains the differences, odd rows, how to go on."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from optimiser.learning.lessons import AcidLesson, Lessons, OddRow
from optimiser.learning.telling import option_words, source_of
from optimiser.report.numbers import counted, number, percent
from optimiser.surrogate.artefact import Surrogate
from optimiser.surrogate.calibration import INTERVAL_PERCENT
from optimiser.systems.system import System
from optimiser.tables.own_results_layout import IMPURITY_COLUMNS, layout_of

#: What each explanation of the differences says.
EXPLAINED = {
    "literature": "no difference from {source} beyond scatter",
    "offset": "a shift that is the same at all setpoints",
    "residual": "a shift that changes with the setpoints",
    "own": "unlike {source}, so that the results speak alone",
}
_LEAST = 0.005  # of a weight that is told


def lesson_lines(of: Lessons, name: str, system: System) -> list[str]:
    """Return all that was learned, in sentences.

    Args:
        of: what was learned.
        name: by which the site model is named in a command, or empty where it is not written.
        system: what was leached.
    """
    return [
        of.sentence,
        skill_sentence(of),
        *(weights_sentence(acid, system) for acid in of.acids),
        *odd_lines(of.odd, name),
        *impossible_lines(of.impossible),
    ]


def skill_sentence(of: Lessons) -> str:
    """Say how far predictions were off before and after, or why nothing says so."""
    if of.skill is None:
        return "With one experiment, nothing shows yet how far the site model is off: add results."
    skill = of.skill
    before, after = (number(100.0 * mae, 1) for mae in (skill.mae_before, skill.mae_after))
    return (
        f"Of {counted(skill.values, 'yield')} in {counted(of.experiments, 'experiment')}, {of.base} is off "
        f"by {before} points on average, and the site model by {after}, each experiment left out in turn; "
        f"{percent(skill.within_before)} lie within the {INTERVAL_PERCENT} intervals of {of.base}, "
        f"{percent(skill.within_after)} within those of the site model."
        + ("" if skill.mae_after < skill.mae_before else " It is no better yet: add results.")
    )


def weights_sentence(acid: AcidLesson, system: System) -> str:
    """Say how likely each explanation of the differences is."""
    told = sorted(acid.weights.items(), key=lambda pair: -pair[1])
    source = source_of(system)
    said = ", ".join(
        f"{percent(weight)} {EXPLAINED[name].format(source=source)}"
        for name, weight in told
        if weight >= _LEAST
    )
    have = f"{counted(acid.rows, 'result')} of {counted(acid.experiments, 'experiment')}"
    return f"What the {have} with {option_words(acid.acid, system)} say: {said}."


def odd_lines(odd: Sequence[OddRow], name: str) -> list[str]:
    """Say which values are likely typing errors, and what to do about them."""
    if not odd:
        return []
    said = "; ".join(
        f"row {one.row}, {one.metal}: {percent(one.measured)} measured, {percent(one.expected)} expected"
        for one in odd
    )
    lines = [f"Likely typing errors, far from what all other results say: {said}."]
    if name:
        rows = ",".join(str(row) for row in dict.fromkeys(one.row for one in odd))
        lines.append(
            f"If a row is wrong: optimiser forget --name {name} --rows {rows}, then add the right one."
        )
    return lines


def impossible_lines(rows: Sequence[int]) -> list[str]:
    """Say which rows no cathode in the acid that they state can give."""
    if not rows:
        return []
    which = f"Row {rows[0]} dissolves" if len(rows) == 1 else f"Rows {', '.join(map(str, rows))} dissolve"
    return [
        f"{which} more metal than the acid has protons for: check solids and acid strength. What was learned "
        "counts them, and a search does not go there because of them."
    ]


def use_lines(surrogate: Surrogate, name: str) -> list[str]:
    """Say where a site model was written and how it is used."""
    return [
        f"Site model: {surrogate.path}",
        f"Use it: `surrogate: {name}` in a problem, or optimiser predict TABLE --surrogate {name}",
    ]


def rows_frame(of: Lessons, frame: pd.DataFrame, system: System) -> pd.DataFrame:
    """Return the stored results to read: number, conditions, yields, and which are odd.

    Args:
        of: what was learned.
        frame: the results as they are stored.
        system: what was leached.
    """
    layout = layout_of(system)
    shown = frame[["feed", *layout.choices, *system.names]].copy()
    shown.insert(0, "result", range(1, len(frame) + 1))
    for name in IMPURITY_COLUMNS:
        if name in frame and frame[name].any():
            shown[name] = frame[name]
    for key in layout.yields:
        if frame[key].notna().any():
            shown[key] = frame[key]
    for name in ("replicate", "batch", "date", "note"):
        if (frame[name] != "").any():
            shown[name] = frame[name]
    marks = {row: [one.metal for one in of.odd if one.row == row] for row in {one.row for one in of.odd}}
    shown["odd"] = [f"odd: {', '.join(marks[row])}" if row in marks else "" for row in shown["result"]]
    return shown


def row_records(shown: pd.DataFrame, system: System) -> list[dict[str, object]]:
    """Return the table of `rows_frame` as records for a terminal, yields in per cent."""
    heads = {"result": "row", "odd": ""}
    # the units alone of cathodes, whose setpoints a reader knows by them
    heads |= {
        v.name: v.shown_unit if system.is_cathode else f"{v.label} {v.shown_unit}".strip()
        for v in system.variables
    }
    return [
        {
            (f"{name[6:]} %" if name.startswith("yield_") else heads.get(name, name)): (
                (None if value != value else round(100.0 * float(str(value))))
                if name.startswith("yield_")
                else value
            )
            for name, value in ((str(key), value) for key, value in row.items())
        }
        for row in shown.to_dict("records")
    ]
