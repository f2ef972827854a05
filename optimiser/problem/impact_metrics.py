"""Impact categories as figures of merit, which a problem has where its table of impacts has them."""

from __future__ import annotations

import math
from collections.abc import Callable

from optimiser.chemistry.categories import (
    CLIMATE_CHANGE,
    MICRO,
    SCORE_UNIT,
    label_and_unit,
    method_categories,
)
from optimiser.problem.metric import Metric
from optimiser.problem.outcome import Outcome, per_kg_metal
from optimiser.process.inputs import ProcessInputs
from optimiser.variables import Floats


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


#: Categories of EF 3.1 besides climate change, which a problem has where its table of impacts has them.
CATEGORIES = tuple(
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
#: What follows from all categories of a table, or from a credit.
OF_TABLES = (
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


def own_category(name: str) -> Metric:
    """Return the metric of a category that only a table of one's own has, by its ``impact_`` name."""
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


#: The single score and the categories of EF 3.1 besides climate change.
IMPACTS: tuple[str, ...] = ("single_score", *(metric.name for metric in CATEGORIES))
#: Metrics that have a card of their own, and stand elsewhere only where they are asked for.
ON_THEIR_CARD: frozenset[str] = frozenset(
    {"climate_change_after_credit", *(metric.name for metric in CATEGORIES)}
)
