"""A sweep: its runs are made, here or on a cluster, and kept in a store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import joblib
import pandas as pd

from optimiser._io.errors import InputError
from optimiser._io.extras import needs
from optimiser._io.output import UNFINISHED, check_writable
from optimiser.sweeps.engine import Progress, make_all
from optimiser.sweeps.hands import Hands, check_address, cluster, processes
from optimiser.sweeps.plan import Base, Job, Plan, plan
from optimiser.sweeps.rows import Made, failed
from optimiser.sweeps.spec import LIMIT, read_sweep
from optimiser.sweeps.store import Store, open_store
from optimiser.sweeps.table import SweepTable

#: Processes of a sweep on one machine, at most.
MOST_WORKERS = 512


@dataclass(frozen=True, eq=False)
class Swept:
    """A sweep that was made.

    Attributes:
        plan: its runs and their keys.
        store: where they are.
        progress: how it went.
        table: a row per run.
    """

    plan: Plan
    store: Store
    progress: Progress
    table: SweepTable


@dataclass(frozen=True)
class Watch:
    """Who is told how a sweep goes; nobody by default.

    Attributes:
        checked: how many runs of how many are checked.
        made: after every change, and every second.
        read: how many rows of how many are read at the end.
        warn: what may surprise.
    """

    checked: Callable[[int, int], None] = lambda done, total: None
    made: Callable[[Progress], None] = lambda progress: None
    read: Callable[[int, int], None] = lambda done, total: None
    warn: Callable[[str], None] = lambda text: None


def make_sweep(
    name: str | Path,
    out: Path,
    *,
    workers: int | None = None,
    address: str | None = None,
    resume: bool = False,
    limit: int = LIMIT,
    watch: Watch = Watch(),
) -> Swept:
    """Make the runs of a sweep that its store does not have yet.

    Args:
        name: of a built-in sweep, or the path of a YAML file.
        out: folder of the store; it is made if it does not exist.
        workers: processes on this machine, one per core if left out; jobs to ask SLURM for.
        address: of a Dask scheduler, or ``slurm``; None for this machine.
        resume: make the runs again, too, that failed.
        limit: runs of the sweep, at most.
        watch: who is told how it goes.

    Raises:
        InputError: whatever is wrong with the sweep, its base, its tables or the store, before any run; no
            scheduler, or workers of another version; a full disk. What was made stays in the store.
    """
    if workers is not None and not 1 <= workers <= MOST_WORKERS:
        raise InputError(
            f"{workers} workers are not possible.", where="--workers", allowed=f"1 to {MOST_WORKERS}"
        )
    needs("parquet")
    check_address(address)
    if workers is not None and address not in (None, "slurm"):
        raise InputError(
            "The workers of a Dask cluster are those that its scheduler has.",
            where="--workers",
            allowed="--workers on this machine or with --cluster slurm",
            remedy="leave --workers out",
        )
    sweep = read_sweep(name, limit)
    if out.exists():  # before the work; it is made when all runs are checked
        open_store(out)
    check_writable(out, "choose another --out")
    planned = plan(sweep, watch.checked)
    store = open_store(out, make=True)
    members = pd.DataFrame({"run": range(1, len(planned.keys) + 1), "key": planned.keys})
    members = members.join(pd.DataFrame({key: _column(planned, key) for key in sweep.varied}))
    base = Path(sweep.spec.base).stem
    about = SweepTable(
        sweep.name,
        sweep.spec.description,
        base,
        sweep.varied,
        planned.objectives,
        planned.directions,
        members,
        None if planned.system.is_cathode else planned.system.record(),
    )
    _tell_of_other(store, about, watch)
    jobs = planned.jobs
    known = {job.key for job in jobs if job.key in store}
    again = _failed(store, known) if known else set[str]()
    left = [job for job in jobs if job.key not in known or (resume and job.key in again)]
    progress = Progress(len(jobs), len(jobs) - len(left))
    if left:
        retried = {job.key for job in left if job.key in known}

        def there(key: str) -> bool:
            return key not in retried and key in store

        def lost(job: Job, reason: str) -> Made:
            return failed(job.key, job.changes, base, reason)

        with _hands(planned.base, workers, address, len(left), watch) as hands:
            store.begin()  # not before there is somebody to work
            store.keep_sweep(about)
            UNFINISHED.append(out)  # until the end
            make_all(left, hands, progress, keep=store.put, there=there, lost=lost, tell=watch.made)
        UNFINISHED.remove(out)
    else:
        store.keep_sweep(about)
    return Swept(planned, store, progress, store.table(about.about, members, watch.read))


def check_sweep(name: str | Path, out: Path, limit: int = LIMIT, watch: Watch = Watch()) -> tuple[Plan, int]:
    """Check every run of a sweep, and count those that are not in its store; nothing is made or written.

    Args:
        name: of a built-in sweep, or the path of a YAML file.
        out: folder of the store, which need not exist.
        limit: runs of the sweep, at most.
        watch: who is told how it goes.

    Raises:
        InputError: as `make_sweep`, before any run.
    """
    planned = plan(read_sweep(name, limit), watch.checked)
    store = open_store(out) if out.exists() else None
    return planned, sum(1 for key in set(planned.keys) if store is None or key not in store)


def _tell_of_other(store: Store, table: SweepTable, watch: Watch) -> None:
    """Say so where the store's list of a sweep of the same name has other runs: it is replaced."""
    if table.name not in store.sweeps():
        return
    before, now = set(store.members(table.name)), set(table.frame["key"])
    if before - now:
        watch.warn(
            f"The sweep {table.name!r} of {store.folder} had {len(before):,} runs, of which "
            f"{len(before - now):,} are not asked for any more: its list and report are replaced, its runs "
            "stay in the store."
        )


def _column(planned: Plan, key: str) -> list[object]:
    """Return the values of a varied key: numbers, or texts where one of them is none."""
    values = [changes[key] for changes in planned.sweep.runs]
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        return [float(value) for value in values]
    return [value if isinstance(value, str) else _text(value) for value in values]


def _text(value: object) -> str:
    """Return a value as a sweep says it, in one line."""
    import yaml

    return yaml.safe_dump(value, default_flow_style=True, width=10_000, allow_unicode=True).split("\n")[0]


def _failed(store: Store, keys: set[str]) -> set[str]:
    """Return the runs of some that failed; reading them also finds those that are cut off."""
    rows = store.read(sorted(keys), columns=["key", "status"])
    return set(rows.loc[rows["status"] == "failed", "key"])


@contextmanager
def _hands(base: Base, workers: int | None, address: str | None, runs: int, watch: Watch) -> Iterator[Hands]:
    if address is None:
        with processes(min(workers or int(joblib.cpu_count()), runs), base) as made:
            yield made
    else:
        with cluster(address, workers, base, watch.warn) as joined:
            yield joined
