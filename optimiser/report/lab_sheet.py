"""The laboratory sheet: experiments to print, do and fill in; `tables.own_results` reads it as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from optimiser._io.output import check_file_target, placed
from optimiser.chemistry.acids import Acid
from optimiser.chemistry.feeds import Feed
from optimiser.chemistry.metals import BASE_METALS
from optimiser.chemistry.reagents import Reagents
from optimiser.process.parameters import ProcessParameters
from optimiser.report.lab_amounts import VOLUME, amounts
from optimiser.report.lab_system import system_filling, system_steps
from optimiser.report.lab_words import filling, steps
from optimiser.report.numbers import number, percent
from optimiser.report.workbook import OPTIONS
from optimiser.report.write import write_table
from optimiser.systems.system import System, SystemFeed
from optimiser.tables.own_results import SHEET, TITLES, template_frame
from optimiser.tables.own_results_layout import OF_CATHODES, Layout
from optimiser.tables.read import split_title
from optimiser.variables import COLUMN, CONTINUOUS, Designs, Floats

HOW_TO = "how to"
#: Columns that are filled in after the experiment, beside the yields.
_BESIDE = ("replicate", "sd", "batch", "date", "note")
#: In characters: narrow, so that a page in landscape can be read; headings are small and break at spaces.
_WIDTHS: Mapping[str, float] = {
    "experiment": 10, "feed": 9, "acid": 15, "temperature": 11, "acid_concentration": 12.5, "h2o2": 7,
    "solid_liquid_ratio": 8, "time": 7, "batch": 9, "date": 11, "note": 28,
}  # fmt: skip
_FORMATS: Mapping[str, str] = {
    "experiment": "0", "temperature": "0", "acid_concentration": "0.00", "h2o2": "0.0",
    "solid_liquid_ratio": "0", "time": "0", "sd": "0.000", "date": "yyyy-mm-dd",
}  # fmt: skip
_BLUE, _YELLOW, _GREY, _HEAD = "#E3EEF7", "#FFF6CC", "#F2F2F2", "#D9E1E8"


def lab_frame(
    feed: Feed,
    acids: Sequence[Acid],
    designs: Designs,
    *,
    volume_ml: float = VOLUME,
    predicted: Floats | None = None,
    low: Floats | None = None,
    high: Floats | None = None,
    reagents: Reagents | None = None,
    parameters: ProcessParameters | None = None,
) -> pd.DataFrame:
    """Return the table of a laboratory sheet: setpoints, amounts, results to fill in, predictions.

    Args:
        feed: what is leached; only the metals of its cathode get columns for yields.
        acids: in the order that ``designs.acid`` indexes.
        designs: n designs, as `lab_amounts.laboratory_setpoints` rounds them.
        volume_ml: leachant of one experiment, mL.
        predicted: yields as fractions, metals in the order Li, Ni, Mn, Co in the first columns; none if left
            out.
        low, high: ends of their intervals, likewise.
        reagents, parameters: for `lab_amounts.amounts`.

    Returns:
        One row per experiment. Those with the same conditions are told apart by numbers under ``replicate``.

    Raises:
        InputError: as `lab_amounts.amounts`.
    """
    rows = len(designs)
    columns: dict[str, object] = {
        "experiment": np.arange(1, rows + 1),
        "feed": feed.name,
        "acid": [acids[k].name for k in designs.acid],
    }
    columns |= {TITLES[name]: designs.continuous[:, COLUMN[name]] for name in CONTINUOUS}
    taken = amounts(feed, acids, designs, volume_ml, reagents=reagents, parameters=parameters)
    columns |= {str(name): taken[name] for name in taken if taken[name].notna().any()}
    has = [(i, metal) for i, metal in enumerate(BASE_METALS) if feed.present[i]]
    columns |= {TITLES[f"yield_{metal}"]: np.nan for _, metal in has}
    columns |= {TITLES[name]: np.nan if name == "sd" else "" for name in _BESIDE}
    if predicted is not None:
        for i, metal in has:
            ends = None if low is None or high is None else (low[:, i], high[:, i])
            columns[f"predicted_yield_{metal}"] = _said(predicted[:, i], ends)
    frame = pd.DataFrame(columns, index=range(rows))
    alike = frame.groupby(["acid", *(TITLES[name] for name in CONTINUOUS)], sort=False)
    several = alike["feed"].transform("size") > 1
    frame.loc[several, "replicate"] = (alike.cumcount() + 1).astype(str)[several]
    return frame


def write_lab_sheet(
    path: Path,
    frame: pd.DataFrame,
    about: Mapping[str, str],
    force: bool = False,
    *,
    feed: Feed | SystemFeed,
    layout: Layout = OF_CATHODES,
) -> Path:
    """Write a laboratory sheet as XLSX, whole or not at all.

    Args:
        path: the file.
        frame: of `lab_frame`.
        about: what stands on the second sheet below the instructions, by what it is about: what the amounts
            assume (`lab_amounts.assumptions`), which problem and model chose the experiments.
        force: whether an existing file may be replaced.
        feed: what is leached: the instructions warn of what it gives off.
        layout: its columns; those of cathodes if left out.

    Raises:
        InputError: the suffix is not .xlsx, or ``path`` cannot be written or replaced.
    """
    check_file_target(path, force, (".xlsx",))
    with (
        placed(path) as temporary,
        pd.ExcelWriter(temporary, engine="xlsxwriter", engine_kwargs={"options": OPTIONS}) as writer,
    ):
        book: Any = writer.book
        _results(book, book.add_worksheet(SHEET), frame, layout)
        _how_to(book, book.add_worksheet(HOW_TO), about, *_instructions(feed, layout))
    return path


def write_template(path: Path, force: bool = False, system: System | None = None) -> Path:
    """Write `own_results.template_frame` as CSV or XLSX, whole or not at all.

    Raises:
        InputError: the suffix is neither, or ``path`` cannot be written or replaced.
    """
    return write_table(template_frame(system), path, force)


def _said(predicted: Floats, ends: tuple[Floats, Floats] | None) -> list[str]:
    """Write predictions with their intervals: ``93 % (85 to 98)``."""
    if ends is None:
        return [percent(share) for share in predicted]
    return [
        f"{percent(share)} ({number(100.0 * a, 0)} to {number(100.0 * b, 0)})"
        for share, a, b in zip(predicted, *ends, strict=True)
    ]


def _instructions(feed: Feed | SystemFeed, layout: Layout) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return how an experiment is done, and how its results are filled in."""
    if isinstance(feed, SystemFeed):
        return system_steps(layout), system_filling(layout)
    return steps(feed), filling(feed)


def _results(book: Any, sheet: Any, frame: pd.DataFrame, layout: Layout) -> None:
    """Write the sheet that is printed, filled in and read."""
    names = [split_title(str(title))[0] for title in frame]
    printed = 0
    for j, (title, name) in enumerate(zip(frame, names, strict=True)):
        colour = _colour(name)
        shape = {"valign": "vcenter", "border": 1, "border_color": "#B7C0C8", "bg_color": colour}
        head = book.add_format(
            {**shape, "bg_color": _HEAD, "bold": True, "font_size": 9, "text_wrap": True, "align": "center"}
        )
        number_format = "0.00" if name.startswith("amount_") else _FORMATS.get(name, "General")
        if name.startswith("yield_"):
            number_format = "0.0" if layout.per_cent else "0.000"
        cell = book.add_format({**shape, "num_format": number_format, "text_wrap": name == "note"})
        # words, so that the heading breaks between them; the reader takes a space for an underscore
        sheet.write_string(0, j, str(title).replace("_", " "), head)
        sheet.set_column(j, j, _width(name))
        for i, value in enumerate(frame[title].tolist(), start=1):
            if isinstance(value, str):
                sheet.write_string(i, j, value, cell) if value else sheet.write_blank(i, j, None, cell)
            elif value != value:
                sheet.write_blank(i, j, None, cell)
            else:
                sheet.write_number(i, j, value, cell)
        if name.startswith("yield_") or name == "sd":
            most = 0.5 if name == "sd" else layout.most_yield
            _only_numbers(sheet, j, len(frame), most, layout.per_cent)
        printed = j if not name.startswith("predicted_") else printed
    sheet.set_row(0, 54)
    for i in range(1, len(frame) + 1):
        sheet.set_row(i, 24)
    first = names.index(layout.choices[-1] if layout.choices else "feed")
    sheet.freeze_panes(1, min(first + 1, len(names)))
    sheet.print_area(0, 0, len(frame), printed)
    sheet.repeat_rows(0)
    _page(sheet)
    sheet.set_landscape()


def _only_numbers(sheet: Any, column: int, rows: int, most: float, per_cent: bool) -> None:
    """Let a spreadsheet refuse another unit at once, in the rows of the table and some that are added."""
    most = 100.0 * most if per_cent else most
    rule = {
        "validate": "decimal",
        "criteria": "between",
        "minimum": 0,
        "maximum": most,
        "error_title": "Per cent, please" if per_cent else "A fraction, please",
        "error_message": f"A number from 0 to {most:g}: {'93, not 0.93' if per_cent else '0.93, not 93'}. "
        "Leave it blank where it is not known.",
    }
    sheet.data_validation(1, column, 2 * rows + 20, column, rule)


def _colour(name: str) -> str:
    if name.startswith("amount_"):
        return _BLUE
    if name.startswith("predicted_"):
        return _GREY
    return _YELLOW if name.startswith("yield_") or name in _BESIDE else "#FFFFFF"


def _width(name: str) -> float:
    if name.startswith("predicted_"):
        return 18.0
    return _WIDTHS.get(name, 9.5)


def _page(sheet: Any) -> None:
    sheet.set_paper(9)  # A4
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.fit_to_pages(1, 0)
    sheet.set_footer("&L&F&C&A&RPage &P of &N")


def _how_to(
    book: Any, sheet: Any, about: Mapping[str, str], done: Sequence[str], filled: Sequence[str]
) -> None:
    """Write the instructions, and what the sheet rests on.

    ``done`` says how an experiment is done, ``filled`` how results are filled in.
    """
    head = book.add_format({"bold": True, "font_size": 13, "bottom": 1})
    left = book.add_format({"bold": True, "valign": "top", "text_wrap": True})
    text = book.add_format({"text_wrap": True, "valign": "top"})
    parts: list[tuple[str, list[tuple[str, str]]]] = [
        ("Doing an experiment", [(f"{i}.", step) for i, step in enumerate(done, start=1)]),
        (f"Filling in the sheet “{SHEET}”", [("–", line) for line in filled]),
        ("What the amounts assume, and where the experiments come from", list(about.items())),
    ]
    row = 0
    for title, lines in parts:
        if not lines:
            continue
        sheet.write_string(row, 0, title, head)
        sheet.write_blank(row, 1, None, head)
        for label, line in lines:
            row += 1
            sheet.write_string(row, 0, label[:1].upper() + label[1:], left)
            sheet.write_string(row, 1, line, text)
            # a spreadsheet does not fit the height of a file that it did not write
            sheet.set_row(row, 15.5 * max(-(-len(line) // _LINE), -(-len(label) // _LABEL)) + 3)
        row += 2
    sheet.set_column(0, 0, _LABEL + 2)
    sheet.set_column(1, 1, _LINE + 6)
    sheet.hide_gridlines(2)
    _page(sheet)


#: Characters in a line of the two columns of the instructions.
_LABEL, _LINE = 20, 92
