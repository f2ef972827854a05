"""Impact categories as metrics: names, units, and what a unit of each adds to the EF 3.1 single score."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from optimiser.chemistry.impacts import Footprint, load_footprint, same_text

#: The metric of climate change, which every problem has.
CLIMATE_CHANGE = "climate_change"
#: Put before the name of a category that EF 3.1 does not have, or has in another unit.
PREFIX = "impact_"
#: Of the single score: millionths of a person-year, which the EF method calls points.
SCORE_UNIT = "micro-Pt"
MICRO = 1e6

#: What tables of this process call a category and its unit, by the name of its metric.
_SEEN: dict[str, set[tuple[str, str]]] = {}


@dataclass(frozen=True)
class Category:
    """One impact category.

    Attributes:
        name: of its metric, such as ``acidification`` or ``impact_terrestrial_ecotoxicity``.
        label: as the table writes it.
        unit: of the impact, without what it is per.
        score: EF 3.1 points (person-years, weighted) that one unit counts in the single score; 0 for none.
        weight: share of the method's weights, 0 to 1; 0 where it does not count.
    """

    name: str
    label: str
    unit: str
    score: float = 0.0
    weight: float = 0.0


def slug(text: str) -> str:
    """Return a category's name as it is written in a problem.

    Examples:
        >>> slug("Ecotoxicity, freshwater"), slug("human toxicity: non-cancer")
        ('ecotoxicity_freshwater', 'human_toxicity_non_cancer')
    """
    return re.sub(r"[^a-z0-9]+", "_", text.casefold()).strip("_")


def category_of(label: str, unit: str) -> Category:
    """Return the category that a table means by a name and a unit.

    A category of EF 3.1 in that method's unit, however it is spelt, has the method's name. Any other one has
    its own behind ``impact_`` and does not count in the single score.

    Examples:
        >>> category_of("Water use", "m3 depriv.").name, category_of("Water use", "L").name
        ('water_use', 'impact_water_use')
    """
    for name, entry in load_footprint().items():
        if any(same_text(label, spelling) for spelling in (name, *entry.names)) and same_text(
            unit, entry.unit
        ):
            return _of_method(name, entry, unit)
    return Category(PREFIX + slug(label), label, unit)


def _of_method(name: str, entry: Footprint, unit: str) -> Category:
    weight = entry.weighting.value / sum(one.weighting.value for one in load_footprint().values())
    # normalised and weighted: person-years x weight in %, as `tables.footprint.single_score` counts them
    score = entry.weighting.value / 100.0 / entry.normalisation.value
    return Category(slug(name), name, unit, score, weight)


@cache
def method_categories() -> Mapping[str, Category]:
    """Return the categories of EF 3.1 by the name of their metric, climate change among them.

    Examples:
        >>> method_categories()["acidification"].unit
        'mol H+ eq'
    """
    found = [_of_method(name, entry, entry.unit) for name, entry in load_footprint().items()]
    return {one.name: one for one in found}


def is_own(name: object) -> bool:
    """Tell whether a metric's name is that of a category outside EF 3.1.

    Examples:
        >>> is_own("impact_land_occupation"), is_own("acidification")
        (True, False)
    """
    return isinstance(name, str) and re.fullmatch(PREFIX + r"[a-z0-9]+(_[a-z0-9]+)*", name) is not None


def seen(category: Category) -> None:
    """Remember how a table of this process writes a category of its own, for labels and units."""
    if is_own(category.name):
        _SEEN.setdefault(category.name, set()).add((category.label, category.unit))


def is_known(name: str) -> bool:
    """Tell whether a table of this process has a category outside EF 3.1 of this metric's name."""
    return name in _SEEN


def label_and_unit(name: str) -> tuple[str, str]:
    """Return what to call a category outside EF 3.1, and its unit.

    A table says the unit. Where none was read, or two tables differ, the unit is told as the table's.

    Examples:
        >>> label_and_unit("impact_land_occupation")
        ('land occupation', "table's unit")
    """
    known = _SEEN.get(name, set())
    if len(known) == 1:
        return next(iter(known))
    return name.removeprefix(PREFIX).replace("_", " "), "table's unit"
