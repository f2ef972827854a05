"""What the product does not know, said once and quoted wherever it matters."""

from __future__ import annotations

from collections.abc import Sequence

from optimiser.chemistry.provenance import provenance
from optimiser.chemistry.reagents import load_metals, load_reagents
from optimiser.problem import Problem
from optimiser.surrogate.artefact import Surrogate


def intervals_caveat(surrogate: Surrogate) -> str:
    """Say what is wrong with the intervals, wherever they are shown; how much they hold is on the card."""
    held = surrogate.card["skill"]["shipped_anchors"]["share_within_1.96_spreads"]
    return (
        "Intervals come from the spread over the surrogate's anchors. They are not calibrated: where they "
        f"claim 95 %, they held {100.0 * held:.0f} % of the yields of the test rows. Read them as a ranking "
        "of trust, not as a guarantee."
    )


def marked_numbers(problem: Problem, quantities: Sequence[str]) -> tuple[str, ...]:
    """Say which prices or factors behind a figure are old or poorly founded; nothing where none is.

    Args:
        problem: the bound question; a base that it does not use is left out.
        quantities: as the table of sources names them, e.g. ``price``.
    """
    reagents = load_reagents()
    bases = {name: getattr(reagents, name).label for name in ("sodium_hydroxide", "calcium_hydroxide")}
    unused = {label for name, label in bases.items() if name != problem.inputs.parameters.neutraliser}
    marked = [
        f"{r.item} ({r.quantity}: {', '.join(r.flags)})"
        for r in provenance({a.name: a for a in problem.acids}, load_metals(), reagents)
        if r.quantity in quantities and r.flags and r.item not in unused
    ]
    return (f"Marked numbers stand behind this: {'; '.join(marked)}.",) if marked else ()


#: What no figure of a report covers.
NOT_KNOWN = (
    "Yields are predictions of a model fitted to published laboratory experiments. On whole studies that "
    "it has not seen, its R² is about 0.5 and its mean absolute error about 15 points of yield: confirm a "
    "design by experiment before building on it.",
    "The yield model is made of steps: a small change of a setpoint may cost several points of yield, or "
    "nothing. Test around a design, not only at it.",
    "Impurities (carbon, binder, aluminium, copper, iron), particle size, stirring and pretreatment are not "
    "variables of the data, so a feed that differs in them may leach otherwise.",
    "Cost counts acid, peroxide, water, heat, power and neutralisation of the acid that is left: no labour, "
    "capital, filtration, purification or waste treatment. The value of the metals is that in solution, at a "
    "payable share of the price of their salts.",
    "Intervals of cost, climate change and value follow from the yields' intervals alone; prices and impact "
    "factors are taken at their middle values, whose ranges stand with their sources.",
    "Chlorine and oxygen are sums of stoichiometry, nitrogen oxides and precipitation are flags. Treating "
    "gases, salt and wastewater is not priced, corrosion is not modelled, and heat losses and heat recovery "
    "count only where the problem sets them.",
)
