"""Sweeps whose processes are killed at random moments, and go on with --resume; two sweeps in one store.

A moment is drawn as a share of the runs that are still to be made, and then a part of a run's time, so that
it falls into the work however fast the machine is.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import numpy as np

from benchmarks.sweeping.compared import Difference, Held, difference, held, rows_there
from benchmarks.sweeping.processes import DaskCluster, Driver, dask_cluster, killed, until

#: Kills of each kind: drivers of own processes and of a cluster, own workers, schedulers, Dask workers.
KILLS = {"driver": 14, "cluster_driver": 6, "worker": 15, "scheduler": 5, "dask_worker": 10}
#: Times that workers are killed while a sweep goes on: a run that loses three counts as failed.
_A_SWEEP = 2
#: Share of what is left after which nothing is killed: it might be over before.
_LAST = 0.8
SWEEP = """\
description: Small runs that are disturbed
base: nmc111
set:
  variables.acid: [sulfuric]
  search: {population: 20, generations: 16, seeds: [1], per_acid: 0}
grid:
  constraints.yield.all: [0.5, 0.7, 0.8, 0.99]
  prices.sulfuric: PRICES
"""


@dataclass
class Proof:
    """What the kills did.

    Attributes:
        undisturbed: the same runs, made in peace.
        span: seconds of a run of these.
        rng: draws the moments.
        struck: kills by kind, each of which fell into the work.
        found: differences of all stores from the undisturbed one.
        orphans: workers that outlived their driver.
        leftovers: unfinished files that stay in the stores' folder for these.
        remade: runs that a further --resume still had to make after a sweep had ended.
    """

    undisturbed: Held
    span: float
    rng: np.random.Generator
    struck: Counter[str] = field(default_factory=Counter)
    found: Difference = field(default_factory=Difference)
    orphans: int = 0
    leftovers: int = 0
    remade: int = 0

    def judge(self, sweep: Path, store: Path) -> None:
        """Go on with a sweep once more, and compare its store with the undisturbed one."""
        self.remade += Driver(sweep, store, "--workers", 1, "--resume").end()["made"]
        self.found += difference(store, self.undisturbed)
        self.leftovers += sum(1 for _ in (store / ".incoming").iterdir())
        print(f"{store.name}: {dict(self.struck)} killed, {self.found}", flush=True)


def write_sweep(folder: Path, name: str, prices: str) -> Path:
    """Write the file of a sweep of four targets for each price."""
    file = folder / f"{name}.yaml"
    file.write_text(SWEEP.replace("PRICES", prices))
    return file


def kills(folder: Path, asked: dict[str, int], seed: int = 19) -> dict[str, float]:
    """Kill processes of sweeps, and return the figures of the proof.

    Args:
        folder: for everything.
        asked: kills by kind, as in `KILLS`.
        seed: of the moments.
    """
    folder.mkdir(parents=True)
    sweep = write_sweep(folder, "disturbed", "[0.11, 0.22, 0.33]")
    peace = Driver(sweep, folder / "undisturbed", "--workers", 2).end()
    span = peace["seconds_of_runs"] / peace["runs"]
    proof = Proof(held(folder / "undisturbed"), span, np.random.default_rng(seed))
    here = ("--workers", 2)
    stores = (folder / f"store{number}" for number in count(1))
    _kill_drivers(proof, sweep, stores, "driver", asked["driver"], lambda: nullcontext(here))
    if asked["cluster_driver"] or asked["dask_worker"]:
        with dask_cluster(folder / "dask") as cluster:
            there = ("--cluster", cluster.address)
            _kill_drivers(
                proof, sweep, stores, "cluster_driver", asked["cluster_driver"], lambda: nullcontext(there)
            )
            _kill_workers(
                proof,
                sweep,
                stores,
                "dask_worker",
                asked["dask_worker"],
                there,
                lambda d: _dask(d, cluster, proof),
            )
    _kill_workers(proof, sweep, stores, "worker", asked["worker"], here, lambda d: _own(d, proof))
    _kill_schedulers(proof, sweep, stores, asked["scheduler"], folder)
    return {
        "kills": proof.struck.total(),
        "lost": proof.found.lost,
        "doubled": proof.found.doubled,
        "different": proof.found.different,
        "orphans": proof.orphans,
        "leftovers": proof.leftovers,
        "made_after_the_end": proof.remade,
        **{f"kills_{kind}": number for kind, number in proof.struck.items()},
    }


def at_work(proof: Proof, driver: Driver, store: Path, before: float) -> bool:
    """Wait for a random moment of the work of a driver; return whether it is still working then.

    Args:
        proof: draws the moment.
        driver: as it was just started.
        store: its store.
        before: when the store's list of runs was written before, which is the last before work begins.
    """
    until(lambda: not driver.running or listed(store) > before, "a sweep")
    there = rows_there(store)
    all_runs = len(proof.undisturbed.told)
    least = there + int(_LAST * proof.rng.uniform() * (all_runs - there))
    until(lambda: not driver.running or rows_there(store) >= least, "a run")
    time.sleep(proof.rng.uniform() * proof.span)
    return driver.running and rows_there(store) < all_runs


def listed(store: Path) -> float:
    """Return when a sweep has last listed its runs in a store; 0 if never."""
    return max((file.stat().st_mtime_ns for file in (store / "sweeps").glob("*.parquet")), default=0)


def _kill_drivers(
    proof: Proof,
    sweep: Path,
    stores: Iterator[Path],
    kind: str,
    number: int,
    hands: Callable[[], AbstractContextManager[tuple[object, ...]]],
) -> None:
    """Kill the command, start it again with --resume, kill that, and so on until a sweep is whole."""
    while proof.struck[kind] < number:
        store, whole = next(stores), False
        while not whole:
            with hands() as how:
                before = listed(store)
                driver = Driver(sweep, store, *how, "--resume")
                if proof.struck[kind] < number and at_work(proof, driver, store, before):
                    proof.orphans += driver.kill()
                    proof.struck[kind] += 1
                else:
                    driver.end()
                    whole = True
        proof.judge(sweep, store)


def _kill_workers(
    proof: Proof,
    sweep: Path,
    stores: Iterator[Path],
    kind: str,
    number: int,
    hands: tuple[object, ...],
    strike: Callable[[Driver], int],
) -> None:
    """Kill workers of a sweep that goes on meanwhile."""
    while proof.struck[kind] < number:
        store = next(stores)
        driver = Driver(sweep, store, *hands)
        before = 0.0
        for _ in range(min(_A_SWEEP, number - proof.struck[kind])):
            if at_work(proof, driver, store, before):
                proof.struck[kind] += strike(driver)
            before = 0.0
        driver.end()
        proof.judge(sweep, store)


def _own(driver: Driver, proof: Proof) -> int:
    """Kill a process that makes runs on this machine; return how many were struck."""
    until(lambda: not driver.running or bool(driver.workers()), "a worker")
    workers = driver.workers()
    if not workers:
        return 0
    proof.rng.choice(np.array(workers, dtype=object)).kill()
    return 1


def _dask(driver: Driver, cluster: DaskCluster, proof: Proof) -> int:
    """Kill a worker of a cluster, alone or with the process that would replace it, or all at once."""
    until(lambda: not driver.running or bool(cluster.working()), "a worker")
    workers = cluster.working()
    if not driver.running or not workers:
        return 0
    one = workers[int(proof.rng.integers(len(workers)))]
    how = proof.rng.choice(["alone", "with its parent", "all"])
    if how == "all":
        killed(workers)
    else:
        cluster.kill_worker(one, with_parent=how != "alone")
    return 1


def _kill_schedulers(proof: Proof, sweep: Path, stores: Iterator[Path], number: int, folder: Path) -> None:
    """Kill the scheduler, and go on with another one."""
    started = count(1)
    while proof.struck["scheduler"] < number:
        store, whole = next(stores), False
        while not whole:
            with dask_cluster(folder / f"dask{next(started)}") as cluster:
                before = listed(store)
                driver = Driver(sweep, store, "--cluster", cluster.address, "--resume")
                if proof.struck["scheduler"] < number and at_work(proof, driver, store, before):
                    cluster.scheduler.kill()
                    proof.struck["scheduler"] += 1
                    whole = bool(driver.end(expected=(0, 2)))
                else:
                    driver.end()
                    whole = True
        proof.judge(sweep, store)


def two_at_once(folder: Path) -> dict[str, float]:
    """Make two sweeps that share half of their runs into one store at once, and return what came of it."""
    folder.mkdir(parents=True)
    whole = write_sweep(folder, "whole", "[0.11, 0.22, 0.33]")
    Driver(whole, folder / "undisturbed", "--workers", 2).end()
    names = {"first": "[0.11, 0.22]", "second": "[0.22, 0.33]"}
    store = folder / "store"
    drivers = [
        Driver(write_sweep(folder, name, prices), store, "--workers", 1, told=folder / f"{name}.told")
        for name, prices in names.items()
    ]
    made = sum(driver.end()["made"] for driver in drivers)
    undisturbed = held(folder / "undisturbed")
    found = difference(store, undisturbed)
    return {
        "two_sweeps_lost": found.lost,
        "two_sweeps_doubled": found.doubled,
        "two_sweeps_different": found.different,
        "two_sweeps_made_by_both": made - len(undisturbed.told),
    }
