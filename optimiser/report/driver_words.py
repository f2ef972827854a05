"""What uncertainty does to a design, in words: intervals, chances, and what drives the spread."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from optimiser.problem.bound import BoundProblem
from optimiser.problem.constraints import label
from optimiser.problem.metrics import METRICS
from optimiser.report.columns import column
from optimiser.report.numbers import number, percent
from optimiser.report.words import chance
from optimiser.uncertainty.drivers import Drivers
from optimiser.uncertainty.inputs import YIELDS, inputs_of
from optimiser.uncertainty.montecarlo import MonteCarlo

#: Smaller shares of the variance are not told.
NOTICEABLE = 0.005
#: A value that more of the draws lie on one side of is told to be at an edge.
_LOPSIDED = 0.75
#: A probability above which nothing has to be said of what is least sure.
_SURE = 0.99
#: What is drawn and what is not.
WHAT_IS_DRAWN = (
    "Drawn are prices, payable shares, impact factors, the stocks' strengths, the plant's parameters and the "
    "errors of the yields, independently of each other, each within the range of its table: triangular about "
    "the table's value unless the table says uniform. The yields of all metals go together: each draw takes "
    "one held-out row of errors, and all designs meet the same draws.",
    "A number without a range is held fixed, and so is one that the problem gives alone; give "
    "{low, mode, high} to say how sure you are. A range that is wider or narrower in truth changes every "
    "share.",
)
#: The same of a system whose prices and plant do not count.
_YIELDS_DRAWN = (
    "Drawn are the errors of the yields. The yields of all responses go together: each draw takes one "
    "held-out row of errors, and all designs meet the same draws.",
)


def what_is_drawn(problem: BoundProblem) -> tuple[str, ...]:
    """Say what is drawn and what is not."""
    if problem.system.is_cathode:
        return WHAT_IS_DRAWN
    varied = any(one.varies and one.key != YIELDS for one in inputs_of(problem))
    return tuple(said.replace("metals", "responses") for said in WHAT_IS_DRAWN) if varied else _YIELDS_DRAWN


def _said(metric: str, values: Sequence[float]) -> str:
    """Write the ends of a range with the unit once."""
    how = column(metric)
    return f"{how.text(values[0])} to {how.said(values[1])}"


def the(metric: str) -> str:
    """Return a metric as a sentence has it: ``the cost``."""
    return f"the {METRICS[metric].label}"


def interval_sentence(metric: str, every: MonteCarlo, alone: MonteCarlo, row: int = 0) -> str:
    """Say the interval of a metric with everything uncertain, and with the yields alone."""
    value = float(every.evaluation.metrics[metric][row])
    both, own = (
        _said(metric, [float(end[row if len(end) > 1 else 0]) for end in of.interval(metric)])
        for of in (every, alone)
    )
    said = (
        f"{METRICS[metric].label.capitalize()} is {column(metric).said(value)}; the 90 % interval is {both}"
    )
    said += (
        "."
        if every.inputs == alone.inputs
        else ", with the yields alone the same."
        if both == own
        else f" with prices and all else uncertain, {own} with the yields alone."
    )
    above = float((every.metrics[metric][:, row] > value).mean())
    if max(above, 1.0 - above - float((every.metrics[metric][:, row] == value).mean())) >= _LOPSIDED:
        side = (
            f"{percent(above)} of the draws lie above" if above > 0.5 else f"{percent(1 - above)} lie below"
        )
        said += f" {side} the value itself: the tables' values are at an end of many ranges."
    return said


def chance_sentence(problem: BoundProblem, every: MonteCarlo, row: int = 0) -> str:
    """Say how likely a design keeps its targets and constraints, and which constraint is least sure."""
    said = []
    if problem.targets:
        said.append(f"All yield targets hold at once with probability {chance(float(every.p_targets[row]))}")
    if every.holds:
        said.append(f"all constraints with {chance(float(every.p_all[row]))}")
    if not said:
        return "The problem has no constraints."
    text = ", ".join(said)
    if float(every.p_all[row]) < _SURE:
        least = min(every.chances, key=lambda name: float(every.chances[name][row]))
        named = label(least).partition(" (")[0]
        text += f"; least sure is the {named}, with {chance(float(every.chances[least][row]))}"
    return text[0].upper() + text[1:] + "."


def kinds_sentence(found: Drivers, metric: str) -> str:
    """Say what share of the spread each kind of number causes, prices first."""
    named = {"price": "prices", "impact factor": "impact factors", "stock": "stocks", "plant": "the plant"}
    shares = {named.get(kind, "the yields"): share for kind, share in found.shares(metric).items()}
    told = [f"{name} {percent(share)}" for name, share in shares.items() if share >= NOTICEABLE]
    if not told:
        return f"Nothing that is uncertain moves {the(metric)}."
    return f"Of the spread of {the(metric)}, each on its own, {', '.join(told)}."


def driver_sentence(found: Drivers, metric: str) -> str:
    """Say which number drives the spread of a metric most, and which price, if that is another."""
    frame = found.frame(metric)
    if not len(frame):
        return f"Nothing that is uncertain moves {the(metric)}."
    top = frame.iloc[0]
    verb = "drive" if top["kind"] == "yields" else "drives"
    over = "over the held-out errors" if np.isnan(top["low"]) else f"as it goes from {range_text(top)}"
    said = (
        f"The {top['input']} {verb} {percent(_share(top))} of the spread of {the(metric)}, which goes from "
        f"{_moves(metric, top)} {over}."
    )
    prices = frame[frame["kind"] == "price"]
    if top["kind"] != "price" and len(prices) and _share(prices.iloc[0]) >= NOTICEABLE:
        price = prices.iloc[0]
        said += (
            f" Of the prices, the {price['input']} matters most: {percent(_share(price))} "
            f"({_moves(metric, price)} over {range_text(price)})."
        )
    return said


def _share(row: pd.Series[Any]) -> float:
    return float(np.clip(np.nan_to_num(row["first"]), 0.0, 1.0))


def _moves(metric: str, row: pd.Series[Any]) -> str:
    return _said(metric, [float(row["metric_low"]), float(row["metric_high"])])


def range_text(row: pd.Series[Any]) -> str:
    """Write the range of an input: ``0.076 to 0.29 EUR/kg stock``; for yields, what they are."""
    if np.isnan(row["low"]):
        return "held-out errors"
    unit = "" if row["unit"] in ("-", "fraction") else f" {row['unit'].replace('degC', '°C')}"
    return f"{number(row['low'], figures=3)} to {number(row['high'], figures=3)}{unit}"


def acid_sentence(problem: BoundProblem, acids: pd.DataFrame, metric: str) -> str:
    """Say how sure the best acid is the best in a metric; empty where acids were not compared."""
    if not len(acids):
        return ""
    named = {acid.name: acid.label for acid in problem.acids}
    best, second = named[acids["acid"][0]], named[acids["acid"][1]]
    sure = chance(float(acids["p_beaten"][1]))
    return (
        f"In {METRICS[metric].label}, the best design with {best} beats the best with {second} with "
        f"probability {sure}, under the same prices and the same luck of the yields."
    )


def driver_records(found: Drivers, metric: str) -> list[dict[str, Any]]:
    """Return the ranked drivers of a metric as records for a terminal, those that matter."""
    how = column(metric)
    frame = found.frame(metric)
    moved = frame[(frame["total"] >= NOTICEABLE) | (frame["first"] >= NOTICEABLE)]
    return [
        {
            "input": row["input"],
            "range": range_text(row),
            "share": percent(_share(row)),
            "with others": percent(max(float(row["total"]), 0.0)),
            f"{how.label} at low": how.text(row["metric_low"]),
            f"at high [{how.unit}]": how.text(row["metric_high"]),
        }
        for _, row in moved.iterrows()
    ]
