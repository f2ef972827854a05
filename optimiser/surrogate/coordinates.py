"""Where own results and designs lie for what is learned: setpoints, impurities of the feed, shares of acids.

The trend that own results teach (`optimiser.surrogate.residuals`) is smooth in all of them. How far results
reach in the setpoints was learnt from published studies. These hold no assays and no mixtures, so that how
far they reach in these is set here, by judgement, and stays fixed: results whose feeds differ by
`IMPURITY_REACH`, or mixtures by `SHARE_REACH`, tell about each other as results one length apart do.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from optimiser.chemistry.impurities import IMPURITIES, impurity_shares
from optimiser.chemistry.mixtures import MOST, shares_of
from optimiser.surrogate.features import Leached
from optimiser.surrogate.space import CATHODE_SPACE, Space
from optimiser.variables import Floats

#: Mass share of what is fed: black mass holds some tenths of a per cent to some per cent of each.
IMPURITY_REACH = 0.01
#: Mole share of an acid in a mixture.
SHARE_REACH = 0.2


def width_of(space: Space) -> int:
    """Return the number of columns of a place: setpoints, impurities, mole shares of the acids of a mixture.

    A system of one's own has neither impurities nor mixtures: its last columns are 0, and do not count.
    """
    return len(space.variables) + len(IMPURITIES) + MOST


def impurities_of(feed: Leached) -> Floats:
    """Return mass of copper, aluminium and iron per mass of what is fed, shape (3,)."""
    return impurity_shares(feed.impurities)


def place_at(
    continuous: Floats, scale: Floats, key: str, impurities: Floats, space: Space = CATHODE_SPACE
) -> Floats:
    """Return the place of n results or designs with one acid, shape (n, `width_of`).

    Args:
        continuous: setpoints, with g of cathode per L, shape (n, v).
        scale: of the domain, shape (v,).
        key: of the acid or mixture.
        impurities: mass shares, shape (3,) or (n, 3).
        space: the setpoints.

    Returns:
        Setpoints in the domain's standard deviations; impurities and shares in their reaches.
    """
    return places_at(continuous, scale, shares_array([key])[0], impurities, space)


def places_at(
    continuous: Floats, scale: Floats, shares: Floats, impurities: Floats, space: Space = CATHODE_SPACE
) -> Floats:
    """Return places as `place_at` does, with shares given, shape (4,) or (n, 4)."""
    n = len(continuous)
    # a share more of one acid is a share less of another, which counts the difference twice
    beside = np.hstack(
        [
            np.broadcast_to(impurities / IMPURITY_REACH, (n, len(IMPURITIES))),
            np.broadcast_to(shares / (np.sqrt(2.0) * SHARE_REACH), (n, MOST)),
        ]
    )
    return np.hstack([space.place(continuous) / scale, beside])


def shares_array(keys: Sequence[str]) -> Floats:
    """Return mole shares of the acids of some keys, in the order of their structures, shape (n, 4)."""
    told = [shares_of(key).shares for key in keys]
    return np.array([[*each, *[0.0] * (MOST - len(each))] for each in told])
