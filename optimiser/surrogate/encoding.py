"""What a yield model sees: the features of designs, and the columns that trees test.

One object knows it for cathodes, another for any other system; the trees, the compiled loops, the training
and the artefact ask it, and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from optimiser.chemistry.descriptors import DESCRIPTORS, descriptors
from optimiser.surrogate import columns as of_cathodes
from optimiser.surrogate.features import (
    CONTINUOUS_COLUMNS,
    FEATURES,
    PREDICTED_METALS,
    Feature,
    feature_matrix,
    fitted_acids,
    table_features,
)
from optimiser.systems.system import Option, System, cathode
from optimiser.systems.table import SystemTable
from optimiser.variables import Bools, Designs, Floats, Ints, Parted


class Encoding(Protocol):
    """What a yield model of one system sees.

    A row of features belongs to a design, a row of columns to a design and a response. ``following`` are the
    columns that change from design to design; feed and option fix the others.
    """

    @property
    def system(self) -> System:
        """The system."""

    @property
    def features(self) -> tuple[Feature, ...]:
        """Names and units of the features."""

    @property
    def continuous(self) -> list[int]:
        """Which features are the setpoints, in their order."""

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names of the columns."""

    @property
    def following(self) -> tuple[str, ...]:
        """Names of the columns that follow the design: the setpoints, then what follows from them."""

    @property
    def identity(self) -> tuple[str, ...]:
        """Names of the columns that say which response is asked about."""

    def matrix(
        self, feed: Any, options: Sequence[Any], designs: Designs, known: Mapping[str, Floats]
    ) -> Floats:
        """Return the features of designs, shape (n, d)."""

    def table_matrix(self, table: Any) -> Floats:
        """Return the features of a table's rows, shape (n, d)."""

    def options_of(self, table: Any) -> dict[str, Floats]:
        """Return the features of each option as the table has them, by its key."""

    def columns(self, features: Floats) -> Floats:
        """Return the columns of each design and response, shape (n, m, c)."""

    def follow(self, features: Floats) -> Floats:
        """Return the columns of ``following`` behind the setpoints, shape (n, k)."""

    def has(self, columns: Floats) -> Bools:
        """Return which responses a feed has, from the columns of one design, shape (m, c) to (m,)."""


class CathodeEncoding:
    """What the yield models of cathodes see (`optimiser.surrogate.columns`)."""

    system = cathode()
    features = FEATURES
    continuous = CONTINUOUS_COLUMNS
    column_names = of_cathodes.COLUMNS
    following = (*system.names, *of_cathodes.PHYSICS)
    identity = of_cathodes.METAL[: len(PREDICTED_METALS)]

    def __reduce__(self) -> str:
        return "CATHODES"

    def matrix(
        self, feed: Any, options: Sequence[Any], designs: Designs, known: Mapping[str, Floats]
    ) -> Floats:
        """Return the features of designs, shape (n, 32)."""
        return feature_matrix(feed, options, designs, known)

    def table_matrix(self, table: Any) -> Floats:
        """Return the features of a training table's rows, shape (n, 32)."""
        return table_features(table)

    def options_of(self, table: Any) -> dict[str, Floats]:
        """Return the features of each acid as the table has them, by its key."""
        return fitted_acids(table)

    def columns(self, features: Floats) -> Floats:
        """Return the columns of each design and metal, shape (n, 4, 43)."""
        return of_cathodes.columns(features)

    def follow(self, features: Floats) -> Floats:
        """Return the physics that follows from the setpoints, shape (n, 4)."""
        return of_cathodes.physics(features)

    def has(self, columns: Floats) -> Bools:
        """Return which metals the feed contains, shape (4,)."""
        return np.asarray(columns[:, self.column_names.index("own_content")] > 0.0, dtype=np.bool_)


CATHODES = CathodeEncoding()


@dataclass(frozen=True)
class SystemEncoding(Parted):
    """What a yield model of any other system sees.

    Features: the setpoints, a 0 or 1 for each value of each choice, RDKit's descriptors of choices with
    SMILES, the columns of the feed, and a 0 or 1 for each response that the feed has. Columns: these without
    the last, the logarithms of setpoints that are logarithmic, and which response is asked about.
    """

    system: System

    @cached_property
    def _described(self) -> tuple[tuple[str, Mapping[str, str]], ...]:
        """The choices of whose every value the structure is known, with these."""
        found = []
        for choice, known in zip(self.system.choices, self.system.values, strict=True):
            given = self.system.smiles(choice)
            if known and set(known) <= set(given):
                found.append((choice, given))
        return tuple(found)

    @cached_property
    def features(self) -> tuple[Feature, ...]:
        """Names and units of the features."""
        system = self.system
        return (
            *(Feature(variable.name, variable.unit) for variable in system.variables),
            *(
                Feature(f"{choice}={value}", "-")
                for choice, known in zip(system.choices, system.values, strict=True)
                for value in known
            ),
            *(Feature(f"{choice} {name}", "-") for choice, _ in self._described for name in DESCRIPTORS),
            *(Feature(name, "-") for name in system.feed_columns),
            *(Feature(f"has_{response}", "-") for response in system.responses),
        )

    @cached_property
    def continuous(self) -> list[int]:
        """Which features are the setpoints: the first ones."""
        return list(range(len(self.system.variables)))

    @cached_property
    def _logarithmic(self) -> list[int]:
        return [j for j, variable in enumerate(self.system.variables) if variable.log]

    @cached_property
    def _logs(self) -> tuple[str, ...]:
        return tuple(f"log_{self.system.names[j]}" for j in self._logarithmic)

    @property
    def following(self) -> tuple[str, ...]:
        """The setpoints, then their logarithms."""
        return (*self.system.names, *self._logs)

    @property
    def identity(self) -> tuple[str, ...]:
        """Names of the columns that say which response is asked about."""
        return tuple(f"is_{response}" for response in self.system.responses)

    @cached_property
    def column_names(self) -> tuple[str, ...]:
        """Names of the columns."""
        seen = [feature.name for feature in self.features[: -len(self.system.responses)]]
        return (*seen, *self._logs, *self.identity, "own_content")

    def option_row(self, option: Option) -> Floats:
        """Return the features of an option, shape (k,)."""
        parts = [
            np.array([float(value == mine) for value in known])
            for known, mine in zip(self.system.values, option.values, strict=True)
        ]
        for choice, smiles in self._described:
            parts.append(descriptors(smiles[option.values[self.system.choices.index(choice)]]))
        return np.concatenate(parts) if parts else np.empty(0)

    def _assembled(self, continuous: Floats, options: Floats, feed: Floats, has: Floats) -> Floats:
        return np.hstack([continuous, options, feed, has])

    def matrix(
        self, feed: Any, options: Sequence[Any], designs: Designs, known: Mapping[str, Floats]
    ) -> Floats:
        """Return the features of designs, shape (n, d)."""
        n = len(designs)
        rows = np.array([known[o.key] if o.key in known else self.option_row(o) for o in options])
        place = np.broadcast_to(np.asarray(feed.place, dtype=np.float64), (n, len(self.system.feed_columns)))
        has = np.broadcast_to(np.asarray(feed.present, dtype=np.float64), (n, len(self.system.responses)))
        return self._assembled(designs.continuous, rows[designs.acid], place, has)

    def table_matrix(self, table: SystemTable) -> Floats:
        """Return the features of a table's rows, shape (n, d)."""
        rows = np.array([self.option_row(option) for option in self.system.options])
        return self._assembled(table.continuous, rows[table.option], table.feed, table.has.astype(np.float64))

    def options_of(self, table: SystemTable) -> dict[str, Floats]:
        """Return the features of each option of the table, by its key."""
        return {option.key: self.option_row(option) for option in self.system.options}

    def columns(self, features: Floats) -> Floats:
        """Return the columns of each design and response, shape (n, m, c)."""
        n, m = len(features), len(self.system.responses)
        seen = np.hstack([features[:, :-m], self.follow(features)])
        own = np.concatenate([np.broadcast_to(np.eye(m), (n, m, m)), features[:, -m:, None]], axis=2)
        return np.concatenate([np.broadcast_to(seen[:, None], (n, m, seen.shape[1])), own], axis=2)

    def follow(self, features: Floats) -> Floats:
        """Return the logarithms of the setpoints that are logarithmic, shape (n, k)."""
        return np.log1p(np.maximum(features[:, self._logarithmic], 0.0))

    def has(self, columns: Floats) -> Bools:
        """Return which responses the feed has, shape (m,)."""
        return np.asarray(columns[:, -1] > 0.0, dtype=np.bool_)


def encoding_of(system: System) -> Encoding:
    """Return what yield models of a system see."""
    return CATHODES if system.is_cathode else SystemEncoding(system)


def follow_place(encoding: Encoding) -> tuple[list[int], Ints]:
    """Return which columns follow the design, and each column's number among them, -1 where it does not."""
    place = [encoding.column_names.index(name) for name in encoding.following]
    follows = np.full(len(encoding.column_names), -1, dtype=np.int64)
    follows[place] = np.arange(len(place))
    return place, follows
