"""The cards of what own results taught, and the one card of it on every other page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from optimiser.learning.lessons import Lessons, by_acid_and_feed, lessons_of
from optimiser.learning.store import stored_results
from optimiser.learning.telling import source_of
from optimiser.report.card import Block, Card, Figure, Maker, Panels, Table, Tile, Words, make_cards
from optimiser.report.cards.command import command_card
from optimiser.report.columns import column
from optimiser.report.figures.learn import draw_parity, draw_shift
from optimiser.report.learn_words import odd_lines, rows_frame, skill_sentence, weights_sentence
from optimiser.report.numbers import counted, number
from optimiser.surrogate.artefact import Surrogate
from optimiser.surrogate.domain import Domain
from optimiser.systems.system import System
from optimiser.systems.words import vocabulary
from optimiser.tables.own_results_layout import layout_of


def learn_cards(
    surrogate: Surrogate, of: Lessons, frame: pd.DataFrame, pinned: Mapping[str, Any]
) -> list[Card]:
    """Return the cards of what a site model learned.

    Args:
        surrogate: the site model.
        of: what it learned.
        frame: its results as they are stored.
        pinned: the manifest.
    """
    system = surrogate.system
    return make_cards(
        (
            Maker("answer", "What your results taught", lambda: taught_card(of, system)),
            Maker("parity", "Measured and expected yields", lambda: parity_card(of, system)),
            Maker("shift", "The difference over each setpoint", lambda: shift_card(of, frame, system)),
            Maker("domain", "What the results open", lambda: domain_card(surrogate, frame)),
            Maker("rows", "Your results", lambda: rows_card(of, frame, system)),
            Maker("run", "This model", lambda: command_card(pinned), appendix=True),
        )
    )


def own_makers(surrogate: Surrogate) -> tuple[Maker, ...]:
    """Return what makes the card of own results on a page of something else; nothing of a published model."""
    if surrogate.site is None:
        return ()
    return (Maker("own", "Own results", lambda: own_card(surrogate)),)


def own_card(surrogate: Surrogate) -> Card:
    """Return what a site model learned, in short."""
    frame = stored_results(surrogate)
    of = lessons_of(surrogate, frame)
    about = (
        f"Yields on this page are those of the site model {of.name}, learned from "
        f"{counted(of.rows, 'own result')} ({counted(of.experiments, 'experiment')}) on {of.base}.",
    )
    return Card(
        finding=(of.sentence, skill_sentence(of), *about),
        warnings=tuple(odd_lines(of.odd, of.name)),
        blocks=(_rows_table(of, frame, surrogate.system),),
    )


def taught_card(of: Lessons, system: System) -> Card:
    """Return the sentence, how good the model is now, and what explains the differences."""
    have = f"{counted(of.rows, 'own result')} of {counted(of.experiments, 'experiment')} on {of.base}."
    tiles = [Tile("results", str(of.rows), "", counted(of.experiments, "experiment"))]
    if of.skill is not None:
        for label, mae, within in (
            (f"{of.base}, mean error", of.skill.mae_before, of.skill.within_before),
            (f"{of.name}, mean error", of.skill.mae_after, of.skill.within_after),
        ):
            held = f"{100.0 * within:.0f} % within the 90 % intervals"
            tiles.append(Tile(label, number(100.0 * mae, 1), "points", held))
    how = (
        f"Four explanations of how a plant differs from {source_of(system)} compete; how likely the results "
        "are under each gives its weight, and the yields are their average by weight.",
        "The expectation of a yield moves less than the results say as long as these are few: how much is "
        + (
            "what published studies, each taken as a plant, show to be right."
            if system.is_cathode
            else "what was held out of the table shows to be right, drawn towards how cathode plants differ."
        ),
    )
    weights = tuple(weights_sentence(acid, system) for acid in of.acids)
    return Card(
        finding=(of.sentence, have),
        tiles=tuple(tiles),
        warnings=tuple(odd_lines(of.odd, of.name)),
        blocks=(
            Words("What explains the differences", weights),
            Words("How this is weighed", how, folded=True),
        ),
    )


def parity_card(of: Lessons, system: System) -> Card:
    """Draw measured against expected yields, before and after."""
    after = (
        f"{of.name}, each experiment left out" if of.skill is not None else f"{of.name}, without the result"
    )
    odd = " Hollow marks are likely typing errors." if of.odd else ""
    figures = (
        Figure(
            "parity-before",
            "The literature model." if system.is_cathode else "The model before.",
            draw_parity(of.values, "before", system),
            f"{of.base}, before",
        ),
        Figure("parity-after", "The site model.", draw_parity(of.values, "after", system), after),
    )
    note = (
        "Vertically the expected yield [%]: on the dotted line it is what was measured. Bars are 90 % "
        f"intervals, which should cross that line.{odd}"
    )
    return Card(finding=(skill_sentence(of), note), blocks=(Panels(figures),))


def shift_card(of: Lessons, frame: pd.DataFrame, system: System) -> Card:
    """Draw the difference from the literature over each setpoint that was varied."""
    varied = [name for name in system.names if np.ptp(frame[name].to_numpy(dtype=np.float64)) > 0.0]
    rows = [
        {"metal": metal, "points": number(100.0 * value, 1), "acid": shift.acid, "feed": shift.feed}
        for shift in of.shifts
        for metal, value in shift.shift.items()
    ]
    table = Table("shift-table", "Mean difference at your conditions.", pd.DataFrame(rows), sortable=False)
    figures = tuple(
        Figure(
            f"shift-{name}",
            f"Difference from {of.base} over {column(name).label}.",
            draw_shift(of.values, frame, name, system),
            column(name).label.capitalize(),
        )
        for name in varied
    )
    model = "the literature model" if system.is_cathode else f"the model of {system.name}"
    marks = " Li blue circles, Ni green squares, Mn purple diamonds, Co red triangles."
    marks = marks if system.is_cathode else ""  # a legend tells those of others
    note = (
        f"Vertically the points of yield above or below what {model} expects: hollow as "
        f"measured, filled as learned, which leaves scatter out.{marks}"
    )
    blocks: tuple[Block, ...] = (Panels(figures), table) if figures else (table,)
    finding = (note,) if figures else ("All results have the same setpoints, so they show no trend.",)
    return Card(finding=finding, blocks=blocks)


def published_part(domain: Domain) -> Domain:
    """Return a domain without a user's own experiments."""
    kept = ~domain.own
    parts = {name: getattr(domain, name)[kept] for name in ("acid", "feed", "fixed", "sound", "time", "own")}
    return replace(domain, **parts)


def domain_frame(surrogate: Surrogate, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the ranges that a search may use with each own acid and feed, before and after, as text."""
    assert surrogate.site is not None
    data, rows = surrogate.site.data, []
    before, system = published_part(surrogate.domain), surrogate.system
    for acid, feed, mine in by_acid_and_feed(frame, layout_of(system)):
        where = data.feed[mine[0]], str(data.acid[mine[0]])
        for when, near in (("before", before.near(*where)), ("after", surrogate.domain.near(*where))):
            row: dict[str, object] = {"when": when, "acid": acid}
            for variable, low, high in zip(system.variables, near.low, near.high, strict=True):
                how = column(variable.name)
                ends = dict.fromkeys(how.text(end) for end in (low, high))
                # a heading that is the name of a column of numbers would be read as one
                row[how.heading if how.unit else f"{how.label} (range)"] = (
                    " to ".join(ends) if near.supported else "too few"
                )
            rows.append({**row, "experiments": near.experiments, "feed": feed})
    return pd.DataFrame(rows)


def domain_card(surrogate: Surrogate, frame: pd.DataFrame) -> Card:
    """Return where designs may now lie."""
    words, of_cathodes = vocabulary(surrogate.system), surrogate.system.is_cathode
    those = "published" if of_cathodes else "the table's"
    note = (
        f"One own experiment is enough for a search to use its {words.option} near its setpoints; {those} "
        f"experiments count from {surrogate.domain.settings.min_experiments} near the feed.",
        "These are the ranges of each variable alone. A design must also be near an experiment in all of its "
        "setpoints at once, which allows far less.",
    )
    published = "the published" if of_cathodes else those
    table = Table(
        "domain-table",
        f"Ranges within which a search may set each variable, with {published} experiments alone and with "
        "yours.",
        domain_frame(surrogate, frame),
        sortable=False,
    )
    return Card(finding=note, blocks=(table,))


def rows_card(of: Lessons, frame: pd.DataFrame, system: System) -> Card:
    """Return the results with the odd ones marked, and what was expected of each value."""
    marked = f"{counted(len(of.odd), 'value')} of them look mistyped." if of.odd else "None looks mistyped."
    values = of.values.assign(odd=["odd" if odd else "" for odd in of.values["odd"]])
    values = values.rename(columns={"row": "result"})
    table = Table(
        "values-table",
        f"Each yield measured, what {of.base} says of it, and what {of.name} says without its experiment; in "
        "brackets 90 % intervals.",
        values,
        ("result", "metal", "measured", "before", "after", "odd"),
        tall=True,
    )
    return Card(
        finding=(f"{counted(of.rows, 'result')}, numbered as they are stored. {marked}",),
        blocks=(_rows_table(of, frame, system), table),
    )


def _rows_table(of: Lessons, frame: pd.DataFrame, system: System) -> Table:
    # a batch is a mass in the report's other tables
    shown = rows_frame(of, frame, system).rename(columns={"batch": "lot"})
    yields = [str(name) for name in shown if str(name).startswith("yield_")]
    rest = [str(name) for name in shown if name not in ("result", "odd", *yields)]
    # the yields first: a phone shows few columns
    order = ("result", *yields, *(("odd",) if of.odd else ()), *rest)
    return Table("results-table", "The results that were learned from.", shown, order, tall=True)
