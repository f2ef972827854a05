"""The runs of one sweep as one table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import pandas as pd

from optimiser.systems.system import System, cathode

#: What became of a run; ``missing`` where it was not made yet.
Status = Literal["done", "infeasible", "failed", "missing"]
STATUSES: tuple[str, ...] = get_args(Status)


@dataclass(frozen=True, eq=False)
class SweepTable:
    """A row per run, in the order of the sweep.

    Attributes:
        name: of the sweep.
        description: what its file says of it.
        base: name of the config or problem that was varied.
        varied: the keys that differ between runs, in the order of the file; each is a column of ``frame``,
            of numbers or of text.
        objectives: metrics of the base's objectives, each a column of ``frame``.
        directions: of each objective, ``minimise`` or ``maximise``.
        frame: ``run`` (from 1), ``key`` (of the run in the store), the varied keys, ``status`` (of
            :data:`STATUSES`), ``reason`` (why there is no design, else empty), ``seconds``, ``evaluations``,
            ``designs`` (of the front), ``hypervolume``, and the answer: the design of the run's front that
            is best in the first objective, in the columns of ``front.csv`` (acid, setpoints, ``yield_Li``,
            ..., metrics, ``p_feasible``); empty where nothing is feasible.
        record: of the system, where it is one of a user's own; None for cathodes.
    """

    name: str
    description: str
    base: str
    varied: tuple[str, ...]
    objectives: tuple[str, ...]
    directions: tuple[str, ...]
    frame: pd.DataFrame
    record: Mapping[str, Any] | None = None

    @property
    def system(self) -> System:
        """The system that the runs are about."""
        return cathode() if self.record is None else System.from_record(self.record)

    @property
    def about(self) -> dict[str, Any]:
        """All but the rows, as plain data."""
        plain = {"name": self.name, "description": self.description, "base": self.base, "record": self.record}
        lists = ("varied", "objectives", "directions")
        return {**plain, **{name: list(getattr(self, name)) for name in lists}}

    def __len__(self) -> int:
        return len(self.frame)
