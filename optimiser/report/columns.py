"""How a person reads a column: its heading, its unit, its scale and its decimals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from optimiser.problem.objectives import METRICS
from optimiser.process.costs import COMPONENTS
from optimiser.variables import VARIABLES

#: Shown in place of a number that does not apply, such as the yield of an absent metal.
NOTHING = "–"


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
        """Format one value as it is shown."""
        if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
            return NOTHING
        if isinstance(value, bool | np.bool_):
            return "yes" if value else ""
        if self.figures is not None and not isinstance(value, str):
            return f"{self.scale * float(value):.{self.figures}g}".replace("-", "−")
        if self.digits is None or isinstance(value, str):
            return f"{value:g}" if isinstance(value, float) else str(value)
        if np.isinf(value):
            return "∞" if value > 0 else "−∞"
        if self.ceiling is not None and self.scale * float(value) > self.ceiling:
            return f"> {self.ceiling:g}"
        shown = f"{self.scale * float(value):,.{self.digits}f}"
        negative_zero = shown.startswith("-") and not shown.strip("-0.,")
        return shown[1:] if negative_zero else shown.replace("-", "−")


#: Percentages, once.
_PERCENT = 100.0


@cache
def metric_column(name: str) -> Column:
    """Return how a metric is shown: yields and recovery as per cent."""
    metric = METRICS[name]
    if name.startswith("yield_"):
        return Column(metric.label, "%", 1, _PERCENT)
    if name == "recovery":
        return Column(metric.label, "% of metal fed", 1, _PERCENT)
    return Column(metric.label, metric.unit, metric.digits)


_UNITS = {"degC": "°C"}
_VARIABLE_DIGITS = {
    "temperature": 1,
    "acid_concentration": 2,
    "h2o2": 1,
    "solid_liquid_ratio": 1,
    "time": 0,
}
_OF_YIELDS = {"_nominal": "at the setpoint", "_p10": "tenth percentile over the tolerances"}
_OTHERS: Mapping[str, Column] = {
    "design": Column("no.", "", 0),
    "which": Column("which"),
    "acid": Column("acid"),
    "knee": Column("knee"),
    "p_feasible": Column("chance that the targets hold", "%", 0, _PERCENT, 99.0),
    "support": Column("support", "experiments nearby", 0),
    "domain_distance": Column("domain distance", "of the threshold", 2),
    "proton_ratio": Column("protons", "offered/consumed", 2),
    "reductant_ratio": Column("electrons from peroxide", "offered/needed", 2),
    "recovery_least": Column("recovery within the tolerances, least", "% of metal fed", 1, _PERCENT),
    "recovery_most": Column("recovery within the tolerances, most", "% of metal fed", 1, _PERCENT),
    "chlorine": Column("chlorine formed", "kg/t feed", 1),
    "oxygen": Column("oxygen formed", "kg/t feed", 1),
    "salt": Column("salt of neutralisation", "kg/t feed", 0),
    "residue": Column("residue", "kg/t feed", 0),
    "wastewater": Column("wastewater", "m3/t feed", 1),
    "nox": Column("nitrogen oxides to expect"),
    "precipitates": Column("may precipitate"),
    "violation": Column("sum of what constraints lack", "", 3),
    "experiments": Column("experiments near the feed", "", 0),
    "designs": Column("designs on its own front", "", 0),
    "on_front": Column("designs on the common front", "", 0),
    "verdict": Column("verdict"),
    "cost_total": Column("all costs", "EUR/kg metal", 3),
    "climate_total": Column("all burdens", "kg CO2-eq/kg metal", 3),
    "metal_value": Column("value of the metals", "EUR/t feed", 0),
    "batch_cost": Column("reagents and energy", "EUR/t feed", 0),
    "acid_bill": Column("of that, acid", "EUR/t feed", 0),
    "point_value": Column("one point of yield is worth", "EUR/t feed", 0),
    "metal": Column("metal"),
    "yield": Column("yield", "%", 1, _PERCENT),
    "target": Column("target", "%", 0, _PERCENT),
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
    "rank_score": Column("sum of ranks", "", 0),
    "rank_overall": Column("overall rank", "", 0),
}


@cache
def column(name: str) -> Column:
    """Return how a column of the report's tables is shown; an unknown name is text under its own name."""
    for end, said in _OF_YIELDS.items():
        if name.startswith("yield_") and name.endswith(end):
            whole = column(name.removesuffix(end))
            return Column(f"{whole.label}, {said}", whole.unit, whole.digits, whole.scale)
    for end in ("_low", "_high"):
        base = name.removesuffix(end)
        if base != name:
            whole = column(base)
            return Column(f"{whole.label}, {end[1:]}", whole.unit, whole.digits, whole.scale)
    if name.startswith("best_"):
        whole = column(name.removeprefix("best_"))
        return Column(f"best {whole.label}", whole.unit, whole.digits, whole.scale)
    for variable in VARIABLES:
        if name == variable.name:
            unit = _UNITS.get(variable.unit, variable.unit)
            return Column(variable.label, unit, _VARIABLE_DIGITS[name])
    if name in METRICS:
        return metric_column(name)
    for prefix, unit in (("cost_", "EUR/kg metal"), ("climate_", "kg CO2-eq/kg metal")):
        if name.removeprefix(prefix) in COMPONENTS and name.startswith(prefix):
            return Column(name.removeprefix(prefix), unit, 3)
    return _OTHERS.get(name) or scenario_column(name) or Column(name.replace("_", " "))


#: Units of the mass balance's quantities, by the end of their names.
_BALANCE_UNITS = {
    "volume": "L",
    "acid_amount": "mol",
    "protons_offered": "mol",
    "protons_consumed": "mol",
    "free_protons": "mol",
    "electrons_needed": "mol",
    "electrons_peroxide": "mol",
    "electrons_chloride": "mol",
    "heat": "kWh",
    "power": "kWh",
}
_SCENARIO_PREFIXES: Mapping[str, tuple[str, int]] = {
    "eur_": ("EUR", 2),
    "kgco2_": ("kg CO2-eq", 1),
    "t_": ("", 1),
    "p_": ("", 4),
}


def scenario_column(name: str) -> Column | None:
    """Return how a column of the tables of scenarios is shown, or None if it is not one of them.

    A column known only at run time, such as an impact category, is named ``label|unit|significant figures``.
    """
    if name.count("|") == 2:
        label, unit, figures = name.split("|")
        return Column(label, unit, figures=int(figures))
    if name.startswith("batch_"):
        quantity = name.removeprefix("batch_")
        unit = _BALANCE_UNITS.get(quantity) or ("L" if quantity.endswith("volume") else "kg")
        return Column(quantity.replace("_", " "), unit, 1)
    if name.startswith("spread_"):
        return Column(f"{name.removeprefix('spread_')} standard deviation", "%", 1, _PERCENT)
    if name.startswith("selectivity_"):
        return Column(" / ".join(name.removeprefix("selectivity_").split("_")), "", 2)
    if name.startswith("enrichment_"):
        return Column(name.removeprefix("enrichment_"), "leachate/feed", 2)
    if name.startswith("margin_"):
        return Column(f"margin of {name.removeprefix('margin_').replace('_', ' ')}", "", 2)
    if name.startswith("significant_"):
        return Column(f"{name.removeprefix('significant_')} differs")
    for prefix, (unit, digits) in _SCENARIO_PREFIXES.items():
        rest = name.removeprefix(prefix)
        if rest != name and (rest in COMPONENTS or rest == "total" or prefix in ("t_", "p_")):
            label = f"{prefix[0]} of {rest}" if prefix in ("t_", "p_") else rest
            if prefix == "p_":
                return Column(label, figures=2)
            return Column(label, unit, digits)
    return None


def with_intervals(frame: pd.DataFrame, name: str) -> list[str]:
    """Format a column's values with their intervals where the table has them: ``93.1 (80.4–99.0)``."""
    how = column(name)
    shown = [how.text(value) for value in frame[name]]
    if not how.numeric or f"{name}_low" not in frame:
        return shown
    ends = zip(frame[f"{name}_low"], frame[f"{name}_high"], strict=True)
    return [
        text if text == NOTHING else f"{text} ({how.text(low)}–{how.text(high)})"
        for text, (low, high) in zip(shown, ends, strict=True)
    ]
