"""What a design takes in and gives out, kg per t of feed: the streams of a flow sheet."""

from __future__ import annotations

from dataclasses import dataclass

from optimiser.chemistry.metals import METALS
from optimiser.problem.bound import BoundProblem, Evaluation
from optimiser.variables import Floats

#: Steps of the process that streams join: leaching with filter and wash, and what is done to the leachate.
LEACH, LEACHATE = "leaching, washing", "leachate"


@dataclass(frozen=True)
class Stream:
    """One stream of a flow sheet.

    Attributes:
        origin, aim: a step of the process, or what comes in or goes out.
        mass: kg per t of feed.
    """

    origin: str
    aim: str
    mass: float


STEPS = (LEACH, LEACHATE)


def streams(problem: BoundProblem, evaluation: Evaluation, row: int) -> tuple[Stream, ...]:
    """Return the streams of one design; what enters a step leaves it.

    Stocks are split into what is pure and their water. Oxygen and chlorine leave in leaching. Metals are
    taken out of the leachate, how is not modelled; the base goes to the free acid that is left. Wastewater is
    what remains: water, the metals' anions, dissolved impurities that are not taken out, the feed's oxygen,
    the wash water, and the carbon dioxide that a carbonate gives off.
    """
    balance, by_products, tonnes = (
        evaluation.outcome.balance,
        evaluation.by_products,
        problem.feed.mass / 1000.0,
    )

    def per_tonne(values: Floats) -> float:
        return float(values[row]) / tonnes

    acid, peroxide, base = (per_tonne(v) for v in (balance.acid_pure, balance.peroxide_pure, balance.base))
    wash, residue, salt = (per_tonne(v) for v in (balance.wash_water, balance.residue, by_products.salt))
    # the feed's moisture comes with the feed
    water = per_tonne(balance.solution) - acid - peroxide - problem.cathode_feed.moisture_mass / tonnes
    hydroxides = per_tonne(by_products.hydroxides)
    gases = {"oxygen": per_tonne(by_products.oxygen), "chlorine": per_tonne(by_products.chlorine)}
    metals = {f"{m} dissolved": float(balance.metals[row, METALS.index(m)]) / tonnes for m in problem.present}
    into = 1000.0 + acid + peroxide + water + wash
    leachate = into - sum(gases.values()) - residue
    found = [
        Stream("feed", LEACH, 1000.0),
        Stream(problem.acids[int(evaluation.designs.acid[row])].label, LEACH, acid),
        Stream("hydrogen peroxide", LEACH, peroxide),
        Stream("water", LEACH, water),
        Stream("wash water", LEACH, wash),
        *(Stream(LEACH, gas, mass) for gas, mass in gases.items()),
        Stream(LEACH, "residue", residue),
        Stream(LEACH, LEACHATE, leachate),
        Stream("base", LEACHATE, base),
        *(Stream(LEACHATE, metal, mass) for metal, mass in metals.items()),
        Stream(LEACHATE, "salt", salt),
        Stream(LEACHATE, "hydroxides", hydroxides),
        Stream(LEACHATE, "wastewater", leachate + base - sum(metals.values()) - salt - hydroxides),
    ]
    return tuple(stream for stream in found if stream.mass > 0.0)


def ends(found: tuple[Stream, ...]) -> tuple[dict[str, float], dict[str, float]]:
    """Return what goes in and what comes out, kg per t of feed by name."""
    into = {s.origin: s.mass for s in found if s.origin not in STEPS}
    out = {s.aim: s.mass for s in found if s.aim not in STEPS}
    return into, out
