"""Which design is to be explained: as text, or as a row of a run's front."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from optimiser._io.errors import InputError, closest
from optimiser._io.reading import MOST_YAML, check_csv, read_text
from optimiser.chemistry.feeds import METALS, Feed
from optimiser.problem.binding import known_acids
from optimiser.problem.load import Question
from optimiser.problem.problem import Problem
from optimiser.tables.generate import parse_variation
from optimiser.variables import CONTINUOUS, DESIGN_COLUMNS, VARIABLES, Designs

_EXAMPLE = "acid=sulfuric,temperature=75,acid_concentration=2,h2o2=2,solid_liquid_ratio=50,time=60"
#: Largest difference of a yield, as a fraction, at which a front was surely made by the same model.
_SAME_YIELD = 0.005
#: Largest difference in mol per mol Li between compositions of one feed.
_SAME_FEED = 0.0006


@dataclass(frozen=True)
class Asked:
    """One design that was asked for.

    Attributes:
        name: what to call it.
        designs: the design, alone.
        told: its yields by metal as the front tells them; empty for a design given as text.
        bare: whether the front is one of an older version, whose yields are not taken over tolerances.
    """

    name: str
    designs: Designs
    told: Mapping[str, float]
    bare: bool = False


def one_design(
    question: Question, problem: Problem, design: str | None, front: Path | None, row: int | None
) -> Asked:
    """Read the design of ``--design``, or of ``--front`` and ``--row``.

    Raises:
        InputError: neither or both are given, a row without a front, or what the two below refuse.
    """
    if (design is None) == (front is None):
        both = design is not None
        raise InputError(
            "Two designs are given." if both else "No design is given.",
            where="--design and --front" if both else "",
            allowed="--design NAME=VALUE,... or --front FRONT.csv [--row N]",
            remedy="leave one out" if both else f"for example: --design {_EXAMPLE}",
        )
    if front is not None:
        return design_of_front(front, row, question, problem)
    if row is not None:
        raise InputError("A row of which front?", where="--row", remedy="add --front FRONT.csv")
    return design_of_text(str(design), question, problem)


def design_of_text(text: str, question: Question, problem: Problem) -> Asked:
    """Read ``acid=sulfuric,temperature=75,...``.

    Raises:
        InputError: a variable is unknown, missing, given twice or impossible, or the problem lacks the acid.
    """
    given: dict[str, str] = {}
    for part in text.split(","):
        name = part.partition("=")[0].strip()
        if name not in DESIGN_COLUMNS:
            raise InputError(
                f"A design has no variable {name!r}.",
                where=f"--design {text}",
                allowed=", ".join(DESIGN_COLUMNS),
                remedy=closest(name, DESIGN_COLUMNS) or f"for example: {_EXAMPLE}",
            )
        if name in given:
            raise InputError(f"{name} is given twice.", where=f"--design {text}", remedy="give it once")
        given[name] = part
    return Asked("the design", _design(given, "--design", question, problem), {})


def design_of_front(path: Path, row: int | None, question: Question, problem: Problem) -> Asked:
    """Read one row of a run's ``front.csv``.

    Args:
        path: the file.
        row: number of the design, counted from 1 as reports do; None for the knee.
        question: the problem that was run.
        problem: the same, bound.

    Raises:
        InputError: the file cannot be read, lacks columns or the row, or the problem lacks the acid.
    """
    frame = _read(path)
    _refuse_other_feed(path, problem)
    if row is None:
        knee = frame["knee"].astype(str).str.casefold() == "true" if "knee" in frame else np.zeros(len(frame))
        if not np.any(knee):
            raise InputError(
                f"{path} marks no knee.", where="--row", allowed=f"1 to {len(frame)}", remedy="add --row N"
            )
        row = int(np.argmax(knee)) + 1
    if not 1 <= row <= len(frame):
        raise InputError(f"{path} has no design {row}.", where="--row", allowed=f"1 to {len(frame)}")
    cells = frame.iloc[row - 1]
    given = {name: f"{name}={cells[name]}" for name in DESIGN_COLUMNS}
    told = {m: _yield(path, row, m, cells) for m in METALS if pd.notna(cells.get(f"yield_{m}"))}
    bare = not any(str(name).endswith("_nominal") for name in frame)
    design = _design(given, f"{path}, design {row}:", question, problem)
    return Asked(f"design {row} of {path.name}", design, told, bare)


def _yield(path: Path, row: int, metal: str, cells: pd.Series) -> float:
    cell = cells[f"yield_{metal}"]
    try:
        told = float(cell)
    except (TypeError, ValueError):
        told = float("nan")
    if not 0.0 <= told <= 1.0:
        raise InputError(
            f"The yield {cell!s} is not a fraction.",
            where=f"{path}, row {row + 1}, column yield_{metal}",  # the header is row 1 of the file
            allowed="a number from 0 to 1, or nothing for a metal that the feed does not contain",
            remedy="give the front.csv as the run wrote it",
        )
    return told


def _refuse_other_feed(path: Path, problem: Problem) -> None:
    """Refuse a front of another feed, where the manifest that the run left beside it says so."""
    beside = path.parent / "manifest.json"
    try:
        pinned = json.loads(read_text(beside, MOST_YAML))
        feed = Feed.model_validate(
            {key: value for key, value in pinned["question"]["feed"].items() if value is not None}
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return  # none there, or nothing that a run wrote: the yields themselves are compared later
    if np.abs(feed.composition - problem.feed.composition).max() > _SAME_FEED:
        raise InputError(
            f"{path} is a front of {feed.name}, and the problem {problem.name!r} is about "
            f"{problem.feed.name}.",
            where=f"--front; {beside}",
            allowed=f"a front of {problem.feed.name}",
            remedy=f"name the problem that was run ({_called(pinned)}), or another front",
        )


def _called(pinned: Mapping[str, Any]) -> str:
    try:
        return str(pinned["problem"]["name"])
    except (KeyError, TypeError):
        return "as its manifest.json says"


def _read(path: Path) -> pd.DataFrame:
    check_csv(path)
    try:
        frame = pd.read_csv(path)
    except (ValueError, OSError) as error:  # pandas' own errors are ValueErrors
        raise InputError(f"{path} cannot be read as CSV: {error}.", where="--front") from None
    missing = [name for name in DESIGN_COLUMNS if name not in frame]
    if missing or not len(frame):
        raise InputError(
            f"{path} has no column {missing[0]!r}." if missing else f"{path} has no designs.",
            where="--front",
            allowed="the front.csv of a run, with a row per design",
        )
    return frame


def _design(given: Mapping[str, str], option: str, question: Question, problem: Problem) -> Designs:
    acids = known_acids(question)
    values: dict[str, str | float] = {}
    for name, part in given.items():
        variation = parse_variation(part, option, acids, None)
        if len(variation.values) != 1:
            raise InputError(f"{name} has several values.", where=f"{option} {part}", allowed="one value")
        values[name] = variation.values[0]
    missing = [name for name in DESIGN_COLUMNS if name not in values]
    if missing:
        units = {v.name: f"{v.low:g} to {v.high:g} {v.unit}" for v in VARIABLES}
        raise InputError(
            f"The design does not say {', '.join(missing)}.",
            where=option,
            allowed=", ".join(f"{n} ({units[n]})" if n in units else n for n in missing),
            remedy=f"for example: {_EXAMPLE}",
        )
    acid = str(values["acid"])
    if acid not in problem.acid_names:
        raise InputError(
            f"The problem {problem.name!r} does not list the acid {acid!r}.",
            where=option,
            allowed=", ".join(problem.acid_names),
            remedy="add it under variables: acid:, or explain another problem",
        )
    continuous = np.array([[float(values[name]) for name in CONTINUOUS]])
    return Designs(np.array([problem.acid_names.index(acid)], dtype=np.intp), continuous)


def differs(asked: Asked, yields: Sequence[float]) -> list[str]:
    """Return the metals whose yield, of four in the order Li, Ni, Mn, Co, is not what the front tells."""
    now = dict(zip(METALS, yields, strict=True))
    return [m for m, told in asked.told.items() if not abs(now[m] - told) <= _SAME_YIELD]
