"""How a person reads a column of any table: its label, its unit, its scale and its decimals.

What the columns of ``front.csv`` hold stands in `optimiser.tables.front_csv`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from optimiser.chemistry.categories import is_known, is_own
from optimiser.problem.impact_metrics import IMPACTS
from optimiser.problem.metrics import METRICS, is_yield
from optimiser.process.costs import COMPONENTS
from optimiser.report.numbers import NOTHING, number
from optimiser.systems.system import System
from optimiser.variables import VARIABLES, Variable


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        label: heading without unit.
        unit: empty where there is none.
        digits: decimals; None for text.
        scale: factor from the value in code to the value shown.
        ceiling: value shown beyond which only that it is beyond is worth saying.
        figures: significant figures, instead of decimals, for values of any magnitude.
    """

    label: str
    unit: str = ""
    digits: int | None = None
    scale: float = 1.0
    ceiling: float | None = None
    figures: int | None = None

    @property
    def numeric(self) -> bool:
        """Whether the column holds numbers."""
        return self.digits is not None or self.figures is not None

    @property
    def heading(self) -> str:
        """Label and unit: ``cost [EUR/kg metal]``."""
        return f"{self.label} [{self.unit}]" if self.unit else self.label

    def text(self, value: Any) -> str:
        """Write one value as it is shown."""
        if value is None or value is pd.NA:
            return NOTHING
        if isinstance(value, bool | np.bool_):
            return "yes" if value else ""
        if isinstance(value, str) or not (self.numeric or isinstance(value, float)):
            return str(value)
        shown = self.scale * float(value)
        if self.ceiling is not None and shown > self.ceiling:
            return f"> {self.ceiling:g}"
        return number(shown, self.digits, self.figures)

    def said(self, value: Any) -> str:
        """Write one value with its unit, as in a sentence: ``1.07 EUR/kg metal``, ``93.1 %``."""
        unit = "%" if self.unit.startswith("%") else self.unit
        return f"{self.text(value)} {unit}".strip()


def _percent(label: str, digits: int = 1, ceiling: float | None = None, unit: str = "%") -> Column:
    return Column(label, unit, digits, 100.0, ceiling)


def _share_of_metal(label: str) -> Column:
    return _percent(label, unit="% of metal fed")


def _setpoint(variable: Variable) -> Column:
    """Return the column of a setpoint, with the decimals of its step, or of the values that it may have."""
    steps = variable.values or (variable.step,)
    digits = max((max(0, math.ceil(-math.log10(step))) for step in steps if step > 0.0), default=0)
    return Column(variable.label, variable.shown_unit, digits)


#: Significant figures of impacts, whose magnitudes differ by category.
_FIGURES = 3

#: Columns by their name; those of a family, such as intervals, follow from ``_AROUND`` and ``_FAMILIES``.
_COLUMNS: Mapping[str, Column] = {
    **{name: Column(m.label, m.unit, m.digits) for name, m in METRICS.items()},
    **{name: _percent(m.label) for name, m in METRICS.items() if name.startswith("yield_")},
    **{name: Column(METRICS[name].label, METRICS[name].unit, figures=_FIGURES) for name in IMPACTS},
    "recovery": _share_of_metal("recovery"),
    **{v.name: _setpoint(v) for v in VARIABLES},
    "design": Column("no.", "", 0),
    "which": Column("which"),
    "acid": Column("acid"),
    "knee": Column("knee"),
    "p_feasible": _percent("chance that the targets hold", 0, 99.0),
    "support": Column("support", "experiments nearby", 0),
    "domain_distance": Column("domain distance", "of the limit", 2),
    "proton_ratio": Column("protons", "offered/consumed", 2),
    "reductant_ratio": Column("electrons from peroxide and the feed's metals", "offered/needed", 2),
    "recovery_least": _share_of_metal("recovery within the tolerances, least"),
    "recovery_most": _share_of_metal("recovery within the tolerances, most"),
    "nox": Column("nitrogen oxides to expect"),
    "precipitates": Column("may precipitate"),
    "violation": Column("total constraint violation", "", 3),
    "experiments": Column("experiments near the feed", "", 0),
    "designs": Column("designs on its own front", "", 0),
    "on_front": Column("designs on the common front", "", 0),
    "verdict": Column("verdict"),
    "cost_total": Column("total cost", "EUR/kg metal", 3),
    "climate_total": Column("total climate change", "kg CO2-eq/kg metal", 3),
    "metal_value": Column("value of the metals", "EUR/t feed", 0),
    "batch_cost": Column("reagents and energy", "EUR/t feed", 0),
    "plant_bill": Column("the plant", "EUR/t feed", 0),
    "acid_bill": Column("of which acid", "EUR/t feed", 0),
    "point_value": Column("one point of yield is worth", "EUR/t feed", 0),
    "metal": Column("metal"),
    "yield": _percent("yield"),
    "target": _percent("target", 0),
    "dissolved": Column("dissolved", "kg/t feed", 1),
    "worth": Column("worth", "EUR/t feed", 0),
    "scenario": Column("scenario", "", 0),
    "scenario_1": Column("scenario", "", 0),
    "scenario_2": Column("against", "", 0),
    "basis": Column("basis", "kg cathode", 1),
    "inside_domain": Column("inside the domain"),
    "rank": Column("rank", "", 0),
    "row": Column("row in the table", "", 0),
    "study": Column("study", "", 0),
    "feed": Column("feed"),
    "distance": Column("distance", "", 2),
    "distance_feed": Column("distance by feed", "", 2),
    **{f"distance_{v.name}": Column(f"distance by {v.label}", "", 2) for v in VARIABLES},
    "breaks_stoichiometry": Column("more dissolves than the acid can carry"),
    "result": Column("row", "", 0),
    "measured": _percent("measured"),
    "before": _percent("literature model"),
    "after": _percent("site model without it"),
    "rank_score": Column("sum of ranks", "", 0),
    "rank_overall": Column("overall rank", "", 0),
}
#: Ends of names that say which figure of another column is meant, and its label.
_AROUND = {
    "_nominal": "{}, at the setpoint",
    "_p10": "{}, tenth percentile over the tolerances",
    "_low": "{}, low",
    "_high": "{}, high",
}
#: Beginnings of names that say what is told of the rest, and its column.
_FAMILIES: Mapping[str, Column] = {
    "spread_": _percent("{} standard deviation"),
    "enrichment_": Column("{}", "leachate/feed", 2),
    "margin_": Column("margin of {}", "", 2),
    "significant_": Column("{} differs"),
    "t_": Column("t of {}", "", 1),
    "p_": Column("p of {}", figures=2),
}
#: The same, of components of cost and climate change.
_OF_COMPONENTS: Mapping[str, Column] = {
    "cost_": Column("{}", "EUR/kg metal", 3),
    "climate_": Column("{}", "kg CO2-eq/kg metal", 3),
    "eur_": Column("{}", "EUR", 2),
    "kgco2_": Column("{}", "kg CO2-eq", 1),
}
#: Units of the mass balance's quantities that are neither masses nor volumes.
_BALANCE_UNITS = {
    "acid_amount": "mol",
    "protons_offered": "mol",
    "protons_consumed": "mol",
    "free_protons": "mol",
    "electrons_needed": "mol",
    "electrons_peroxide": "mol",
    "electrons_metals": "mol",
    "electrons_hydrogen": "mol",
    "charge_removed": "mol",
    "electrons_chloride": "mol",
    "heat": "kWh",
    "power": "kWh",
}


def _own_category(name: str) -> Column | None:
    """Return the column of an impact category of a user's table; None for any other one.

    It is not cached: what tables are read may still tell its unit.
    """
    whole = name.removeprefix("best_")
    for end, said in _AROUND.items():
        if whole.endswith(end) and is_known(whole.removesuffix(end)):
            inner = column(whole.removesuffix(end))
            return replace(inner, label=said.format(inner.label))
    if not is_own(whole):
        return None
    metric = METRICS[whole]
    label = f"best {metric.label}" if whole != name else metric.label
    return Column(label, metric.unit, figures=_FIGURES)


#: Columns of the system whose designs are told at the moment; nothing of cathodes, whose are above.
_OF_SYSTEM: ContextVar[Mapping[str, Column] | None] = ContextVar("_OF_SYSTEM", default=None)


def columns_of(system: System) -> Mapping[str, Column]:
    """Return the columns that a system of one's own names: its option, choices, setpoints and feed's numbers.

    The option stands in the report's tables under ``acid``, whatever it is made of.
    """
    what = {choice: said.label or choice.replace("_", " ") for choice, said in system.spec.choices.items()}
    option = " / ".join(what[choice] for choice in system.choices) or "option"
    return {
        "acid": Column(option),
        "metal": Column("response"),
        "before": _percent("model before"),
        **{choice: Column(label) for choice, label in what.items()},
        **{name: Column(name, "", figures=_FIGURES) for name in system.feed_columns},
        **{v.name: _setpoint(v) for v in system.variables},
        **{f"distance_{v.name}": Column(f"distance by {v.label}", "", 2) for v in system.variables},
    }


@contextmanager
def told_of(system: System) -> Iterator[None]:
    """Let `column` know the setpoints and choices of a system while its designs are told.

    A report, a table on the screen and a figure each enter this once, where they begin.

    Examples:
        >>> from optimiser.systems.system import cathode
        >>> with told_of(cathode()):
        ...     column("time").heading
        'time [min]'
    """
    token = _OF_SYSTEM.set(None if system.is_cathode else columns_of(system))
    try:
        yield
    finally:
        _OF_SYSTEM.reset(token)


def tells_own_system() -> bool:
    """Return whether designs of a system of one's own are told, inside `told_of`."""
    return _OF_SYSTEM.get() is not None


def column(name: str) -> Column:
    """Return how a column is shown; also one that no table here has, as a plain label.

    Of a system of one's own inside `told_of`.
    """
    if (own := _OF_SYSTEM.get()) is not None:
        return own[name] if name in own else _own_category(name) or _found(name)
    return _own_category(name) or _column(name)


@cache
def _column(name: str) -> Column:
    return _found(name)


def _found(name: str) -> Column:
    """Return how a column of the report's tables is shown; an unknown name is text under its own name.

    A column known only at run time, such as an impact category, is named ``label|unit|significant figures``.
    """
    if name in _COLUMNS:
        return _COLUMNS[name]
    if name.count("|") == 2:
        label, unit, figures = name.split("|")
        return Column(label, unit, figures=int(figures))
    for end, said in _AROUND.items():
        if name.endswith(end):
            whole = column(name.removesuffix(end))
            return replace(whole, label=said.format(whole.label))
    if is_yield(name):
        return _percent(METRICS[name].label)
    first, _, rest = name.partition("_")
    if first == "best":
        return replace(column(rest), label=f"best {column(rest).label}")
    if first == "batch":
        unit = _BALANCE_UNITS.get(rest) or ("L" if rest.endswith("volume") else "kg")
        return Column(rest.replace("_", " "), unit, 1)
    if first == "selectivity":
        return Column(" / ".join(rest.split("_")), "", 2)
    of = _OF_COMPONENTS if rest in (*COMPONENTS, "total") else _FAMILIES
    if family := of.get(f"{first}_") or _FAMILIES.get(f"{first}_"):
        return replace(family, label=family.label.format(rest.replace("_", " ")))
    return Column(name.replace("_", " "))


def with_intervals(frame: pd.DataFrame, name: str) -> list[str]:
    """Write a column's values with their intervals where the table has them: ``93.1 (80.4–99.0)``."""
    how = column(name)
    shown = [how.text(value) for value in frame[name]]
    if not how.numeric or f"{name}_low" not in frame:
        return shown
    ends = zip(frame[f"{name}_low"], frame[f"{name}_high"], strict=True)
    return [
        text if text == NOTHING or low == high else f"{text} ({how.text(low)}–{how.text(high)})"
        for text, (low, high) in zip(shown, ends, strict=True)
    ]
