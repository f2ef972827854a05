"""What the surrogate's drivers are, and the experiments that explanations start from.

Nobody can move an acid's descriptors or its pKa one by one, nor the nickel of a cathode alone. So the acid is
one driver with all that the model sees of it, the feed is another, and each setpoint is one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from optimiser._io.errors import InputError
from optimiser.chemistry.acids import Acid
from optimiser.chemistry.descriptors import structure_key
from optimiser.chemistry.feeds import Feed, load_feeds
from optimiser.chemistry.metals import METALS
from optimiser.explain.values import Predict
from optimiser.problem.tolerances import Tolerances
from optimiser.problem.yields import predict_yields
from optimiser.surrogate.artefact import POINTS, Surrogate
from optimiser.surrogate.features import ACID_COLUMNS, CONTINUOUS_COLUMNS, FEED_COLUMNS
from optimiser.variables import CONTINUOUS, DESIGN_COLUMNS, Bools, Designs, Floats, Ints

#: What a prediction depends on, one column each in `Cases.drivers`.
DRIVERS: tuple[str, ...] = (*DESIGN_COLUMNS, "feed")
_ACID, _FEED = DRIVERS.index("acid"), DRIVERS.index("feed")
_SETPOINTS = [DRIVERS.index(name) for name in CONTINUOUS]
#: Largest difference in mol per mol Li at which a composition still goes by a known feed's name.
_SAME_FEED = 0.0006


@dataclass(frozen=True)
class Cases:
    """Rows of drivers.

    Attributes:
        acids, feeds: what the codes of the columns ``acid`` and ``feed`` count.
        drivers: columns as in ``DRIVERS``, units as in `optimiser.variables.VARIABLES`, shape (n, 7).
    """

    acids: tuple[Acid, ...]
    feeds: tuple[Feed, ...]
    drivers: Floats

    def __len__(self) -> int:
        return len(self.drivers)

    def take(self, rows: Ints) -> Cases:
        """Return some of the rows."""
        return Cases(self.acids, self.feeds, self.drivers[rows])

    def acid_names(self) -> list[str]:
        """Return the acid of each row."""
        return [self.acids[int(k)].name for k in self.drivers[:, _ACID]]

    def feed_names(self) -> list[str]:
        """Return the feed of each row."""
        return [self.feeds[int(k)].name for k in self.drivers[:, _FEED]]

    def with_design(self, acid: Acid, feed: Feed, continuous: Floats) -> tuple[Cases, Floats]:
        """Return cases that also know an acid and a feed, and the drivers of a design of these, (1, 7)."""
        row = np.empty((1, len(DRIVERS)))
        row[0, _ACID], row[0, _FEED] = len(self.acids), len(self.feeds)
        row[0, _SETPOINTS] = continuous
        return Cases((*self.acids, acid), (*self.feeds, feed), self.drivers), row

    def predictor(self, surrogate: Surrogate, tolerances: Tolerances, may_move: Bools) -> Predict:
        """Return the expected yields, a column per metal, as a function of drivers coded as these cases are.

        Args:
            surrogate: the model.
            tolerances: that the yields are taken over.
            may_move: which setpoints a plant does not hold exactly, shape (5,); those that the data of a
                feed and acid never varied stay.
        """

        def moved(feed: Feed, designs: Designs) -> Floats | None:
            if not tolerances:
                return None
            varied = np.ones((len(self.acids), len(CONTINUOUS)), dtype=np.bool_)
            for k in np.unique(designs.acid):
                varied[k] = surrogate.domain.neighbourhood(feed, self.acids[k]).varied & may_move
            return tolerances.moved(designs.continuous, POINTS["final"], varied[designs.acid])

        def predict(drivers: Floats) -> Floats:
            yields = np.empty((len(drivers), len(METALS)))
            for k in np.unique(drivers[:, _FEED]).astype(int):
                rows = drivers[:, _FEED] == k
                designs = Designs(drivers[rows, _ACID].astype(np.intp), drivers[rows][:, _SETPOINTS])
                feed = self.feeds[k]
                yields[rows] = predict_yields(
                    surrogate,
                    feed,
                    self.acids,
                    designs,
                    moved=moved(feed, designs),
                    quantile=tolerances.quantile,
                ).mean
            return yields

        return predict


def anchor_cases(surrogate: Surrogate, acids: Mapping[str, Acid]) -> Cases:
    """Return the artefact's anchors, experiments of its training data, as cases.

    Args:
        surrogate: the fitted model.
        acids: acids by name; an anchor with an acid that is not among them, which only an artefact of one's
            own can have, is left out.

    Raises:
        InputError: no anchor is left.
    """
    features = surrogate.fitted.features
    by_key = {structure_key(acid.smiles): acid for acid in acids.values()}
    keys = [key for key in surrogate.acids if key in by_key]
    found = np.full(len(features), -1)
    for k, key in enumerate(keys):
        same = np.isclose(features[:, ACID_COLUMNS], surrogate.acids[key], equal_nan=True)
        found[same.all(axis=1)] = k
    kept = found >= 0
    if not kept.any():
        raise InputError(
            f"None of the acids in the anchors of {surrogate.name!r} is known.",
            where=str(surrogate.path),
            allowed="an artefact of acids that `optimiser list acids` names",
            remedy="describe them under `acids:` in the problem",
        )
    compositions, feed = np.unique(features[kept][:, FEED_COLUMNS], axis=0, return_inverse=True)
    drivers = np.empty((int(kept.sum()), len(DRIVERS)))
    drivers[:, _ACID], drivers[:, _FEED] = found[kept], feed.reshape(-1)
    drivers[:, _SETPOINTS] = features[kept][:, CONTINUOUS_COLUMNS]
    feeds = tuple(_feed(composition) for composition in compositions)
    return Cases(tuple(by_key[key] for key in keys), feeds, drivers)


def _feed(composition: Floats) -> Feed:
    ni, mn, co = (float(x) for x in composition)
    parts = {"Ni": ni, "Mn": mn, "Co": co}
    name = "Li" + "".join(f"{m}{x:.3g}" for m, x in parts.items() if x > 0.0)
    own = Feed(name=name, Ni=ni, Mn=mn, Co=co)
    for feed in load_feeds().values():
        if np.abs(feed.composition - own.composition).max() <= _SAME_FEED:
            return feed
    return own


def spread(n: int, most: int) -> Ints:
    """Return at most ``most`` of n rows, spread evenly over them: the same ones every time."""
    return np.unique(np.linspace(0, n - 1, min(n, most)).round()).astype(np.intp)


def ranking(values: Floats, drivers: Sequence[str] = DRIVERS) -> dict[str, Floats]:
    """Return the mean absolute Shapley value of each driver, shape (m,), over rows (n, d, m), largest first.

    An output that a row does not have is left out there; NaN where no row has it.
    """
    size = np.abs(values)
    there = ~np.isnan(size)
    with np.errstate(invalid="ignore"):
        mean = np.where(there, size, 0.0).sum(axis=0) / there.sum(axis=0)
    order = np.argsort(-np.nanmean(mean, axis=1), kind="stable")
    return {drivers[j]: mean[j] for j in order}
