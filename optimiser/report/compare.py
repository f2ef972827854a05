"""Two runs side by side in words, as tables, as JSON and as a page."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from optimiser.comparing.comparison import Cause, Comparison
from optimiser.problem.metrics import METRICS
from optimiser.report.card import Card, Figure, Maker, Table, make_cards
from optimiser.report.columns import Column, column, told_of
from optimiser.report.deliver import Delivery, deliver
from optimiser.report.manifest import made_with, plain_json
from optimiser.report.numbers import NOTHING, counted, number, signed
from optimiser.report.style import BLUE, VERMILLION, AcidStyle, blank, marker, two_lines
from optimiser.search.known import Known
from optimiser.systems.words import vocabulary


@dataclass(frozen=True, eq=False, repr=False)
class Compared:
    """Two runs side by side, to read.

    Attributes:
        comparison: what differs, and why.
    """

    comparison: Comparison

    def __repr__(self) -> str:
        of = self.comparison
        return f"<{of.one.name!r} beside {of.other.name!r}: {counted(len(of.differences), 'difference')}>"

    @property
    def frame(self) -> pd.DataFrame:
        """One row per cause: its name, the best first objective after it, and what it explains."""
        return pd.DataFrame([asdict(cause) for cause in self.comparison.causes])

    @property
    def differences(self) -> pd.DataFrame:
        """One row per input that differs: what it is, and its value in each run."""
        rows = [asdict(difference) for difference in self.comparison.differences]
        return pd.DataFrame(rows, columns=["what", "one", "other"])

    @property
    def text(self) -> str:
        """The answer in words."""
        of = self.comparison
        with told_of(of.other.problem.system):
            return "\n".join([*_inputs(of), "", *_fronts(of), "", *_best(of)])

    def __str__(self) -> str:
        return self.text

    def as_json(self) -> dict[str, Any]:
        """Return the answer as plain JSON."""
        of = self.comparison
        metric = METRICS[of.first.metric]
        found: dict[str, Any] = plain_json(
            {
                "runs": [of.one.name, of.other.name],
                "differences": self.differences.to_dict("records"),
                "first_objective": {"metric": metric.name, "unit": metric.unit, **of.first.setting},
                "best": list(of.best),
                "causes": self.frame.to_dict("records"),
                "same_yields": of.together,
                "hypervolume": None if of.hypervolume is None else list(of.hypervolume),
                f"{vocabulary(of.one.problem.system).options}_on_the_front": [
                    acids_on_front(run) for run in (of.one, of.other)
                ],
                "text": self.text,
            }
        )
        return found

    def _repr_html_(self) -> str:
        said = "".join(f"<p>{escape(line)}</p>" for line in self.text.splitlines() if line)
        return said + str(self.frame.to_html(index=False))

    def write(self, out: str | Path, force: bool = False) -> Delivery:
        """Write a page, ``causes.csv``, ``differences.csv`` and a manifest into a folder.

        Args:
            out: the folder.
            force: replace a folder that this program wrote.

        Raises:
            InputError: ``out`` exists and may not be replaced, or cannot be written.
        """
        with told_of(self.comparison.other.problem.system):
            return self._write(Path(out), force)

    def _write(self, out: Path, force: bool) -> Delivery:
        of = self.comparison
        makers = (
            Maker("causes", f"Why the best {_how(of).label} differs", lambda: _causes_card(self)),
            Maker("fronts", "Both fronts", lambda: _fronts_card(of)),
            Maker("inputs", "What was asked differently", lambda: _inputs_card(self)),
        )
        return deliver(
            out,
            manifest={**made_with(of.other.problem.surrogate), "comparison": self.as_json()},
            cards=make_cards(makers),
            tables={"causes.csv": self.frame, "differences.csv": self.differences},
            title=f"{of.one.name} and {of.other.name} side by side",
            name="compare",
            force=force,
        )


def _how(of: Comparison) -> Column:
    return column(of.first.metric)


def _unit(how: Column) -> str:
    return "%" if how.unit.startswith("%") else how.unit


def _inputs(of: Comparison) -> list[str]:
    if not of.differences:
        return ["The two runs were asked the same."]
    told = [f"{counted(len(of.differences), 'difference')} in what was asked (first run -> second run):"]
    return told + [f"  {d.what}: {d.one or 'nothing'} -> {d.other or 'nothing'}" for d in of.differences]


def _fronts(of: Comparison) -> list[str]:
    if of.hypervolume is None:
        told = ["The fronts have different objectives, so that only the first one is compared."]
    else:
        first, second = (number(v, 3) for v in of.hypervolume)
        told = [f"Hypervolume in the box around both fronts: {first} -> {second}."]
    for which, run in (("First", of.one), ("Second", of.other)):
        front = run.seen.objectives[run.seen.front]
        if not len(front):
            told.append(f"{which} run: no design is feasible.")
            continue
        ends = []
        for objective, values in zip(run.problem.objectives, front.T, strict=True):
            how = column(objective.metric)
            low, high = sorted((objective.sign * values.min(), objective.sign * values.max()))
            ends.append(f"{objective.label} {how.text(low)} to {how.text(high)} {_unit(how)}")
        said = vocabulary(run.problem.system).options
        acids = ", ".join(f"{name} {n}" for name, n in acids_on_front(run).items())
        told.append(f"{which} run: {len(front)} non-dominated designs, {'; '.join(ends)}; {said} {acids}.")
    return told


def _best(of: Comparison) -> list[str]:
    how, label = _how(of), of.first.label
    best = "lowest" if of.first.sign > 0 else "highest"
    told = [
        f"The {best} {label} is {_said(how, of.best[0])} in the first run and "
        f"{_said(how, of.best[1])} in the second."
    ]
    if any(math.isnan(value) for value in of.best):
        told.append(
            "Where nothing is feasible there is no best design, and what comes after it is not split."
        )
    told += [f"  {_cause(how, cause)}" for cause in of.causes]
    if not of.together:
        told.append(
            "The runs predict different yields, so designs are not shared: the rest is yields and search."
        )
    return told


def _said(how: Column, value: float) -> str:
    return "not there" if math.isnan(value) else how.said(value)


def _cause(how: Column, cause: Cause) -> str:
    if math.isnan(cause.explains):
        return f"{cause.name}: best {_said(how, cause.best)}"
    digits = (how.digits or 0) + 1
    moved = signed(how.scale * cause.explains, digits)
    return f"{cause.name}: {moved} {_unit(how)} -> {number(how.scale * cause.best, digits)}"


def acids_on_front(run: Known) -> dict[str, int]:
    """Return how many designs of a run's front each acid has, the most first."""
    number_of = np.bincount(run.seen.designs.acid[run.seen.front], minlength=len(run.problem.acids))
    order = np.argsort(-number_of, kind="stable")
    return {run.problem.acid_names[k]: int(number_of[k]) for k in order if number_of[k]}


def _causes_card(compared: Compared) -> Card:
    of, how = compared.comparison, _how(compared.comparison)
    digits = (how.digits or 0) + 1
    rows = [
        {
            "change": cause.name,
            f"explains [{_unit(how)}]": _shown(how.scale * cause.explains, digits, sign=True),
            f"best {of.first.label} then [{_unit(how)}]": _shown(how.scale * cause.best, digits),
        }
        for cause in of.causes
    ]
    caption = (
        "One change after the other, from the first run to the second, on the designs that "
        + ("both runs" if of.together else "the first run")
        + " predicted. What each explains depends on the order; together they are the whole."
    )
    table = Table("explained", caption, pd.DataFrame(rows), sortable=False)
    return Card(finding=tuple(line.strip() for line in _best(of)[:1]), blocks=(table,))


def _shown(value: float, digits: int, *, sign: bool = False) -> str:
    if math.isnan(value):
        return NOTHING
    return signed(value, digits) if sign else number(value, digits)


def _inputs_card(compared: Compared) -> Card:
    of = compared.comparison
    finding = (_inputs(of)[0].partition(" (")[0].rstrip(".") + ".",)
    if not of.differences:
        return Card(finding=finding)
    frame = compared.differences.set_axis(["input", "first run", "second run"], axis=1)
    return Card(finding=finding, blocks=(Table("differing", "Inputs that differ.", frame, sortable=False),))


def _fronts_card(of: Comparison) -> Card:
    shared = [o for o in of.one.problem.objectives if o in of.other.problem.objectives]
    if len(shared) < 2:
        return Card(finding=tuple(_fronts(of)), not_applicable="The runs do not share two objectives.")
    x, y = shared[:2]
    titles = [f"{o.label} [{column(o.metric).unit}]" for o in (x, y)]
    figure = blank(440, titles[0], two_lines(titles[1]))
    looks = ((of.one, "first run", BLUE, "circle"), (of.other, "second run", VERMILLION, "diamond"))
    for run, name, colour, symbol in looks:
        front = run.seen.objectives[run.seen.front]
        at = [o.sign * front[:, run.problem.objectives.index(o)] * column(o.metric).scale for o in (x, y)]
        figure.add_scatter(
            x=at[0], y=at[1], mode="markers", name=name, marker=marker(AcidStyle(colour, symbol), 7)
        )
    about = f"Fronts of both runs, each at its own prices and factors: {x.label} and {y.label}."
    return Card(finding=tuple(_fronts(of)), blocks=(Figure("both_fronts", about, figure),))
