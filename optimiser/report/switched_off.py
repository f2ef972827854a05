"""What a design breaks of the limits that its problem switched off."""

from __future__ import annotations

from optimiser.problem.problem import Evaluation, Problem
from optimiser.process.feasibility import (
    LIMITS,
    ChemistryLimits,
    chemistry_margins,
    slurry_fraction,
    solubility_at,
)

_BROKEN = {
    "proton_balance": (
        "The proton balance was switched off, and this design breaks it: {protons:.2g} protons offered per "
        "proton consumed."
    ),
    "stock_strength": (
        "The limit on stock strength was switched off, and this design breaks it: acid and peroxide as "
        "bought would fill {filled:.0%} of the tank."
    ),
    "solubility": (
        "The limit on solubility was switched off, and this design breaks it: {concentration:g} mol/L of "
        "acid where {dissolves:.2g} mol/L dissolve."
    ),
    "boiling": (
        "The limit on temperature was switched off, and this design breaks it: {temperature:g} °C where "
        "{highest:g} °C is the highest."
    ),
    "slurry": (
        "The limit on solids was switched off, and this design breaks it: {solids:.2g} kg of solids per kg "
        "of slurry."
    ),
}
_OUTSIDE = (
    "The applicability domain was switched off, and this design lies outside it: its yields are guesses."
)


def switched_off(problem: Problem, evaluation: Evaluation, row: int) -> list[str]:
    """Say which limits a design breaks that the problem switched off, each held to its default."""
    balance, limits = evaluation.outcome.balance, ChemistryLimits()
    margins = chemistry_margins(evaluation.designs, balance, problem.inputs, limits)
    off = [name for name in LIMITS if getattr(problem.limits, name) is None]
    facts = _facts(problem, evaluation, row)
    said = [_BROKEN[name].format(**facts) for name in off if margins[name][row] < 0.0]
    if problem.domain is None and evaluation.domain_distance[row] > 1.0:
        said.append(_OUTSIDE)
    return said


def _facts(problem: Problem, evaluation: Evaluation, row: int) -> dict[str, float]:
    """Return what the limits look at, for one design."""
    designs, balance, inputs = evaluation.designs, evaluation.outcome.balance, problem.inputs
    water = balance.water / (inputs.reagents.water_density * balance.volume)
    return {
        "protons": float(evaluation.proton_ratio[row]),
        "filled": 1.0 - float(water[row]),
        "concentration": float(designs.acid_concentration[row]),
        "dissolves": float(solubility_at(designs, inputs)[row]),
        "temperature": float(designs.temperature[row]),
        "highest": float(inputs.acids.temperature_limit[designs.acid[row]]),
        "solids": float(slurry_fraction(balance, inputs)[row]),
    }
