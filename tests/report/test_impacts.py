"""What run, ask and check tell of impacts: card, tables, manifest, sentences, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from tests.command import assert_one_clear_block, optimiser, process
from tests.problem.test_impacts import PROBLEM, TABLE

CONFIG = """
problem: mine.yaml
search: {population: 12, generations: 3, seeds: 1, per_acid: 2}
"""
MORE = """
constraints: [{yield: {Li: 0.8}}, {acidification: {max: 1}}]
assume: {water_use: {water: 0.03, hydrochloric: {value: 0.2, source: supplier}}}
credit: {Ni: {value: 10, source: "our guess"}}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("impacts")
    table = TABLE.replace("water: 0.04, ", "").replace("hydrochloric: 2, ", "")
    for name, text in {
        "plant.impacts.yaml": table,
        "mine.yaml": PROBLEM.replace("minimise: cost", "minimise: single_score") + MORE,
        "run.yaml": CONFIG,
    }.items():
        (made / name).write_text(text, encoding="utf-8")
    return made


@pytest.fixture(scope="module")
def printed(folder: Path) -> str:
    done = process("run", "run.yaml", "--out", "out", cwd=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_console_says_impacts_what_is_assumed_and_the_credit_apart(printed: str) -> None:
    assert "Impacts: single score" in printed and "acidification" in printed
    assert "Assumed, not from the table: water use of hydrochloric 0.2 m3 depriv./kg (supplier)." in printed
    assert "Not known: terrestrial ecotoxicity of hydrochloric." in printed
    assert "Credit for metals recovered (not in the figures above)" in printed and "our guess" in printed


def test_the_files_hold_every_category(folder: Path, printed: str) -> None:
    front = pd.read_csv(folder / "out" / "front.csv")
    names = ["single_score", "acidification", "water_use", "impact_terrestrial_ecotoxicity"]
    assert set(names) <= set(front.columns) and "climate_change_after_credit" in front.columns
    told = json.loads((folder / "out" / "manifest.json").read_text(encoding="utf-8"))["impacts"]
    assert told["missing"]["impact_terrestrial_ecotoxicity"] == ["hydrochloric"]
    assert {one["substance"] for one in told["assumed"]} == {"water", "hydrochloric"}
    assert told["credit"]["Ni"] == {"value": 10.0, "unit": "kg CO2-eq/kg", "source": "our guess"}
    water = told["design"]["water_use"]
    assert water["per_kg_metal"] == pytest.approx(sum(water["components"].values()))
    page = (folder / "out" / "report.html").read_text(encoding="utf-8")
    assert "could not be made" not in page
    card = page[page.index('<section class="card" id="impacts"') :]
    assert "relative to the best acid" in card and "not known: hydrochloric" in card

    sheet = pd.read_excel(folder / "out" / "front.xlsx", sheet_name="impacts", header=0)
    assert set(sheet["acid"]) <= {"sulfuric", "hydrochloric"}
    known = sheet[sheet["relative"].notna()]
    # the best acid of each category is 100 %
    assert known.groupby("category")["relative"].min().to_numpy() == pytest.approx(100.0)


def test_a_run_is_read_again_with_its_table(folder: Path, printed: str) -> None:
    done = optimiser("choose", "out", "--improve", "acidification", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "single score" in done.stdout


def test_check_lists_categories_and_what_is_missing(folder: Path) -> None:
    done = optimiser("check", "mine.yaml", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "acidification; water use; terrestrial ecotoxicity" in done.stdout
    assert "Not known: terrestrial ecotoxicity of hydrochloric." in done.stdout
    as_json = json.loads(optimiser("check", "mine.yaml", "--json", cwd=folder).stdout)
    assert as_json["impacts"]["categories"]["water_use"]["unit"] == "m3 depriv."


def test_ask_tells_impacts(folder: Path) -> None:
    done = optimiser(
        "ask", "mine.yaml", "--minimise", "acidification", "--acid", "sulfuric", "--json", cwd=folder
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    design = told["impacts"]["design"]
    assert design["acidification"]["per_kg_metal"] == pytest.approx(told["value"], rel=1e-6)


def test_bad_input_is_one_block(folder: Path) -> None:
    done = process("ask", "mine.yaml", "--minimise", "impact_terrestrial_ecotoxicity", cwd=folder)
    assert_one_clear_block(done)
    assert "lacks factors of impact_terrestrial_ecotoxicity: hydrochloric" in done.stderr
    done = optimiser("ask", "mine.yaml", "--minimise", "impact_noise", cwd=folder)
    assert_one_clear_block(done)
    assert "'impact_noise'" in done.stderr


def test_one_number_for_several_categories_is_said_once(tmp_path: Path) -> None:
    others = ", ".join(f"{n}: 1" for n in ("sulfuric", "h2o2", "water", "heat", "power", "sodium_hydroxide"))
    units = {"acidification": "mol H+ eq", "ozone depletion": "kg CFC11 eq"}
    table = "\n".join(f"  {name}: {{unit: {unit}, factors: {{{others}}}}}" for name, unit in units.items())
    (tmp_path / "two.impacts.yaml").write_text(f"impacts:\n{table}\n", encoding="utf-8")
    (tmp_path / "mine.yaml").write_text(
        "feed: NMC111\nimpacts: two\nvariables: {acid: [sulfuric, hydrochloric]}\n"
        "objectives: [minimise: cost]\nassume: {all: {hydrochloric: {value: 0.5, source: supplier}}}\n",
        encoding="utf-8",
    )
    done = process("check", "mine.yaml", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    said = "2 categories of hydrochloric 0.5 per kg, in the unit of each (supplier)."
    assert done.stdout.count("Assumed") == 1 and said in done.stdout
