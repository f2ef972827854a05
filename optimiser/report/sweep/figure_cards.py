"""The cards of a sweep that are figures: maps of what is best, panels along a key, parallel coordinates."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd

from optimiser.report.card import Block, Card, Figure, Panels
from optimiser.report.columns import column
from optimiser.report.numbers import counted
from optimiser.report.sweep.cells import CellMap, map_of, points_along, thinned
from optimiser.report.sweep.figures import draw_options, draw_panel, draw_parallel
from optimiser.report.sweep.keys import Key, called, cut
from optimiser.report.sweep.levels import Levels, levels_of
from optimiser.report.sweep.maps import draw_cells
from optimiser.report.sweep.view import SweepView
from optimiser.report.sweep.words import from_capital, listed

#: Maps in all, levels of a text on a map, panels, runs drawn as lines, keys drawn as axes.
MAPS, MAP_LEVELS, PANELS, LINES, AXES = 6, 24, 9, 1000, 8
NO_DESIGN = "no run has a design."


def maps_card(view: SweepView) -> Card:
    """Map what is best over the two keys that matter most, and over further pairs."""
    if not view.designed.any():
        return Card(not_applicable=NO_DESIGN)
    if not view.ranked:
        return Card(not_applicable="no key has several levels.")
    pairs: list[tuple[Key, Key | None]] = list(combinations(view.ranked, 2)) or [(view.ranked[0], None)]
    place = {key.name: k for k, key in enumerate(view.ranked)}
    pairs.sort(key=lambda pair: sum(place[key.name] for key in pair if key is not None))
    maps = [_map(view, *pair) for pair in pairs[:MAPS]]
    first, *others = maps
    figures = [
        Figure(f"map-{k}", _about(view, of), draw_cells(view, of, small=k > 0), _names(of) if k else "")
        for k, of in enumerate(maps)
    ]
    lead = f"The best {view.what}" if len(view.options) > 1 else from_capital(view.how.label)
    finding = [f"{lead} over {_names(first)}. {_rule(view, first)}"]
    blocks: list[Block] = [figures[0]]
    if others:
        finding.append(f"Below it, {counted(len(others), 'further pair')} of keys, drawn the same way.")
        blocks.append(Panels(tuple(figures[1:])))
    if len(pairs) > MAPS:
        finding.append(
            f"{counted(len(pairs) - MAPS, 'pair')} of keys that matter less are not drawn; runs.csv has all."
        )
    return Card(finding=tuple(finding), blocks=tuple(blocks))


def _map(view: SweepView, one: Key, other: Key | None) -> CellMap:
    """Return the map of a pair: numbers and the key of fewer levels go across, where a phone is narrow."""
    levels = [view.levels[key.name].most_frequent(MAP_LEVELS) for key in (one, other) if key is not None]
    if len(levels) == 1:
        return map_of(view, levels[0], None)
    # a sort that keeps the order of equals
    x, y = sorted(levels, key=lambda of: (not of.key.numeric, len(of) if not of.key.numeric else 0))
    return map_of(view, x, y)


def _names(of: CellMap) -> str:
    return f"{of.x.key.label} and {of.y.key.label}" if of.y is not None else of.x.key.label


def _rule(view: SweepView, of: CellMap) -> str:
    """Say what a cell of a map tells."""
    if not of.aggregates:
        return f"Each cell is one run: its {view.what} and its {view.how.label}."
    axes = [levels for levels in (of.x, of.y) if levels is not None]
    causes = ["differ in the other keys"] if len(view.ranked) > len(axes) else []
    causes += ["fall into the same bin"] if any(levels.binned for levels in axes) else []
    which = f", which {' or '.join(causes)}" if causes else ""
    median = f"the median of {view.how.label}"
    if len(view.options) < 2:
        return f"A cell holds several runs{which}: it shows {median}."
    return (
        f"A cell holds several runs{which}: it shows the {view.what} that is best most often, and {median} "
        "over the runs where it is."
    )


def _about(view: SweepView, of: CellMap) -> str:
    """Return the caption of a map."""
    colour = (
        f"Coloured and marked by {view.what}"
        if len(view.options) > 1
        else f"The stronger the colour, the higher the {view.how.label}"
    )
    said = [f"{colour}; {view.how.heading} in the cells or under the pointer."]
    axes = [levels for levels in (of.x, of.y) if levels is not None]
    binned = [levels.key.label for levels in axes if levels.binned]
    if binned:
        said.append(f"{from_capital(listed(binned))} in bins of about as many runs each.")
    if (of.cells["designed"] < of.cells["runs"]).any():
        said.append("Hatched cells have no design; of one with a star, some runs have none.")
    said += [_left_out(levels) for levels in axes if levels.left_out]
    return " ".join(said)


def _left_out(levels: Levels) -> str:
    """Say which levels are shown where they are not all."""
    every = len(levels) + levels.left_out
    return f"Of {every:,} values of {levels.key.label}, the {len(levels)} with most runs are shown."


def panels_card(view: SweepView) -> Card:
    """Draw the first objective along the key that matters most, a panel per level of the second."""
    if not view.designed.any():
        return Card(not_applicable=NO_DESIGN)
    if not view.ranked:
        return Card(not_applicable="no key has several levels.")
    x = view.levels[view.ranked[0].name].most_frequent(MAP_LEVELS)
    by = _panel_levels(view, view.ranked[1]) if len(view.ranked) > 1 else None
    of_level = (
        [np.ones(len(view.frame), dtype=bool)] if by is None else [by.codes == k for k in range(len(by))]
    )
    points = [points_along(view, x, rows) for rows in of_level]
    ends = view.how.scale * pd.concat(points)[["low", "high"]].to_numpy(dtype=np.float64)
    low, high = float(ends.min()), float(ends.max())
    logarithmic = view.how.scale == 1.0 and low > 0.0 and high >= 10.0 * low
    span = (low / 1.15, high * 1.15) if logarithmic else _air(low, high)
    titles = (
        [from_capital(view.how.heading)]
        if by is None
        else [f"{by.key.label} {_with_unit(by, k)}" for k in range(len(by))]
    )
    several = any((p["runs"] > 1).any() for p in points)
    dots = "median and range of the runs" if several else "each run"
    about = f"{view.how.heading} along {x.key.label}: {dots}, by {view.what}."
    figures = tuple(
        Figure(
            f"panel-{k}",
            about if by is None else f"{about[:-1]}, {title}.",
            draw_panel(view, x, p, span, logarithmic=logarithmic),
            title,
            log=("y",) if logarithmic else (),
        )
        for k, (p, title) in enumerate(zip(points, titles, strict=True))
    )
    finding = [
        f"{from_capital(view.how.heading)}, upwards, along {x.key.label}, which moves it most"
        + (f"; a panel per level of {by.key.label}, all with the same scale." if by is not None else "."),
    ]
    if several:
        of = f" of the runs in which that {view.what} is best" if len(view.options) > 1 else ""
        finding.append(f"Marks are medians{of}; bars reach from the lowest to the highest of these.")
    finding += [_left_out(levels) for levels in (x, by) if levels is not None and levels.left_out]
    blocks: list[Block] = [Panels(figures)]
    if len(view.options) > 1:
        what = Figure(
            "panels-legend", f"Colours and shapes of each {view.what}.", draw_options(view), legend=True
        )
        blocks.insert(0, what)
    return Card(finding=tuple(finding), blocks=tuple(blocks))


def _panel_levels(view: SweepView, key: Key) -> Levels:
    """Return the levels that get a panel: at most nine bins of numbers, or nine texts with most runs."""
    levels = view.levels[key.name]
    if key.numeric and len(levels) > PANELS:
        return levels_of(key, view.frame[key.name], most=PANELS, bins=PANELS)
    return levels.most_frequent(PANELS)


def _with_unit(levels: Levels, k: int) -> str:
    unit = f" {levels.key.unit}" if levels.key.unit and levels.key.numeric else ""
    return cut(called(levels.texts[k]), 60) + unit


def _air(low: float, high: float) -> tuple[float, float]:
    air = 0.08 * (high - low) or max(0.05 * abs(high), 0.05)
    return low - air, high + air


def parallel_card(view: SweepView) -> Card:
    """Draw keys and objectives of every run, or of a stated part of them, as lines."""
    if int(view.designed.sum()) < 2:
        return Card(not_applicable="there are no two runs with a design.")
    if not view.ranked:
        return Card(not_applicable="no key has several levels.")
    rows = thinned(view, LINES)
    # those that matter most, in the order of the sweep
    axes = [key for key in view.keys if key in view.ranked[:AXES]]
    about = "A line per run, from its keys on the left to its objectives on the right; dark, the best in "
    about += f"{view.how.label}."
    if len(rows) < int(view.designed.sum()):
        each = max(LINES // 10 // len(view.table.objectives), 1)
        about += (
            f" {len(rows):,} of {int(view.designed.sum()):,} runs with a design: the {each} best in each "
            "objective, and others evenly spaced over the order of the sweep."
        )
    if len(view.ranked) > AXES:
        about += f" The {AXES} keys that move it most of {len(view.ranked)}."
    if len(view.options) > 1:
        about += f" A click on one {view.what} in the legend hides or shows its runs."
    drawing = draw_parallel(view, axes, rows)
    width = 104 * (len(axes) + len(view.table.objectives) + (len(view.options) > 1))
    objectives = listed([column(name).label for name in view.table.objectives])
    finding = (f"How {objectives} follow from {listed([key.label for key in axes])}.",)
    return Card(finding=finding, blocks=(Figure("parallel-lines", about, drawing, least_width=width),))
