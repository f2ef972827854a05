"""Tables of scenarios from ranges: the grid, the hypercube, and what is refused."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from optimiser._io.errors import InputError
from optimiser.tables.generate import generate

FIXED = ["acid=sulfuric", "acid_concentration=2", "h2o2=0", "solid_liquid_ratio=50", "time=60"]


def test_one_condition_varied_over_a_range_includes_both_ends() -> None:
    table = generate(["temperature=25:90:14"], FIXED, feed_name="NMC111")
    assert list(table.columns)[:3] == ["feed", "acid", "temperature"]
    assert table["temperature"].tolist() == [25.0 + 5.0 * i for i in range(14)]
    assert set(table["time"]) == {60.0}


def test_several_conditions_make_a_grid_the_last_one_fastest() -> None:
    table = generate(["acid=sulfuric,HCl", "temperature=25:75:3"], FIXED[1:])
    assert list(zip(table["acid"], table["temperature"], strict=True)) == [
        ("sulfuric", 25.0),
        ("sulfuric", 50.0),
        ("sulfuric", 75.0),
        ("hydrochloric", 25.0),
        ("hydrochloric", 50.0),
        ("hydrochloric", 75.0),
    ]
    assert "feed" not in table


def test_a_latin_hypercube_fills_every_stratum_and_follows_its_seed() -> None:
    vary = ["temperature=20:90", "time=10:210", "acid=sulfuric,HCl"]
    fixed = [f for f in FIXED if not f.startswith(("acid=", "time"))]
    table = generate(vary, fixed, samples=50, seed=3)
    # one value in each fiftieth of each range; rounding to 4 decimals may move one onto an edge
    for name, low, high in (("temperature", 20.0, 90.0), ("time", 10.0, 210.0)):
        strata = np.floor((table[name] - low) / (high - low) * 50.0 - 1e-6)
        assert len(set(strata)) >= 49
        assert table[name].between(low, high).all()
    assert table["acid"].value_counts().tolist() == [25, 25]
    assert table.equals(generate(vary, fixed, samples=50, seed=3))
    assert not table.equals(generate(vary, fixed, samples=50, seed=4))


@pytest.mark.parametrize(
    ("vary", "fixed", "options", "message"),
    [
        (["temprature=25:90:3"], FIXED, {}, "no condition 'temprature'"),
        (["temperature=25:90"], FIXED, {}, "has no steps"),
        (["temperature=90:25:3"], FIXED, {}, "is empty"),
        (["temperature=25:90:1"], FIXED, {}, "not a count"),
        (["temperature=25:900:3"], FIXED, {}, "outside what is possible"),
        (["temperature=warm,hot"], FIXED, {}, "not a number"),
        (["temperature=nan,30"], FIXED, {}, "outside what is possible"),
        (["temperature=25,25"], FIXED, {}, "lists a value twice"),
        (["temperature"], FIXED, {}, "gives no values"),
        (["acid=sulphurus", "temperature=20,30"], FIXED[1:], {}, "no acid 'sulphurus'"),
        (["temperature=25,30"], FIXED[:-1], {}, "no value: time"),
        (["temperature=25,30", "time=1,2"], FIXED, {}, "more than once"),
        (["temperature=25,30"], [*FIXED[1:], "acid=HCl,nitric"], {}, "set to several"),
        ([], [*FIXED, "temperature=30"], {}, "No condition is varied"),
        (["temperature=25:90"], FIXED, {"samples": 0}, "0 rows"),
        (["temperature=25:90:3000", "h2o2=0:10:3000"], FIXED[:2] + FIXED[3:], {}, "not a count of steps"),
        (["temperature=25,30"], FIXED, {"feed_name": "NMC"}, "no feed 'NMC'"),
    ],
)
def test_refused(vary: list[str], fixed: list[str], options: dict[str, object], message: str) -> None:
    with pytest.raises(InputError) as caught:
        generate(vary, fixed, **options)  # type: ignore[arg-type]
    assert message in str(caught.value)
    assert caught.value.allowed or caught.value.remedy


def test_the_command_writes_what_predict_reads(tmp_path: Path) -> None:
    def optimiser(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-W", "error", "-m", "optimiser", *arguments]
        return subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)

    fixed = [word for text in FIXED for word in ("--set", text)]
    vary = ["--vary", "temperature=25:90:3", "--feed", "NMC111"]
    done = optimiser("scenarios", *vary, *fixed, "--out", "s.xlsx")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "3 scenarios written: s.xlsx\n"
    found = optimiser("predict", "s.xlsx")
    assert found.returncode == 0, found.stderr
    assert len(pd.read_csv(io.StringIO(found.stdout))) == 3
    again = optimiser("scenarios", *vary, *fixed, "--out", "s.xlsx")
    assert again.returncode == 2
    assert "--force" in again.stderr
