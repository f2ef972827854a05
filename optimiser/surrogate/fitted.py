"""Trees and anchors together: what predicts, without what fits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from optimiser.designs import Floats, Ints
from optimiser.surrogate.columns import columns
from optimiser.surrogate.features import METALS
from optimiser.surrogate.trees import Forest, differences


class Raw(NamedTuple):
    """What the members say of n designs, before it is calibrated; neither clipped nor NaN for absent metals.

    Attributes:
        mean: mean over members, and over anchors where they compare, shape (n, 4).
        spread: population standard deviation over anchors of the members' mean, shape (n, 4).
        disagreement: population standard deviation over members, shape (n, 4).
    """

    mean: Floats
    spread: Floats
    disagreement: Floats


@dataclass(frozen=True)
class Fitted:
    """Fitted trees with the rows to compare with.

    Attributes:
        paired: one forest per member that learns differences.
        plain: one forest per member that learns yields.
        features: of the anchors, shape (m, 32).
        yields: of the anchors, NaN where the metal is absent, shape (m, 4).
    """

    paired: tuple[Forest, ...]
    plain: tuple[Forest, ...]
    features: Floats
    yields: Floats

    def take(self, rows: Ints) -> Fitted:
        """Keep some of the anchors."""
        return Fitted(self.paired, self.plain, self.features[rows], self.yields[rows])

    def votes(self, x: Floats) -> Floats:
        """Return what each paired member says by each anchor, NaN where it lacks the metal, (p, n, 4, m)."""
        seen, known = columns(x), columns(self.features)
        return np.stack([differences(forest, seen, known) for forest in self.paired]) + self.yields.T

    def predict(self, x: Floats, chunk: int = 1024) -> Raw:
        """Predict by every member, over the anchors that have the metal.

        Args:
            x: features, shape (n, 32).
            chunk: rows evaluated at once, which bounds memory and changes no result.
        """
        mean, spread, disagreement = (np.empty((len(x), len(METALS))) for _ in range(3))
        for start in range(0, len(x), chunk):
            part = slice(start, start + chunk)
            said, anchors_spread = self.members(x[part])
            mean[part] = said.mean(axis=0)
            disagreement[part] = said.std(axis=0)
            spread[part] = anchors_spread
        return Raw(mean, spread, disagreement)

    def members(self, x: Floats) -> tuple[Floats, Floats]:
        """Return each member's mean, shape (members, n, 4), and the spread over anchors, shape (n, 4)."""
        votes = self.votes(x)
        seen = columns(x)
        plain = [differences(forest, seen, seen[:1])[:, :, 0] for forest in self.plain]
        means, spread = np.empty((len(votes), len(x), len(METALS))), np.empty((len(x), len(METALS)))
        held = ~np.isnan(self.yields)
        for k in range(len(METALS)):
            # in C order, so that a row is summed alike whether it comes alone or among others
            mine = np.ascontiguousarray(votes[:, :, k, held[:, k]])
            means[:, :, k] = mine.mean(axis=2)
            # members that learn yields say the same whatever the anchor
            spread[:, k] = (mine.sum(axis=0) / (len(votes) + len(plain))).std(axis=1)
        return np.concatenate([means, np.array(plain).reshape(len(plain), len(x), len(METALS))]), spread
