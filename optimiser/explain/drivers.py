"""What drives the surrogate's predictions, and the experiments that explanations start from.

Nobody can change an acid's descriptors or its pKa one by one, nor the nickel of a cathode alone. So the acid
is one driver with all that the model sees of it, the feed is another, and each setpoint is one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from optimiser._io.errors import InputError
from optimiser.chemistry.acids import Acid
from optimiser.chemistry.descriptors import structure_key
from optimiser.chemistry.feeds import Feed, load_feeds
from optimiser.chemistry.metals import METALS
from optimiser.explain.shapley import Predict
from optimiser.problem.tolerances import Tolerances
from optimiser.problem.yields import predict_yields
from optimiser.surrogate.anchors import anchor_rows
from optimiser.surrogate.artefact import POINTS, Surrogate
from optimiser.variables import CONTINUOUS, Bools, Designs, Floats, Ints

#: What a prediction depends on, one column each in `Cases.drivers`.
DRIVERS: tuple[str, ...] = ("acid", *CONTINUOUS, "feed")
DRIVER: dict[str, int] = {name: j for j, name in enumerate(DRIVERS)}
#: Largest difference in mol per mol Li at which a composition still goes by a known feed's name.
_SAME_FEED = 0.0006


@dataclass(frozen=True)
class Cases:
    """n cases, each an acid, a feed and setpoints.

    Attributes:
        acids, feeds: what the codes of the drivers ``acid`` and ``feed`` count.
        drivers: columns as in ``DRIVERS``, units as in `optimiser.variables.VARIABLES`, shape (n, 7).
    """

    acids: tuple[Acid, ...]
    feeds: tuple[Feed, ...]
    drivers: Floats

    def __len__(self) -> int:
        return len(self.drivers)

    def __getitem__(self, driver: str) -> Floats:
        """Return one driver of all cases by its name, shape (n,)."""
        return self.drivers[:, DRIVER[driver]]

    def take(self, rows: Ints) -> Cases:
        """Return some of the cases."""
        return replace(self, drivers=self.drivers[rows])

    def acid_names(self) -> list[str]:
        """Return the acid of each case."""
        return [self.acids[int(k)].name for k in self["acid"]]

    def feed_names(self) -> list[str]:
        """Return the feed of each case."""
        return [self.feeds[int(k)].name for k in self["feed"]]

    def design(self, acid: Acid, feed: Feed, continuous: Floats) -> Cases:
        """Return a design as a case whose acids and feeds are those of these cases and its own."""
        row = np.array([[len(self.acids), *continuous, len(self.feeds)]])
        return Cases((*self.acids, acid), (*self.feeds, feed), row)

    def predictor(self, surrogate: Surrogate, tolerances: Tolerances, may_move: Bools) -> Predict:
        """Return the expected yields, a column per metal, as a function of drivers coded as these cases are.

        Args:
            surrogate: the model.
            tolerances: that the yields are taken over.
            may_move: which setpoints a plant does not hold exactly, shape (5,); those that the data of a
                feed and acid never varied stay.
        """

        def predict(drivers: Floats) -> Floats:
            yields, cases = np.empty((len(drivers), len(METALS))), replace(self, drivers=drivers)
            for k in np.unique(cases["feed"]).astype(int):
                rows, feed = cases["feed"] == k, self.feeds[k]
                designs = Designs(cases["acid"][rows].astype(np.intp), drivers[rows, 1:-1])
                moved = None
                if tolerances:
                    varied = np.ones((len(self.acids), len(CONTINUOUS)), dtype=np.bool_)
                    for a in np.unique(designs.acid):
                        varied[a] = surrogate.domain.neighbourhood(feed, self.acids[a]).varied & may_move
                    moved = tolerances.moved(designs.continuous, POINTS["high"], varied[designs.acid])
                yields[rows] = predict_yields(
                    surrogate, feed, self.acids, designs, moved=moved, quantile=tolerances.quantile
                ).mean
            return yields

        return predict


def anchor_cases(surrogate: Surrogate, acids: Mapping[str, Acid]) -> Cases:
    """Return the artefact's anchors, experiments of its training data, as cases.

    Args:
        surrogate: the fitted model.
        acids: acids by name; anchors with other acids, which only an artefact of one's own can have, are left
            out.

    Raises:
        InputError: no anchor is left.
    """
    rows = anchor_rows(surrogate)
    by_key = {structure_key(acid.smiles): acid for acid in acids.values()}
    kept = np.array([key in by_key for key in rows.smiles], dtype=np.bool_)
    if not kept.any():
        raise InputError(
            f"None of the acids in the anchors of {surrogate.name!r} is known.",
            where=str(surrogate.path),
            allowed="an artefact of acids that `optimiser list acids` names",
            remedy="describe them under `acids:` in the problem",
        )
    keys, acid = np.unique(np.array(rows.smiles)[kept], return_inverse=True)
    compositions, feed = np.unique(rows.feed[kept], axis=0, return_inverse=True)
    drivers = np.column_stack([acid, rows.continuous[kept], feed.reshape(-1)])
    return Cases(tuple(by_key[key] for key in keys), tuple(map(_feed, compositions)), drivers)


def _feed(composition: Floats) -> Feed:
    parts = dict(zip(("Ni", "Mn", "Co"), composition.tolist(), strict=True))
    own = Feed(name="Li" + "".join(f"{m}{x:.3g}" for m, x in parts.items() if x > 0.0), **parts)
    known = load_feeds().values()
    return next((f for f in known if np.abs(f.composition - own.composition).max() <= _SAME_FEED), own)
