"""The objectives: every metric that can be one, and what every front reports.

To add an objective, write its function and list its `Metric` here.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

from optimiser._io.errors import InputError, closest
from optimiser.chemistry.categories import (
    CLIMATE_CHANGE,
    MICRO,
    SCORE_UNIT,
    is_own,
    label_and_unit,
    method_categories,
)
from optimiser.chemistry.impurities import IMPURITIES, gives_hydrogen, load_impurities
from optimiser.chemistry.metals import METALS, metals_in_words
from optimiser.process.balance import MassBalance
from optimiser.process.byproducts import ByProducts, by_products, leachate_impurities
from optimiser.process.costs import (
    climate_components,
    cost_components,
    impact_components,
    metal_value,
    reactor_hours,
)
from optimiser.process.inputs import ProcessInputs
from optimiser.process.plant import PLANT_COMPONENTS, PlantCosts, plant_costs
from optimiser.process.ratios import metals_ratio, peroxide_ratio, peroxide_rise
from optimiser.variables import Designs, Floats


@dataclass(frozen=True)
class Outcome:
    """Designs with their yields and the sums that follow from them; n rows throughout.

    ``yields`` has a column per metal, NaN for an absent one; ``cost`` (EUR) and ``climate`` (kg CO2-eq) are
    per batch and by component, shape (n, 6).
    """

    designs: Designs
    yields: Floats
    balance: MassBalance
    cost: Floats
    climate: Floats
    inputs: ProcessInputs

    @cached_property
    def by_products(self) -> ByProducts:
        """Gases, salt, water and what may precipitate, per batch."""
        return by_products(self.designs, self.balance, self.inputs)

    @cached_property
    def impacts(self) -> Floats:
        """Impacts per batch in every category of the problem's table, by component, shape (n, c, 6).

        NaN where a factor is missing of something that is used. Climate change is the first category.
        """
        return impact_components(self.designs, self.balance, self.climate, self.inputs)

    @cached_property
    def plant(self) -> PlantCosts:
        """A year of the plant; at plant scope alone."""
        return plant_costs(self.designs, self.balance, self.by_products, self.cost, self.inputs)


def outcome(designs: Designs, yields: Floats, balance: MassBalance, inputs: ProcessInputs) -> Outcome:
    """Add the sums by component to a mass balance."""
    return Outcome(
        designs=designs,
        yields=yields,
        balance=balance,
        cost=cost_components(designs, balance, inputs),
        climate=climate_components(designs, balance, inputs),
        inputs=inputs,
    )


def _always(inputs: ProcessInputs) -> bool:
    return True


@dataclass(frozen=True)
class Metric:
    """One figure of merit, computed for all designs at once.

    ``meaning`` says what it is without its symbols; ``digits`` is how many decimals a person wants to see;
    ``better`` is the usual direction; ``low`` and ``high`` are the least and most that is possible. ``given``
    tells whether a problem's numbers suffice to compute it, and ``needs`` what to write where they do not.
    """

    name: str
    label: str
    meaning: str
    unit: str
    better: Literal["lower", "higher"]
    digits: int
    compute: Callable[[Outcome], Floats]
    low: float = 0.0
    high: float = math.inf
    given: Callable[[ProcessInputs], bool] = _always
    needs: str = ""


def per_kg_metal(total: Floats, balance: MassBalance) -> Floats:
    """Divide by the mass of metal dissolved; +inf where nothing dissolves. Shape (n,)."""
    metal = balance.metal_total
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(metal > 0.0, total / metal, np.inf)


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


def _reactor_volume(o: Outcome) -> Floats:
    tonnes_hours_per_day = o.inputs.feed.mass / 1000.0 * 24.0
    return reactor_hours(o.designs, o.balance, o.inputs) / tonnes_hours_per_day


def _time(o: Outcome) -> Floats:
    return o.designs.time


def _peroxide_rise(o: Outcome) -> Floats:
    return peroxide_rise(o.balance, o.inputs)


def _impact(name: str) -> Callable[[Outcome], Floats]:
    def compute(o: Outcome) -> Floats:
        assert o.inputs.impacts is not None
        row = o.inputs.impacts.names.index(name)
        return per_kg_metal(o.impacts[:, row].sum(axis=1), o.balance)

    return compute


def _single_score(o: Outcome) -> Floats:
    assert o.inputs.impacts is not None
    score = o.inputs.impacts.score
    counted = score > 0.0
    points = (o.impacts[:, counted].sum(axis=2) * score[counted]).sum(axis=1)
    return per_kg_metal(MICRO * points, o.balance)


def _after_credit(o: Outcome) -> Floats:
    assert o.inputs.credit is not None
    return per_kg_metal(o.climate.sum(axis=1) - o.balance.metals @ o.inputs.credit.factors, o.balance)


def _has(name: str) -> Callable[[ProcessInputs], bool]:
    return lambda inputs: inputs.impacts is not None and name in inputs.impacts.names


_NO_TABLE = "name a table of impacts that has it: `impacts: NAME` in the problem, or --impacts FILE"


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


def _plant_scope(inputs: ProcessInputs) -> bool:
    return inputs.plant is not None


#: What to write where a metric of the plant is asked for without one.
NEEDS_PLANT = (
    "add `process: {scope: plant, throughput: 10}` (t of feed per day), or --scope plant --throughput 10"
)


def _cost_plant(o: Outcome) -> Floats:
    return per_kg_metal(o.plant.annual / o.plant.batches, o.balance)


def _net_value_plant(o: Outcome) -> Floats:
    net: Floats = metal_value(o.balance, o.inputs) - o.plant.annual / o.plant.batches
    return net / (o.inputs.feed.mass / 1000.0)


def _plant_part(index: int) -> Callable[[Outcome], Floats]:
    return lambda o: per_kg_metal(o.plant.components[:, index] / o.plant.batches, o.balance)


def _downstream_tonne(name: str) -> Callable[[Outcome], Floats]:
    return lambda o: getattr(o.plant.downstream, name) / (o.inputs.feed.mass / 1000.0)


#: What each part of a plant's cost pays for, in the order of PLANT_COMPONENTS.
_PAYS_FOR = (
    "acid, peroxide and water",
    "heat and power of the leach",
    "base for the free acid",
    "base and soda ash that take the metals out, and stirring",
    "sodium hydroxide for chlorine, nitrogen oxides and vapour of hydrochloric acid",
    "wastewater and the oxygen demand of organic acids",
    "residue and salt to landfill",
    "people of the line with supervision and overhead",
    "maintenance of what is built",
    "insurance, tax, site and administration",
    "the annuity of what is built, and interest of the working capital",
)


def _plant_metrics() -> tuple[Metric, ...]:
    """Return the metrics of a plant, which exist at plant scope alone."""

    def metric(*parts: Any, low: float = 0.0) -> Metric:
        return Metric(*parts, low=low, given=_plant_scope, needs=NEEDS_PLANT)

    per_kg, parts = "EUR/kg metal", zip(PLANT_COMPONENTS, _PAYS_FOR, strict=True)
    return (
        metric(
            "cost_plant",
            "plant cost",
            "everything that a year of the plant costs, capital and labour too, per kg of metal dissolved",
            per_kg,
            "lower",
            2,
            _cost_plant,
        ),
        metric(
            "net_value_plant",
            "net value of the plant",
            "payable value of the dissolved metals less the cost of the plant, per t of feed",
            "EUR/t feed",
            "higher",
            0,
            _net_value_plant,
            low=-math.inf,
        ),
        metric(
            "annual_cost", "annual cost", "what a year of the plant costs", "EUR/a", "lower", 0, _annual_cost
        ),
        metric(
            "capital",
            "fixed capital",
            "equipment of the section, installed",
            "EUR",
            "lower",
            0,
            lambda o: o.plant.fixed_capital,
        ),
        *(
            metric(f"cost_plant_{c}", f"plant: {c}", told, per_kg, "lower", 3, _plant_part(i))
            for i, (c, told) in enumerate(parts)
        ),
        metric(
            "tank_volume",
            "leach tanks",
            "volume of all leach tanks",
            "m3",
            "lower",
            1,
            lambda o: o.plant.equipment.tank_volume,
        ),
        *(
            metric(name, label, told, "kg/t feed", "lower", 0, _downstream_tonne(part))
            for name, part, label, told in (
                ("salt_plant", "salt", "all salt", "salt of all acid that a base has taken up"),
                (
                    "base_plant",
                    "base",
                    "base for metals",
                    "neutraliser that takes the metals but lithium out",
                ),
                (
                    "scrubbing_base",
                    "scrubbing_base",
                    "base of the scrubber",
                    "sodium hydroxide of the scrubber",
                ),
                (
                    "oxygen_demand",
                    "oxygen_demand",
                    "oxygen demand",
                    "COD of the organic acid in the wastewater",
                ),
            )
        ),
    )


def _annual_cost(o: Outcome) -> Floats:
    return o.plant.annual


def _yield_of(metal: str) -> Callable[[Outcome], Floats]:
    column = METALS.index(metal)
    return lambda o: o.yields[:, column]


_ALL = (
    Metric(
        "cost",
        "cost",
        "acid, peroxide, water, heat, power and neutralisation per kg of metal dissolved",
        "EUR/kg metal",
        "lower",
        2,
        _cost,
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
    ),
    Metric(
        "acid_use", "acid use", "pure acid per kg of metal dissolved", "kg/kg metal", "lower", 2, _acid_use
    ),
    Metric(
        "energy",
        "energy",
        "heat and power of the leach per kg of metal dissolved",
        "kWh/kg metal",
        "lower",
        2,
        _energy,
    ),
    Metric(
        "productivity",
        "productivity",
        "metal dissolved per m3 of reactor and hour, filling and emptying included",
        "kg metal/m3/h",
        "higher",
        2,
        _productivity,
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
    ),
    Metric(
        "reactor_volume",
        "reactor volume",
        "reactor volume that leaches one t of feed per day",
        "m3 per t feed/day",
        "lower",
        2,
        _reactor_volume,
    ),
    Metric("time", "time", "leaching time alone", "min", "lower", 0, _time),
    Metric(
        "peroxide_rise",
        "heating by peroxide",
        "rise in temperature if all peroxide decomposes and nothing is cooled",
        "degC",
        "lower",
        1,
        _peroxide_rise,
    ),
    *(
        Metric(name, label, meaning, unit, "lower", digits, _per_tonne(name))
        for name, label, meaning, unit, digits in (
            (
                "chlorine",
                "chlorine formed",
                "Cl2 where chloride reduces",
                "kg/t feed",
                1,
            ),
            ("oxygen", "oxygen formed", "O2 from peroxide", "kg/t feed", 1),
            ("salt", "salt of neutralisation", "salt made by neutralising the free acid", "kg/t feed", 0),
            ("residue", "residue", "feed that does not dissolve", "kg/t feed", 0),
            ("wastewater", "wastewater", "leachant and wash water", "m3/t feed", 1),
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
            f"yield_{m}",
            f"{m} yield",
            f"share of the feed's {m} that dissolves",
            "fraction",
            "higher",
            3,
            _yield_of(m),
        )
        for m in METALS
    ),
    *_plant_metrics(),
)
#: Categories of EF 3.1 besides climate change, which a problem has where its table of impacts has them.
_CATEGORIES = tuple(
    Metric(
        one.name,
        one.label,
        f"impact on {one.label} of acid, reagents and energy (EF 3.1), per kg of metal dissolved",
        f"{one.unit}/kg metal",
        "lower",
        12,
        _impact(one.name),
        given=_has(one.name),
        needs=_NO_TABLE,
    )
    for one in method_categories().values()
    if one.name != CLIMATE_CHANGE
)
_OF_TABLES = (
    Metric(
        "single_score",
        "single score",
        "EF 3.1 single score: impacts normalised and weighted, in millionths of a person-year, over the "
        "categories of the table of impacts, per kg of metal dissolved",
        f"{SCORE_UNIT}/kg metal",
        "lower",
        3,
        _single_score,
        low=-math.inf,
        given=lambda inputs: inputs.impacts is not None and inputs.impacts.covered > 0.0,
        needs="name a table of impacts: `impacts: NAME` in the problem, or --impacts FILE",
    ),
    Metric(
        "climate_change_after_credit",
        "climate change after credit",
        "climate change less what making the dissolved metals anew would burden, per kg of metal dissolved",
        "kg CO2-eq/kg metal",
        "lower",
        2,
        _after_credit,
        low=-math.inf,
        given=lambda inputs: inputs.credit is not None,
        needs="give a credit in the problem: `credit: {Ni: {value: ..., source: ...}}`",
    ),
)


def _own_category(name: str) -> Metric:
    label, unit = label_and_unit(name)
    return Metric(
        name,
        label,
        f"impact on {label} of acid, reagents and energy, per kg of metal dissolved",
        f"{unit}/kg metal",
        "lower",
        12,
        _impact(name),
        low=-math.inf if label.casefold().startswith("climate change") else 0.0,
        given=_has(name),
        needs=_NO_TABLE,
    )


class _Metrics(Mapping[str, Metric]):
    """Metrics by name. One of any other category of a table, ``impact_NAME``, is made when asked for."""

    def __init__(self, known: tuple[Metric, ...]) -> None:
        self._known = {metric.name: metric for metric in known}

    def __getitem__(self, name: str) -> Metric:
        if is_own(name):
            return _own_category(name)
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)


METRICS: Mapping[str, Metric] = _Metrics((*_ALL, *_OF_TABLES, *_CATEGORIES))

#: Metrics that stand after the others in a front's columns.
BY_PRODUCTS: tuple[str, ...] = (
    *("chlorine", "oxygen", "salt", "residue", "wastewater", "hydrogen", "hydroxides"),
    *(f"leachate_{metal}" for metal in IMPURITIES),
)
#: Metrics of the plant that a front's table holds, but no report shows beside the others.
PLANT_DETAILS: frozenset[str] = frozenset(
    {
        *(f"cost_plant_{component}" for component in PLANT_COMPONENTS),
        *("tank_volume", "salt_plant", "base_plant", "scrubbing_base", "oxygen_demand"),
    }
)
#: What a metric of reagents and energy alone stands for where the scope is the plant.
AT_PLANT: Mapping[str, str] = {"cost": "cost_plant", "net_value": "net_value_plant"}
#: Metrics that stand among the yields and setpoints of a design anyway.
APART: frozenset[str] = frozenset({"time", *(f"yield_{metal}" for metal in METALS)})
#: The single score and the categories of EF 3.1 besides climate change.
IMPACTS: tuple[str, ...] = ("single_score", *(metric.name for metric in _CATEGORIES))
#: Metrics that have a card of their own, and stand elsewhere only where they are asked for.
ON_THEIR_CARD: frozenset[str] = frozenset(
    {"climate_change_after_credit", *(metric.name for metric in _CATEGORIES)}
)


def metrics_of(inputs: ProcessInputs) -> dict[str, Metric]:
    """Return the metrics that the numbers of a problem suffice for, by name."""
    given = {name: metric for name, metric in METRICS.items() if metric.given(inputs)}
    own = () if inputs.impacts is None else (name for name in inputs.impacts.names if is_own(name))
    return given | {name: METRICS[name] for name in own}


def reported_of(inputs: ProcessInputs) -> tuple[str, ...]:
    """Return the metrics that a front reports, asked for or not.

    Not those in `APART`, `BY_PRODUCTS` and `PLANT_DETAILS`, and no impact category, which stand on a card of
    their own.
    """
    apart = APART | {*BY_PRODUCTS} | PLANT_DETAILS | ON_THEIR_CARD
    return tuple(name for name in metrics_of(inputs) if name not in apart and not is_own(name))


@dataclass(frozen=True)
class Objective:
    """A metric and its direction; ``sign`` turns it into something to minimise.

    ``quantile`` asks for a quantile of the metric over the errors of the yields, such as 0.9 for the cost
    that is kept nine times in ten, instead of its value at the expected yields.

    Raises:
        InputError: there is no such metric, or the quantile is not between 0 and 1.

    Examples:
        >>> Objective("cost").verb
        'minimise'
    """

    metric: str
    sign: Literal[1, -1] = 1
    quantile: float | None = None

    def __post_init__(self) -> None:
        if self.quantile is not None and not (_is_number(self.quantile) and 0.0 < self.quantile < 1.0):
            raise InputError(
                f"A quantile of {self.quantile!r} is not possible.",
                allowed="above 0 and below 1",
                remedy="the cost that is kept nine times in ten is the quantile 0.9",
            )
        if self.sign not in (1, -1):
            raise InputError(
                f"An objective's sign is 1 or -1, not {self.sign!r}.", remedy="use minimise or maximise"
            )
        if not isinstance(self.metric, str) or self.metric not in METRICS:
            raise InputError(
                f"There is no objective {self.metric!r}.",
                allowed=", ".join(METRICS),
                remedy=closest(str(self.metric), METRICS) or "optimiser list objectives",
            )

    @property
    def verb(self) -> Literal["minimise", "maximise"]:
        """``minimise`` or ``maximise``."""
        return "minimise" if self.sign > 0 else "maximise"

    @property
    def setting(self) -> dict[str, Any]:
        """The objective as it is written in YAML.

        Examples:
            >>> minimise("cost", 0.9).setting
            {'minimise': {'cost': 'p90'}}
        """
        asked: Any = self.metric if self.quantile is None else {self.metric: f"p{100.0 * self.quantile:g}"}
        return {self.verb: asked}

    @property
    def label(self) -> str:
        """What a person reads, such as ``cost`` or ``cost (p90)``."""
        said = METRICS[self.metric].label
        return said if self.quantile is None else f"{said} (p{100.0 * self.quantile:g})"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def read_objective(verb: str, asked: Any) -> Objective:
    """Return the objective that ``minimise: cost`` or ``minimise: {cost: p90}`` stands for.

    Raises:
        InputError: there is no such metric, or no such quantile.

    Examples:
        >>> read_objective("minimise", {"cost": "p90"}).quantile
        0.9
    """
    quantile = None
    if isinstance(asked, Mapping):
        found = re.fullmatch(r"p(\d{1,2}(?:\.\d+)?)", str(next(iter(asked.values()), "")).strip())
        if len(asked) != 1 or found is None or not 0.0 < float(found[1]) < 100.0:
            raise InputError(
                f"{dict(asked)!r} is no quantile of a metric.",
                allowed="a metric, or a metric with one of p1 to p99",
                remedy=f"write e.g. `- {verb}: {{cost: p90}}`",
            )
        quantile, asked = float(found[1]) / 100.0, next(iter(asked))
    return Objective(str(asked), 1 if verb == "minimise" else -1, quantile)


def usual(metric: Any) -> Objective:
    """Return the objective that asks for a metric in its usual direction.

    Raises:
        InputError: there is no such metric.

    Examples:
        >>> usual("recovery").verb
        'maximise'
    """
    found = METRICS.get(metric) if isinstance(metric, str) else None
    return Objective(metric, -1 if found is not None and found.better == "higher" else 1)


def minimise(metric: str, quantile: float | None = None) -> Objective:
    """Ask for as little as possible of a metric, such as ``cost``.

    Args:
        metric: one of METRICS; `optimiser list objectives` lists them with their units.
        quantile: of the metric over the errors of the yields, such as 0.9; None for expected yields.

    Raises:
        InputError: there is no such metric, or no such quantile.

    Examples:
        >>> minimise("cost")
        Objective(metric='cost', sign=1, quantile=None)
    """
    return Objective(metric, 1, quantile)


def maximise(metric: str, quantile: float | None = None) -> Objective:
    """Ask for as much as possible of a metric, such as ``recovery``.

    Args:
        metric: one of METRICS.
        quantile: of the metric over the errors of the yields, such as 0.1; None for expected yields.

    Raises:
        InputError: there is no such metric, or no such quantile.

    Examples:
        >>> maximise("recovery").verb
        'maximise'
    """
    return Objective(metric, -1, quantile)
