"""One design that a user asks about: typed as ``acid=sulfuric,temperature=75,...``, or a row of a front."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from optimiser._io.errors import InputError, closest
from optimiser._io.reading import MOST_YAML, read_text
from optimiser.chemistry.feeds import Feed
from optimiser.chemistry.metals import METALS
from optimiser.chemistry.mixtures import choose
from optimiser.problem.binding import known_acids
from optimiser.problem.bound import BoundProblem
from optimiser.problem.schema import Problem
from optimiser.systems.system import BETWEEN, NO_CHOICE, System, SystemFeed
from optimiser.systems.words import vocabulary
from optimiser.tables.generate import parse_variation
from optimiser.tables.read import Column, open_table
from optimiser.tables.scenarios import COLUMNS
from optimiser.variables import CONTINUOUS, DESIGN_COLUMNS, VARIABLES, Designs, Variable

_EXAMPLE = "acid=sulfuric,temperature=75,acid_concentration=2,h2o2=2,solid_liquid_ratio=50,time=60"
#: Largest difference of a yield, as a fraction, between a front and the model that made it.
_SAME_YIELD = 0.005
#: Largest difference in mol per mol Li between two compositions of one feed.
_SAME_FEED = 0.0006

#: What is read of a ``front.csv``.
_FRONT = (
    *(column for column in COLUMNS if column.name != "feed"),
    *(Column(f"yield_{metal}", high=1.0) for metal in METALS),
    Column("knee", kind="text"),
)


@dataclass(frozen=True)
class OneDesign:
    """The design a user asks about.

    Attributes:
        name: what to call it.
        designs: the design, alone.
        yields: by metal, as the front has them; empty for a typed design.
        bare: whether the front is of an older version, whose yields are not taken over tolerances.
        responses: what arrays of yields have a column for.
    """

    name: str
    designs: Designs
    yields: Mapping[str, float] = field(default_factory=dict)
    bare: bool = False
    responses: tuple[str, ...] = METALS

    def differs(self, yields: Sequence[float]) -> list[str]:
        """Return the responses whose yields, in their order, are not those of the front."""
        now = dict(zip(self.responses, yields, strict=True))
        return [m for m, value in self.yields.items() if not abs(now[m] - value) <= _SAME_YIELD]


def one_design(
    question: Problem, problem: BoundProblem, design: str | None, front: Path | None, row: int | None
) -> OneDesign:
    """Read the design of ``--design``, or of ``--front`` and ``--row``.

    Raises:
        InputError: neither or both are given, a row without a front, or as `typed_design` and
            `design_of_front`.
    """
    if design is not None and front is not None:
        raise InputError("Two designs are given.", where="--design and --front", remedy="leave one out")
    if front is not None:
        return design_of_front(front, row, question, problem)
    if row is not None:
        raise InputError("--row needs a front.", where=f"--row {row}", remedy="add --front FRONT.csv")
    if design is None:
        raise InputError(
            "No design is given.",
            allowed="--design NAME=VALUE,... or --front FRONT.csv [--row N]",
            remedy=f"for example: --design {_example(problem)}",
        )
    return typed_design(design, question, problem)


def typed_design(text: str, question: Problem, problem: BoundProblem) -> OneDesign:
    """Read ``acid=sulfuric,temperature=75,...``.

    Raises:
        InputError: a variable is unknown, missing, given twice or impossible, or the problem lacks the acid.
    """
    if not problem.system.is_cathode:
        return _typed_of_system(text, problem)
    acids, values = known_acids(question), dict[str, Any]()
    for part in text.split(","):
        name = part.partition("=")[0].strip()
        if name not in DESIGN_COLUMNS:
            raise InputError(
                f"A design has no variable {name!r}.",
                where=f"--design {text}",
                allowed=", ".join(DESIGN_COLUMNS),
                remedy=closest(name, DESIGN_COLUMNS) or f"for example: {_EXAMPLE}",
            )
        if name in values:
            raise InputError(f"{name} is given twice.", where=f"--design {text}", remedy="give it once")
        found = parse_variation(part, "--design", acids, None).values
        if len(found) != 1:
            raise InputError(f"{name} has several values.", where=f"--design {part}", allowed="one value")
        values[name] = found[0]
    missing = [name for name in DESIGN_COLUMNS if name not in values]
    if missing:
        units = {v.name: f" ({v.low:g} to {v.high:g} {v.unit})" for v in VARIABLES}
        raise InputError(
            f"The design lacks {', '.join(missing)}.",
            where="--design",
            allowed=", ".join(name + units.get(name, "") for name in missing),
            remedy=f"for example: --design {_EXAMPLE}",
        )
    continuous = np.array([[values[name] for name in CONTINUOUS]])
    return OneDesign("the design", _designs(values["acid"], continuous, "--design", problem))


def design_of_front(path: Path, row: int | None, question: Problem, problem: BoundProblem) -> OneDesign:
    """Read one row of a run's ``front.csv``.

    Args:
        path: the file.
        row: number of the design, counted from 1 as in reports; None for the knee.
        question: the problem that was run.
        problem: the same, bound.

    Raises:
        InputError: the file cannot be read, lacks columns or the row, or the problem lacks the acid.
    """
    of_cathode = problem.system.is_cathode
    table = open_table(path).expecting(_FRONT if of_cathode else _front_of(problem.system), others=True)
    frame = table.frame()
    _refuse_other_feed(path, problem)
    if row is None:
        knee = frame["knee"].str.casefold() == "true" if "knee" in frame else pd.Series(False, frame.index)
        if not knee.any():
            raise InputError(
                f"{path} marks no knee.", where="--row", allowed=f"1 to {len(frame)}", remedy="add --row N"
            )
        row = int(np.argmax(knee)) + 1
    if not 1 <= row <= len(frame):
        raise InputError(f"{path} has no design {row}.", where="--row", allowed=f"1 to {len(frame)}")
    cells = frame.iloc[row - 1]
    first = "acid" if of_cathode else problem.system.design_columns[0]
    where = table.where(int(frame.index[row - 1]), first.split(BETWEEN)[0])
    if of_cathode:
        option = choose(cells["acid"], known_acids(question), where=where).name
    else:
        option = BETWEEN.join(str(cells[choice]) for choice in problem.system.choices) or NO_CHOICE
    return OneDesign(
        f"design {row} of {path.name}",
        _designs(option, cells[list(problem.system.names)].to_numpy(dtype=np.float64)[None], where, problem),
        {r: float(cells[f"yield_{r}"]) for r in problem.responses if pd.notna(cells.get(f"yield_{r}"))},
        bare=not any(name.endswith("_nominal") for name in table.header),
        responses=problem.responses,
    )


def _front_of(system: System) -> tuple[Column, ...]:
    """Return what is read of the front of a system of one's own."""
    return (
        *(Column(choice, kind="text", required=True, filled=True) for choice in system.choices),
        *(
            Column(v.name, v.unit, low=v.low, high=v.high, label=v.label, required=True, filled=True)
            for v in system.variables
        ),
        *(Column(f"yield_{response}", high=1.0) for response in system.responses),
        Column("knee", kind="text"),
    )


def _example(problem: BoundProblem) -> str:
    """Return a design as one would type it."""
    system = problem.system
    if system.is_cathode:
        return _EXAMPLE
    first = getattr(problem.acids[0], "values", ())
    said = [f"{choice}={value}" for choice, value in zip(system.choices, first, strict=True)]
    middle = problem.settable(
        problem.designs(np.zeros(1, dtype=np.intp), (problem.lower[:1] + problem.upper[:1]) / 2.0)
    )
    said += [f"{v.name}={x:g}" for v, x in zip(system.variables, middle.continuous[0], strict=True)]
    return ",".join(said)


def _typed_of_system(text: str, problem: BoundProblem) -> OneDesign:
    """Read ``lixiviant=sulfuric,temperature=75,...`` of a system of one's own."""
    system, values = problem.system, dict[str, str | float]()
    kinds = dict(zip(system.choices, system.values, strict=True))
    names, example = (*system.choices, *system.names), f"for example: --design {_example(problem)}"
    for part in text.split(","):
        name, _, given = (p.strip() for p in part.partition("="))
        if name not in names:
            raise InputError(
                f"A design has no variable {name!r}.",
                where=f"--design {text}",
                allowed=", ".join(names),
                remedy=closest(name, names) or example,
            )
        if name in values:
            raise InputError(f"{name} is given twice.", where=f"--design {text}", remedy="give it once")
        if name not in kinds:
            values[name] = _setpoint(given, system.variables[system.column[name]], f"--design {part}")
            continue
        if given not in kinds[name]:
            raise InputError(
                f"There is no {name} {given!r}.",
                where=f"--design {part}",
                allowed=", ".join(kinds[name]),
                remedy=closest(given, kinds[name]) or "name one of these",
            )
        values[name] = given
    missing = [name for name in names if name not in values]
    if missing:
        told = {v.name: f" ({v.low:g} to {v.high:g} {v.unit})" for v in system.variables}
        told |= {choice: f" ({', '.join(known)})" for choice, known in kinds.items()}
        raise InputError(
            f"The design lacks {', '.join(missing)}.",
            where="--design",
            allowed=", ".join(name + told[name] for name in missing),
            remedy=example,
        )
    option = BETWEEN.join(str(values[choice]) for choice in system.choices) or NO_CHOICE
    continuous = np.array([[float(values[name]) for name in system.names]])
    designs = _designs(option, continuous, "--design", problem)
    return OneDesign("the design", designs, responses=problem.responses)


def _setpoint(text: str, variable: Variable, where: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = np.nan
    if not variable.low <= value <= variable.high:
        why = "is not a number" if np.isnan(value) else "is outside the data"
        raise InputError(
            f"{variable.label.capitalize()} {text!r} {why}.",
            where=where,
            allowed=f"{variable.low:g} to {variable.high:g} {variable.unit}",
            remedy=f"check the unit: {variable.name} is in {variable.unit}",
        )
    return value


def _refuse_other_feed(path: Path, problem: BoundProblem) -> None:
    """Refuse a front of another feed, where the manifest that the run left beside it says so."""
    beside = path.parent / "manifest.json"
    if isinstance(problem.feed, SystemFeed):
        _refuse_other_system_feed(path, beside, problem)
        return
    try:
        pinned = json.loads(read_text(beside, MOST_YAML))
        feed = Feed.model_validate({k: v for k, v in pinned["question"]["feed"].items() if v is not None})
        run = pinned.get("problem", {}).get("name", "its manifest.json names it")
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return  # no manifest, or not one of a run: the yields themselves are compared later
    shares = feed.cathode_share, problem.feed.cathode_share
    apart = max(np.abs(feed.composition - problem.feed.composition).max(), abs(shares[0] - shares[1]))
    if apart > _SAME_FEED:
        raise InputError(
            f"{path} is a front of {feed.name}, and the problem {problem.name!r} is about "
            f"{problem.feed.name}.",
            where=f"--front; {beside}",
            allowed=f"a front of {problem.feed.name}",
            remedy=f"name the problem that was run ({run}), or another front",
        )


def _refuse_other_system_feed(path: Path, beside: Path, problem: BoundProblem) -> None:
    """Refuse a front of another feed of a system of one's own, likewise."""
    try:
        feed = json.loads(read_text(beside, MOST_YAML))["question"]["feed"]
        name = feed if isinstance(feed, str) else str(feed["name"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return
    if name != problem.feed.name:
        raise InputError(
            f"{path} is a front of {name}, and the problem {problem.name!r} is about {problem.feed.name}.",
            where=f"--front; {beside}",
            allowed=f"a front of {problem.feed.name}",
            remedy="name the problem that was run, or another front",
        )


def _designs(acid: str, continuous: np.ndarray, where: str, problem: BoundProblem) -> Designs:
    if acid not in problem.acid_names:
        of_cathode = problem.system.is_cathode
        raise InputError(
            f"The problem {problem.name!r} does not list the {vocabulary(problem.system).option} {acid!r}.",
            where=where,
            allowed=", ".join(problem.acid_names),
            remedy="add it under variables: acid:, or use another problem"
            if of_cathode
            else "add its values under variables:, or use another problem",
        )
    return problem.designs(np.array([problem.acid_names.index(acid)], dtype=np.intp), continuous)
