"""`optimiser kinetics` as users meet it: what it prints, writes and refuses, and its page in a browser."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.browser import opened
from tests.command import optimiser


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The folder and the JSON of one run, as a process, with warnings as errors."""
    folder = tmp_path_factory.mktemp("kinetics")
    arguments = ["--acid", "HCl", "--feed", "nmc111", "--temperature", "30:80:4", "--out", "out", "--json"]
    command = [sys.executable, "-W", "error", "-m", "optimiser", "kinetics", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return folder / "out", json.loads(done.stdout)


def test_json_never_gives_a_slope_for_an_energy(told: tuple[Path, dict[str, Any]]) -> None:
    _, found = told
    assert (found["feed"], found["acid"]) == ("NMC111", "hydrochloric")
    assert found["temperature"][0] == 30.0 and found["temperature"][-1] == 80.0
    assert set(found["metals"]) == {"Li", "Ni", "Mn", "Co"}
    assert set(found["conditions"]) == {"acid_concentration", "h2o2", "solid_liquid_ratio"}
    for one in found["metals"].values():
        assert (one["activation_energy"] is None) == bool(one["why_not"])
        assert one["slope_low"] < one["slope"] < one["slope_high"]
        assert one["exponent"] > 0.0 and one["model_rmse"] > 0.0 and len(one["constants"]) == 4
    assert "6 members of the yield model" in found["interval"]["contains"]
    assert "members share" in found["interval"]["does_not_contain"]


def test_the_files_hold_what_was_printed(told: tuple[Path, dict[str, Any]]) -> None:
    out, found = told
    assert {p.name for p in out.iterdir()} == {
        "report.html", "energies.csv", "constants.csv", "curves.csv", "manifest.json"
    }  # fmt: skip
    constants = pd.read_csv(out / "constants.csv")
    assert len(constants) == 4 * 4  # metals, temperatures
    nickel = constants[constants["metal"] == "Ni"]
    assert nickel["k"].tolist() == pytest.approx([c["k"] for c in found["metals"]["Ni"]["constants"]])
    energies = pd.read_csv(out / "energies.csv").set_index("metal")
    assert energies["slope"]["Co"] == pytest.approx(found["metals"]["Co"]["slope"])
    curves = pd.read_csv(out / "curves.csv")
    assert curves["time"].min() == found["time"][0] and curves["yield"].between(0.0, 1.0).all()
    pinned = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert pinned["artefact"] == found["artefact"] and "kinetics.yaml" in pinned["tables"]


def test_words_say_the_conditions_and_what_the_interval_holds(tmp_path: Path) -> None:
    # a feed without nickel and manganese, a condition of one's own, and the default folder
    arguments = ["--acid", "ascorbic", "--feed", "LCO", "--set", "acid_concentration=1"]
    done = optimiser("kinetics", *arguments, "--temperature", "35,50,65", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "acid concentration 1 mol/L (as set)" in done.stdout
    assert "(the median of the experiments)" in done.stdout
    assert "Li: " in done.stdout and "Co: " in done.stdout and "Ni: " not in done.stdout
    assert (
        "95 % confidence interval of the slope" in done.stdout
        and "It does not contain the errors" in done.stdout
    )
    assert "nobody measured them" in done.stdout
    (page,) = tmp_path.glob("reports/kinetics_LCO_ascorbic/*/report.html")
    assert str(page.relative_to(tmp_path)) in done.stdout


@pytest.mark.parametrize("acid", ["sulfuric", "hydrochloric"])
def test_nmc111_has_energies_of_every_metal(tmp_path: Path, acid: str) -> None:
    done = optimiser("kinetics", "--acid", acid, "-o", "out", "--json", cwd=tmp_path)
    metals = json.loads(done.stdout)["metals"]
    assert set(metals) == {"Li", "Ni", "Mn", "Co"}
    for one in metals.values():
        assert one["why_not"] == [] and one["model_rmse"] <= 0.03 and one["line_r2"] >= 0.9
        low, high = one["activation_energy_low"], one["activation_energy_high"]
        assert 0.0 < low < one["slope_without_law"] < high


def test_the_example_of_the_help_gives_energies(tmp_path: Path) -> None:
    shown = optimiser("kinetics", "--help", cwd=tmp_path).stdout
    example = shown[shown.index("Example: optimiser kinetics ") :].splitlines()[0].split()[3:]
    done = optimiser("kinetics", *example, "--json", cwd=tmp_path)
    metals = json.loads(done.stdout)["metals"]
    assert {m for m, one in metals.items() if one["activation_energy"] is not None} >= {"Ni", "Mn", "Co"}
    assert (tmp_path / "kinetics" / "report.html").is_file()


def test_samples_over_too_short_a_time_give_no_energy(tmp_path: Path) -> None:
    done = optimiser("kinetics", "--acid", "lactic", "-o", "out", cwd=tmp_path)
    assert "give no activation energy" in done.stdout.splitlines()[0]
    assert done.stdout.count("samples from 30 to 60 min alone hardly give the shape of a curve") == 4


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["--acid", "formic"], "too little for an activation energy"),
        (["--acid", "glycine"], "no experiments with"),
        (["--acid", "sulphurous"], "There is no acid"),
        (["--acid", "sulfuric", "--feed", "NMC999"], "LMO, NCA\n"),  # no composition, which it does not take
        (["--acid", "sulfuric", "--temperature", "a:b"], "where:   --temperature a:b\n"),
        (["--acid", "sulfuric", "--surrogate", "nothing"], "where:   --surrogate nothing\n"),
        (["--acid", "sulfuric", "--temperature", "25:140:5"], "outside the data of sulfuric acid"),
        (["--acid", "sulfuric", "--temperature", "cold"], "is not a number"),
        # the work is bounded before any of it is done
        (["--acid", "sulfuric", "--temperature", "25:80:5000000"], "is not a count"),
        (["--acid", "sulfuric", "--time", "1:60:" + "9" * 5000], "is not a count"),
        (["--acid", "sulfuric", "--time", "1:60:-3"], "is not a count"),
        (["--acid", "sulfuric", "--time", "1:60:7:8"], "is not a count"),
        (["--acid", "sulfuric", "--time", "60:1"], "The range of time is empty"),
        (["--acid", "sulfuric", "--time", "1e999:2e999"], "The range of time is empty"),
        (["--acid", "sulfuric", "--time", "nan:60:7"], "The range of time is empty"),
        (["--acid", "sulfuric", "--set", "h2o2=nan"], "outside the data of sulfuric acid"),
        (["--acid", "sulfuric", "--set", "h2o2=" + "9" * 5000], "outside the data of sulfuric acid"),
        (["--acid", "sulfuric", "--set", "temperature=50"], "not a condition that stays the same"),
        (["--acid", "sulfuric", "--set", "h2o2=1,2"], "'1,2' is not a number"),
        (["--acid", "sulfuric", "--set", "h2o2=1", "--set", "h2o2=2"], "set twice"),
        (["--acid", "sulfuric", "--surrogate", "nothing"], "There is no surrogate"),
        (["--acid", "sulfuric", "--out", "taken"], "holds something else"),
        (["--acid", "sulfuric", "--out", "taken", "--force"], "holds something else"),
    ],
)
def test_refusals_are_one_block_and_write_nothing(tmp_path: Path, arguments: list[str], what: str) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "mine.txt").write_text("mine", encoding="utf-8")
    done = optimiser("kinetics", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == "" and "Traceback" not in done.stderr
    assert what in done.stderr
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["mine.txt", "taken"]


@pytest.mark.page
@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_draws_every_figure(told: tuple[Path, dict[str, Any]], width: int) -> None:
    page_file = told[0] / "report.html"
    with opened(page_file, width) as page:
        # four metals' curves, the Arrhenius plot, the energies beside the literature's
        assert page.locator(".plot").count() == page.locator(".plot.js-plotly-plot").count() == 6
        ids = page.evaluate(
            "[...document.querySelectorAll('section[id], .plot[id], table[id]')].map(e => e.id)"
        )
        assert len(set(ids)) == len(ids)
        tiles = dict(
            zip(
                page.locator("#answer .tile dt").all_inner_texts(),
                page.locator("#answer .tile strong").all_inner_texts(),
                strict=True,
            )
        )
        for metal, one in told[1]["metals"].items():
            energy = one["activation_energy"]
            assert tiles[metal] == ("none" if energy is None else f"{energy:.0f}")
        assert "confidence C" in page.locator("#literature-table").inner_text()
