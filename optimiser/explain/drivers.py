"""What drives the surrogate's predictions, and the experiments that explanations start from.

Nobody can change an acid's descriptors or its pKa one by one, nor the nickel of a cathode alone. So the acid
is one driver with all that the model sees of it, the feed is another, and each setpoint is one. Of any other
system than cathodes each choice is a driver.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

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
from optimiser.systems.system import BETWEEN, NO_CHOICE, Option, System, SystemFeed, cathode
from optimiser.variables import Bools, Designs, Floats, Ints, Variable

#: Largest difference in mol per mol Li at which a composition still goes by a known feed's name.
_SAME_FEED = 0.0006


def drivers_of(system: System) -> tuple[str, ...]:
    """Return what predictions of a system depend on.

    A feed that one number describes goes by the name of that.

    Examples:
        >>> drivers_of(cathode())[:2], drivers_of(cathode())[-1]
        (('acid', 'temperature'), 'feed')
    """
    if system.is_cathode:
        return ("acid", *system.names, "feed")
    feed = system.feed_columns if len(system.feed_columns) < 2 else ("feed",)
    return (*system.choices, *system.names, *feed)


#: The drivers of cathodes.
DRIVERS: tuple[str, ...] = drivers_of(cathode())


def responses_of(system: System) -> tuple[str, ...]:
    """Return what predictions have a column for: of cathodes METALS, whose last ones are assumed."""
    return METALS if system.is_cathode else system.responses


@dataclass(frozen=True)
class Cases:
    """n cases, each a choice of what a system leaves to choose, a feed and setpoints.

    Attributes:
        system: what they are cases of.
        acids: of cathodes, what the codes of the driver ``acid`` count; else empty. The codes of any other
            system's choices count ``system.values``.
        feeds: of cathodes, what the codes of the driver ``feed`` count; else those whose numbers are known.
        drivers: a column per driver as `drivers_of` names them, in the units of ``system.variables``; a feed
            that several numbers describe has a column of each, shape (n, d).
        has: which responses the feed of each case has, shape (n, m); None where ``feeds`` tell it.
    """

    system: System
    acids: tuple[Acid, ...]
    feeds: tuple[Feed | SystemFeed, ...]
    drivers: Floats
    has: Bools | None = None

    def __len__(self) -> int:
        return len(self.drivers)

    def __getitem__(self, driver: str) -> Floats:
        """Return one driver of all cases by its name, shape (n,): a number, or the code of a kind."""
        if driver in self.columns:
            return self.drivers[:, self.columns.index(driver)]
        names, known = self.kinds(driver), [f for f in self.feeds if isinstance(f, SystemFeed)]
        codes = {feed.place: names.index(feed.name) for feed in known}
        return np.array([codes[tuple(row)] for row in self.drivers[:, self.setpoints.stop :].tolist()])

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the drivers."""
        return drivers_of(self.system)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns of ``drivers``."""
        own = () if self.system.is_cathode else self.system.feed_columns
        return (*self.names[: self.setpoints.stop], *(own or self.names[self.setpoints.stop :]))

    @cached_property
    def group(self) -> Ints:
        """Number of the driver that each column is of, shape (d,)."""
        return np.minimum(np.arange(len(self.columns)), len(self.names) - 1)

    @cached_property
    def setpoints(self) -> slice:
        """Which columns are the setpoints."""
        first = 1 if self.system.is_cathode else len(self.system.choices)
        return slice(first, first + len(self.system.variables))

    @cached_property
    def numeric(self) -> tuple[int, ...]:
        """Which columns are numbers: the setpoints, and what describes a feed by numbers."""
        last = self.setpoints.stop if self.system.is_cathode else len(self.columns)
        return tuple(range(self.setpoints.start, last))

    def is_number(self, driver: str) -> bool:
        """Return whether a driver is one number, instead of a kind."""
        return driver in self.columns and self.columns.index(driver) in self.numeric

    def variable(self, column: str) -> Variable | None:
        """Return a column's variable, None of one that is no setpoint."""
        at = self.system.column.get(column)
        return None if at is None else self.system.variables[at]

    def kinds(self, driver: str) -> tuple[str, ...]:
        """Return what the codes of a driver count; nothing of one that is a number."""
        if self.system.is_cathode:
            named: Mapping[str, Sequence[Any]] = {"acid": self.acids, "feed": self.feeds}
            return tuple(one.name for one in named.get(driver, ()))
        if driver not in self.columns:
            return tuple(dict.fromkeys(feed.name for feed in self.feeds))
        return dict(zip(self.system.choices, self.system.values, strict=True)).get(driver, ())

    def labels(self, driver: str) -> list[str]:
        """Return what a driver that has kinds is in each case."""
        kinds = self.kinds(driver)
        return [kinds[int(k)] for k in self[driver]]

    def take(self, rows: Ints) -> Cases:
        """Return some of the cases."""
        has = None if self.has is None else self.has[rows]
        return replace(self, drivers=self.drivers[rows], has=has)

    def option_of(self, drivers: Floats) -> Ints:
        """Return a number for each row that is the same where all choices are, shape (n,)."""
        if self.system.is_cathode:
            return drivers[:, 0].astype(np.intp)
        number = np.zeros(len(drivers), dtype=np.intp)
        for j, known in enumerate(self.system.values):
            number = number * len(known) + drivers[:, j].astype(np.intp)
        return number

    def design(self, acid: Acid | Option, feed: Feed | SystemFeed, continuous: Floats) -> Cases:
        """Return a design as a case whose acids and feeds are those of these cases and its own."""
        if isinstance(acid, Acid):
            row = np.array([[len(self.acids), *continuous, len(self.feeds)]])
            return replace(self, acids=(*self.acids, acid), feeds=(*self.feeds, feed), drivers=row, has=None)
        codes = [known.index(v) for known, v in zip(self.system.values, acid.values, strict=True)]
        row = np.array([[*codes, *continuous, *feed.place]], dtype=np.float64)
        return replace(self, feeds=(*self.feeds, feed), drivers=row, has=feed.present[None])

    def predictor(
        self, surrogate: Surrogate, tolerances: Tolerances, may_move: Bools, asked: Sequence[str] = ()
    ) -> Predict:
        """Return the expected yields, a column per response, as a function of drivers coded as these are.

        Args:
            surrogate: the model.
            tolerances: that the yields are taken over.
            may_move: which setpoints a plant does not hold exactly, shape (v,); those that the data of a
                feed and acid never varied stay.
            asked: of a system of one's own, the responses to predict, whether they were measured on a feed or
                not; the others are NaN. All where it is empty.
        """
        every = responses_of(self.system)
        wanted = np.array([not asked or response in asked for response in every], dtype=np.bool_)

        def predict(drivers: Floats) -> Floats:
            yields = np.empty((len(drivers), len(every)))
            for feed, known, rows in self._feeds(drivers, wanted):
                options, number = self._options(drivers[rows])
                designs = Designs(number, drivers[rows, self.setpoints], self.system.variables)
                moved = None
                if tolerances:
                    varied = np.ones((len(options), len(may_move)), dtype=np.bool_)
                    for a in np.unique(designs.acid):
                        varied[a] = surrogate.domain.neighbourhood(known, options[a]).varied & may_move
                    moved = tolerances.moved(designs.continuous, POINTS["high"], varied[designs.acid])
                yields[rows] = predict_yields(
                    surrogate, feed, options, designs, moved=moved, quantile=tolerances.quantile
                ).mean
            return yields

        return predict

    def _options(self, drivers: Floats) -> tuple[Any, Ints]:
        """Return the options of rows, and the number of each row's among them."""
        if self.system.is_cathode:
            return self.acids, drivers[:, 0].astype(np.intp)
        codes = drivers[:, : len(self.system.choices)].astype(np.intp)
        different, number = np.unique(codes, axis=0, return_inverse=True)
        parts = [
            tuple(known[k] for known, k in zip(self.system.values, row, strict=True)) for row in different
        ]
        options = tuple(Option(part, BETWEEN.join(part) or NO_CHOICE) for part in parts)
        return options, np.asarray(number.reshape(-1), dtype=np.intp)

    def _feeds(self, drivers: Floats, wanted: Bools) -> Iterator[tuple[Any, Any, Bools]]:
        """Yield each feed of rows, the known one nearest to it, and which rows have it."""
        if self.system.is_cathode:
            for k in np.unique(drivers[:, -1]).astype(int):
                yield self.feeds[k], self.feeds[k], drivers[:, -1] == k
            return
        columns = drivers[:, self.setpoints.stop :]
        known = [feed for feed in self.feeds if isinstance(feed, SystemFeed)]
        if not columns.shape[1]:
            yield replace(known[-1], present=wanted), known[-1], np.ones(len(drivers), dtype=np.bool_)
            return
        places, number = np.unique(columns, axis=0, return_inverse=True)
        for k, place in enumerate(places):
            apart = [float(np.abs(np.subtract(feed.place, place)).sum()) for feed in known]
            near = known[int(np.argmin(apart))]
            yield replace(near, place=tuple(place.tolist()), present=wanted), near, number.reshape(-1) == k


def anchor_cases(surrogate: Surrogate, acids: Mapping[str, Acid]) -> Cases:
    """Return the artefact's anchors, experiments of its training data, as cases.

    Args:
        surrogate: the fitted model.
        acids: of a model of cathodes, acids by name; anchors with other acids, which only an artefact of
            one's own can have, are left out.

    Raises:
        InputError: no anchor is left.
    """
    if not surrogate.system.is_cathode:
        return _system_anchors(surrogate)
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
    known, feeds = tuple(by_key[key] for key in keys), tuple(map(_feed, compositions))
    return Cases(surrogate.system, known, feeds, drivers)


def _system_anchors(surrogate: Surrogate) -> Cases:
    """Return the anchors of a system's model: its features hold all that drives it."""
    system, features = surrogate.system, surrogate.fitted.features
    column = {feature.name: j for j, feature in enumerate(surrogate.features)}
    codes = [
        features[:, [column[f"{choice}={value}"] for value in known]].argmax(axis=1)
        for choice, known in zip(system.choices, system.values, strict=True)
    ]
    numbers = [features[:, column[name]] for name in (*system.names, *system.feed_columns)]
    has = features[:, [column[f"has_{response}"] for response in system.responses]] > 0.5
    return Cases(system, (), tuple(system.feeds.values()), np.column_stack([*codes, *numbers]), has)


def _feed(composition: Floats) -> Feed:
    parts = dict(zip(("Ni", "Mn", "Co"), composition.tolist(), strict=True))
    own = Feed(name="Li" + "".join(f"{m}{x:.3g}" for m, x in parts.items() if x > 0.0), **parts)
    known = load_feeds().values()
    return next((f for f in known if np.abs(f.composition - own.composition).max() <= _SAME_FEED), own)
