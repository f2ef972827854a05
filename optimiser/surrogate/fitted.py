"""Trees and anchors together: what predicts, without what fits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimiser.designs import Floats, Ints
from optimiser.surrogate.features import METALS
from optimiser.surrogate.trees import Forest, differences


@dataclass(frozen=True)
class Fitted:
    """Fitted trees with the rows to compare with.

    Attributes:
        forest: one model per metal.
        features: of the anchors, shape (m, 32).
        yields: of the anchors, NaN where the metal is absent, shape (m, 4).
    """

    forest: Forest
    features: Floats
    yields: Floats

    def take(self, rows: Ints) -> Fitted:
        """Keep some of the anchors."""
        return Fitted(self.forest, self.features[rows], self.yields[rows])

    def votes(self, x: Floats) -> Floats:
        """Return what each anchor predicts, NaN where it lacks the metal, shape (n, 4, m)."""
        return differences(self.forest, x, self.features) + self.yields.T[None]

    def predict(self, x: Floats, chunk: int = 2048) -> tuple[Floats, Floats]:
        """Predict mean and spread over the anchors that have the metal; not clipped, absent metals included.

        Args:
            x: features, shape (n, 32).
            chunk: rows evaluated at once, which bounds memory and changes no result.

        Returns:
            Mean and population standard deviation, shape (n, 4) each.
        """
        mean, spread = np.empty((2, len(x), len(METALS)))
        held = ~np.isnan(self.yields)
        for start in range(0, len(x), chunk):
            part = slice(start, start + chunk)
            votes = self.votes(x[part])
            for k in range(len(METALS)):
                # in C order, so that a row is summed alike whether it comes alone or among others
                mine = np.ascontiguousarray(votes[:, k, held[:, k]])
                mean[part, k], spread[part, k] = mine.mean(axis=1), mine.std(axis=1)
        return mean, spread
