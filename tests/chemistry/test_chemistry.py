"""Acids, reagents, metals and the numbers they rest on."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from optimiser._io import builtin
from optimiser._io.errors import InputError
from optimiser.chemistry.acids import (
    Acid,
    AcidOverrides,
    choose_acid,
    complete,
    load_acids,
    with_user_acids,
)
from optimiser.chemistry.feeds import load_feeds
from optimiser.chemistry.metals import METALS, load_metals, molar_masses
from optimiser.chemistry.provenance import provenance
from optimiser.chemistry.quantity import GIVEN
from optimiser.chemistry.reagents import load_reagents

ACIDS = (
    *("sulfuric", "hydrochloric", "nitric", "acetic", "formic", "citric"),
    *("oxalic", "ascorbic", "lactic", "tartaric", "malic", "levulinic"),
)
CASE_STUDY = ("methanesulfonic", "phosphoric", "glutaric", "glycine")
NEW_ACID = {"smiles": "OC(=O)C(F)(F)F", "pKa": [0.23], "stock": {"purity": 0.99, "density": 1.49}}


def test_the_twelve_acids_of_the_data_and_the_four_of_the_case_study_are_there() -> None:
    assert tuple(load_acids()) == ACIDS + CASE_STUDY


@pytest.mark.data
def test_acids_equal_the_training_table(training_table: Path) -> None:
    table = pd.read_excel(training_table).drop_duplicates("SMILES").set_index("SMILES")
    acids = {acid.smiles: acid for acid in load_acids().values() if acid.name in ACIDS}
    assert set(acids) == set(table.index)
    for smiles, acid in acids.items():
        row = table.loc[smiles]
        pkas = [row[f"pKa{i}"] for i in (1, 2, 3) if not math.isnan(row[f"pKa{i}"])]
        assert list(acid.pKa_values) == pkas, acid.name
        assert acid.n_protons == row["nProtons"], acid.name
        salts = row[[f"s{metal}" for metal in METALS]].to_numpy(float)
        np.testing.assert_array_equal(acid.salt_solubility_values, salts, err_msg=acid.name)


def test_strength_of_stocks_is_worked_by_hand() -> None:
    acids = load_acids()
    # HCl: 1 L of 36 % stock weighs 1179 g and holds 0.36 x 1179 = 424.4 g; / 36.461 g/mol = 11.64 mol
    assert acids["hydrochloric"].max_molarity == pytest.approx(11.64, abs=0.005)
    # nitric: 0.67 x 1399 / 63.012 = 14.88; with the pure acid's density it would be 16.09
    assert acids["nitric"].max_molarity == pytest.approx(14.88, abs=0.005)
    # sulfuric: 0.98 x 1836 / 98.079 = 18.35
    assert acids["sulfuric"].max_molarity == pytest.approx(18.35, abs=0.005)
    # peroxide: 0.5 x 1196 / 34.014 = 17.58
    peroxide = load_reagents().h2o2
    assert peroxide.purity * peroxide.density * 1000 / peroxide.molar_mass == pytest.approx(17.58, abs=0.005)
    # oxalic, sold as dihydrate: 0.99 x 90.034 / 126.065 = 0.70705 kg acid per kg
    assert acids["oxalic"].purity == pytest.approx(0.99 * 90.034 / 126.065, abs=5e-6)


def test_only_protons_below_pka_7_are_usable() -> None:
    counted = {name: (acid.n_protons, acid.usable_protons) for name, acid in load_acids().items()}
    assert counted["ascorbic"] == (2, 1)  # its second, pKa 11.7, stays on
    assert counted["citric"] == (3, 3)
    assert counted["sulfuric"] == (2, 2)
    assert counted["hydrochloric"] == (1, 1)


def test_solubility_in_mol_per_litre() -> None:
    acids = load_acids()
    assert acids["oxalic"].solubility_molar == pytest.approx(1.1995, abs=1e-3)  # 108 / 90.034
    assert acids["citric"].solubility_molar == pytest.approx(2.998, abs=1e-3)  # 576 / 192.123
    assert acids["sulfuric"].solubility_molar == math.inf


def test_reductants() -> None:
    kinds = {name: acid.reductant for name, acid in load_acids().items()}
    assert kinds["hydrochloric"] == "chloride"
    none = {"sulfuric", "nitric", "acetic", *CASE_STUDY}
    assert {name for name, kind in kinds.items() if kind == "none"} == none
    assert kinds["citric"] == "organic"


def test_prices_in_euro_are_worked_by_hand() -> None:
    # 0.133 USD/kg stock in 2025-Q1, 1.0523 USD per EUR
    assert load_acids()["sulfuric"].price_eur("kg stock") == pytest.approx(0.133 / 1.0523)
    reagents = load_reagents()
    # 1.46 USD/kg pure in 2023, 1.0813 USD per EUR
    assert reagents.h2o2.price_eur("kg pure") == pytest.approx(1.46 / 1.0813)
    # sold per kg of 95 % hydrate: 0.262 USD in 2016, 1.1069 USD per EUR, so / 0.95 per kg pure
    assert reagents.bases["calcium_hydroxide"][0].price_eur("kg pure") == pytest.approx(0.262 / 1.1069 / 0.95)
    assert reagents.energies["power"].price_eur("kWh") == 0.1902
    assert reagents.energies["heat"].price_eur("kWh") == 0.07
    # peroxide as bought, half of it water
    assert reagents.h2o2.price_eur("kg stock") == pytest.approx(0.73 / 1.0813)


def test_metals_are_worth_what_a_buyer_pays() -> None:
    value = {name: metal.value_eur_per_kg() for name, metal in load_metals().items()}
    assert tuple(value) == METALS
    assert value["Co"] == pytest.approx(54.9 / 1.171 * 0.7625)
    assert value["Li"] == pytest.approx(61.7 / 1.171 * 0.74)
    assert value["Mn"] == 0.0
    assert [metal.charge for metal in load_metals().values()] == [1, 2, 2, 2]


def test_levulinic_has_no_bulk_price_and_says_how_to_give_one() -> None:
    acid = load_acids()["levulinic"]
    with pytest.raises(InputError, match=r"levulinic.* has no price: only a laboratory") as error:
        acid.price_eur("kg stock")
    assert "acids: {levulinic: {price: ...}}" in error.value.remedy
    with pytest.raises(InputError, match="no climate change"):
        _ = acid.climate_factor


def test_a_problem_completes_a_shipped_acid() -> None:
    acids = with_user_acids(load_acids(), {"levulinic": {"price": 3.0, "stock": {"purity": 0.98}}})
    levulinic = acids["levulinic"]
    assert levulinic.price_eur("kg stock") == 3.0
    assert levulinic.price is not None and levulinic.price.source == GIVEN
    assert levulinic.purity == 0.98
    assert levulinic.density == load_acids()["levulinic"].density  # what is not given stays
    assert load_acids()["levulinic"].price is None  # the table is not touched


def test_completing_merges_salts_and_accepts_aliases_and_dated_prices() -> None:
    entry = AcidOverrides.model_validate(
        {
            "salt_solubility": {"Ni": 5.0},
            "price": {"value": 2.0, "currency": "USD", "per": "kg pure", "period": 2023},
        }
    )
    acids = with_user_acids(load_acids(), {"c6h8o7": entry})
    np.testing.assert_array_equal(acids["citric"].salt_solubility_values, [46.6, 5.0, math.nan, 0.8])
    # 2 USD/kg pure in 2023 at 1.0813 USD per EUR, for a stock of 99 %
    assert acids["citric"].price_eur("kg stock") == pytest.approx(2.0 / 1.0813 * 0.99)
    assert complete(acids["citric"], {}) == acids["citric"]


def test_a_user_adds_an_acid_with_no_code() -> None:
    entry = NEW_ACID | {"temperature_limit": 80}
    acid = with_user_acids(load_acids(), {"trifluoroacetic": entry})["trifluoroacetic"]
    assert (acid.name, acid.label) == ("trifluoroacetic", "trifluoroacetic")
    assert acid.molar_mass == pytest.approx(114.023, abs=2e-3)
    assert acid.usable_protons == 1
    assert acid.temperature_limit == 80.0
    assert acid.max_molarity == pytest.approx(12.94, abs=0.01)  # 0.99 x 1490 / 114.023
    assert acid.solubility_molar == math.inf
    assert np.isnan(acid.salt_solubility_values).all()
    with pytest.raises(InputError, match=r"trifluoroacetic.* has no price"):
        acid.price_eur("kg stock")
    assert Acid.model_validate(
        NEW_ACID | {"label": "new", "solubility": "miscible", "pKa": -1.9}
    ).pKa_values == (-1.9,)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"pKa": [1.0], "stock": {"purity": 0.7, "density": 1.3}}, "lacks smiles"),
        ({"smiles": "CO", "pKa": [1.0], "stock": {"purity": 0.7}}, "lacks stock.density"),
        (NEW_ACID | {"smiles": "C1CC("}, "is not a SMILES"),
        (NEW_ACID | {"smiles": ""}, "is not a SMILES"),
        (NEW_ACID | {"pKa": []}, "pKa"),
        (NEW_ACID | {"pKa": [True]}, "Expected a number"),
        (NEW_ACID | {"stock": {"purity": 70, "density": 1.35}}, "70 kg/kg is not physical"),
        (NEW_ACID | {"stock": {"purity": 0.7, "density": 1350}}, "1350 kg/L is not physical"),
        (NEW_ACID | {"stock": {"purity": {"value": 70, "unit": "%"}, "density": 1.35}}, "unit '%'"),
        (NEW_ACID | {"price": -1}, "negative"),
        (NEW_ACID | {"price": float("inf")}, "finite"),
        (NEW_ACID | {"price": {"value": 1, "currency": "USD"}}, "no period"),
        (NEW_ACID | {"price": {"value": 1, "per": "kWh"}}, "per kWh cannot"),
        (NEW_ACID | {"temperature_limit": {"value": 60, "low": 70}}, "not between its low"),
        (NEW_ACID | {"reductant": "iron"}, "reductant"),
        (NEW_ACID | {"colour": "red"}, "colour"),
    ],
)
def test_a_faulty_user_acid_is_refused(entry: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message) as error:
        with_user_acids(load_acids(), {"mine": entry})
    assert "mine" in str(error.value)
    if "physical" in message or "unit" in message:
        assert error.value.allowed


def test_choosing_an_acid() -> None:
    assert choose_acid("HCl", load_acids()).name == "hydrochloric"
    assert choose_acid("h2so4", load_acids()).name == "sulfuric"
    with pytest.raises(InputError, match="no acid 'sulfric'") as error:
        choose_acid("sulfric", load_acids(), where="mine.yaml, line 4")
    assert "sulfuric" in error.value.remedy
    assert "levulinic" in error.value.allowed
    assert error.value.where == "mine.yaml, line 4"


def test_every_shipped_number_has_source_unit_and_confidence() -> None:
    records = provenance(load_acids(), load_metals(), load_reagents())
    assert len(records) > 150
    for record in records:
        what = f"{record.item}, {record.quantity}"
        assert record.source and record.source != GIVEN, what
        assert record.unit, what
        assert record.confidence in ("A", "B", "C"), what
        assert ("confidence C" in record.flags) == (record.confidence == "C"), what
        assert record.value is not None or record.note.startswith("miscible"), what
    for record in (r for r in records if r.quantity in ("price", "climate change")):
        assert record.date or "not stated" in record.note, record.item
    assert all(r.euro is not None for r in records if r.quantity == "price")
    marked = {(r.item, r.quantity): r.flags for r in records}
    assert marked["calcium hydroxide", "price"] == ("older than 2020",)
    assert marked["malic acid", "climate change"] == ("confidence C",)
    assert marked["sulfuric acid", "price"] == ()


def test_the_tables_agree_with_the_formulas() -> None:
    # the feed's formula takes its molar masses from the table of metals, in the order Li, Ni, Mn, Co
    assert molar_masses().tolist() == [6.94, 58.69, 54.94, 58.93]
    assert [metal.molar_mass for metal in load_metals().values()] == molar_masses().tolist()
    assert set(load_feeds()) >= {"NMC111", "NMC532", "NMC622", "NMC811", "LCO", "LMO", "NCA"}


def _faulty(tmp_path: Path, table: str, old: str, new: str) -> tuple[Path, int]:
    text = (builtin.folder("models") / table).read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / table
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path, text[: text.index(old)].count("\n") + 1


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("value: 0.36,", "value: 36,", "36"),
        ("unit: kg/L, source: laliberte", "unit: g/L, source: laliberte", "unit 'g/L'"),
        ("source: laliberte,", "source: laliberté,", "'laliberté' is not listed"),
        ("source: laliberte,", "", "no source"),
        ("smiles: Cl\n", "smiles: Xx\n", "not a SMILES"),
        ("formula: HCl", "formla: HCl", "Unknown key 'formla'"),
        ("period: 2024-Q2", "period: spring", "pattern"),
    ],
)
def test_a_faulty_table_names_its_line(tmp_path: Path, old: str, new: str, message: str) -> None:
    path, line = _faulty(tmp_path, "acids.yaml", old, new)
    with pytest.raises(InputError, match=message) as error:
        load_acids(path)
    assert f"acids.yaml, line {line}" in error.value.where


def test_a_table_without_sources_or_with_a_metal_too_few_is_refused(tmp_path: Path) -> None:
    path, _ = _faulty(tmp_path, "metals.yaml", "sources:", "citations:")
    with pytest.raises(InputError, match="where its numbers come from"):
        load_metals(path)
    path, line = _faulty(tmp_path, "metals.yaml", "  molar: {title:", "  molar: {name:")
    with pytest.raises(InputError, match="'molar' needs a title") as error:
        load_metals(path)
    assert f"line {line}" in error.value.where
    path, _ = _faulty(tmp_path, "metals.yaml", "  Li:\n", "  Zn:\n")
    with pytest.raises(InputError, match="lacks Li"):
        load_metals(path)
