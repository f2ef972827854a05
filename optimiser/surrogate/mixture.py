"""How the members of the yield model become one yield: constrained ones lead, free ones move it a little.

The weighted mean of the members that are monotonically constrained in every setpoint never moves against
chemistry. Members that are not follow the data closer, and may move that mean by no more than a slack. So
the yield never moves against chemistry by more than twice the slack, whatever single studies say.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimiser.variables import Bools, Floats

#: How far free members may move the mean of the constrained ones, a fraction of yield: about a point, so that
#: twice as much, stretched (`optimiser.surrogate.calibration`), stays below two (docs/model.md).
SLACK = 0.0095
#: Likewise of a user's own system: small tables bear out rules of thumb less (docs/system-model.md).
SYSTEM_SLACK = 0.04


@dataclass(frozen=True)
class Mixture:
    """Weights of members, in their order.

    Attributes:
        weight: of each member in the mean of its kind, shape (p,).
        constrained: whether each is monotone in every setpoint, shape (p,).
        slack: how far the mean of the others may move the mean of these, a fraction of yield.
    """

    weight: Floats
    constrained: Bools
    slack: float = SLACK

    def shares(self, kind: Bools) -> Floats:
        """Return each member's share in the mean of a kind, 0 for the others, shape (p,)."""
        mine = np.where(kind, self.weight, 0.0)
        return np.asarray(mine / mine.sum(), dtype=np.float64)

    def combine(self, means: Floats) -> Floats:
        """Return the yield from what each member says.

        Where no member is constrained, or every one is, the weighted mean counts.

        Args:
            means: shape (p, ...).

        Returns:
            Shape (...).

        Examples:
            >>> two = Mixture(np.ones(2), np.array([True, False]))
            >>> two.combine(np.array([0.5, 0.9])).item()
            0.5095
        """
        if self.constrained.all() or not self.constrained.any():
            return np.tensordot(self.shares(np.ones_like(self.constrained)), means, axes=1)
        lead, free = (
            np.tensordot(self.shares(kind), means, axes=1) for kind in (self.constrained, ~self.constrained)
        )
        moved = np.clip(free - lead, -self.slack, self.slack)
        return np.asarray(lead + moved, dtype=np.float64)

    def moves(self, apart: Floats) -> Floats:
        """Return how members on pairs are taken to move over points.

        Leading ones do as the leading others; the free as the mean of the leading and the free others, which
        comes nearest to what they do (docs/model.md).

        Args:
            apart: of the other members, the last ones, from their means over the points, shape (k, q, ...).

        Returns:
            Shape (k, p - q, ...); 0 for leading ones where no other leads.
        """
        pairs = len(self.weight) - apart.shape[1]
        lead, free = (
            np.tensordot(share / max(share.sum(), 1e-300), apart, axes=(0, 1))
            for share in (np.where(kind, self.weight, 0.0)[pairs:] for kind in (self._lead, ~self._lead))
        )
        leads = self._lead[:pairs].reshape(-1, *[1] * (apart.ndim - 2))
        return np.asarray(np.where(leads, lead[:, None], 0.5 * (lead + free)[:, None]), dtype=np.float64)

    @property
    def _lead(self) -> Bools:
        """Which members lead: the constrained ones, or all where there are none, shape (p,)."""
        return self.constrained if self.constrained.any() else ~self.constrained

    @property
    def leading(self) -> Floats:
        """Share of each member in the mean that is not bounded, shape (p,)."""
        return self.shares(self._lead)
