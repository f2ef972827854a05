"""The cards of a table of designs of a system of one's own."""

from __future__ import annotations

import pandas as pd

from optimiser.report.card import Card, Figure, Maker, Panels, Table, Words
from optimiser.report.cards.learn import own_makers
from optimiser.report.cards.origin import read_frame
from optimiser.report.caveats import intervals_caveat, not_known, skill_caveat, told_limits
from optimiser.report.columns import column
from optimiser.report.figures.scenarios import abscissa, draw_points, labels
from optimiser.report.numbers import counted
from optimiser.report.scenarios import Contents
from optimiser.systems.system import BETWEEN, NO_CHOICE, System
from optimiser.tables.results import varying

#: Metrics whose best designs are named, where a system has them, and which end is the better one.
_TOLD = {"cost": "idxmin", "climate_change": "idxmin", "recovery": "idxmax"}


def system_scenario_makers(of: Contents) -> tuple[Maker, ...]:
    """Return what makes the cards of a table of designs of a system of one's own."""
    return (
        Maker("answer", "The scenarios", lambda: _summary(of)),
        Maker("yields", "Yields", lambda: _yields(of)),
        *own_makers(of.setting.surrogate),
        Maker("table", "All scenarios", lambda: _table(of)),
        Maker("sources", "Every number and its source", lambda: _sources(of), appendix=True),
    )


def _named(of: Contents) -> pd.DataFrame:
    """Return the scenarios with the name of each option in ``acid``, as figures want it."""
    system, frame = of.setting.system, of.scenarios
    parts = zip(*(frame[choice].astype(str) for choice in system.choices), strict=True)
    names = [BETWEEN.join(values) for values in parts] if system.choices else [NO_CHOICE] * len(frame)
    return frame.assign(acid=names)


def _responses(system: System, frame: pd.DataFrame) -> list[str]:
    return [r for r in system.responses if frame[f"yield_{r}"].notna().any()]


def _summary(of: Contents) -> Card:
    """Say what was predicted, and what is best in it."""
    frame, system = _named(of), of.setting.system
    moving = [column(name).label for name in varying(frame, system.table_columns)]
    feeds = ", ".join(dict.fromkeys(frame["feed"]))
    differ = f", which differ in {', '.join(moving)}" if moving else ""
    finding = [f"{counted(len(frame), 'scenario')} of {feeds}{differ}."]
    inside = frame[frame["inside_domain"]]
    names = dict(zip(frame["scenario"], labels(frame, system.names), strict=True))
    best = {f"yield_{r}": "idxmax" for r in _responses(system, frame)} | _TOLD
    for metric, end in best.items():
        values = inside[metric].dropna() if metric in inside else inside.iloc[:0, 0]
        if len(values):
            row, how = frame.loc[getattr(values, end)()], column(metric)
            word = "Highest" if end == "idxmax" else "Lowest"
            said = how.said(float(row[metric]))
            finding.append(
                f"{word} {how.label} inside the domain: {said}, scenario {names[row['scenario']]}."
            )
    if not len(inside):
        finding.append("No scenario is inside the applicability domain.")
    limits = told_limits(of.setting.surrogate)
    warnings = (*limits, *of.tally.lines(), *of.setting.notes, intervals_caveat(of.setting.surrogate))
    return Card(finding=(*finding, skill_caveat(of.setting.surrogate)), warnings=warnings)


def _yields(of: Contents) -> Card:
    """Draw the yield of each response with its interval."""
    frame, system = _named(of), of.setting.system
    x, responses = abscissa(frame, system.names), _responses(system, frame)
    mean = ", ".join(f"{r} {100.0 * float(frame[f'yield_{r}'].mean()):.0f} %" for r in responses)
    figures = tuple(
        Figure(
            f"scatter-yield-{r}",
            f"Yield of {r} against {column(x).label}.",
            draw_points(frame, x, f"yield_{r}", height=240, panel=True, setpoints=system.names),
            f"{r} yield",
        )
        for r in responses
    )
    finding = (
        f"Mean yields are {mean}.",
        "Hollow points are outside the applicability domain; bars are calibrated 90 % intervals.",
    )
    table = Table("yields-table", "Yields with standard deviations.", of.tables["yields"], tall=True)
    return Card(finding=finding, blocks=(Panels(figures), table))


def _table(of: Contents) -> Card:
    """List all scenarios."""
    frame, system = of.sheets()["scenarios"], of.setting.system
    shown = (
        *("scenario", "feed", *system.table_columns),
        *(f"yield_{r}" for r in _responses(system, frame)),
        *(*_TOLD, "support", "inside_domain", "note"),
    )
    extent = "In brackets 90 % intervals. The workbook has every column."
    names = tuple(name for name in shown if name in frame)
    return Card(blocks=(Table("scenarios-table", extent, frame, shown=names, tall=True),), files=True)


def _sources(of: Contents) -> Card:
    """List every number used."""
    frame = of.tables["sources"]
    finding = (f"{len(frame)} numbers stand behind these sums; yields come from the surrogate.",)
    table = Table("sources-table", "Confidence A is best.", read_frame(frame), tall=True)
    unknown = Words("What this tool does not know", not_known(of.setting.surrogate))
    return Card(finding=finding, blocks=(table, unknown))
