"""A sweep gives what each of its runs alone would give, whoever makes them and in whatever order."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from optimiser.sweeps.store import open_store
from tests.command import optimiser
from tests.sweeps.asked import ACIDS, SEARCH, frame, swept, write
from tests.sweeps.conftest import VARIED

CSV = {"report": {"formats": ["csv"]}}


def test_each_run_is_what_the_command_run_gives(small: Path, tmp_path: Path) -> None:
    rows = pd.read_parquet(small / "store" / "runs").set_index(["feed", "status"])
    row = rows.loc[("NMC111", "done")]
    problem = yaml.safe_load((Path(__file__).parents[2] / "problems" / "nmc622.yaml").read_text())
    problem["feed"] = "NMC111"
    problem["variables"]["acid"] = ACIDS
    (tmp_path / "p.yaml").write_text(yaml.safe_dump(problem))
    (tmp_path / "c.yaml").write_text(yaml.safe_dump({"problem": "p.yaml", "search": SEARCH, **CSV}))
    done = optimiser("run", "c.yaml", "--out", "out", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    alone = pd.read_csv(tmp_path / "out" / "front.csv", dtype={"precipitates": str})
    front = pd.read_parquet(small / "store" / "fronts" / f"{row['key']}.parquet")
    assert list(front.columns) == list(alone.columns)
    alone["precipitates"] = alone["precipitates"].fillna("")  # empty cells
    pd.testing.assert_frame_equal(front, alone, check_dtype=False, rtol=1e-6)
    best = alone.loc[alone["cost"].idxmin()]
    for name in ("acid", "temperature", "time", "yield_Li", "cost", "recovery", "p_feasible"):
        assert row[name] == pytest.approx(best[name])
    answer = json.loads(row["answer"])
    assert answer["cost"] == pytest.approx(best["cost"]) and row["designs"] == len(alone)
    assert row["evaluations"] == json.loads(done.stdout)["evaluations"]


def test_runs_do_not_depend_on_workers_and_order(small: Path, tmp_path: Path) -> None:
    """One process instead of two, and all lists and blocks the other way round."""
    turned = {key: values[::-1] for key, values in reversed(VARIED.items())}
    write(tmp_path / "turned.yaml", grid=turned)
    assert "4 made now" in swept("turned.yaml", "--out", "store", "--workers", 1, cwd=tmp_path)
    pd.testing.assert_frame_equal(frame(tmp_path / "store"), frame(small / "store"))


def test_a_run_without_a_feasible_design_is_a_result(small: Path) -> None:
    found = open_store(small / "store").sweep("small").frame
    assert list(found["status"]) == ["done", "infeasible"] * 2
    assert list(found["constraints.yield.Li"]) == [0.5, 1.0] * 2
    reasons = set(found.loc[found["status"] == "infeasible", "reason"])
    assert len(reasons) == 1 and reasons.pop().startswith("No design is feasible; the nearest one misses ")
    assert found.loc[found["status"] == "infeasible", "cost"].isna().all()


def test_what_is_there_is_not_made_again(small: Path, tmp_path: Path) -> None:
    shutil.copytree(small / "store", tmp_path / "store")
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "store" / "runs").iterdir()}
    shutil.copy(small / "small.yaml", tmp_path / "again.yaml")
    printed = swept("again.yaml", "--out", "store", "--resume", "--json", cwd=tmp_path)
    told = json.loads(printed)
    assert (told["sweep"], told["runs"], told["made"], told["reused"]) == ("again", 4, 0, 4)
    assert (told["done"], told["infeasible"], told["failed"], told["missing"]) == (2, 2, 0, 0)
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "store" / "runs").iterdir()} == before
    checked = optimiser("sweep", "again.yaml", "--out", "store", "--dry-run", cwd=tmp_path)
    assert checked.stdout == "4 runs, 0 of them to be made.\n"
    # a wider sweep makes what is new in it
    write(tmp_path / "wider.yaml", grid={**VARIED, "feed": ["NMC622", "LCO", "NMC111"]})
    checked = optimiser("sweep", "wider.yaml", "--out", "store", "--dry-run", cwd=tmp_path)
    assert checked.stdout == "6 runs, 2 of them to be made.\n"


def test_nothing_feasible_at_all_is_exit_3(small: Path, tmp_path: Path) -> None:
    shutil.copytree(small / "store", tmp_path / "store")
    write(tmp_path / "none.yaml", grid={**VARIED, "constraints.yield.Li": [1.0]})
    done = optimiser("sweep", "none.yaml", "--out", "store", "--no-report", cwd=tmp_path)
    assert done.returncode == 3, done.stderr
    assert done.stdout.startswith("none: 2 runs: 2 without a feasible design.")


@pytest.fixture(scope="module")
def partly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sweep of which two runs fail: LCO has no nickel, and an acid has no experiments near NMC622."""
    folder = tmp_path_factory.mktemp("partly")
    rows: list[dict[str, Any]] = [
        {"feed": "LCO", "variables.acid": ["sulfuric"]},
        {"feed": "NMC622", "variables.acid": ["methanesulfonic"]},
        {"feed": "NMC622", "variables.acid": ["sulfuric"]},
    ]
    write(
        folder / "partly.yaml",
        set={"constraints.yield.Ni": 0.1},
        zip={key: [row[key] for row in rows] for key in rows[0]},
    )
    swept("partly.yaml", "--out", "store", "--workers", 1, cwd=folder)
    return folder


def test_a_run_that_fails_has_its_reason_and_stops_no_other(partly: Path) -> None:
    found = open_store(partly / "store").sweep("partly").frame
    assert list(found["status"]) == ["failed", "failed", "done"]
    assert "Ni" in found["reason"][0] and "LCO" in found["reason"][0]
    assert "methanesulfonic" in found["reason"][1]


def test_resume_makes_again_what_failed_and_nothing_else(partly: Path, tmp_path: Path) -> None:
    shutil.copytree(partly, tmp_path / "copy")
    folder = tmp_path / "copy"
    plain = json.loads(swept("partly.yaml", "--out", "store", "--json", cwd=folder))
    assert (plain["made"], plain["reused"], plain["failed"]) == (0, 3, 2)
    assert sorted(failure["runs"] for failure in plain["failures"]) == [1, 1]
    done = (
        folder / "store" / "runs" / f"{open_store(folder / 'store').sweep('partly').frame['key'][2]}.parquet"
    )
    before = done.stat().st_mtime_ns
    again = json.loads(swept("partly.yaml", "--out", "store", "--resume", "--json", cwd=folder))
    assert (again["made"], again["reused"], again["failed"]) == (2, 1, 2)
    assert done.stat().st_mtime_ns == before


def test_a_failed_run_that_can_be_made_now_is_done_after_resume(
    partly: Path, small: Path, tmp_path: Path
) -> None:
    """A run whose worker was lost has the same key; it is a failure of the machine, not of the question."""
    from optimiser.sweeps.rows import failed

    shutil.copytree(small, tmp_path / "copy")
    folder = tmp_path / "copy"
    store, whole = open_store(folder / "store"), frame(folder / "store")
    key = whole.loc[whole["status"] == "done", "key"].iloc[0]
    store.remove([key])
    store.put(failed(key, {}, "nmc622", "Its worker ended 3 times: it was killed"))
    told = json.loads(swept("small.yaml", "--out", "store", "--resume", "--json", "--workers", 1, cwd=folder))
    assert (told["made"], told["reused"], told["failed"]) == (1, 3, 0)
    pd.testing.assert_frame_equal(frame(folder / "store"), whole)
