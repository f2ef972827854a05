"""Where the recommended design's mass comes from and where it goes."""

from __future__ import annotations

import pandas as pd

from optimiser.report.card import Card, Figure, Table
from optimiser.report.cards.front import NO_FRONT
from optimiser.report.figures.flows import draw_flows
from optimiser.report.flows import ends, streams
from optimiser.report.numbers import number
from optimiser.search.run import RunResult

#: Said at plant scope.
_LEACH_ALONE = (
    "This is the leach with its own neutralisation. What the plant takes downstream of it, base and soda "
    "ash for the metals and the salt that they leave, is in the columns base_plant and salt_plant of "
    "front.csv."
)


def flows_card(result: RunResult) -> Card:
    """Return the mass balance of the recommended design as a flow sheet and in numbers."""
    if result.front is None:
        return Card(not_applicable=NO_FRONT)
    found = streams(result.problem, result.front.evaluation, result.front.answer)
    into, out = ends(found)
    metals = sum(mass for name, mass in out.items() if name.endswith(" dissolved"))
    bought = sum(into.values()) - into["feed"]
    finding = (
        f"Each tonne of feed takes {bought / 1000.0:.1f} t of reagents and water and gives {metals:,.0f} kg "
        f"of dissolved metals, {out.get('residue', 0.0):,.0f} kg of residue, {out.get('salt', 0.0):,.0f} kg "
        f"of salt and {out.get('wastewater', 0.0) / 1000.0:.1f} t of wastewater.",
        "Reagents are pure, their stocks' water counts as water. Wastewater is all that remains: water, wash "
        "water, the metals' anions, and carbon dioxide from a carbonate.",
        *((_LEACH_ALONE,) if result.problem.inputs.plant is not None else ()),
    )
    figure = Figure(
        "flows-sheet",
        f"Mass balance of design no. {result.front.answer + 1}, kg per t of feed.",
        draw_flows(found),
        "kg per t of feed",
    )
    rows = {name: ("in", mass) for name, mass in into.items()} | {
        name: ("out", mass) for name, mass in out.items()
    }
    frame = pd.DataFrame(
        [{"stream": name, "in": "", "out": "", end: number(mass, 1)} for name, (end, mass) in rows.items()]
    )
    frame.loc[len(frame)] = ["total", *(number(sum(end.values()), 1) for end in (into, out))]
    table = Table("flows-table", "The same in numbers, kg per t of feed.", frame, sortable=False)
    return Card(finding=finding, blocks=(figure, table))
