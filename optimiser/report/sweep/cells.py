"""Runs gathered into cells: of a map over two keys, and of a panel's points along one key."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from optimiser.report.sweep.levels import Codes, Levels
from optimiser.report.sweep.view import SweepView

#: Why a cell shows no answer, by what its runs became; without any run it is ``empty``.
STATES = ("design", "infeasible", "failed", "missing", "empty")


@dataclass(frozen=True, eq=False)
class CellMap:
    """A map over two keys, or over one, whose other key is None.

    Attributes:
        x, y: the levels across and up.
        cells: a row per cell, those of a row of the map together: ``row``, ``column``, ``runs``,
            ``designed`` (runs with a design), ``option`` (the most frequent one; of equally frequent ones
            that with the best run), ``share`` (of the runs with a design that chose it), ``value`` (median
            of the first objective over these), ``best``, ``worst`` (of these), ``state`` (of :data:`STATES`).
    """

    x: Levels
    y: Levels | None
    cells: pd.DataFrame

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return (1 if self.y is None else len(self.y), len(self.x))

    @property
    def aggregates(self) -> bool:
        """Whether some cell holds several runs with a design."""
        return bool((self.cells["designed"] > 1).any())

    def grid(self, name: str) -> npt.NDArray[np.object_]:
        """Return a column of the cells as an array (rows, columns)."""
        return self.cells[name].to_numpy(dtype=object).reshape(self.shape)


def map_of(view: SweepView, x: Levels, y: Levels | None) -> CellMap:
    """Gather the runs of a sweep into the cells of a map.

    Runs at levels that are left out do not count.
    """
    rows = 1 if y is None else len(y)
    up = np.zeros(len(view.frame), dtype=np.intp) if y is None else y.codes
    inside = (x.codes >= 0) & (up >= 0)
    cell = np.where(inside, up * len(x) + x.codes, -1)
    every = pd.RangeIndex(rows * len(x), name="cell")
    counted = pd.crosstab(cell[inside], view.status[inside]).reindex(every, fill_value=0)
    cells = told_cells(view, cell).reindex(every)
    cells.insert(0, "row", every // len(x))
    cells.insert(1, "column", every % len(x))
    cells.insert(2, "runs", counted.sum(axis=1).astype(int))
    cells["designed"] = cells["designed"].fillna(0).astype(int)
    cells["option"] = cells["option"].astype(object).where(cells["designed"] > 0, "")
    state = np.full(len(cells), "empty", dtype=object)
    for status in ("missing", "failed", "infeasible"):  # what says most of a cell comes last
        if status in counted:
            state[(counted[status] > 0).to_numpy()] = status
    # done without a finite objective is no answer either
    state[((state == "empty") & (cells["runs"] > 0)).to_numpy()] = "infeasible"
    state[(cells["designed"] > 0).to_numpy()] = "design"
    return CellMap(x, y, cells.assign(state=state).reset_index(drop=True))


def told_cells(view: SweepView, cell: Codes) -> pd.DataFrame:
    """Return what the runs with a design of each cell say together; only cells that have such runs.

    Args:
        view: the sweep.
        cell: of each run; negative ones do not count.

    Returns:
        By cell: ``designed, option, share, value, best, worst``, as `CellMap` has them.
    """
    rows = view.designed & (cell >= 0)
    frame = pd.DataFrame(
        {"cell": cell[rows], "option": view.option[rows], "value": view.sign * view.value[rows]}
    )
    chosen = frame.groupby(["cell", "option"], sort=False)["value"].agg(["size", "min"]).reset_index()
    chosen = chosen.sort_values(["cell", "size", "min", "option"], ascending=[True, False, True, True])
    first = chosen.drop_duplicates("cell").set_index("cell")
    # colour and number of a cell belong together: the runs that chose another option do not count
    told = frame[frame["option"] == frame["cell"].map(first["option"])]
    told = told.groupby("cell")["value"].agg(["median", "min", "max"])
    designed = frame.groupby("cell").size()
    return pd.DataFrame(
        {
            "designed": designed,
            "option": first["option"],
            "share": first["size"] / designed,
            "value": view.sign * told["median"],
            "best": view.sign * told["min"],
            "worst": view.sign * told["max"],
        },
        index=told.index,
    )


def points_along(view: SweepView, x: Levels, rows: npt.NDArray[np.bool_]) -> pd.DataFrame:
    """Return median and range of the first objective for each chosen option at each level of a key.

    Args:
        view: the sweep.
        x: the key along which.
        rows: the runs that count, shape (runs,).

    Returns:
        ``option, level, runs, median, low, high``, sorted by option and level; only where there are runs.
    """
    kept = rows & view.designed & (x.codes >= 0)
    frame = pd.DataFrame({"option": view.option[kept], "level": x.codes[kept], "value": view.value[kept]})
    told = frame.groupby(["option", "level"])["value"].agg(["size", "median", "min", "max"])
    told.columns = pd.Index(["runs", "median", "low", "high"])
    return told.reset_index()


def thinned(view: SweepView, most: int) -> npt.NDArray[np.intp]:
    """Return the rows of runs that are drawn one by one: all with a design, or a stated part of them.

    Of more than ``most``, a tenth of these are the best in each objective in turn, and the others are evenly
    spaced over the order of the sweep.
    """
    rows = np.flatnonzero(view.designed)
    if len(rows) <= most:
        return rows
    kept: list[int] = []
    each = max(most // 10 // len(view.table.objectives), 1)
    for name, direction in zip(view.table.objectives, view.table.directions, strict=True):
        values = view.values(name)[rows] * (-1.0 if direction == "maximise" else 1.0)
        kept += rows[np.argsort(values, kind="stable")[:each]].tolist()
    best = np.unique(kept)
    rest = np.setdiff1d(rows, best)
    spaced = rest[np.linspace(0, len(rest) - 1, most - len(best)).round().astype(np.intp)]
    return np.union1d(best, spaced)
