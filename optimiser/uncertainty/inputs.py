"""The uncertain numbers of a problem: each with its distribution, range and source."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from optimiser.chemistry.acids import Acid
from optimiser.chemistry.impurities import load_impurities
from optimiser.chemistry.metals import load_metals
from optimiser.chemistry.mixtures import single_acids
from optimiser.chemistry.prices import Price
from optimiser.chemistry.quantity import GIVEN, Sourced
from optimiser.chemistry.substances import Bought, Substance
from optimiser.problem.bound import BoundProblem
from optimiser.problem.system_binding import idle_numbers
from optimiser.problem.yields import predicted_metals
from optimiser.process.inputs import bought, idle_parameters
from optimiser.process.parameters import parameter_quantities
from optimiser.process.plant_parameters import DECIDED, PLANT_NAMES, load_plant, shipped_ends, unit_of
from optimiser.process.system_inputs import SystemInputs
from optimiser.process.system_needs import PEROXIDE
from optimiser.systems.reagents import Solute
from optimiser.variables import Designs, Floats, Ints

#: What a number is of, in the order in which inputs are told: prices first, they mostly dominate.
Kind = Literal["price", "impact factor", "stock", "plant", "yields"]
KINDS: tuple[Kind, ...] = ("price", "impact factor", "stock", "plant", "yields")
#: Whose number it is (acid, reagent, metal, plant or feed), which of them, and which number.
Key = tuple[str, str, str]

YIELDS: Key = ("yields", "", "")
#: Parameters that only a warning, and the scrubber of a plant, look at.
_IDLE = ("nox_limit",)
#: Names that the table's own key does not tell.
_NAMES = {"peroxide_strength": "true share of the peroxide's strength"}
_FILE = "the system's file, without a range"
#: What counts of the stock of each reagent; both of an acid's.
_STOCK = {"water": ("density",), **dict.fromkeys(("neutralisation", "carbonate", "scrubbing"), ("purity",))}


@dataclass(frozen=True)
class Input:
    """One uncertain number.

    Attributes:
        key: which number it is.
        name: what to call it, e.g. ``price of sulfuric acid``.
        kind: one of `KINDS`.
        unit: of the three numbers; prices are in euros.
        distribution: ``fixed`` for a number without a range; ``residuals`` for the errors of the yields,
            which are not described by three numbers.
        low, mode, high: ends of the range, and the number that an evaluation uses.
        source: what the number rests on.

    Examples:
        >>> Input(("plant", "", "x"), "x", "plant", "-", "triangular", 0.0, 1.0, 4.0, "").at([0, 0.25, 1])
        array([0., 1., 4.])
    """

    key: Key
    name: str
    kind: Kind
    unit: str
    distribution: Literal["triangular", "uniform", "fixed", "residuals"]
    low: float
    mode: float
    high: float
    source: str

    @property
    def varies(self) -> bool:
        """Whether it is drawn at all."""
        return self.distribution != "fixed"

    def fixed(self) -> Input:
        """Return the same number, taken for certain."""
        return replace(self, distribution="fixed", low=self.mode, high=self.mode)

    def at(self, p: Floats | Iterable[float]) -> Floats:
        """Return the quantiles of the distribution at probabilities, in the shape of these."""
        p = np.asarray(p, dtype=np.float64)
        width = self.high - self.low
        if self.distribution == "uniform":
            return np.asarray(self.low + p * width)
        if self.distribution != "triangular":
            return np.full(p.shape, self.mode)
        left, right = self.mode - self.low, self.high - self.mode
        rising = self.low + np.sqrt(p * width * left)
        falling = self.high - np.sqrt((1.0 - p) * width * right)
        return np.where(p * width < left, rising, falling)


def inputs_of(problem: BoundProblem, designs: Designs | None = None) -> tuple[Input, ...]:
    """Return the uncertain numbers that bear on some designs, prices first; fixed ones too.

    Args:
        problem: whose tables and parameters count.
        designs: whose acids, and whose peroxide, count; None for all acids of the problem, with peroxide.

    A number with a range is triangular about its value, or uniform where its table says so. Without a range
    it is fixed; so is a number that the problem gives itself without one.
    """
    if isinstance(problem.inputs, SystemInputs):
        return of_system(problem, problem.inputs, designs)
    acids = range(len(problem.acids)) if designs is None else sorted(set(designs.acid.tolist()))
    peroxide = designs is None or bool((designs.h2o2 > 0.0).any())
    # a mixture's numbers follow from its acids
    single = single_acids(problem.cathode_acids[k] for k in acids)
    found = [i for name, acid in single.items() for i in _of_item("acid", name, acid)]
    for component, item in bought(problem.reagents, problem.inputs.parameters).items():
        if component != "peroxide" or peroxide:
            found += _of_item("reagent", component, item)
    for metal in problem.present:
        found += _of_metal(metal)
    found += [*_of_plant(problem), *_of_section(problem), *_of_feed(problem), _of_yields(problem)]
    return tuple(sorted(found, key=lambda one: KINDS.index(one.kind)))


def of_system(problem: BoundProblem, inputs: SystemInputs, designs: Designs | None) -> tuple[Input, ...]:
    """Return the uncertain numbers of a system of one's own: those that its metrics look at."""
    metrics = problem.metrics
    money, climate = not metrics.keys().isdisjoint(("cost", "cost_feed")), "climate_change" in metrics
    found: list[Input] = []
    if money or climate:
        rows = range(len(problem.acids)) if designs is None else sorted(set(designs.acid.tolist()))
        solutes = {one.name: one for one in (inputs.solutes[k] for k in rows) if one is not None}
        found += [i for one in solutes.values() for i in _of_solute(one)]
        dosed = PEROXIDE in problem.system.names and (
            designs is None or bool((getattr(designs, PEROXIDE) > 0.0).any())
        )
        for component, item in bought(problem.reagents, inputs.parameters).items():
            idle = (component == "peroxide" and not dosed) or (
                component == "neutralisation" and not inputs.has("consumption")
            )
            if not idle:
                # how dense water is counts in wt% too, where it cannot be drawn
                each = _of_item("reagent", component, item)
                found += [one for one in each if one.key[1:] != ("water", "density")]
        if not climate:
            found = [one for one in found if one.kind != "impact factor"]
        if not money:
            found = [one for one in found if one.kind != "price"]
    if "net_value" in metrics:
        for metal, value in zip(problem.responses, inputs.metal_value, strict=True):
            if value > 0.0:
                found += _of_metal(metal)
    if "reactor_volume" in metrics:
        unused = idle_numbers(problem.system)
        found += [one for one in _of_plant(problem) if one.key[2] not in unused]
    found.append(_of_yields(problem))
    return tuple(sorted(found, key=lambda one: KINDS.index(one.kind)))


def _of_solute(solute: Solute) -> Iterator[Input]:
    """Yield the numbers of what an option dissolves: those of a known acid with their ranges.

    What the system's file says instead has no range.
    """
    acid, told = solute.acid, set[str]()
    if acid is not None:
        for one in _of_item("acid", solute.name, acid):
            name = one.key[2]
            usual = _per_pure(acid) if name == "price" else one.mode
            if np.isclose(getattr(solute, name), usual):
                told.add(name)
                yield one
    label = solute.name if acid is None else acid.label
    own: tuple[tuple[str, Kind, str, str], ...] = (
        ("price", "price", "EUR/kg pure", "price of"),
        ("climate_change", "impact factor", "kg CO2-eq/kg pure", "climate change of"),
    )
    for name, kind, unit, said in own:
        value = getattr(solute, name)
        if name not in told and not np.isnan(value):
            yield Input(
                ("acid", solute.name, name),
                f"{said} {label}",
                kind,
                unit,
                "fixed",
                value,
                value,
                value,
                _FILE,
            )


def _per_pure(acid: Acid) -> float:
    return acid.price_eur("kg stock") / acid.purity


def _of_metal(metal: str) -> Iterator[Input]:
    row = load_metals()[metal]
    yield from _of_price(("metal", metal, "price"), row.label, row.price)
    yield _input(("metal", metal, "payable"), f"payable share of {row.label}", "price", row.payable)


def residuals(problem: BoundProblem) -> tuple[Ints, Floats]:
    """Return the columns of responses whose yields have errors, and the rows of errors, shape (r, columns).

    Of the scores of the calibration, those rows that have one for each of these, ordered by their
    mean: one number then says how well a leach went.
    """
    known = predicted_metals(problem.surrogate)
    columns = np.array([problem.responses.index(m) for m in problem.present if m in known], dtype=np.intp)
    scores = problem.surrogate.calibration.scores[:, columns]
    scores = scores[~np.isnan(scores).any(axis=1)]
    return columns, scores[np.argsort(scores.mean(axis=1), kind="stable")]


def _of_item(whose: str, name: str, item: Bought) -> Iterator[Input]:
    yield from _of_price((whose, name, "price"), item.label, item.price)
    if item.climate_change is not None:
        label = f"climate change of {item.label}"
        yield _input((whose, name, "climate_change"), label, "impact factor", item.climate_change)
    if isinstance(item, Substance):
        for part in _STOCK.get(name, ("purity", "density")):
            label = f"{part} of the {item.label} bought"
            yield _input((whose, name, part), label, "stock", getattr(item.stock, part))


def _of_price(key: Key, label: str, price: Price | None) -> Iterator[Input]:
    if price is not None:
        low, high = price.range_euro()
        name, unit = f"price of {label}", f"EUR/{price.per}"
        yield _ranged(key, name, "price", unit, price, low, price.euro(), high)


def _of_plant(problem: BoundProblem) -> Iterator[Input]:
    parameters = problem.inputs.parameters
    idle = idle_parameters(problem.cathode_feed) if problem.system.is_cathode else ()
    for name, shipped in parameter_quantities().items():
        if name in idle or (name in _IDLE and parameters.plant is None):
            continue
        used = getattr(parameters, name)
        own = parameters.given.get(name) or (shipped if used == shipped.value else Sourced(value=used))
        source = GIVEN if name in parameters.given else own.source_text
        low, high = own.range()
        one = _ranged(
            ("plant", "", name),
            _NAMES.get(name, name.replace("_", " ")),
            "plant",
            shipped.unit,
            own,
            low,
            used,
            high,
        )
        yield replace(one, source=source)


def _of_feed(problem: BoundProblem) -> Iterator[Input]:
    """Yield the contents that the assay gives as ranges, as mass shares of what is charged."""
    reading = problem.cathode_feed.reading
    for metal, (low, high, how) in reading.ranges.items():
        name = f"{load_impurities()[metal].label} in {problem.feed.name}"
        shape: Literal["triangular", "uniform"] = "uniform" if how == "uniform" else "triangular"
        mode = reading.impurities.get(metal, 0.0)
        yield Input(("feed", "", metal), name, "plant", "fraction", shape, low, mode, high, GIVEN)


def _of_section(problem: BoundProblem) -> Iterator[Input]:
    """Yield the numbers of the plant around the leach; what is decided has only a range that was given."""
    plant = problem.inputs.parameters.plant
    if plant is None:
        return
    table = load_plant().parameters
    for name in PLANT_NAMES:
        own, used = plant.given.get(name), getattr(plant, name)
        told = name.replace("_", " ")
        if own is not None or name == "throughput":
            own = own or Sourced(value=used)
            one = _ranged(("plant", "", name), told, "plant", unit_of(name), own, *_ends(own, used))
            yield replace(one, source=GIVEN)
            continue
        ends, row = shipped_ends(name), table[name]
        given = ends if used == ends.value and name not in DECIDED else (used, used, used)
        yield _ranged(("plant", "", name), told, "plant", unit_of(name), row, *given)


def _ends(number: Sourced, used: float) -> tuple[float, float, float]:
    low, high = number.range()
    return low, used, high


def _of_yields(problem: BoundProblem) -> Input:
    told = len(residuals(problem)[1])
    of = "metals" if problem.system.is_cathode else "responses"
    return Input(
        YIELDS,
        "yields of this leach",
        "yields",
        "fraction",
        "residuals" if told else "fixed",
        np.nan,
        np.nan,
        np.nan,
        f"errors of the yield model {problem.surrogate.name} on {told:,} held-out rows, all {of} together",
    )


def _input(key: Key, name: str, kind: Kind, number: Sourced) -> Input:
    low, high = number.range()
    unit = getattr(number, "unit", "")
    return _ranged(key, name, kind, unit, number, low, number.value, high)


def _ranged(
    key: Key, name: str, kind: Kind, unit: str, number: Sourced, low: float, mode: float, high: float
) -> Input:
    how = number.distribution if high > low else "fixed"
    return Input(key, name, kind, unit, how, low, mode, high, number.source_text)
