"""Runs on a Dask cluster: the same results as here, and one clear block for what is wrong with it."""

from __future__ import annotations

import json
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from optimiser.sweeps import hands
from optimiser.sweeps.rows import Made
from optimiser.sweeps.store import Store, open_store
from tests.command import assert_one_clear_block, optimiser
from tests.sweeps.asked import frame, swept, write
from tests.sweeps.machines import LOCAL, Machines, machines

pytest.importorskip("distributed")
#: Half a second for a worker that takes the place of the last one.
PATIENCE = property(lambda self: 0.5, lambda self, value: None)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    """Two workers, as on two machines."""
    with machines(tmp_path_factory.mktemp("cluster"), workers=2) as made:
        yield made


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Machines]:
    """A scheduler without workers."""
    with machines(tmp_path / "alone") as made:
        yield made


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    """A folder with a sweep of two runs."""
    write(tmp_path / "plain.yaml", grid={"feed": ["NMC111", "NMC622"]})
    return tmp_path


def test_the_rows_are_those_of_processes_here(cluster: Machines, small: Path, tmp_path: Path) -> None:
    shutil.copy(small / "small.yaml", tmp_path)
    told = json.loads(swept("small.yaml", "--out", "s", "--cluster", cluster.address, "--json", cwd=tmp_path))
    assert told["made"] == 4 and told["failed"] == 0
    pd.testing.assert_frame_equal(frame(tmp_path / "s"), frame(small / "store"))
    for row in (small / "store" / "fronts").iterdir():
        other = pd.read_parquet(tmp_path / "s" / "fronts" / row.name)
        pd.testing.assert_frame_equal(other, pd.read_parquet(row))
    assert sum(told["workers"].values()) == 4 and len(told["workers"]) <= 2


def test_own_prices_and_a_site_model_reach_the_workers(
    cluster: Machines, my_plant: Path, tmp_path: Path
) -> None:
    """Neither lies where a worker could find it: names and paths count from the folder of the sweep."""
    shutil.copytree(my_plant / "models", tmp_path / "models")
    (tmp_path / "prices.csv").write_text("substance,price [EUR/kg stock]\nsulfuric,0.9\n")
    write(
        tmp_path / "own.yaml",
        set={"variables.acid": ["sulfuric"], "tables.prices": "prices.csv"},
        grid={"surrogate": ["pd-gbr", "my-plant"], "feed": ["NMC622"]},
    )
    there = json.loads(swept("own.yaml", "--out", "s", "--cluster", cluster.address, "--json", cwd=tmp_path))
    assert there["made"] == there["done"] == 2, there["failures"]
    swept("own.yaml", "--out", "here", "--workers", 1, cwd=tmp_path)
    rows = frame(tmp_path / "s")
    pd.testing.assert_frame_equal(rows, frame(tmp_path / "here"))
    assert rows["artefact"].nunique() == 2  # of the literature, and of the plant
    # dearer than with the shipped price of a fifth of it
    write(tmp_path / "shipped.yaml", set={"variables.acid": ["sulfuric"]}, grid={"feed": ["NMC622"]})
    swept("shipped.yaml", "--out", "shipped", "--workers", 1, cwd=tmp_path)
    found = open_store(tmp_path / "s").sweep("own").frame.set_index("surrogate")
    assert found["cost"]["pd-gbr"] > 2 * frame(tmp_path / "shipped")["cost"][0]


def test_a_worker_of_another_version_is_refused_by_name(alone: Machines, plain: Path) -> None:
    preload = plain / "older.py"
    preload.write_text("import optimiser\noptimiser.__version__ = '0.0.1'\n")
    alone.add("--preload", preload, "--name", "old")
    done = optimiser("sweep", "plain.yaml", "--out", "store", "--cluster", alone.address, cwd=plain)
    assert_one_clear_block(done)
    assert "1 of 1 workers have another version" in done.stderr and "has 0.0.1" in done.stderr
    assert f"tcp://{LOCAL}:" in done.stderr and "pip install" in done.stderr
    assert not (plain / "store").exists()


def test_several_threads_are_warned_of(alone: Machines, plain: Path) -> None:
    alone.add(threads=2)
    done = optimiser(
        "sweep", "plain.yaml", "--out", "store", "--no-report", "--cluster", alone.address, cwd=plain
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("Warning: 1 of 1 workers have several threads")
    assert "--nthreads 1" in done.stderr and "2 made now" in done.stdout


def test_a_scheduler_that_does_not_answer(plain: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hands, "ANSWER", 1.0)
    with socket.socket() as taken:  # takes connections, and says nothing
        taken.bind((LOCAL, 0))
        free = taken.getsockname()[1]
        address = f"tcp://{LOCAL}:{free}"
        done = optimiser("sweep", "plain.yaml", "--out", "store", "--cluster", address, cwd=plain)
        assert_one_clear_block(done)
        assert f"No Dask scheduler answers at {address}" in done.stderr and "dask scheduler" in done.stderr
        taken.listen()
        done = optimiser("sweep", "plain.yaml", "--out", "store", "--cluster", address, cwd=plain)
        assert_one_clear_block(done)
    assert not (plain / "store").exists()


@pytest.mark.parametrize("address", ["nonsense", "", "http://x:1", "tcp://127.0.0.1:port", "tcp://127.0.0.1"])
def test_what_is_no_address_of_a_scheduler(address: str, plain: Path) -> None:
    done = optimiser("sweep", "plain.yaml", "--out", "store", "--cluster", address, cwd=plain)
    assert_one_clear_block(done)
    assert f"{address!r} is no address of a Dask scheduler." in done.stderr and "slurm" in done.stderr
    assert not (plain / "store").exists()


def test_a_scheduler_without_workers(alone: Machines, plain: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hands, "FIRST", 0.5)
    done = optimiser("sweep", "plain.yaml", "--out", "store", "--cluster", alone.address, cwd=plain)
    assert_one_clear_block(done)
    assert "has had no worker for 0.5 s" in done.stderr and f"dask worker {alone.address}" in done.stderr
    assert not (plain / "store").exists()


def test_the_workers_of_a_cluster_are_its_own(plain: Path) -> None:
    done = optimiser("sweep", "plain.yaml", "--cluster", "tcp://x:1", "--workers", 3, cwd=plain)
    assert_one_clear_block(done)
    assert "leave --workers out" in done.stderr


def test_the_only_worker_is_lost_and_another_one_goes_on(
    alone: Machines, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As at the end of the time that a job has: what was sent to the lost worker is sent again."""
    first = alone.add()
    write(
        tmp_path / "s.yaml",
        set={"variables.acid": ["sulfuric"]},
        grid={"feed": ["NMC111", "NMC622"], "constraints.yield.Li": [0.5, 0.51, 0.52]},
    )
    kept: list[str] = []
    put = Store.put

    def told(self: Store, run: Made) -> None:
        put(self, run)
        kept.append(run.key)
        if len(kept) == 1:
            alone.lose(first)
            alone.add()

    monkeypatch.setattr(Store, "put", told)
    told_ = json.loads(swept("s.yaml", "--out", "s", "--cluster", alone.address, "--json", cwd=tmp_path))
    assert (told_["made"], told_["done"], told_["failed"]) == (6, 6, 0)
    assert len(kept) == 6 and len(told_["workers"]) == 2


def test_when_all_workers_have_gone_the_sweep_can_go_on_later(
    alone: Machines, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    only = alone.add()
    write(
        tmp_path / "s.yaml", set={"variables.acid": ["sulfuric"]}, grid={"feed": ["NMC111", "NMC622", "LCO"]}
    )
    put = Store.put

    def told(self: Store, run: Made) -> None:
        put(self, run)
        alone.lose(only)

    monkeypatch.setattr(Store, "put", told)
    monkeypatch.setattr(hands.Cluster, "_seconds", PATIENCE, raising=False)
    done = optimiser("sweep", "s.yaml", "--out", "s", "--no-report", "--cluster", alone.address, cwd=tmp_path)
    assert_one_clear_block(done)
    assert "All workers have gone" in done.stderr and "--resume" in done.stderr
    assert len(frame(tmp_path / "s")) == 1


def test_a_scheduler_that_ends_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(
        tmp_path / "s.yaml", set={"variables.acid": ["sulfuric"]}, grid={"feed": ["NMC111", "NMC622", "LCO"]}
    )
    with machines(tmp_path / "machines", workers=1) as made:
        put = Store.put

        def told(self: Store, run: Made) -> None:
            put(self, run)
            made.lose(made.scheduler)

        monkeypatch.setattr(Store, "put", told)
        monkeypatch.setattr(hands, "ANSWER", 2.0)
        done = optimiser(
            "sweep", "s.yaml", "--out", "s", "--no-report", "--cluster", made.address, cwd=tmp_path
        )
    assert_one_clear_block(done)
    assert "scheduler does not answer any more" in done.stderr and "--resume" in done.stderr
    assert len(frame(tmp_path / "s")) == 1
