"""Cards that are mostly one long table: t-tests, mass balance, all scenarios, sources."""

from __future__ import annotations

import numpy as np

from optimiser.chemistry.metals import METALS
from optimiser.problem.metrics import BY_PRODUCTS
from optimiser.report.card import Card, Figure, Panels, Table, Words
from optimiser.report.cards.origin import read_frame
from optimiser.report.caveats import not_known
from optimiser.report.figures.scenarios import MOST_DRAWN, draw_heat
from optimiser.report.scenarios import Contents
from optimiser.tables.footprint import SCORE, WHY
from optimiser.tables.results import ALONE, KEYS
from optimiser.toolkit.comparison import T_TEST_WARNING
from optimiser.variables import DESIGN_COLUMNS


def tests_card(of: Contents) -> Card:
    """Draw which yields the t-tests call different, with the warning why they mislead."""
    tests = of.tables.get("t-tests")
    if tests is None:
        return Card(not_applicable="pairs are tested for 2 to 150 scenarios.")
    count = min(len(of.scenarios), MOST_DRAWN)
    names = [str(n) for n in of.scenarios["scenario"].head(count)]
    figures = []
    for metal in METALS:
        table = np.full((count, count), np.nan)
        p = tests[f"p_{metal}"].to_numpy(dtype=np.float64)
        if np.isnan(p).all():
            continue
        one, two = (tests[c].to_numpy(dtype=np.intp) - 1 for c in ("scenario_1", "scenario_2"))
        drawn = (one < count) & (two < count) & ~np.isnan(p)
        differs = tests[f"significant_{metal}"].to_numpy(dtype=np.float64)
        table[one[drawn], two[drawn]] = table[two[drawn], one[drawn]] = differs[drawn]
        drawing = draw_heat(table, names, names, digits=0, span=(0.0, 1.0), top="scenario", side="scenario")
        figures.append(
            Figure(f"heat-tests-{metal}", f"{metal}: 1 where the test calls it different.", drawing, metal)
        )
    pairs = len(tests)
    finding = (
        f"Welch's t-test of each pair, {pairs:,} of them: 1 (dark) where p is below 0.05 / {pairs:,}, after "
        "Bonferroni.",
    )
    table_ = Table("tests-table", "t-tests of each pair.", of.sheets()["t-tests"], tall=True)
    return Card(finding=finding, warnings=(T_TEST_WARNING,), blocks=(Panels(tuple(figures)), table_))


def footprint_card(of: Contents) -> Card:
    """List normalised and weighted impacts and the single score, and say what does not count in it."""
    footprint = of.footprint
    if footprint is None:
        return Card(not_applicable="the single score is computed where --ef31 asks for it.")
    score, found = footprint.frame[SCORE], footprint.scored
    counted = len(found.method) - len(found.left_out)
    finding = [
        f"{counted} of {len(found.method)} categories count; they make up {100.0 * found.covered:.0f} % of "
        "the method's weights.",
    ]
    if score.notna().any():
        lowest = int(np.nanargmin(score.to_numpy(dtype=np.float64)))
        number, acid = (footprint.frame[name].iloc[lowest] for name in ("scenario", "acid"))
        finding.append(
            f"Lowest single score: {score.min():.4g} person-years per batch, scenario {number}: {acid}."
        )
    if score.isna().any():
        finding.append(
            f"{int(score.isna().sum())} without a score, because an impact that counts is missing."
        )
    warnings = [f"Left out: {name}: {why}." for name, why in found.left_out.items()]
    alone = found.method["category"].str.endswith(ALONE) & (found.method[WHY] == "")
    if 0 < alone.sum() < counted:
        warnings.insert(0, "The score adds categories of the acid alone to such of all that goes in.")
    about = "Normalised and weighted impacts and the single score, per batch; rank 1 is the lowest."
    blocks = (
        Table("footprint-table", about, footprint.frame, tall=True),
        Table("footprint-method-table", "What each category is divided by and weighs.", found.method),
    )
    return Card(finding=tuple(finding), warnings=tuple(warnings), blocks=blocks)


def balance_card(of: Contents) -> Card:
    """List the mass balance with every intermediate."""
    if of.replaced:
        said = ("Balance and costs as the LIB Leaching Toolkit 1.0.2 defines them, faults and all.",)
        about, frame = "The Toolkit's sums, per 1000 kg of cathode.", of.tables["toolkit sums"]
        return Card(finding=said, blocks=(Table("balance-table", about, frame, tall=True),))
    frame = of.tables["mass balance"]
    basis = ", ".join(f"{b:g}" for b in sorted(frame["basis"].unique()))
    finding = (f"All that goes in and what dissolves, per batch of {basis} kg of cathode.",)
    table = Table("balance-table", "The mass balance with every intermediate.", frame, tall=True)
    told = [name for name in BY_PRODUCTS if name in of.scenarios]
    shown = (*KEYS, *told, "nox", "precipitates")
    more = Table("by-products-table", "By-products per t of feed.", of.scenarios, shown=shown, tall=True)
    return Card(finding=finding, blocks=(table, more))


def table_card(of: Contents) -> Card:
    """List all scenarios."""
    shown = (
        "scenario",
        "feed",
        *DESIGN_COLUMNS,
        *(f"yield_{m}" for m in METALS),
        "recovery",
        "cost",
        "net_value",
        "climate_change",
        "support",
        "inside_domain",
        "proton_ratio",
        "note",
    )
    frame = of.sheets()["scenarios"]
    shown = tuple(name for name in shown if name in frame)
    extent = "In brackets 90 % intervals. The workbook has every column."
    return Card(blocks=(Table("scenarios-table", extent, frame, shown=shown, tall=True),), files=True)


def sources_card(of: Contents) -> Card:
    """List every number used."""
    frame = of.tables["sources"]
    marked = int((frame["flags"] != "").sum())
    finding = (
        f"{len(frame)} numbers stand behind these sums, {marked} of them marked: old, or of confidence C.",
    )
    table = Table("sources-table", "Confidence A is best.", read_frame(frame), tall=True)
    return Card(
        finding=finding,
        blocks=(table, Words("What this tool does not know", not_known(of.setting.surrogate))),
    )
