"""The cards of a sweep's report, each made on its own: one that fails does not lose the others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from optimiser.report.card import Block, Card, Figure, Maker, Rows, Table, Tile
from optimiser.report.columns import column
from optimiser.report.numbers import counted, percent
from optimiser.report.sweep.figure_cards import maps_card, panels_card, parallel_card
from optimiser.report.sweep.figures import draw_shares
from optimiser.report.sweep.keys import Key, cut
from optimiser.report.sweep.levels import BINS
from optimiser.report.sweep.reasons import MOST, reasons_frame
from optimiser.report.sweep.rows import row_data
from optimiser.report.sweep.view import SweepView
from optimiser.report.sweep.words import cautions, from_capital, sweep_sentences

#: Keys drawn as bars.
BARS = 20


def sweep_makers(view: SweepView, pinned: Mapping[str, Any]) -> tuple[Maker, ...]:
    """Return what makes the cards of a sweep.

    Args:
        view: the sweep.
        pinned: its manifest.
    """
    label = view.how.label
    along = view.ranked[0].label if view.ranked else "the keys"
    maps = (
        f"Which {view.what} is best where"
        if len(view.options) > 1
        else f"{from_capital(label)} over the keys"
    )
    return (
        Maker("answer", "The sweep in short", lambda: answer_card(view)),
        Maker("maps", maps, lambda: maps_card(view)),
        Maker("panels", f"{from_capital(label)} along {along}", lambda: panels_card(view)),
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
        low, high = int(np.nanargmin(view.value)), int(np.nanargmax(view.value))
        ends = {"Lowest": low, "Highest": high} if view.value[low] < view.value[high] else {"": low}
        for word, row in ends.items():
            value = how.text(view.value[row])
            tiles.append(Tile(f"{word} {how.label}".strip(), value, how.unit, f"run {view.run(row)}"))
    if view.effects and view.effects[0].told:
        first = view.effects[0]
        tiles.append(
            Tile(f"Moves {how.label} most", cut(first.key.label, 28), "", f"alone {percent(first.share)}")
        )
    return tuple(tiles)


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
