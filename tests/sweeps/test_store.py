"""The store: a run is there whole or not at all, and whatever happens, no other run is lost."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from optimiser._io.errors import InputError
from optimiser.sweeps.rows import Made, failed
from optimiser.sweeps.store import FORMAT, Store, open_store
from tests.command import assert_one_clear_block, optimiser
from tests.paths import ROOT
from tests.sweeps.asked import frame, swept, write


def run(key: str) -> Made:
    return failed(key, {"feed": "NMC111"}, "nmc111", "No reason.")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    found = open_store(tmp_path / "store", make=True)
    found.begin()
    return found


@pytest.fixture
def copy(small: Path, tmp_path: Path) -> Path:
    """The folder of the small sweep, to be changed."""
    shutil.copytree(small, tmp_path / "copy")
    return tmp_path / "copy"


def files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_opening_writes_nothing(tmp_path: Path) -> None:
    assert open_store(tmp_path / "a" / "store", make=True).runs() == []
    assert list(tmp_path.iterdir()) == []


def test_the_row_is_written_last(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    placed: list[str] = []
    replace = Path.replace

    def told(self: Path, target: Path) -> Path:
        placed.append(f"{target.parent.name}/{target.name}")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", told)
    made = run("a")
    store.put(Made(made.key, "done", "", 0.0, made.row, front=made.row))
    assert placed == ["fronts/a.parquet", "runs/a.parquet"]


@pytest.mark.parametrize("at", ["write_bytes", "replace"])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()], ids=repr)
def test_a_run_that_cannot_be_kept_leaves_no_part(
    at: str, error: BaseException, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put(run("before"))
    before = files(store.folder)
    does = getattr(Path, at)

    def half(self: Path, what: bytes | Path) -> None:
        if isinstance(what, bytes):
            does(self, what[: len(what) // 2])
        raise error

    with monkeypatch.context() as patch, pytest.raises((InputError, KeyboardInterrupt)) as raised:
        patch.setattr(Path, at, half)
        store.put(run("after"))
    assert files(store.folder) == before
    if isinstance(raised.value, InputError):
        assert "No space left" in raised.value.what and "--resume" in raised.value.remedy
    store.put(run("after"))
    assert store.runs() == ["after", "before"]


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    (tmp_path / "file").write_text("mine")
    (tmp_path / "marked").mkdir()
    (tmp_path / "marked" / "store.json").write_text('{"product": "another"}')
    for folder in (tmp_path, tmp_path / "file", tmp_path / "marked"):
        with pytest.raises(InputError, match="is no store of runs"):
            open_store(folder, make=True)
    with pytest.raises(InputError, match="There is no store"):
        open_store(tmp_path / "none")


def test_a_store_of_a_newer_version_is_left_alone(copy: Path) -> None:
    mark = copy / "store" / "store.json"
    said = json.loads(mark.read_text())
    mark.write_text(json.dumps(said | {"format": FORMAT + 1}))
    before = files(copy)
    for command in (("sweep", "small.yaml", "--out", "store"), ("runs", "list", "store")):
        done = optimiser(*command, cwd=copy)
        assert_one_clear_block(done)
        assert f"its format is {FORMAT + 1}" in done.stderr and "update" in done.stderr
    assert files(copy) == before


def test_a_place_that_cannot_be_written_is_told_before_any_run(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    path = write(tmp_path / "s.yaml", grid={"feed": ["NMC111", "NMC622"]})
    for place in ("file/store", "/proc/store"):  # below a file; where nobody writes
        done = optimiser("sweep", path, "--out", place, cwd=tmp_path)
        assert_one_clear_block(done)
        assert "choose another --out" in done.stderr


READ_ONLY = """\
import sys, subprocess
done = subprocess.run(["mount", "--bind", "-o", "ro", "store", "store"])
subprocess.run(["mount", "-o", "remount,bind,ro", "store"], check=True)
sys.exit(subprocess.run([sys.executable, "-m", "optimiser", *sys.argv[1:]]).returncode)
"""
#: A disk of a megabyte that fills up, since runs are put there again and again under other names.
FILLS_UP = """\
import subprocess, sys
from pathlib import Path
from optimiser._io.errors import InputError
from optimiser.sweeps.rows import failed
from optimiser.sweeps.store import open_store
disk = Path(sys.argv[1])
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", disk], check=True)
store = open_store(disk / "store", make=True)
store.begin()
put = []
try:
    for number in range(10_000):
        key = f"{number:064}"
        store.put(failed(key, {"feed": "NMC111"}, "nmc111", "x"))
        put.append(key)
except InputError as error:
    print(error)
assert store.runs() == put and len(put) > 10
assert list(store.read()["key"]) == put and not list(store.damaged(put))
assert not any((disk / "store" / ".incoming").iterdir())
(disk / "store" / "runs" / f"{put[0]}.parquet").unlink()
store.put(failed("0" * 64, {}, "", "there is room again"))
"""


def unshared(code: str, *arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run Python where it may mount, or skip the test on a machine that has no such namespaces."""
    command = ["unshare", "--map-root-user", "--mount"]
    if shutil.which("unshare") is None or subprocess.run([*command, "true"], capture_output=True).returncode:
        pytest.skip("needs namespaces of Linux, to mount a small disk")
    return subprocess.run(
        [*command, sys.executable, "-c", code, *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        check=False,
        timeout=120,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def test_a_full_disk_loses_nothing(tmp_path: Path) -> None:
    done = unshared(FILLS_UP, tmp_path, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "No space left on device" in done.stdout and "--resume" in done.stdout


def test_a_read_only_disk_is_told_and_can_be_read(copy: Path) -> None:
    command = ("sweep", "small.yaml", "--out", "store", "--no-report")
    refused = unshared(READ_ONLY, *command, cwd=copy)
    assert_one_clear_block(refused)
    assert "choose another --out" in refused.stderr
    listed = unshared(READ_ONLY, "runs", "list", "store", cwd=copy)
    assert listed.returncode == 0 and listed.stdout.startswith("4 runs"), listed.stderr


#: A process that may write no file of more than some bytes: what a quota does, everywhere.
SMALL_FILES = """\
import resource, sys
from pathlib import Path
from optimiser._io.errors import InputError
from optimiser.sweeps.rows import failed
from optimiser.sweeps.store import open_store
store = open_store(Path("store"), make=True)
store.begin()
store.put(failed("a", {}, "", "before"))
resource.setrlimit(resource.RLIMIT_FSIZE, (500, resource.RLIM_INFINITY))
try:
    store.put(failed("b", {}, "", "after"))
except InputError as error:
    print(error)
"""


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_FSIZE"), reason="needs limits of a process")
def test_a_file_that_the_system_cuts_off_is_not_kept(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", SMALL_FILES]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment, check=True)
    assert "cannot be written to store" in done.stdout
    store = open_store(tmp_path / "store")
    assert store.runs() == ["a"] and list(store.read()["reason"]) == ["before"]
    assert not any((tmp_path / "store" / ".incoming").iterdir())


@pytest.mark.parametrize("part", ["runs", "fronts"])
def test_a_file_that_is_cut_off_is_named_removed_and_made_again(part: str, copy: Path) -> None:
    before = frame(copy / "store")
    broken = sorted((copy / "store" / part).iterdir())[0]
    whole = pd.read_parquet(broken)
    broken.write_bytes(broken.read_bytes()[:-20])
    if part == "runs":
        for command in (
            ("sweep", "small.yaml", "--out", "store", "--resume"),
            ("runs", "list", "store"),
            ("runs", "show", broken.stem, "store"),
        ):
            done = optimiser(*command, cwd=copy)
            assert_one_clear_block(done)
            assert broken.name in done.stderr and "--damaged" in done.stderr
    else:
        done = optimiser("runs", "show", broken.stem, "store", cwd=copy)
        assert done.returncode == 2 and broken.name in done.stderr and "Traceback" not in done.stderr
    counted = optimiser("runs", "prune", "store", "--damaged", cwd=copy)
    assert counted.stdout.startswith("1 run") and broken.exists()
    pruned = optimiser("runs", "prune", "store", "--damaged", "--yes", cwd=copy)
    assert pruned.stdout.startswith("1 run") and not broken.exists()
    printed = swept("small.yaml", "--out", "store", "--resume", "--workers", 1, cwd=copy)
    assert "1 made now" in printed and "3 were in the store" in printed
    pd.testing.assert_frame_equal(frame(copy / "store"), before)
    pd.testing.assert_frame_equal(pd.read_parquet(broken), whole) if part == "fronts" else None


def test_a_run_under_the_name_of_another_is_damaged(copy: Path) -> None:
    first, second, *_ = sorted((copy / "store" / "runs").iterdir())
    shutil.copy(first, second)
    done = optimiser("runs", "list", "store", cwd=copy)
    assert_one_clear_block(done)
    assert second.name in done.stderr


# --- read by others -----------------------------------------------------------------------------------------


def test_pandas_and_pyarrow_read_all_runs_at_once(small: Path) -> None:
    import pyarrow.dataset as ds

    rows = pd.read_parquet(small / "store" / "runs")
    assert sorted(rows["status"]) == ["done", "done", "infeasible", "infeasible"]
    done = rows[rows["status"] == "done"]
    assert (done["yield_Li"] >= 0.5).all() and done["cost"].notna().all()
    assert rows.loc[rows["status"] == "infeasible", "cost"].isna().all()
    assert [json.loads(said)["search"]["population"] for said in rows["inputs"]] == [8] * 4
    table = ds.dataset(small / "store" / "runs", format="parquet").to_table(
        filter=ds.field("status") == "done", columns=["key", "cost"]
    )
    assert sorted(table["key"].to_pylist()) == sorted(done["key"])
    fronts = pd.read_parquet(small / "store" / "fronts")
    assert len(fronts) == rows["designs"].sum() and np.isfinite(fronts["cost"]).all()


def test_duckdb_reads_the_runs(small: Path) -> None:
    import duckdb

    query = f"select status, count(*), min(cost) from '{small}/store/runs/*.parquet' group by 1 order by 1"
    found = duckdb.sql(query).fetchall()
    assert [row[:2] for row in found] == [("done", 2), ("infeasible", 2)]


def test_polars_reads_the_runs(small: Path) -> None:
    import polars

    found = polars.read_parquet(small / "store" / "runs" / "*.parquet")
    assert found["status"].value_counts(sort=True).rows() in (
        [("done", 2), ("infeasible", 2)],
        [("infeasible", 2), ("done", 2)],
    )
