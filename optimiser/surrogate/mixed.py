"""What the yield model says of a mixture of acids: a guess, since no published experiment has one.

A mixture is taken to leach as its acids would alone at the same total concentration, each with its mole
share. The guess ignores what acids do to each other (a strong acid holds back a weak one's protons, an
organic one reduces and complexes), and is outside the applicability domain until own results cover it. What
own results teach is learned on top of it (`optimiser.surrogate.site`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from optimiser.surrogate.features import Leachant
from optimiser.variables import Designs, Floats, Ints


@dataclass(frozen=True)
class Mixed:
    """Designs with mixtures as designs with one acid each, m rows for n designs.

    Attributes:
        acids: the acids that occur.
        designs: m designs with one of them each, those of one mixture's design together.
        row: number of the design that each is of, rising, shape (m,).
        share: mole share of the acid in it, shape (m,).
    """

    acids: tuple[Leachant, ...]
    designs: Designs
    row: Ints
    share: Floats

    def mean(self, values: Floats) -> Floats:
        """Return the means by mole share over each design's acids of m rows, shape (n, ...)."""
        weighed = values * self.share.reshape(-1, *[1] * (values.ndim - 1))
        first = np.flatnonzero(np.diff(self.row, prepend=-1))
        return np.asarray(np.add.reduceat(weighed, first, axis=0), dtype=np.float64)


def mixed(acids: Sequence[Leachant], designs: Designs) -> Mixed | None:
    """Return designs as those of acids alone; None where no design has a mixture.

    Args:
        acids: acids and mixtures that ``designs.acid`` counts.
        designs: n designs.
    """
    parts = [acid.components for acid in acids]
    number = np.array([len(each) for each in parts], dtype=np.intp)
    if not (number[designs.acid] > 1).any():
        return None
    every = tuple(acid for each in parts for acid, _ in each)
    shares = np.array([share for each in parts for _, share in each])
    first = np.cumsum(number) - number
    count = number[designs.acid]
    row = np.repeat(np.arange(len(designs)), count)
    within = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    which = first[designs.acid][row] + within
    return Mixed(every, designs.at(which, designs.continuous[row]), row, shares[which])
