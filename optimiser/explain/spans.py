"""Where the data of each option reach, so that explanations do not ask the model for what nobody tried."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimiser.explain.drivers import Cases
from optimiser.variables import Bools, Floats, Ints


@dataclass(frozen=True)
class Spans:
    """The least and the greatest number in the cases of each option, and on which feeds it was tried.

    Attributes:
        cases: whose options they are.
        known: numbers of the options, as `Cases.option_of` gives them, rising, shape (k,).
        low, high: shape (k, numbers).
        tried: the options with their feeds, where a feed is a kind and no number.
    """

    cases: Cases
    known: Ints
    low: Floats
    high: Floats
    tried: frozenset[tuple[float, ...]]

    @classmethod
    def of(cls, cases: Cases) -> Spans:
        """Return the spans of some cases."""
        known, number = np.unique(cases.option_of(cases.drivers), return_inverse=True)
        numbers = cases.drivers[:, list(cases.numeric)]
        low, high = (np.full((len(known), numbers.shape[1]), sign * np.inf) for sign in (1.0, -1.0))
        np.minimum.at(low, number, numbers)
        np.maximum.at(high, number, numbers)
        return cls(cases, known, low, high, frozenset(map(tuple, _tried(cases, cases.drivers).tolist())))

    def hold(self, drivers: Floats) -> Bools:
        """Return which rows have an option and a feed of the data, and numbers within the option's, (n,)."""
        option = self.cases.option_of(drivers)
        at = np.minimum(np.searchsorted(self.known, option), len(self.known) - 1)
        numbers = drivers[:, list(self.cases.numeric)]
        inside = (numbers >= self.low[at] - 1e-9) & (numbers <= self.high[at] + 1e-9)
        different, number = np.unique(_tried(self.cases, drivers), axis=0, return_inverse=True)
        tried = np.array([tuple(row) in self.tried for row in different.tolist()])[number.reshape(-1)]
        return np.asarray(tried & inside.all(axis=1), dtype=np.bool_)

    def of_driver(self, drivers: Floats, driver: int) -> tuple[Floats, Floats]:
        """Return the least and the greatest of one number in the data of each row's option, shape (n,)."""
        at, j = np.searchsorted(self.known, self.cases.option_of(drivers)), self.cases.numeric.index(driver)
        return self.low[at, j], self.high[at, j]


def _tried(cases: Cases, drivers: Floats) -> Floats:
    """Return the option of each row, and its feed where that is a kind, shape (n, 1 + c)."""
    of_feed = cases.group == (cases.names.index("feed") if "feed" in cases.names else -1)
    return np.column_stack([cases.option_of(drivers), drivers[:, of_feed]])
