"""Impact factors of a problem's acids and of what it buys beside them, as arrays; a credit for the metals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from optimiser.chemistry.categories import (
    CLIMATE_CHANGE,
    Category,
    category_of,
    method_categories,
    seen,
)
from optimiser.chemistry.impacts import ImpactTable, is_climate
from optimiser.variables import Floats

#: What a batch buys beside its acid, by component of the cost, and the substance that it is.
Bought = Mapping[str, str]


@dataclass(frozen=True)
class AssumedFactor:
    """A factor that a problem assumes because its table has none: category, substance, value, reason."""

    category: str
    substance: str
    value: float
    source: str = ""


@dataclass(frozen=True)
class ImpactNumbers:
    """Impact factors in every category of a user's table, climate change first.

    Attributes:
        categories: the first is climate change, whose factors are those of `AcidNumbers` and
            `ReagentNumbers`; c categories in all.
        acids: factors of the k acids per kg of pure acid, of all categories but the first, (c - 1, k); NaN
            where the table has none.
        others: likewise of what is bought beside the acid, by component of the cost after it, (c - 1, 5).
        acid_names: of the k acids.
        bought: the substance of each component; only those that the problem buys.
        source: the table.
        own_climate: whether climate change is the table's too, not the shipped factors.
        assumed: factors that the problem assumes.
        lacking: by metric and by acid or mixture, the acids in it that have no factor.
    """

    categories: tuple[Category, ...]
    acids: Floats
    others: Floats
    acid_names: tuple[str, ...]
    bought: Bought
    source: str
    own_climate: bool
    assumed: tuple[AssumedFactor, ...] = ()
    lacking: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the metrics, in the order of the categories."""
        return tuple(one.name for one in self.categories)

    @property
    def score(self) -> Floats:
        """EF 3.1 points that one unit of each category counts, shape (c,); 0 where it does not count."""
        return np.array([one.score for one in self.categories])

    @property
    def covered(self) -> float:
        """Share of the weights of EF 3.1 that the categories make up, 0 to 1."""
        return float(sum(one.weight for one in self.categories))

    def missing(self, name: str) -> tuple[str, ...]:
        """Return the acids and what is bought beside them for which a category has no factor."""
        if name == CLIMATE_CHANGE:
            return ()
        row = self.names.index(name) - 1
        unknown = np.array(self.acid_names)[np.isnan(self.acids[row])]
        acids = dict.fromkeys(one for a in unknown.tolist() for one in self.lacking.get((name, a), (a,)))
        besides = [s for s, lacks in zip(self.bought.values(), self._besides(row), strict=True) if lacks]
        return (*acids, *besides)

    def _besides(self, row: int) -> list[bool]:
        return [bool(np.isnan(self.others[row, place])) for place in _places(self.bought)]

    def of_acids(self, names: Sequence[str]) -> ImpactNumbers:
        """Return the same for acids in another order; factors of one that is not known are missing."""
        acids = np.full((len(self.acids), len(names)), np.nan)
        for place, name in enumerate(names):
            if name in self.acid_names:
                acids[:, place] = self.acids[:, self.acid_names.index(name)]
        return replace(self, acids=acids, acid_names=tuple(names))


def _places(bought: Bought) -> list[int]:
    return [PLACES.index(component) for component in bought]


#: Components of the cost after the acid, in the order of `costs.COMPONENTS`.
PLACES: tuple[str, ...] = ("peroxide", "water", "heat", "power", "neutralisation")


def impact_numbers(
    table: ImpactTable,
    acids: Mapping[str, Mapping[str, float]],
    bought: Bought,
    own_climate: bool,
    assumed: Sequence[AssumedFactor] = (),
) -> ImpactNumbers:
    """Gather the factors of a table for some acids and what is bought beside them.

    Args:
        table: as the user gave it.
        acids: in the order that ``Designs.acid`` indexes: mass shares of the acids that each is mixed from,
            itself alone where it is no mixture (`mixtures.mass_shares`).
        bought: substance of each component of the cost besides the acid.
        own_climate: whether the table gives climate change.
        assumed: factors that take the place of missing ones.

    Examples:
        >>> table = ImpactTable(("acidification",), ("mol H+ eq",), ("citric",), np.array([[0.02]]))
        >>> found = impact_numbers(table, {"citric": {"citric": 1.0}}, {"water": "water"}, False)
        >>> found.names, found.missing("acidification")
        (('climate_change', 'acidification'), ('water',))
    """
    rows = [(row, unit) for row, unit in zip(table.categories, table.units, strict=True)]
    others = [(row, category_of(row, unit)) for row, unit in rows if not is_climate(row)]
    for _, category in others:
        seen(category)
    fill = {(one.category, one.substance): one.value for one in assumed}

    def factor(row: str, name: str, substance: str) -> float:
        found = table.factor(row, substance)
        return fill.get((name, substance), found) if np.isnan(found) else found

    def mixed(row: str, name: str, shares: Mapping[str, float]) -> float:
        return sum(share * factor(row, name, acid) for acid, share in shares.items())

    by_acid = np.array([[mixed(row, c.name, shares) for shares in acids.values()] for row, c in others])
    besides = np.zeros((len(others), len(PLACES)))  # what is not bought is not used
    for place, (component, substance) in zip(_places(bought), bought.items(), strict=True):
        assert PLACES[place] == component
        besides[:, place] = [factor(row, c.name, substance) for row, c in others]
    return ImpactNumbers(
        categories=(method_categories()[CLIMATE_CHANGE], *(category for _, category in others)),
        acids=by_acid.reshape(len(others), len(acids)),
        others=besides,
        acid_names=tuple(acids),
        bought=dict(bought),
        source=table.cited,
        own_climate=own_climate,
        assumed=tuple(assumed),
        lacking={
            (c.name, acid): tuple(part for part in shares if np.isnan(factor(row, c.name, part)))
            for row, c in others
            for acid, shares in acids.items()
        },
    )


def filled(table: ImpactTable, assumed: Sequence[AssumedFactor]) -> ImpactTable:
    """Return a table with assumed factors where it has none."""
    substances = tuple(dict.fromkeys((*table.substances, *(one.substance for one in assumed))))
    factors = np.array([[table.factor(row, s) for s in substances] for row in table.categories])
    names = [category_of(row, unit).name for row, unit in zip(table.categories, table.units, strict=True)]
    for one in assumed:
        place = names.index(one.category), substances.index(one.substance)
        factors[place] = one.value
    return replace(table, substances=substances, factors=factors)


@dataclass(frozen=True)
class Credit:
    """What making each metal anew would burden, for a credit that is told apart from the main figures.

    ``factors`` is kg CO2-eq per kg of metal in the order of METALS, 0 where none is given, shape (m,);
    ``sources`` where each comes from, by metal.
    """

    factors: Floats
    sources: Mapping[str, str]
