"""Every figure of merit: what can be an objective or bounded, and what every front reports.

To add one, write its function and list its `Metric` here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np

from optimiser.chemistry.categories import is_own
from optimiser.chemistry.impurities import IMPURITIES, gives_hydrogen, load_impurities
from optimiser.chemistry.metals import METALS, metals_in_words
from optimiser.problem.impact_metrics import CATEGORIES, OF_TABLES, ON_THEIR_CARD, own_category
from optimiser.problem.metric import Metric
from optimiser.problem.outcome import Outcome, per_kg_metal
from optimiser.problem.plant_metrics import PLANT_DETAILS, plant_metrics
from optimiser.process.byproducts import leachate_impurities
from optimiser.process.costs import metal_value, reactor_hours
from optimiser.process.inputs import ProcessInputs
from optimiser.process.ratios import metals_ratio, peroxide_ratio, peroxide_rise
from optimiser.process.system_inputs import AnyInputs, SystemInputs
from optimiser.process.system_needs import PEROXIDE, SOLIDS, TEMPERATURE, TIME
from optimiser.variables import Floats

#: What the name of a yield's metric begins with.
YIELD = "yield_"


def _cost(o: Outcome) -> Floats:
    return per_kg_metal(o.cost.sum(axis=1), o.balance)


def _climate(o: Outcome) -> Floats:
    return per_kg_metal(o.climate.sum(axis=1), o.balance)


def _net_value(o: Outcome) -> Floats:
    feed_tonnes = o.inputs.feed.mass / 1000.0
    net: Floats = metal_value(o.balance, o.inputs) - o.cost.sum(axis=1)
    return net / feed_tonnes


def _recovery(o: Outcome) -> Floats:
    return o.balance.metal_total / float(o.inputs.feed.metal_mass.sum())


def _acid_use(o: Outcome) -> Floats:
    return per_kg_metal(o.balance.acid_pure, o.balance)


def _energy(o: Outcome) -> Floats:
    return per_kg_metal(o.balance.heat + o.balance.power, o.balance)


def _per_reactor_hour(total: Floats, o: Outcome) -> Floats:
    occupied = reactor_hours(o.designs, o.balance, o.inputs)
    return np.divide(total, occupied, out=np.zeros_like(total), where=occupied > 0.0)


def _productivity(o: Outcome) -> Floats:
    return _per_reactor_hour(o.balance.metal_total, o)


def _net_value_rate(o: Outcome) -> Floats:
    return _per_reactor_hour(metal_value(o.balance, o.inputs) - o.cost.sum(axis=1), o)


def _per_tonne_fed(total: Callable[[Outcome], Floats]) -> Callable[[Outcome], Floats]:
    return lambda o: total(o) / (o.inputs.feed.mass / 1000.0)


def _reactor_volume(o: Outcome) -> Floats:
    tonnes_hours_per_day = o.inputs.feed.mass / 1000.0 * 24.0
    return reactor_hours(o.designs, o.balance, o.inputs) / tonnes_hours_per_day


def _time(o: Outcome) -> Floats:
    return o.designs.time


def _peroxide_rise(o: Outcome) -> Floats:
    return peroxide_rise(o.balance, o.inputs)


def _per_tonne(name: str) -> Callable[[Outcome], Floats]:
    return lambda o: getattr(o.by_products, name) / (o.inputs.feed.mass / 1000.0)


#: What to write where a metric is of the feed's impurities.
_ASSAY = "give the feed by its assay: feed: {assay: {Li: ..., Cu: ..., Al: ..., graphite: ...}}"


def _holds(*metals: str) -> Callable[[ProcessInputs], bool]:
    return lambda inputs: any(metal in inputs.feed.impurities for metal in metals)


def _leachate_of(metal: str) -> Callable[[Outcome], Floats]:
    column = IMPURITIES.index(metal)
    return lambda o: leachate_impurities(o.balance)[:, column]


def _hydrogen_metals() -> tuple[str, ...]:
    return tuple(metal for metal, yes in zip(IMPURITIES, gives_hydrogen(), strict=True) if yes)


@dataclass(frozen=True)
class _YieldOf:
    """Reads the yield of a response off an outcome."""

    response: str

    def __call__(self, o: Outcome) -> Floats:
        responses = o.inputs.system.responses if isinstance(o.inputs, SystemInputs) else METALS
        return o.yields[:, responses.index(self.response)]


@cache
def yield_metric(response: str) -> Metric:
    """Return the metric of a response's yield: of a metal of cathodes, or of a system of one's own."""
    return Metric(
        f"{YIELD}{response}",
        f"{response} yield",
        f"share of the feed's {response} that dissolves",
        "fraction",
        "higher",
        3,
        _YieldOf(response),
    )


_ENERGY = (SOLIDS, TEMPERATURE, TIME, "dose", "bought")
_SPENT = (*_ENERGY, "price")
#: What a metric per t of feed needs.
_PER_KG = "a system of your own; of cathodes it is per kg of metal:"

_ALL = (
    Metric(
        "cost",
        "cost",
        "acid, peroxide, water, heat, power and neutralisation per kg of metal dissolved",
        "EUR/kg metal",
        "lower",
        2,
        _cost,
        uses=(*_SPENT, "assay"),
    ),
    Metric(
        "net_value",
        "net value",
        "payable value of the dissolved metals less all that is spent, per t of feed",
        "EUR/t feed",
        "higher",
        0,
        _net_value,
        low=-math.inf,
        uses=(*_SPENT, "value"),
    ),
    Metric(
        "climate_change",
        "climate change",
        "climate change of the same reagents and energy, cradle to leach tank, per kg of metal dissolved",
        "kg CO2-eq/kg metal",
        "lower",
        2,
        _climate,
        low=-math.inf,
        uses=(*_ENERGY, "climate", "assay"),
    ),
    Metric(
        "recovery",
        "recovery",
        f"mass of {metals_in_words(METALS)} dissolved, as a share of what the feed holds",
        "kg metal/kg metal fed",
        "higher",
        3,
        _recovery,
        high=1.0,
        uses=("assay",),
    ),
    Metric(
        "acid_use",
        "acid use",
        "pure acid per kg of metal dissolved",
        "kg/kg metal",
        "lower",
        2,
        _acid_use,
        uses=(SOLIDS, "dose", "assay"),
    ),
    Metric(
        "energy",
        "energy",
        "heat and power of the leach per kg of metal dissolved",
        "kWh/kg metal",
        "lower",
        2,
        _energy,
        uses=(*_ENERGY, "assay"),
    ),
    Metric(
        "productivity",
        "productivity",
        "metal dissolved per m3 of reactor and hour, filling and emptying included",
        "kg metal/m3/h",
        "higher",
        2,
        _productivity,
        uses=(SOLIDS, TIME, "assay"),
    ),
    Metric(
        "net_value_rate",
        "net value rate",
        "net value per m3 of reactor and hour, filling and emptying included",
        "EUR/m3/h",
        "higher",
        1,
        _net_value_rate,
        low=-math.inf,
        uses=(*_SPENT, "value"),
    ),
    Metric(
        "reactor_volume",
        "reactor volume",
        "reactor volume that leaches one t of feed per day",
        "m3 per t feed/day",
        "lower",
        2,
        _reactor_volume,
        uses=(SOLIDS, TIME),
    ),
    Metric("time", "time", "leaching time alone", "min", "lower", 0, _time, uses=(TIME,)),
    Metric(
        "peroxide_rise",
        "heating by peroxide",
        "rise in temperature if all peroxide decomposes and nothing is cooled",
        "degC",
        "lower",
        1,
        _peroxide_rise,
        uses=(PEROXIDE, SOLIDS, "dose"),
    ),
    *(
        Metric(name, label, meaning, unit, "lower", digits, _per_tonne(name), uses=uses)
        for name, label, meaning, unit, digits, uses in (
            (
                "chlorine",
                "chlorine formed",
                "Cl2 where chloride reduces",
                "kg/t feed",
                1,
                ("cathode",),
            ),
            ("oxygen", "oxygen formed", "O2 from peroxide", "kg/t feed", 1, ("cathode",)),
            (
                "salt",
                "salt of neutralisation",
                "salt made by neutralising the free acid",
                "kg/t feed",
                0,
                ("cathode",),
            ),
            ("residue", "residue", "feed that does not dissolve", "kg/t feed", 0, ("cathode",)),
            ("wastewater", "wastewater", "leachant and wash water", "m3/t feed", 1, (SOLIDS,)),
        )
    ),
    Metric(
        "reductant_metals",
        "electrons from the feed's metals",
        "electrons that dissolved copper, aluminium and iron offer per electron that the cathode needs",
        "offered/needed",
        "higher",
        2,
        lambda o: metals_ratio(o.balance),
        given=_holds(*IMPURITIES),
        needs=_ASSAY,
    ),
    Metric(
        "reductant_peroxide",
        "electrons from peroxide alone",
        "electrons that peroxide offers per electron that the cathode needs",
        "offered/needed",
        "lower",
        2,
        lambda o: peroxide_ratio(o.balance),
        given=_holds(*IMPURITIES),
        needs=_ASSAY,
    ),
    Metric(
        "hydrogen",
        "hydrogen formed, at most",
        "H2 if all electrons of dissolved aluminium and iron made it",
        "kg/t feed",
        "lower",
        1,
        _per_tonne("hydrogen"),
        given=_holds(*_hydrogen_metals()),
        needs=_ASSAY,
    ),
    Metric(
        "hydroxides",
        "hydroxides of the impurities",
        "residue, dry, of copper, aluminium and iron that a base takes out of the leachate",
        "kg/t feed",
        "lower",
        0,
        _per_tonne("hydroxides"),
        given=lambda inputs: inputs.removes_impurities,
        needs="write `process: {impurity_removal: hydroxide}`, and give the feed by its assay",
    ),
    *(
        Metric(
            f"leachate_{metal}",
            f"{impurity.label} in the leachate",
            f"dissolved {metal} per litre of leachant, before any is removed",
            "g/L",
            "lower",
            2,
            _leachate_of(metal),
            given=_holds(metal),
            needs=_ASSAY,
        )
        for metal, impurity in load_impurities().items()
    ),
    *(
        Metric(
            f"{name}_feed",
            f"{label} per t of feed",
            f"{meaning} per t of feed, of a system of your own",
            f"{unit}/t feed",
            "lower",
            digits,
            _per_tonne_fed(total),
            given=lambda inputs: False,
            needs=f"{_PER_KG} `{name}`",
            uses=uses,
        )
        for name, label, meaning, unit, digits, total, uses in (
            (
                "cost",
                "cost",
                "reagent, peroxide, water, heat, power and neutralisation",
                "EUR",
                1,
                lambda o: o.cost.sum(axis=1),
                _SPENT,
            ),
            (
                "acid_use",
                "acid use",
                "pure reagent",
                "kg",
                0,
                lambda o: o.balance.acid_pure,
                (SOLIDS, "dose"),
            ),
            (
                "energy",
                "energy",
                "heat and power of the leach and its treatments",
                "kWh",
                0,
                lambda o: o.balance.heat + o.balance.power,
                _ENERGY,
            ),
        )
    ),
    *(yield_metric(m) for m in METALS),
    *plant_metrics(),
)


class _Metrics(Mapping[str, Metric]):
    """Metrics by name.

    One of any other category of a table, ``impact_NAME``, and of a response of a system of one's own,
    ``yield_NAME``, are made when asked for; the latter are not among those that it says it has.
    """

    def __init__(self, known: tuple[Metric, ...]) -> None:
        self._known = {metric.name: metric for metric in known}

    def __getitem__(self, name: str) -> Metric:
        if is_own(name):
            return own_category(name)
        if name not in self._known and is_yield(name):
            return yield_metric(name.removeprefix(YIELD))
        return self._known[name]

    def __contains__(self, name: object) -> bool:
        return name in self._known or (isinstance(name, str) and is_own(name))

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)


METRICS: Mapping[str, Metric] = _Metrics((*_ALL, *OF_TABLES, *CATEGORIES))

#: Metrics that stand after the others in a front's columns.
BY_PRODUCTS: tuple[str, ...] = (
    *("chlorine", "oxygen", "salt", "residue", "wastewater", "hydrogen", "hydroxides"),
    *(f"leachate_{metal}" for metal in IMPURITIES),
)
#: Metrics that stand among the yields and setpoints of a design anyway.
APART: frozenset[str] = frozenset({"time", *(f"yield_{metal}" for metal in METALS)})


def is_yield(name: object) -> bool:
    """Return whether a name is that of a yield, of whichever response.

    Examples:
        >>> is_yield("yield_Cu"), is_yield("cost")
        (True, False)
    """
    return isinstance(name, str) and name.startswith(YIELD) and len(name) > len(YIELD)


def metrics_of(inputs: AnyInputs) -> dict[str, Metric]:
    """Return the metrics that the numbers of a problem suffice for, by name."""
    given = {name: metric for name, metric in METRICS.items() if metric.computed(inputs)}
    if isinstance(inputs, SystemInputs):
        pairs = zip(inputs.system.responses, inputs.feed.present, strict=True)
        return given | {f"{YIELD}{r}": yield_metric(r) for r, there in pairs if there}
    own = () if inputs.impacts is None else (name for name in inputs.impacts.names if is_own(name))
    return given | {name: METRICS[name] for name in own}


def reported_of(inputs: AnyInputs) -> tuple[str, ...]:
    """Return the metrics that a front reports, asked for or not.

    Not those in `APART`, `BY_PRODUCTS` and `PLANT_DETAILS`, and no impact category, which stand on a card of
    their own.
    """
    apart = APART | {*BY_PRODUCTS} | PLANT_DETAILS | ON_THEIR_CARD
    return tuple(
        name for name in metrics_of(inputs) if name not in apart and not is_own(name) and not is_yield(name)
    )
