"""EF 3.1 on tables of scenarios: the score by hand, what is left out, and where it is shown."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from optimiser._io.errors import InputError
from optimiser.chemistry.impacts import load_footprint
from optimiser.chemistry.quantity import flags
from optimiser.report.card import Card, Table, make_cards
from optimiser.report.cards.scenarios import scenario_makers
from optimiser.report.predict import Request, deliver
from optimiser.report.scenarios import Contents, contents
from optimiser.tables.footprint import single_score
from optimiser.tables.own import read_own_tables
from optimiser.tables.predict import Tally, parts, prepare

TABLE = (
    "feed,acid,temperature,acid_concentration,h2o2,solid_liquid_ratio,time\n"
    "NMC111,sulfuric,25,2,0,50,60\nNMC111,HCl,25,2,0,50,60\nNMC111,citric,25,2,0,50,60\n"
)
FACTORS = (
    "category,unit,sulfuric,hydrochloric\n"
    "Acidification,mol H+ eq,0.02,0.005\nwater use,m3 depriv.,3,1\n"
    "land use,m2a,1,1\nclimate change: biogenic,kg CO2 eq,1,1\n"
)
SCORE = "single score|person-years|4"


def silent(done: int, rows: int) -> None:
    """Show nothing."""


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    (tmp_path / "table.csv").write_text(TABLE)
    (tmp_path / "factors.csv").write_text(FACTORS)
    return tmp_path / "table.csv", tmp_path / "factors.csv"


def made(table: Path, factors: Path | None, *, ef31: bool) -> Contents:
    setting = prepare(table, tables=read_own_tables(None, None, factors))
    found = [part for piece in parts(setting) for part in piece]
    return contents("table", found, Tally(), setting, {}, ef31=ef31)


def card_of(of: Contents, key: str) -> Card:
    return next(card for card in make_cards(scenario_makers(of)) if card.key == key)


def test_the_single_score_by_hand(files: tuple[Path, Path]) -> None:
    of = made(*files, ef31=True)
    assert of.footprint is not None
    # 1000 kg at 50 g/L are 20 000 L; 2 mol/L of sulfuric acid, 98.072 g/mol: 3922.9 kg pure. Acidification:
    # 78.458 mol H+ eq / 55.5695 x 6.20 %; water: 11 768.6 m3 / 11 468.7 x 8.51 %. 0.08754 + 0.08733 = 0.17486
    assert of.footprint.frame[SCORE][0] == pytest.approx(0.17486, rel=1e-4)
    assert of.footprint.frame["Acidification, acid alone, weighted|person-years|4"][0] == pytest.approx(
        0.08754, rel=1e-4
    )
    # hydrochloric acid, 36.458 g/mol: 1458.3 kg; 7.2916 / 55.5695 x 6.20 % + 1458.3 / 11 468.7 x 8.51 %
    assert of.footprint.frame[SCORE][1] == pytest.approx(0.018956, rel=1e-3)
    assert np.isnan(of.footprint.frame[SCORE][2])  # no factor of citric acid
    assert of.footprint.frame["single score|rank|3"].tolist()[:2] == [2.0, 1.0]
    assert of.footprint.scored.covered == pytest.approx(0.0620 + 0.0851)


def test_what_is_left_out_is_named_on_the_card(files: tuple[Path, Path]) -> None:
    card = card_of(made(*files, ef31=True), "footprint")
    assert not card.error
    said = " ".join((*card.finding, *card.warnings))
    assert "2 of 4 categories count; they make up 15 %" in said
    assert "scenario 2: hydrochloric" in said
    assert "1 without a score" in said
    assert "Left out: land use: its unit m2a is not the method's Pt." in said
    assert "Left out: climate change: biogenic: the method has no such category of its own" in said


def test_acid_alone_beside_all_that_goes_in_is_said(files: tuple[Path, Path]) -> None:
    table, factors = files
    factors.write_text(FACTORS + "climate change,kg CO2 eq,0.1,0.2\n")  # our own factors complete this one
    card = next(
        c for c in make_cards(scenario_makers(made(table, factors, ef31=True))) if c.key == "footprint"
    )
    assert any("acid alone to such of all that goes in" in text for text in card.warnings)
    factors.write_text(FACTORS)
    card = next(
        c for c in make_cards(scenario_makers(made(table, factors, ef31=True))) if c.key == "footprint"
    )
    assert not any("acid alone to such" in text for text in card.warnings)


def test_only_when_asked(files: tuple[Path, Path]) -> None:
    of = made(*files, ef31=False)
    assert of.footprint is None
    assert not {"EF 3.1", "EF 3.1 method"} & set(of.sheets())
    assert "footprint" not in {card.key for card in make_cards(scenario_makers(of))}


def test_sheet_page_and_manifest_of_the_command(files: tuple[Path, Path], tmp_path: Path) -> None:
    table, factors = files
    deliver(Request(table, impacts=factors, ef31=True, report=tmp_path / "out"), silent)
    sheets = pd.read_excel(tmp_path / "out" / "scenarios.xlsx", sheet_name=None)
    assert sheets["EF 3.1"]["single score [person-years]"][0] == pytest.approx(0.17486, rel=1e-4)
    reasons = sheets["EF 3.1 method"].set_index("category")["left out because"]
    assert "m2a" in reasons["land use, acid alone"]
    method = sheets["EF 3.1 method"].set_index("category")
    assert method["confidence of the weight"]["water use, acid alone"] == "B"
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "footprint-table" in page
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["options"]["ef31"] is True


def test_refused_before_anything_is_predicted(files: tuple[Path, Path], tmp_path: Path) -> None:
    table, factors = files
    factors.write_text("category,unit,sulfuric\nacidification,kg SO2 eq,1\n")
    seen: list[int] = []
    for request, message in {
        Request(table, ef31=True, out=tmp_path / "out.csv"): "sheet and a card",
        Request(table, ef31=True, impacts=factors, report=tmp_path / "out"): "None of the impact categories",
    }.items():
        with pytest.raises(InputError, match=message):
            deliver(request, lambda done, rows: seen.append(done))
    assert seen == []
    assert sorted(p.name for p in tmp_path.iterdir()) == ["factors.csv", "table.csv"]


def test_by_products_stand_beside_the_mass_balance(files: tuple[Path, Path]) -> None:
    of = made(*files, ef31=False)
    card = card_of(of, "balance")
    table = next(b for b in card.blocks if isinstance(b, Table) and b.name == "by-products-table")
    frame = table.frame[list(table.shown)]
    # without peroxide chloride reduces the metals, and only there; 20 m3 of leachant per t, and wash water
    assert frame["chlorine"][1] > 0.0
    assert frame["chlorine"].drop(1).tolist() == [0.0, 0.0]
    assert (frame["wastewater"] >= 20.0).all()
    assert {"oxygen", "salt", "residue", "nox", "precipitates"} <= set(frame)


def test_single_score_normalises_weights_and_names_what_it_leaves_out() -> None:
    # 7553.08 kg CO2 eq is one person-year, weight 21.06 %; 55.5695 mol H+ eq is one, weight 6.20 %:
    # 2 person-years and 1 person-year, and 0.0523484 kg CFC11 eq is a third category's one, weight 6.31 %:
    # 2 x 0.2106 + 1 x 0.0620 + 1 x 0.0631 = 0.5463
    value = np.array([[2 * 7553.08, 55.5695, 0.0523484, 1.0, 1.0]])
    categories = ["Climate change", "Acidification", "Ozone depletion", "Climate change - Fossil", "land use"]
    units = ["kg CO2-eq", "mol H+ eq", "kg CFC11 eq", "kg CO2 eq", "m2a"]
    s = single_score(value, categories, units)
    np.testing.assert_allclose(s.normalised[0, :3], [2, 1, 1])
    assert s.score[0] == pytest.approx(0.5463)
    assert list(s.left_out) == categories[3:]
    assert "no such category" in s.left_out["Climate change - Fossil"]
    assert "Pt" in s.left_out["land use"]
    assert s.covered == pytest.approx(0.3357)
    assert s.method["confidence of the weight"].tolist() == ["B", "B", "B", "", ""]


def test_single_score_keeps_a_missing_factor_missing_and_refuses_when_nothing_counts() -> None:
    s = single_score(np.array([[1.0, np.nan]]), ["climate change", "water use"], ["kg CO2 eq", "m3 depriv."])
    assert np.isnan(s.score[0])
    with pytest.raises(InputError, match="None of the impact categories"):
        single_score(np.array([[1.0]]), ["acidification"], ["kg SO2 eq"])


def test_the_method_has_all_sixteen_categories_and_its_weights_sum_to_a_hundred_per_cent() -> None:
    method = load_footprint()
    assert len(method) == 16
    assert sum(entry.weighting.value for entry in method.values()) == pytest.approx(100.0)
    # as the JRC rounds them; EF 3.0 had 4.27e4 CTUe, 0.0536 kg CFC11 and 2.30e-4 CTUh
    rounded = {name: f"{entry.normalisation.value:.2e}" for name, entry in method.items()}
    assert rounded["ecotoxicity, freshwater"] == "5.67e+04"
    assert rounded["ozone depletion"] == "5.23e-02"
    assert rounded["human toxicity, non-cancer"] == "1.29e-04"
    assert not any("confidence C" in flags(entry.weighting) for entry in method.values())
