"""A run has the key of what determines it: no more, or it is made twice; no less, or it is not made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from tests.sweeps.asked import frame, keys, swept, write

HEADER = "substance,price [EUR/kg stock],source"


def key(folder: Path, **values: Any) -> str:
    """The key of a run of sulfuric acid with other values for some keys."""
    fixed = {"variables.acid": ["sulfuric"], **values}
    grid = {"feed": fixed.pop("feed", ["NMC622"])}
    (found,) = keys(folder / "one.yaml", grid=grid, set=fixed)
    return found


def table(path: Path, **prices: float) -> str:
    rows = [f"{name},{price},{path.stem}" for name, price in prices.items()]
    path.write_text("\n".join([HEADER, *rows]) + "\n")
    return str(path)


@pytest.mark.parametrize(
    "values",
    [
        {"constraints.yield.Li": 0.51},
        {"constraints.confidence": 0.8},
        {"search.seeds": [2]},
        {"search.population": 9},
        {"prices.sulfuric": 0.2},
        {"prices.power": 0.5},
        {"process.electricity": "PL"},
        {"process.heat_loss": 0.2},
        {"variables.temperature": [25, 80]},
        {"variables.acid": ["sulfuric", "nitric"]},
        {"objectives": [{"minimise": "cost"}]},
        {"tolerances": "off"},
        {"feed": ["NMC111"]},
    ],
    ids=str,
)
def test_another_question_has_another_key(values: dict[str, Any], tmp_path: Path) -> None:
    assert key(tmp_path, **values) != key(tmp_path)


def test_what_decides_nothing_is_not_in_the_key(tmp_path: Path) -> None:
    plain = key(tmp_path)
    assert key(tmp_path, **{"prices.nitric": 9.0}) == key(tmp_path, **{"prices.nitric": 3.0}) == plain
    assert key(tmp_path, **{"prices.sulfuric": 0.2}) == key(tmp_path, **{"prices.H2SO4": 0.2}) != plain
    cheap = key(tmp_path, **{"tables.prices": table(tmp_path / "a.csv", sulfuric=0.2, nitric=0.5)})
    dear = key(tmp_path, **{"tables.prices": table(tmp_path / "b.csv", nitric=0.6, sulfuric=0.2)})
    assert cheap == dear != plain  # another file, order of rows, source and price of an acid that is not used
    other = key(tmp_path, **{"tables.prices": table(tmp_path / "b.csv", nitric=0.6, sulfuric=0.3)})
    assert other != cheap


def test_neither_are_names_descriptions_and_the_order_of_keys(tmp_path: Path) -> None:
    problem: dict[str, Any] = {
        "description": "One.",
        "feed": {"name": "NMC622", "mass": 1000},
        "variables": {"acid": ["sulfuric"], "temperature": [25, 90], "time": [5, 240]},
        "objectives": [{"minimise": "cost"}],
        "constraints": [{"yield": {"Li": 0.5, "Co": 0.5}}],
        "process": {"heat_loss": 0.1, "mixing_power": 0.5},
    }
    turned = {name: problem[name] for name in reversed(problem)} | {
        "description": "Another.",
        "variables": dict(reversed(problem["variables"].items())),
        "process": dict(reversed(problem["process"].items())),
        "constraints": [{"yield": {"Co": 0.5, "Li": 0.5}}],
    }
    found = []
    for name, content in (("one", problem), ("two", turned)):
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(content, sort_keys=False))
        config = {"description": name, "problem": f"{name}.yaml"}
        (tmp_path / f"c_{name}.yaml").write_text(yaml.safe_dump(config))
        sweep = {"grid": {"constraints.yield.Li": [0.5, 0.6]}, "description": name}
        found.append(keys(tmp_path / f"s_{name}.yaml", base=f"{name}.yaml", **sweep))
        found.append(keys(tmp_path / f"t_{name}.yaml", base=f"c_{name}.yaml", **sweep))
    assert all(one == found[0] for one in found)
    assert len(set(found[0])) == 2


def test_one_changed_price_remakes_the_runs_that_it_touches_and_no_others(tmp_path: Path) -> None:
    write(
        tmp_path / "s.yaml",
        set={"tables.prices": "prices.csv"},
        zip={"variables.acid": [["sulfuric"], ["hydrochloric"], ["sulfuric", "nitric"]]},
    )
    table(tmp_path / "prices.csv", sulfuric=0.2, hydrochloric=0.3, nitric=0.5)
    assert "3 made now" in swept("s.yaml", "--out", "store", "--workers", 1, cwd=tmp_path)
    first = frame(tmp_path / "store")
    members = pd.read_parquet(tmp_path / "store" / "sweeps" / "s.parquet")

    table(tmp_path / "prices.csv", sulfuric=0.2, hydrochloric=0.3, nitric=0.9)
    printed = swept("s.yaml", "--out", "store", "--workers", 1, cwd=tmp_path)
    assert "1 made now" in printed and "2 were in the store" in printed
    again = pd.read_parquet(tmp_path / "store" / "sweeps" / "s.parquet")
    assert list(members["key"] == again["key"]) == [True, True, False]

    rows = frame(tmp_path / "store")
    new = rows[~rows["key"].isin(first["key"])]
    assert len(rows) == 4 and list(new["options"]) == ["sulfuric, nitric"]
    pd.testing.assert_frame_equal(rows[rows["key"].isin(first["key"])].reset_index(drop=True), first)
