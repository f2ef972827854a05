"""Scenarios beside each other: selectivity, enrichment, ranks of impacts, t-tests.

The definitions are those of the LIB Leaching Toolkit v1.0.2 (Nogueira et al., Green Chem. 2026, d5gc04752h),
except that a metal the feed does not contain is not applicable (NaN) instead of a number.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from scipy import stats

from optimiser._io.errors import InputError
from optimiser.chemistry.metals import METALS
from optimiser.variables import Bools, Floats, Ints

T_TEST_WARNING = (
    "These t-tests mislead: they take the predictions from each anchor for independent measurements. All of "
    "them come from one model and one training table and share its errors, so their number is not a sample "
    "size: with hundreds of anchors almost any difference is 'significant', even far below the error of the "
    "model itself. Compare the intervals of the yields instead."
)
#: Anchors of the Toolkit's model, which it takes for the size of each sample.
TOOLKIT_ANCHORS = 776
SIGNIFICANCE = 0.05
#: Beyond so many scenarios the table of pairs is no longer something to read (124,750 pairs).
MOST_TESTED = 500


def selectivities(yields: Floats, present: Bools | None = None) -> dict[str, Floats]:
    """Return by metal i the table yield_i / yield_j over the metals j, shape (n, 4).

    Args:
        yields: fractions leached, shape (n, 4); NaN for an absent metal.
        present: which metals the feeds contain, shape (4,) or (n, 4), where absent ones hold numbers.

    Returns:
        Four tables by metal; NaN where one of the two is absent or metal j does not dissolve.
    """
    y = yields if present is None else np.where(present, yields, np.nan)
    below = np.where(y > 0.0, y, np.nan)
    return {metal: y[:, [i]] / below for i, metal in enumerate(METALS)}


def enrichment_factors(yields: Floats, composition: Floats) -> Floats:
    """Return the enrichment factors, shape (n, 4): mole fraction in the leachate / mole fraction in the feed.

    Mole fractions are among Li, Ni, Mn and Co alone.

    Args:
        yields: fractions leached, shape (n, 4); numbers of absent metals are not looked at.
        composition: mol of each metal per mol Li, shape (4,) or (n, 4).

    Returns:
        NaN for an absent metal, and where nothing dissolves.
    """
    feed = np.broadcast_to(composition, yields.shape)
    dissolved = np.where(feed > 0.0, feed * yields, 0.0)
    total = dissolved.sum(axis=1, keepdims=True)
    leachate = dissolved / np.where(total > 0.0, total, np.nan)
    in_feed = feed / feed.sum(axis=1, keepdims=True)
    return leachate / np.where(in_feed > 0.0, in_feed, np.nan)


def rank_impacts(impacts: pd.DataFrame) -> pd.DataFrame:
    """Rank scenarios by their impacts, 1 is the lowest.

    Every category weighs the same and distances do not count: a rank sum is a quick look, not an assessment.
    A scenario that lacks an impact keeps its ranks in the others, but gets no score: fewer ranks sum to less.

    Args:
        impacts: a row per scenario, a column per category; NaN where a factor is missing.

    Returns:
        Per category its rank, ties by order of appearance, NaN without a value; then ``score``, the sum of
        the ranks, NaN for a scenario that lacks an impact; and ``overall``, the rank of the score, ties take
        the lowest.
    """
    ranks = impacts.rank(method="first")
    score = ranks.sum(axis=1, skipna=False)
    return ranks.assign(score=score, overall=score.rank(method="min"))


@dataclass(frozen=True)
class WelchTests:
    """Welch's t-test of each metal's yield for each of p pairs of scenarios. See `T_TEST_WARNING`.

    Attributes:
        pairs: rows of the two scenarios, shape (p, 2), in the order (0, 1), (0, 2), ...
        t: statistic, positive where the first yields more, shape (p, 4).
        p: two-sided probability, shape (p, 4); NaN for an absent metal.
        threshold: significance level divided by the number of pairs (Bonferroni).
    """

    pairs: Ints
    t: Floats
    p: Floats
    threshold: float

    @property
    def significant(self) -> Bools:
        """Where p is below the threshold, shape (p, 4)."""
        return self.p < self.threshold


def welch_tests(mean: Floats, spread: Floats, n: int = TOOLKIT_ANCHORS) -> WelchTests:
    """Test each pair of scenarios, metal by metal, as the Toolkit does; `T_TEST_WARNING` belongs beside it.

    Args:
        mean: predicted yields, shape (n scenarios, 4); NaN for an absent metal.
        spread: standard deviation over the anchors, same shape.
        n: what is taken for the size of each sample: the number of anchors.

    Raises:
        InputError: fewer than two scenarios, or more than `MOST_TESTED`.
    """
    count = len(mean)
    if not 2 <= count <= MOST_TESTED:
        raise InputError(
            f"Pairwise tests of {count} scenarios.",
            allowed=f"2 to {MOST_TESTED} scenarios",
            remedy="compare the yields' intervals, or choose the scenarios to be tested",
        )
    pairs = np.array(list(combinations(range(count), 2)), dtype=np.intp)
    one, two = pairs.T
    with np.errstate(divide="ignore", invalid="ignore"):  # no spread at all: t is infinite, or NaN if equal
        result = stats.ttest_ind_from_stats(
            mean[one], spread[one], n, mean[two], spread[two], n, equal_var=False
        )
    return WelchTests(
        pairs=pairs,
        t=np.asarray(result.statistic, dtype=np.float64),
        p=np.asarray(result.pvalue, dtype=np.float64),
        threshold=SIGNIFICANCE / len(pairs),
    )
