"""The table of a system: rows of experiments as arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from optimiser.systems.system import System
from optimiser.variables import Bools, Floats, Ints

#: Begins the names of a table's arrays in an artefact.
_STORED = "table_"


@dataclass(frozen=True)
class SystemTable:
    """The rows of a system's table as arrays; n rows, m responses, v setpoints, f columns of the feed.

    Attributes:
        path: the file.
        sha256: hash of the file.
        system: what its columns are.
        option: number in ``system.options`` of each row's option, shape (n,).
        feed: columns of each row's feed, shape (n, f).
        feed_name: name of each row's feed, length n.
        has: which responses each row's feed has, shape (n, m).
        continuous: setpoints in the order and units of ``system.variables``, shape (n, v).
        yields: fractions 0-1, NaN where not measured, shape (n, m).
        yields_as_written: fractions as the table says them, below 0 and above 1 included, likewise.
        experiments: number of each row's experiment, shape (n,).
        studies: number of each row's study, shape (n,); all 0 where there is one.
        rows: number of each row in the file, the first below the header is 2, shape (n,).
        notes: what a reader of the table must know: what was left out, taken as 100, repeated.
    """

    path: Path
    sha256: str
    system: System
    option: Ints
    feed: Floats
    feed_name: tuple[str, ...]
    has: Bools
    continuous: Floats
    yields: Floats
    yields_as_written: Floats
    experiments: Ints
    studies: Ints
    rows: Ints
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.option)

    @property
    def keys(self) -> tuple[str, ...]:
        """What tells each row's option apart, length n."""
        every = [option.key for option in self.system.options]
        return tuple(every[k] for k in self.option)

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return what an artefact stores of its table, by name."""
        told: dict[str, npt.NDArray[Any]] = {
            name: getattr(self, name)
            for name in ("option", "feed", "has", "continuous", "yields", "yields_as_written")
        }
        told |= {name: getattr(self, name) for name in ("experiments", "studies", "rows")}
        told["feed_name"] = np.array(self.feed_name)
        return {f"{_STORED}{name}": array for name, array in told.items()}

    @classmethod
    def from_arrays(
        cls, arrays: Mapping[str, npt.NDArray[Any]], system: System, path: Path, sha256: str
    ) -> SystemTable | None:
        """Return what :meth:`arrays` stored; None where there is nothing.

        Args:
            arrays: of the artefact.
            system: that its card keeps.
            path, sha256: of the table's file.

        Raises:
            KeyError: an array is missing.
        """
        told: dict[str, Any] = {
            k.removeprefix(_STORED): v for k, v in arrays.items() if k.startswith(_STORED)
        }
        if not told:
            return None
        names = tuple(told.pop("feed_name").tolist())
        return cls(path=path, sha256=sha256, system=system, feed_name=names, **told)

    @property
    def present(self) -> Bools:
        """Which responses were measured, shape (n, m)."""
        return ~np.isnan(self.yields)

    @property
    def sound(self) -> Bools:
        """Which rows may support a prediction, shape (n,): all, since no stoichiometry says otherwise."""
        return np.ones(len(self), dtype=np.bool_)
