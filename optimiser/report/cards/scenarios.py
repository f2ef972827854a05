"""The cards of a table of scenarios, each made on its own: one that fails does not lose the others."""

from __future__ import annotations

import numpy as np
import pandas as pd

from optimiser.chemistry.metals import METALS
from optimiser.problem.constraints import label as label_of
from optimiser.process.costs import COMPONENTS
from optimiser.report import words
from optimiser.report.card import Card, Figure, Maker, Panels, Table
from optimiser.report.cards.learn import own_makers
from optimiser.report.cards.scenario_listings import (
    balance_card,
    footprint_card,
    sources_card,
    table_card,
    tests_card,
)
from optimiser.report.caveats import intervals_caveat
from optimiser.report.columns import column
from optimiser.report.figures.components import What, draw_components
from optimiser.report.figures.scenarios import (
    MOST_DRAWN,
    abscissa,
    draw_heat,
    draw_points,
    labels,
    short_labels,
)
from optimiser.report.numbers import counted
from optimiser.report.scenarios import Contents
from optimiser.report.style import robust_top
from optimiser.tables.results import ALONE, varying
from optimiser.variables import CONTINUOUS

#: Said where a profile takes the place of our sums.
REPLACED = "the profile toolkit-1.0.2 takes the place of these sums; its own stand under Mass balance."


def _drawn(frame: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Return the scenarios that are drawn one by one, and what to say where they are not all."""
    few = frame.head(MOST_DRAWN)
    return few, f" The first {MOST_DRAWN} of {len(frame):,} scenarios." if len(few) < len(frame) else ""


def summary_card(of: Contents) -> Card:
    """Say what was predicted, and what is best in it."""
    frame, tally = of.scenarios, of.tally
    feeds = ", ".join(dict.fromkeys(frame["feed"]))
    moving = [column(n).label for n in varying(frame)]
    finding = [
        f"{counted(len(frame), 'scenario')} of {feeds}"
        + (f", which differ in {', '.join(moving)}." if moving else "."),
    ]
    broken = [c for c in frame.columns if c.startswith("margin_") and c != "margin_applicability_domain"]
    possible = ~(frame[broken] < 0.0).any(axis=1)
    inside = frame[frame["inside_domain"] & possible]
    name = dict(zip(frame["scenario"], labels(frame), strict=True))
    for metric, best in (("cost", "idxmin"), ("climate_change", "idxmin"), ("recovery", "idxmax")):
        if metric not in inside:
            continue
        values = inside[metric].replace([np.inf, -np.inf], np.nan).dropna()
        if len(values):
            row = frame.loc[getattr(values, best)()]
            how = column(metric)
            word = "Highest" if best == "idxmax" else "Lowest"
            said = f"{how.text(float(row[metric]))} {how.unit}"
            finding.append(
                f"{word} {how.label} among those that chemistry and data support: "
                f"{said}, scenario {name[row['scenario']]}."
            )
    if not len(inside):
        finding.append("No scenario is both inside the applicability domain and possible by chemistry.")
    warnings = [*tally.lines(), *of.setting.notes, intervals_caveat(of.setting.surrogate)]
    if (frame["h2o2"] > 0).any():
        warnings.append(words.PEROXIDE_CAVEAT)
    for margin in broken:
        count = int((frame[margin] < 0.0).sum())
        if count:
            label = label_of(margin.removeprefix("margin_"))
            warnings.insert(0, f"{count} of them break a limit of chemistry: {label}.")
    return Card(finding=tuple(finding), warnings=tuple(warnings))


def yields_card(of: Contents) -> Card:
    """Draw the yield of each metal with its interval."""
    frame = of.scenarios
    x = abscissa(frame)
    metals = [m for m in METALS if frame[f"yield_{m}"].notna().any()]
    mean = {m: 100.0 * float(frame[f"yield_{m}"].mean()) for m in metals}
    hardest = min(mean, key=lambda m: mean[m])
    finding = (
        "Mean yields are "
        + ", ".join(f"{m} {y:.0f} %" for m, y in mean.items())
        + f"; {hardest} is the hardest to leach.",
        "Hollow points are outside the applicability domain; bars are calibrated 90 % intervals.",
    )
    figures = tuple(
        Figure(
            f"scatter-yield-{m}",
            f"Yield of {m} against {column(x).label}.",
            draw_points(frame, x, f"yield_{m}", height=240, panel=True),
            f"{m} yield",
        )
        for m in metals
    )
    about = f"Recovery, per cent of the metal fed, against {column(x).label}."
    recovery = Figure("scatter-recovery", about, draw_points(frame, x, "recovery", height=380))
    blocks: list[Figure | Panels | Table] = [recovery, Panels(figures)]
    grid = _grid(frame)
    if grid is not None:
        blocks.append(grid)
    blocks.append(
        Table(
            "yields-table",
            "Yields with standard deviations over the anchors.",
            of.tables["yields"],
            tall=True,
        )
    )
    return Card(finding=finding, blocks=tuple(blocks))


def _grid(frame: pd.DataFrame) -> Figure | None:
    """Draw recovery over two conditions where the scenarios are a grid of these."""
    moving = varying(frame)
    if len(moving) != 2 or set(moving) - set(CONTINUOUS) or len(frame) > 2500:
        return None
    sizes = [frame[name].nunique() for name in moving]
    if sizes[0] * sizes[1] != len(frame) or max(sizes) > 60:
        return None
    x, y = sorted(moving, key=lambda name: len(set(frame[name])))
    table = frame.pivot(index=y, columns=x, values="recovery")
    drawing = draw_heat(
        100.0 * table.to_numpy(dtype=np.float64),
        [f"{v:g}" for v in table.index],
        [f"{v:g}" for v in table.columns],
        unit="%",
        digits=0,
        top=column(x).heading,
        side=column(y).heading,
    )
    about = f"Recovery, per cent of the metal fed, over {column(x).label} and {column(y).label}."
    return Figure("heat-recovery", about, drawing)


def trade_card(of: Contents) -> Card:
    """Draw cost and climate change against recovery."""
    frame = of.scenarios.replace([np.inf, -np.inf], np.nan)
    if of.replaced:
        return Card(not_applicable=REPLACED)
    shown = [m for m in ("cost", "climate_change", "net_value") if frame[m].notna().any()]
    if not shown:
        return Card(not_applicable="no scenario has all prices and factors.")
    first, *others = (
        Figure(
            f"scatter-{metric.replace('_', '-')}",
            f"{column(metric).label.capitalize()} against recovery.",
            draw_points(frame, "recovery", metric, height=300 if i else 400, panel=i > 0),
            column(metric).heading if i else "",
        )
        for i, metric in enumerate(shown)
    )
    beyond = any(frame[m].max() > robust_top(list(frame[m])) for m in shown if frame[m].min() >= 0.0)
    finding = (
        "Each point is a scenario; what lies right and low costs little for much.",
        *(("A scenario marked ▴ lies beyond the axis.",) if beyond else ()),
    )
    return Card(
        finding=finding,
        blocks=(first, Panels(tuple(others))) if others else (first,),
    )


def cost_card(of: Contents) -> Card:
    """Draw what each scenario costs by component."""
    return _money(of, "cost", "costs", "cost by component")


def climate_card(of: Contents) -> Card:
    """Draw what each scenario burdens by component."""
    return _money(of, "climate", "climate change", "climate change by component")


def _money(of: Contents, what: What, sheet: str, about: str) -> Card:
    if of.replaced:
        return Card(not_applicable=REPLACED)
    frame = of.tables[sheet]
    few, only = _drawn(frame)
    total = f"{what}_total"
    known = frame[total].replace([np.inf, -np.inf], np.nan)
    how, unit = column("cost"), column(total).unit
    finding: list[str] = []
    if known.notna().any():
        finding.append(f"From {how.text(known.min())} to {how.text(known.max())} {unit}.")
        shares = {c: float((frame[f"{what}_{c}"] / known).mean()) for c in COMPONENTS}
        first = max(shares, key=lambda c: np.nan_to_num(shares[c]))
        finding.append(f"On average {first} makes up {100.0 * shares[first]:.0f} % of it.")
    blank = int(known.isna().sum())
    if blank:
        finding.append(f"{counted(blank, 'scenario')} without a sum, because a number is missing.")
    names = labels(of.scenarios.head(len(few)))
    # a bar of some components only would look cheap
    few = few.where(few[total].notna())
    drawing = draw_components(few.replace([np.inf, -np.inf], np.nan), names, what)
    cut = " A bar that ends in ▸ reaches beyond the axis." if known.max() > robust_top(list(known)) else ""
    figure = Figure(f"bars-{what}", f"{about.capitalize()}, {unit}.{only}{cut}", drawing)
    table = Table(f"{what}-table", f"{about.capitalize()}, per batch and per kg of metal.", frame, tall=True)
    return Card(finding=tuple(finding), blocks=(figure, table))


def impacts_card(of: Contents) -> Card:
    """List impacts in all categories, and rank the scenarios by them."""
    impacts = of.impacts
    if impacts is None:
        return Card(not_applicable="no table of impacts is given.")
    lead = "1 is the lowest. The overall rank is that of the sum of ranks: every category weighs the same."
    finding = [lead]
    if impacts.missing:
        named = "; ".join(f"{c} of {s} ({counted(n, 'scenario')})" for c, s, n in impacts.missing[:12])
        more = f"; and {len(impacts.missing) - 12} more" if len(impacts.missing) > 12 else ""
        finding.append(f"Factors that are missing, where impacts are blank: {named}{more}.")
    few, only = _drawn(impacts.ranks)
    columns = [c for c in few.columns if c.count("|") == 2]
    drawing = draw_heat(
        few[[*columns, "rank_overall"]].to_numpy(dtype=np.float64).T,
        [_cut(category.removesuffix(ALONE)) for category in (*impacts.categories, "overall")],
        [str(n) for n in few["scenario"]],
        digits=0,
        top="scenario",
    )
    return Card(
        finding=tuple(finding),
        blocks=(
            Figure("heat-ranks", f"Ranks by category; dark is high.{only}", drawing),
            Table(
                "impacts-table", "Impacts per batch and per kg of metal dissolved.", impacts.frame, tall=True
            ),
            Table("ranks-table", "Ranks, their sum and the overall rank.", impacts.ranks, tall=True),
        ),
    )


def _cut(text: str, most: int = 26) -> str:
    """Shorten a name to what a narrow figure has room for; the tables have it whole."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def selectivity_card(of: Contents) -> Card:
    """Draw selectivities and enrichment factors as heat maps."""
    few, only = _drawn(of.tables["selectivities"])
    names = short_labels(of.scenarios.head(len(few)))
    enrichment = of.tables["enrichment factors"].head(len(few))
    figures = []
    for metal in METALS:
        pairs = [c for c in few.columns if c.startswith(f"selectivity_{metal}_") and few[c].notna().any()]
        if pairs:
            heads = [column(c).label for c in pairs]
            drawing = draw_heat(few[pairs].to_numpy(float), names, heads, around_one=True)
            about = f"Selectivity of {metal}.{only}"
            figures.append(Figure(f"heat-selectivity-{metal}", about, drawing, f"{metal} against the others"))
    metals = [c for c in enrichment.columns if c.startswith("enrichment_") and enrichment[c].notna().any()]
    factors = draw_heat(
        enrichment[metals].to_numpy(float), names, [column(c).label for c in metals], around_one=True
    )
    figures.append(Figure("heat-enrichment", f"Enrichment factors.{only}", factors, "Enrichment factors"))
    finding = (
        "Selectivity is the yield of one metal over that of another; the enrichment factor is a metal's "
        "share of the leachate over its share of the feed, among Li, Ni, Mn and Co. 1 means no preference.",
    )
    return Card(
        finding=finding,
        blocks=(
            Panels(tuple(figures)),
            Table("selectivity-table", "Selectivities.", of.tables["selectivities"], tall=True),
            Table("enrichment-table", "Enrichment factors.", of.tables["enrichment factors"], tall=True),
        ),
    )


def scenario_makers(of: Contents) -> tuple[Maker, ...]:
    """Return what makes the cards of a table of scenarios."""
    return (
        Maker("answer", "The scenarios", lambda: summary_card(of)),
        Maker("yields", "Yields", lambda: yields_card(of)),
        Maker("trade", "Cost, climate and value against recovery", lambda: trade_card(of)),
        Maker("cost", "What they cost", lambda: cost_card(of)),
        Maker("climate", "Climate change", lambda: climate_card(of)),
        Maker("impacts", "Impacts and ranks", lambda: impacts_card(of)),
        Maker("footprint", "EF 3.1: normalised, weighted, one score", lambda: footprint_card(of)),
        Maker("selectivity", "Selectivity and enrichment", lambda: selectivity_card(of)),
        Maker("tests", "Are they different? The Toolkit's t-tests", lambda: tests_card(of)),
        Maker("balance", "Mass balance", lambda: balance_card(of)),
        *own_makers(of.setting.surrogate),
        Maker("table", "All scenarios", lambda: table_card(of)),
        Maker("sources", "Every number and its source", lambda: sources_card(of), appendix=True),
    )
