"""What drives the spread of the answer, and how likely each constraint holds, with prices uncertain too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from optimiser.problem.bound import BoundProblem
from optimiser.problem.constraints import label
from optimiser.problem.metrics import METRICS
from optimiser.report.card import Block, Card, Figure, Maker, Panels, Table, Tile, Words, make_cards
from optimiser.report.cards.command import command_card
from optimiser.report.cards.front import NO_FRONT
from optimiser.report.columns import column
from optimiser.report.driver_words import (
    acid_sentence,
    chance_sentence,
    driver_sentence,
    interval_sentence,
    kinds_sentence,
    range_text,
    what_is_drawn,
)
from optimiser.report.figures.drivers import draw_shares, draw_tornado
from optimiser.report.numbers import percent
from optimiser.search.run import RunResult
from optimiser.surrogate.site import whose_yields
from optimiser.systems.words import vocabulary
from optimiser.uncertainty.drivers import Drivers, drivers
from optimiser.uncertainty.inputs import inputs_of
from optimiser.uncertainty.montecarlo import MonteCarlo, monte_carlo, yields_alone
from optimiser.uncertainty.study import Study, acid_chances, front_frame, inputs_frame
from optimiser.variables import Floats

#: Draws on a front, points of the indices, and their seed.
DRAWS, POINTS, SEED = 2_000, 1_024, 1
#: Chances of each design of a front, by their column.
_CHANCES = {
    "p_targets": "all targets hold",
    "p_constraints": "all constraints hold",
    "p_nondominated": "non-dominated",
}
#: Objectives whose drivers a run's page shows.
_SHOWN = 2


def drivers_card(result: RunResult) -> Card:
    """Return what drives the recommended design's objectives, and the chances along the front."""
    if result.front is None:
        return Card(not_applicable=NO_FRONT)
    problem, evaluation, knee = result.problem, result.front.evaluation, result.front.answer
    inputs = inputs_of(problem, evaluation.designs)
    every = monte_carlo(problem, evaluation, DRAWS, np.random.default_rng(SEED), inputs)
    one = problem.evaluate(evaluation.designs.take(np.array([knee])))
    alone = monte_carlo(problem, one, DRAWS, np.random.default_rng(SEED), yields_alone(inputs))
    own = monte_carlo(problem, one, DRAWS, np.random.default_rng(SEED), inputs)
    found = drivers(problem, one, POINTS, np.random.default_rng(SEED))
    asked = [o.metric for o in problem.objectives]
    acids = acid_chances(result, problem.objectives[0], DRAWS, np.random.default_rng(SEED))
    front = every.p_nondominated
    finding = (
        *(driver_sentence(found, metric) for metric in asked),
        *(interval_sentence(metric, own, alone) for metric in asked),
        f"At the recommended design, no. {knee + 1}: {_lower(chance_sentence(problem, own))}",
        f"A design of this front is non-dominated in {percent(front.min())} to {percent(front.max())} of the "
        "draws: where that is low, another design of it may well be the better one."
        if len(evaluation) > 1
        else "",
        acid_sentence(problem, acids, asked[0]),
    )
    blocks: list[Block] = [Panels(_figures(found, asked[:_SHOWN]))]
    blocks.append(_chances_table(every, knee))
    if len(acids):
        blocks.append(_acids_table(problem, acids, asked[0]))
    if len(evaluation) > 1:
        blocks.append(_front_table(front_frame(every), asked, knee))
    blocks += [Words("What is drawn", what_is_drawn(problem)), _inputs_table(every)]
    return Card(finding=tuple(text for text in finding if text), blocks=tuple(blocks))


def sensitivity_cards(of: Study, metric: str, pinned: Mapping[str, Any]) -> list[Card]:
    """Return the cards of a study of one design."""
    return make_cards(
        (
            Maker("drivers", "What drives the spread", lambda: study_card(of, metric)),
            Maker("run", "This study", lambda: command_card(pinned)),
        )
    )


def study_card(of: Study, metric: str) -> Card:
    """Return intervals, chances and drivers of one design; the drivers are those of one metric."""
    asked = list(dict.fromkeys([metric, *(o.metric for o in of.problem.objectives)]))
    finding = (
        driver_sentence(of.drivers, metric),
        kinds_sentence(of.drivers, metric),
        *(interval_sentence(name, of.every, of.alone) for name in asked),
        chance_sentence(of.problem, of.every),
        acid_sentence(of.problem, of.acids, of.problem.objectives[0].metric),
        *whose_yields(of.problem.surrogate),
    )
    blocks: list[Block] = [Panels(_figures(of.drivers, [metric])), _drivers_table(of.drivers, metric)]
    blocks += [_intervals_table(of), _chances_table(of.every, 0)]
    if len(of.acids):
        blocks.append(_acids_table(of.problem, of.acids, of.problem.objectives[0].metric))
    if len(of.front):
        blocks.append(_front_table(of.front, asked))
    blocks += [Words("What is drawn", what_is_drawn(of.problem)), _inputs_table(of.every)]
    tiles = tuple(_tile(of.every, name) for name in asked)
    return Card(finding=tuple(text for text in finding if text), tiles=tiles, blocks=tuple(blocks))


def _lower(text: str) -> str:
    return text[0].lower() + text[1:]


def _tile(every: MonteCarlo, metric: str) -> Tile:
    how, (low, high) = column(metric), every.interval(metric)
    ends = f"90 % interval {how.text(low[0])}–{how.text(high[0])}"
    return Tile(how.label, how.text(every.evaluation.metrics[metric][0]), how.unit, ends)


def _figures(found: Drivers, metrics: list[str]) -> tuple[Figure, ...]:
    """Return tornado and shares of each metric that anything moves."""
    figures = list[Figure]()
    for metric in metrics:
        frame, name = found.frame(metric), METRICS[metric].label
        if not len(frame):
            continue
        base = float(found.base[found.metrics.index(metric)])
        about = f"What each uncertain number alone does to {name}, at the ends of its range."
        tornado = draw_tornado(frame, metric, base)
        figures.append(Figure(f"tornado-{metric}", about, tornado, f"{name.capitalize()}: one at a time"))
        about = f"Shares of the variance of {name}: first-order and total Sobol indices."
        figures.append(
            Figure(
                f"shares-{metric}", about, draw_shares(frame), f"{name.capitalize()}: shares of the variance"
            )
        )
    return tuple(figures)


def _drivers_table(found: Drivers, metric: str) -> Table:
    frame, how = found.frame(metric), column(metric)
    shown = pd.DataFrame(
        {
            "driver": frame["input"],
            "range": [range_text(row) for _, row in frame.iterrows()],
            "on its own|% of the variance|2": _percent(frame["first"].to_numpy()),
            "with others|% of the variance|2": _percent(frame["total"].to_numpy()),
            f"at its low end|{how.unit}|4": how.scale * frame["metric_low"],
            f"at its high end|{how.unit}|4": how.scale * frame["metric_high"],
        }
    )
    return Table("drivers-table", f"What drives {METRICS[metric].label}, ranked.", shown)


def _percent(share: Floats) -> Floats:
    return np.round(100.0 * np.clip(share, 0.0, None), 2) + 0.0


def _intervals_table(of: Study) -> Table:
    rows = []
    for row in of.intervals().to_dict("records"):
        how = column(str(row["metric"]))
        between = {
            "with all": (row["low"], row["high"]),
            "with the yields alone": (row["low_yields"], row["high_yields"]),
        }
        rows.append(
            {
                "metric": how.heading,
                "value": how.text(row["value"]),
                **{
                    f"90 % interval {name}": f"{how.text(a)} to {how.text(b)}"
                    for name, (a, b) in between.items()
                },
                "draws outside the latter|%|3": 100.0 * float(row["outside"]),
            }
        )
    caption = "Every figure with everything uncertain, and with the yields alone, as a front shows it."
    return Table("intervals-table", caption, pd.DataFrame(rows), sortable=False)


def _chances_table(every: MonteCarlo, row: int) -> Table:
    """Return how likely each constraint holds at one design, and along all of them."""
    chances = {label(name): p for name, p in every.chances.items()}
    chances |= {"all yield targets": every.p_targets, "all constraints": every.p_all}
    if len(every.evaluation) > 1:
        chances |= {"non-dominated": every.p_nondominated}
    frame = pd.DataFrame(
        {
            "what": list(chances),
            "chance at the design|%|3": [100.0 * float(p[row]) for p in chances.values()],
        }
    )
    if len(every.evaluation) > 1:
        frame["least on the front|%|3"] = [100.0 * float(p.min()) for p in chances.values()]
        frame["most on the front|%|3"] = [100.0 * float(p.max()) for p in chances.values()]
    caption = "How likely each constraint holds with every number uncertain; the domain is as evaluated."
    return Table("chances-table", caption, frame, sortable=False)


def _acids_table(problem: BoundProblem, acids: pd.DataFrame, metric: str) -> Table:
    named = {acid.name: acid.label for acid in problem.acids}
    frame = pd.DataFrame(
        {
            "acid": acids["acid"].map(named),
            metric: acids["value"],
            f"{metric}_low": acids["low"],
            f"{metric}_high": acids["high"],
            "all targets hold|%|3": 100.0 * acids["p_targets"],
            "the first beats it|%|3": 100.0 * acids["p_beaten"],
        }
    )
    what = vocabulary(problem.system).option
    caption = f"Each {what}'s best design in {METRICS[metric].label}, under the same draws."
    return Table("acid-chances", caption, frame, sortable=False)


def _front_table(front: pd.DataFrame, metrics: list[str], knee: int | None = None) -> Table:
    """Return the objectives of each design with intervals that hold prices, and its chances."""
    ends = [f"{name}_{end}" for name in metrics for end in ("low", "high")]
    frame = front[["design", "acid", *metrics, *ends]].copy()
    for name, said in _CHANCES.items():
        frame[f"{said}|%|3"] = 100.0 * front[name]
    if knee is not None:
        frame["knee"] = np.arange(len(frame)) == knee
    shown = tuple(str(name) for name in frame if name not in (*ends, "knee"))
    caption = "Every design of the front with 90 % intervals, everything uncertain."
    return Table("front-chances", caption, frame, shown=shown, tall=True)


def _inputs_table(every: MonteCarlo) -> Table:
    frame = inputs_frame(every.inputs).rename(columns={"input": "number"})
    figures = {name: f"{name}||4" for name in ("low", "mode", "high")}
    frame = frame.rename(columns=figures)
    caption = "Every number that was drawn, or held fixed because it has no range; prices first."
    return Table("uncertain-inputs", caption, frame, minor=("source",), tall=True)
