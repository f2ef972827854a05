"""What the product does not know, said once and quoted wherever it matters."""

from __future__ import annotations

from optimiser.surrogate.artefact import Surrogate


def intervals_caveat(surrogate: Surrogate) -> str:
    """Say what is wrong with the intervals, wherever they are shown; how much they hold is on the card."""
    held = surrogate.card["skill"]["shipped_anchors"]["share_within_1.96_spreads"]
    return (
        "Intervals come from the spread over the surrogate's anchors. They are not calibrated: where they "
        f"claim 95 %, they held {100.0 * held:.0f} % of the yields of the test rows. Read them as a ranking "
        "of trust, not as a guarantee."
    )


#: What no figure of a report covers.
NOT_KNOWN = (
    "Yields are predictions of a model fitted to published laboratory experiments. On whole studies that "
    "it has not seen, its R² is about 0.5 and its mean absolute error about 15 points of yield: confirm a "
    "design by experiment before building on it.",
    "Impurities (carbon, binder, aluminium, copper, iron), particle size, stirring and pretreatment are not "
    "variables of the data, so a feed that differs in them may leach otherwise.",
    "Cost counts acid, peroxide, water, heat, power and neutralisation of the acid that is left: no labour, "
    "capital, filtration, purification or waste treatment. The value of the metals is that in solution, at a "
    "payable share of the price of their salts.",
    "Intervals of cost, climate change and value follow from the yields' intervals alone; prices and impact "
    "factors are taken at their middle values, whose ranges stand with their sources.",
    "Gases (chlorine, NOx, oxygen), corrosion and heat losses are not modelled.",
)
