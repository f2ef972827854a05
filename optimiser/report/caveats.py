"""What the product does not know, said once and quoted wherever it matters."""

from __future__ import annotations

#: Said wherever intervals are shown.
INTERVALS = (
    "Intervals come from the spread over the surrogate's anchors. They are not calibrated: where they claim "
    "95 %, they held 71 % in tests. Read them as a ranking of trust, not as a guarantee."
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
    "Chlorine and oxygen are sums of stoichiometry, nitrogen oxides and precipitation are flags. Treating "
    "gases, salt and wastewater is not priced, corrosion is not modelled, and heat losses and heat recovery "
    "count only where the problem sets them.",
)
