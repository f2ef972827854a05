"""The cards of a sweep's report, each made on its own: one that fails does not lose the others."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from optimiser.report.card import Block, Card, Figure, Maker, Panels, Rows, Table, Tile
from optimiser.report.columns import column
from optimiser.report.numbers import counted, percent
from optimiser.report.sweep.cells import CellMap, map_of, points_along, thinned
from optimiser.report.sweep.figures import draw_options, draw_panel, draw_parallel, draw_shares
from optimiser.report.sweep.keys import Key, cut
from optimiser.report.sweep.levels import BINS, Levels, levels_of
from optimiser.report.sweep.maps import draw_cells
from optimiser.report.sweep.reasons import MOST, reasons_frame
from optimiser.report.sweep.rows import row_data
from optimiser.report.sweep.view import SweepView
from optimiser.report.sweep.words import cautions, listed, sweep_sentences

#: Maps in all, levels of a text on a map, panels, runs drawn as lines, keys drawn as axes and as bars.
MAPS, MAP_LEVELS, PANELS, LINES, AXES, BARS = 6, 24, 9, 1000, 8, 20
NO_DESIGN = "no run has a design."


def sweep_makers(view: SweepView, pinned: Mapping[str, Any]) -> tuple[Maker, ...]:
    """Return what makes the cards of a sweep.

    Args:
        view: the sweep.
        pinned: its manifest.
    """
    label = view.how.label
    along = view.ranked[0].label if view.ranked else "the keys"
    return (
        Maker("answer", "The sweep in short", lambda: answer_card(view)),
        Maker("maps", f"Which {view.what} is best where", lambda: maps_card(view)),
        Maker("panels", f"{_from(label)} along {along}", lambda: panels_card(view)),
        Maker("parallel", "All keys and objectives at once", lambda: parallel_card(view)),
        Maker("table", "All runs", lambda: table_card(view)),
        Maker("reasons", "What has no design, and why", lambda: reasons_card(view)),
        Maker("sweep", "This sweep", lambda: sweep_card(view, pinned), appendix=True),
    )


def answer_card(view: SweepView) -> Card:
    """Say what came out of the sweep; draw what moves the first objective."""
    told = [e for e in view.effects if e.told]
    blocks: list[Block] = []
    if len(told) > 1:
        left = len(told) - BARS
        more = f" The {BARS} largest of {len(told)} keys." if left > 0 else ""
        about = (
            f"Share of the variance of {view.how.label} between runs that each key alone explains (one-way "
            f"eta squared; numbers with more than 12 values in {BINS} bins), ordered by what is beyond "
            f"chance. The upright stroke is what as many levels explain by chance alone.{more} What keys "
            "do only together is no one's."
        )
        blocks.append(Figure("shares", about, draw_shares(told[:BARS])))
    return Card(
        finding=tuple(sweep_sentences(view)),
        tiles=_tiles(view),
        warnings=tuple(cautions(view)),
        blocks=tuple(blocks),
        files=True,
    )


def _tiles(view: SweepView) -> tuple[Tile, ...]:
    n, how = len(view.frame), view.how
    tiles = [Tile("Runs with a design", f"{view.counts['done']:,}", f"of {n:,}")]
    if view.options:
        times = int((view.option == view.options[0]).sum())
        share = percent(times / int(view.designed.sum()))
        tiles.append(Tile(f"Most often best {view.what}", view.options[0], "", f"in {share} of these runs"))
    if view.designed.any():
        for word, row in (("Lowest", np.nanargmin(view.value)), ("Highest", np.nanargmax(view.value))):
            value = how.text(view.value[row])
            tiles.append(Tile(f"{word} {how.label}", value, how.unit, f"run {view.run(int(row))}"))
    if view.effects and view.effects[0].told:
        first = view.effects[0]
        tiles.append(
            Tile(f"Moves {how.label} most", cut(first.key.label, 28), "", f"alone {percent(first.share)}")
        )
    return tuple(tiles)


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
    lead = f"Best {view.what} over {_names(first)}" if len(view.options) > 1 else _names(first)
    finding = [f"{_from(lead)}. {_rule(view, first)}"]
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
    chosen = f"the {view.what} that is best most often, and " if len(view.options) > 1 else ""
    return f"A cell holds several runs{which}: it shows {chosen}the median of {view.how.label}."


def _about(view: SweepView, of: CellMap) -> str:
    """Return the caption of a map."""
    colour = (
        f"Coloured and marked by {view.what}"
        if len(view.options) > 1
        else f"The darker, the higher the {view.how.label}"
    )
    said = [f"{colour}; {view.how.heading} in the cells or under the pointer."]
    axes = [levels for levels in (of.x, of.y) if levels is not None]
    binned = [levels.key.label for levels in axes if levels.binned]
    if binned:
        said.append(f"{_from(listed(binned))} in bins of about as many runs each.")
    if (of.cells["designed"] < of.cells["runs"]).any():
        said.append("Hatched cells have no design; (2/3) says that 2 of 3 runs have one.")
    said += [
        f"{counted(levels.left_out, 'value')} of {levels.key.label} with fewest runs left out."
        for levels in axes
        if levels.left_out
    ]
    return " ".join(said)


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
    titles = [""] if by is None else [f"{by.key.label} {_with_unit(by, k)}" for k in range(len(by))]
    several = any((p["runs"] > 1).any() for p in points)
    dots = "median and range of the runs" if several else "each run"
    about = f"{view.how.heading} along {x.key.label}: {dots}, by {view.what}."
    figures = tuple(
        Figure(
            f"panel-{k}",
            about if not title else f"{about[:-1]}, {title}.",
            draw_panel(view, x, p, span, logarithmic=logarithmic),
            title,
            log=("y",) if logarithmic else (),
        )
        for k, (p, title) in enumerate(zip(points, titles, strict=True))
    )
    finding = [
        f"{_from(view.how.heading)}, upwards, along {x.key.label}, which moves it most"
        + (f"; a panel per level of {by.key.label}, all with the same scale." if by is not None else "."),
    ]
    if several:
        finding.append(
            "Marks are medians, bars reach from the lowest to the highest run over the other keys."
        )
    cut_off = [levels for levels in (x, by) if levels is not None and levels.left_out]
    finding += [
        f"{counted(levels.left_out, 'value')} of {levels.key.label} with fewest runs left out."
        for levels in cut_off
    ]
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
    return cut(levels.texts[k], 60) + unit


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
    width = 92 * (len(axes) + len(view.table.objectives) + (len(view.options) > 1))
    finding = (
        f"How {listed([key.label for key in axes])} lead to "
        f"{listed([column(name).label for name in view.table.objectives])}.",
    )
    return Card(finding=finding, blocks=(Figure("parallel-lines", about, drawing, least_width=width),))


def table_card(view: SweepView) -> Card:
    """List all runs, in parts, to be searched and sorted."""
    data, left = row_data(view)
    caption = (
        f"{counted(len(view.frame), 'run')}: what was asked, and of each front the best design in "
        f"{view.how.label}. Intervals and all other columns stand in the files."
    )
    if left:
        caption += f" {counted(left, 'column')} that would make the page too large stand only there."
    return Card(blocks=(Rows("runs-table", caption, "run", data),), files=True)


def reasons_card(view: SweepView) -> Card:
    """Group the runs that failed and those in which nothing is feasible by their reason."""
    blocks, finding = [], []
    for status, what in (("failed", "failed"), ("infeasible", "have nothing feasible")):
        frame = reasons_frame(view, status)
        if not len(frame):
            continue
        n = int(frame["runs||6"].sum())
        verb = "has nothing feasible" if n == 1 and status == "infeasible" else what
        finding.append(f"{counted(n, 'run')} {verb}, for {counted(len(frame), 'reason')}.")
        more = f" The {MOST} most frequent; runs.xlsx has all." if len(frame) > MOST else ""
        caption = f"Runs that {what}, by reason; what all runs of a reason have in common.{more}"
        blocks.append(Table(f"{status}-table", caption, frame.head(MOST), sortable=False))
    if view.counts["missing"]:
        finding.append(f"{counted(view.counts['missing'], 'run')} not made yet.")
    if not finding:
        return Card(not_applicable="every run has a design.")
    return Card(finding=tuple(finding), blocks=tuple(blocks))


def sweep_card(view: SweepView, pinned: Mapping[str, Any]) -> Card:
    """Return what was varied, what it took, and with which version it is told."""
    git, seconds = pinned["git"], pd.to_numeric(view.frame["seconds"], errors="coerce").sum()
    rows = {
        "sweep": view.table.name,
        "of": view.table.base,
        **{f"varied: {key.heading}": _told_levels(view, key) for key in view.keys},
        "objectives": ", ".join(
            f"{direction} {column(name).label}"
            for name, direction in zip(view.table.objectives, view.table.directions, strict=True)
        ),
        "evaluations": f"{pd.to_numeric(view.frame['evaluations'], errors='coerce').sum():,.0f}",
        "time of all runs together": f"{seconds / 3600.0:,.2f} h",
        "written": pinned["written"],
        "product": f"{pinned['product']} {pinned['version']}",
        "git commit": git["commit"] + (" with local changes" if git["modified"] else "")
        if git
        else "not a checkout",
    }
    frame = pd.DataFrame({"what": list(rows), "value": list(rows.values())})
    return Card(blocks=(Table("run-table", "manifest.json holds all of it.", frame, sortable=False),))


def _told_levels(view: SweepView, key: Key) -> str:
    """Say which values a key takes."""
    levels = view.levels[key.name]
    if not levels.binned and len(levels) <= 12:
        return "; ".join(levels.texts)
    if key.numeric:
        values = view.frame[key.name]
        return f"{key.text(values.min())} to {key.text(values.max())}, {values.nunique():,} values"
    return f"{len(levels):,} values, such as {'; '.join(levels.texts[:5])}"


def _from(text: str) -> str:
    return text[0].upper() + text[1:]
