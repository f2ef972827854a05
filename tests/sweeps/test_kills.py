"""Processes of a sweep that are killed: nothing is lost, nothing is there twice, and all is as in peace."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.sweeping.compared import Difference, Held, difference, held, rows_there
from benchmarks.sweeping.kills import write_sweep
from benchmarks.sweeping.processes import Driver, dask_cluster, killed, until
from optimiser.sweeps.store import open_store
from tests.command import optimiser

#: Four targets, of which nothing reaches the last, at two prices.
RUNS, INFEASIBLE = 8, 2
PRICES = "[0.11, 0.22]"
NOTHING = Difference(lost=0, doubled=0, different=0)


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_sweep(tmp_path_factory.mktemp("sweep"), "disturbed", PRICES)


@pytest.fixture(scope="module")
def peace(sweep: Path) -> Path:
    """A store that was filled in peace."""
    store = sweep.parent / "undisturbed"
    told = Driver(sweep, store, "--workers", 1).end()
    assert (told["done"], told["infeasible"], told["made"]) == (RUNS - INFEASIBLE, INFEASIBLE, RUNS)
    return store


@pytest.fixture(scope="module")
def undisturbed(peace: Path) -> Held:
    return held(peace)


def has_begun(driver: Driver, store: Path) -> None:
    until(lambda: not driver.running or rows_there(store) > 0, "a run")
    assert driver.running


def test_a_sweep_that_is_killed_goes_on_where_it_was(sweep: Path, undisturbed: Held, tmp_path: Path) -> None:
    store = tmp_path / "store"
    driver = Driver(sweep, store, "--workers", 2)
    has_begun(driver, store)
    orphans = driver.kill()
    there = rows_there(store)
    told = Driver(sweep, store, "--workers", 2, "--resume").end()
    assert orphans == 0
    assert (told["reused"], told["made"]) == (there, RUNS - there)
    assert difference(store, undisturbed) == NOTHING


def test_a_worker_that_is_killed_is_replaced(sweep: Path, undisturbed: Held, tmp_path: Path) -> None:
    store = tmp_path / "store"
    driver = Driver(sweep, store, "--workers", 1)
    has_begun(driver, store)
    (worker,) = driver.workers()
    worker.kill()
    told = driver.end()
    assert told["failed"] == told["missing"] == 0
    assert difference(store, undisturbed) == NOTHING


def test_a_cluster_that_loses_all_its_workers_goes_on_with_others(
    sweep: Path, undisturbed: Held, tmp_path: Path
) -> None:
    # what all runs start from is gone with the workers that had it
    store = tmp_path / "store"
    with dask_cluster(tmp_path / "dask", workers=1) as cluster:
        driver = Driver(sweep, store, "--cluster", cluster.address)
        has_begun(driver, store)
        killed(cluster.working())
        told = driver.end()
    assert told["failed"] == told["missing"] == 0
    assert difference(store, undisturbed) == NOTHING


def test_a_run_without_a_feasible_design_is_told_as_such(peace: Path) -> None:
    rows = open_store(peace).read()
    row = rows[rows["status"] == "infeasible"].iloc[0]
    assert row["answer"] is None
    assert row["acid"] is None
    some = open_store(peace).read(columns=["key", "status"])
    assert some.to_dict("list") == {"key": list(rows["key"]), "status": list(rows["status"])}
    shown = optimiser("runs", "show", row["key"], peace, "--json", cwd=peace.parent)
    assert shown.returncode == 0
    assert json.loads(shown.stdout)["answer"] is None
