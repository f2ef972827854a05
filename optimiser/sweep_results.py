"""Sweeps in Python: make all runs, and read what came out as one table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from optimiser._io.environment import check_environment
from optimiser._io.errors import InputError
from optimiser.sweeps.engine import Progress
from optimiser.sweeps.spec import LIMIT

if TYPE_CHECKING:
    from optimiser.sweeps.store import Store
    from optimiser.sweeps.table import SweepTable


@dataclass(frozen=True, eq=False, repr=False)
class SweepResult:
    """The runs of a sweep, and the store that has them.

    Attributes:
        table: a row per run, with what varies, what became of it, and its answer.
        store: where the runs are.
        made: runs that were made now; the others were in the store.
    """

    table: SweepTable
    store: Store
    made: int

    def __repr__(self) -> str:
        return f"<SweepResult of {self.table.name!r}: {len(self.table)} runs, {self.made} made now>"

    def _repr_html_(self) -> str:
        return str(self.to_frame().head(20).round(3).to_html(index=False))

    def to_frame(self) -> pd.DataFrame:
        """Return a row per run: the varied keys, ``status``, ``reason``, and the answer.

        The columns of the answer are those of ``front.csv``; yields are fractions.
        """
        return self.table.frame.copy()

    def front(self, run: int) -> pd.DataFrame:
        """Return the front of a run, in the columns of ``front.csv``; empty where nothing is feasible.

        Args:
            run: its number in the sweep, from 1.

        Raises:
            InputError: there is no such run.
        """
        frame = self.table.frame
        if run not in frame["run"].values:
            raise InputError(
                f"There is no run {run}.", where="run", allowed=f"1 to {len(frame)}, whole numbers"
            )
        return self.store.front(str(frame.set_index("run").loc[run, "key"]))

    def write(self, out: str | Path, force: bool = False) -> Path:
        """Write the report of the sweep into a folder, whole or not at all, and return the folder.

        Args:
            out: the folder.
            force: replace a report that is there.

        Raises:
            InputError: ``out`` exists and may not be replaced, or cannot be written.
        """
        from optimiser.report.sweep import write_sweep_report

        return write_sweep_report(self.table, Path(out), force=force).folder


def sweep(
    sweep: str | Path,
    out: str | Path,
    *,
    workers: int | None = None,
    cluster: str | None = None,
    resume: bool = False,
    limit: int = LIMIT,
    progress: Callable[[Progress], None] | None = None,
) -> SweepResult:
    """Ask one question many times, and keep every run in a store; runs that it has are not made again.

    A script that calls it must be guarded by ``if __name__ == "__main__":``, since it starts processes.

    Args:
        sweep: name of a built-in sweep, or the path of a YAML file (docs/sweeps.md).
        out: folder of the store; several sweeps may share one.
        workers: processes on this machine, one per core if left out; jobs to ask SLURM for.
        cluster: address of a Dask scheduler, or ``"slurm"``; None for this machine.
        resume: make runs that failed again, too.
        limit: runs of the sweep, at most.
        progress: told how the sweep goes, after every change.

    Raises:
        InputError: whatever is wrong with the sweep, its base, its tables or the store, before any run; no
            scheduler, or workers of another version; a full disk. What was made stays in the store.

    Examples:
        >>> import optimiser as opt
        >>> found = opt.sweep("demo", "reports/demo")  # doctest: +SKIP
        >>> found.to_frame().groupby("feed")["cost"].min()  # doctest: +SKIP
    """
    from optimiser.sweeps.sweep import Watch, make_sweep

    check_environment()
    watch = Watch() if progress is None else Watch(made=progress)
    swept = make_sweep(
        sweep, Path(out), workers=workers, address=cluster, resume=resume, limit=limit, watch=watch
    )
    return SweepResult(swept.table, swept.store, swept.progress.made)
