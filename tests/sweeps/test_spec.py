"""The file of a sweep: its blocks multiply, and whatever is wrong is told before anything is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from optimiser._io.errors import InputError
from optimiser.sweeps.spec import Hypercube, read_sweep
from tests.command import assert_one_clear_block, optimiser
from tests.sweeps.asked import asked, write


def test_blocks_multiply(tmp_path: Path) -> None:
    (tmp_path / "targets.csv").write_text("constraints.yield.Li\n0.5\n0.6\n")
    sweep = read_sweep(
        write(
            tmp_path / "all.yaml",
            csv="targets.csv",
            grid={"process.electricity": ["DE", "PL"], "variables.h2o2": [0, 1, 2]},
            zip={"feed": ["NMC111", "NMC622"], "feed_": [1, 2]},
            latin_hypercube={"samples": 4, "ranges": {"prices.sulfuric": [0.1, 0.3]}},
        )
    )
    assert len(sweep.runs) == 2 * (2 * 3) * 2 * 4  # rows x grid x pairs x samples
    assert sweep.varied == (
        "constraints.yield.Li",
        *("process.electricity", "variables.h2o2"),
        *("feed", "feed_"),
        "prices.sulfuric",
    )
    assert {(run["feed"], run["feed_"]) for run in sweep.runs} == {("NMC111", 1), ("NMC622", 2)}
    assert len({tuple(run[key] for key in sweep.varied) for run in sweep.runs}) == len(sweep.runs)
    assert all(run["search"] == asked()["set"]["search"] for run in sweep.runs)


@given(
    samples=st.integers(1, 40),
    seed=st.integers(0, 2**32 - 1),
    low=st.floats(0.01, 10.0),
    factor=st.floats(1.5, 100.0),
    log=st.booleans(),
)
def test_a_hypercube_has_one_sample_in_each_part_of_each_range(
    samples: int, seed: int, low: float, factor: float, log: bool
) -> None:
    ranges = {"a": {"low": low, "high": low * factor, "log": log}, "b": [-1.0, 1.0]}
    drawn = Hypercube(samples=samples, seed=seed, ranges=ranges)
    rows = pd.DataFrame(drawn.rows())
    ends = np.array([low, low * factor])
    a = np.log(rows["a"] / low) / np.log(factor) if log else (rows["a"] - low) / np.ptp(ends)
    for share in (a, (rows["b"] + 1.0) / 2.0):
        at = share.to_numpy() * samples  # six digits are kept, so one may stand at the edge of its part
        assert np.allclose(np.sort(at), np.arange(samples) + 0.5, atol=0.5 + 1e-3 * samples)
    assert drawn.rows() == Hypercube(samples=samples, seed=seed, ranges=ranges).rows()


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".parquet"])
def test_cells_of_a_table_are_values_as_in_yaml(suffix: str, tmp_path: Path) -> None:
    table = pd.DataFrame(
        {
            "feed": ["NMC111", "{name: NMC622, mass: 500}"],
            "constraints.yield.Li": ["0.5", "0.75"],
            "variables.temperature": ["[25, 60]", "80"],
            "tolerances": ["off", "~"],
        }
    )
    path = tmp_path / f"runs{suffix}"
    match suffix:
        case ".csv":
            table.to_csv(path, index=False)
        case ".xlsx":
            table.to_excel(path, index=False)
        case _:
            table.to_parquet(path, index=False)
    runs = read_sweep(write(tmp_path / "table.yaml", csv=path.name)).runs
    assert [run["feed"] for run in runs] == ["NMC111", {"name": "NMC622", "mass": 500}]
    assert [run["constraints.yield.Li"] for run in runs] == [0.5, 0.75]
    assert [run["variables.temperature"] for run in runs] == [[25, 60], 80]
    assert [run["tolerances"] for run in runs] == [False, None]  # as `off` is in YAML


def test_numbers_of_a_workbook_stay_numbers(tmp_path: Path) -> None:
    pd.DataFrame({"feed.mass": [500, 1000], "prices.sulfuric": [0.05, 1e-5]}).to_excel(
        tmp_path / "runs.xlsx", index=False
    )
    runs = read_sweep(write(tmp_path / "table.yaml", csv="runs.xlsx")).runs
    assert [(run["feed.mass"], run["prices.sulfuric"]) for run in runs] == [(500, 0.05), (1000, 1e-5)]


FEEDS = {"feed": ["NMC111", "NMC622"]}
#: What a sweep says, and the words of what is told of it: what, where (line and key), and what to do.
WRONG: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "a key without what it lies below": (
        {"grid": {"temperature": [60, 80]}},
        ("no key 'temperature'", "key grid.temperature", "did you mean 'variables.temperature'?"),
    ),
    "a misspelt variable": (
        {"grid": {"variables.temperatur": [60, 80]}},
        ("'temperatur'", "key grid.variables.temperatur", "did you mean 'temperature'?"),
    ),
    "a misspelt setting, where set has the search, too": (
        {"grid": {"search.populaton": [8, 9]}},
        ("'populaton'", "key grid.search.populaton", "did you mean 'population'?"),
    ),
    "a misspelt substance": (
        {"grid": {"prices.sulfurc": [0.1, 0.2]}},
        ("'sulfurc'", "key grid.prices.sulfurc", "did you mean 'sulfuric'?"),
    ),
    "a misspelt parameter": (
        {"grid": {"process.heat_los": [0.1, 0.2]}},
        ("'heat_los'", "key grid.process.heat_los", "did you mean 'heat_loss'?"),
    ),
    "a misspelt constraint": (
        {"grid": {"constraints.yeild.Li": [0.5, 0.6]}},
        ("'yeild'", "key grid.constraints.yeild.Li", "did you mean 'yield'?"),
    ),
    "a misspelt kind of table": (
        {"grid": {"tables.price": ["a.csv", "b.csv"]}},
        ("'tables.price'", "key grid.tables.price", "did you mean 'tables.prices'?"),
    ),
    "a misspelt block": ({"gird": FEEDS}, ("'gird'", "key gird", "did you mean 'grid'?")),
    "lists that do not fit each other": (
        {"zip": {**FEEDS, "prices.sulfuric": [0.1]}},
        ("differ in length: feed has 2, prices.sulfuric has 1.", "key zip", "use grid"),
    ),
    "a value twice": (
        {"grid": {"feed": ["NMC111", "NMC622", "NMC111"]}},
        ("'NMC111' is listed twice", "key grid.feed[2]", "list each value once"),
    ),
    "a key in two blocks": (
        {"grid": FEEDS, "zip": FEEDS},
        ("'feed' is given in zip, and 'feed' in grid", "key zip.feed", "remove one of the two"),
    ),
    "a key below another": (
        {"grid": FEEDS, "latin_hypercube": {"samples": 2, "ranges": {"feed.mass": [1, 2]}}},
        ("'feed.mass' is given", "key latin_hypercube.ranges.feed.mass", "remove one of the two"),
    ),
    "a key that all runs set": (
        {"set": {"variables.acid": ["nitric"]}, "grid": {"variables.acid": [["nitric"], ["citric"]]}},
        ("'variables.acid' in set", "key grid.variables.acid", "remove one of the two"),
    ),
    "too many runs": (
        {
            "grid": FEEDS,
            "latin_hypercube": {"samples": 1001, "ranges": {"prices.sulfuric": [0.1, 0.2]}},
        },
        ("2,002 runs (2 of grid x 1,001 of latin_hypercube)", "at most 2,000", "--limit 2002"),
    ),
    "nothing that varies": ({}, ("Nothing varies", "csv, grid, zip, latin_hypercube", "optimiser run")),
    "an impossible target": (
        {"grid": {"constraints.yield.Li": [0.5, 1.5]}},
        ("target of 1.5", "key grid.constraints.yield.Li[1]", "fractions"),
    ),
    "an impossible price": (
        {"grid": {"prices.sulfuric": [0.1, -2]}},
        ("-2 EUR/kg stock is negative", "key grid.prices.sulfuric[1]"),
    ),
    "a price in words": (
        {"grid": {"prices.sulfuric": [0.1, "cheap"]}},
        ("'cheap' is not a number", "key grid.prices.sulfuric[1]"),
    ),
    "an unknown feed": ({"grid": {"feed": ["NMC111", "NMC1"]}}, ("'NMC1'", "key grid.feed[1]")),
    "an unknown country": (
        {"grid": {"process.electricity": ["DE", "XX"]}},
        ("'XX'", "key grid.process.electricity[1]"),
    ),
    "an unknown yield model": (
        {"grid": {"surrogate": ["pd-gbr", "mine"]}},
        ("no surrogate 'mine'", "key grid.surrogate[1]", "optimiser list models"),
    ),
    "samples beyond what is possible": (
        {"latin_hypercube": {"samples": 3, "ranges": {"constraints.yield.Li": [1.1, 1.2]}}},
        ("A yield target of 1.1", "key latin_hypercube.ranges.constraints.yield.Li"),
    ),
    "a range from high to low": (
        {"latin_hypercube": {"samples": 3, "ranges": {"constraints.yield.Li": [0.5, 0.2]}}},
        ("0.5 to 0.2", "key latin_hypercube.ranges.constraints.yield.Li", "low < high"),
    ),
    "an empty table": ({"csv": "empty.csv"}, ("empty.csv is empty", "key csv")),
    "a table without rows": ({"csv": "header.csv"}, ("header.csv has no rows", "key csv", "add rows")),
    "a table that is not there": ({"csv": "none.csv"}, ("none.csv does not exist", "key csv")),
    "a blank cell": ({"csv": "blank.csv"}, ("blank", "row 2, column prices.sulfuric (B2)")),
    "an impossible cell": (
        {"csv": "negative.csv"},
        ("-0.1 EUR/kg stock is negative", "key csv: column prices.sulfuric (run 2)"),
    ),
    "a missing base": ({"base": "nmc62", "grid": FEEDS}, ("'nmc62'", "key base", "did you mean 'nmc622'?")),
    "a missing table of prices": (
        {"grid": {"tables.prices": ["here.csv", "none.csv"]}},
        ("none.csv does not exist", "key grid.tables.prices[1]", "check the path"),
    ),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_wrong_is_one_block_with_its_line_and_nothing_is_written(wrong: str, tmp_path: Path) -> None:
    says, told = WRONG[wrong]
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "header.csv").write_text("feed,prices.sulfuric\n")
    (tmp_path / "blank.csv").write_text("feed,prices.sulfuric\nNMC111,\nNMC622,0.1\n")
    (tmp_path / "negative.csv").write_text("feed,prices.sulfuric\nNMC111,0.1\nNMC622,-0.1\n")
    (tmp_path / "here.csv").write_text("substance,price [EUR/kg stock]\nsulfuric,0.2\n")
    path = write(tmp_path / "wrong.yaml", **says)
    before = sorted(tmp_path.iterdir())
    done = optimiser("sweep", "wrong.yaml", "--out", "store", "--no-report", cwd=tmp_path)
    assert_one_clear_block(done)
    for words in told:
        assert words in done.stderr
    if (key := told[1].rpartition("key ")[2]) != told[1]:  # the line is that of the key
        line = int(done.stderr.partition(", line ")[2].partition(",")[0])
        last = key.partition(":")[0].rpartition("[")[0] or key.partition(":")[0]
        near = path.read_text().splitlines()[:line]
        assert any(last.endswith(text.strip().partition(":")[0]) for text in near[-4:])
    assert sorted(tmp_path.iterdir()) == before


def test_the_limit_that_is_told_does(tmp_path: Path) -> None:
    samples = {"samples": 5, "ranges": {"prices.sulfuric": [0.1, 0.2]}}
    write(tmp_path / "many.yaml", latin_hypercube=samples)
    refused = optimiser("sweep", "many.yaml", "--limit", 4, "--dry-run", cwd=tmp_path)
    assert_one_clear_block(refused)
    assert "5 runs" in refused.stderr and "--limit 5" in refused.stderr
    allowed = optimiser("sweep", "many.yaml", "--limit", 5, "--dry-run", cwd=tmp_path)
    assert allowed.returncode == 0 and allowed.stdout == "5 runs, 5 of them to be made.\n"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["many.yaml"]


def test_a_base_may_lie_beside_the_sweep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read from another working folder, too."""
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "mine.yaml").write_text(yaml.safe_dump({"problem": "nmc111"}))
    path = write(tmp_path / "here" / "s.yaml", base="mine.yaml", grid=FEEDS)
    done = optimiser("sweep", path, "--dry-run", cwd=tmp_path)
    assert done.stdout == "2 runs, 2 of them to be made.\n", done.stderr


@pytest.mark.parametrize("text", ["", "- a\n", "grid: {feed: [NMC111, NMC622]}\n", "base: [\n"])
def test_what_is_no_sweep_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text(text)
    with pytest.raises(InputError):
        read_sweep(tmp_path / "s.yaml")
