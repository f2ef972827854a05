"""Quantities, prices, exchange rates, descriptors and feeds."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from optimiser._io import builtin
from optimiser._io.errors import InputError
from optimiser.chemistry.acids import load_acids
from optimiser.chemistry.descriptors import DESCRIPTORS, descriptors
from optimiser.chemistry.feeds import Feed, load_feeds
from optimiser.chemistry.impurities import entries
from optimiser.chemistry.metals import METALS, load_metals
from optimiser.chemistry.prices import Price, euro_per_unit, load_rates
from optimiser.chemistry.provenance import markdown_table, provenance
from optimiser.chemistry.quantity import GIVEN, Quantity, flags, read_quantities
from optimiser.chemistry.reagents import load_reagents
from tests.paths import ROOT


def price(**changes: object) -> Price:
    return Price.model_validate(
        {"value": 2.0, "currency": "USD", "per": "kg stock", "period": 2021} | changes
    )


def test_flags() -> None:
    assert flags(Quantity(value=1.0, unit="kg/L", year=2020, confidence="B")) == ()
    assert flags(Quantity(value=1.0, unit="kg/L", year=2019, confidence="C")) == (
        "older than 2020",
        "confidence C",
    )
    assert flags(Quantity(value=1.0, unit="kg/L")) == ()
    assert flags(price(period="2016")) == ("older than 2020",)  # a price is as old as its period


def test_source_text_is_the_full_citation() -> None:
    acid = load_acids()["hydrochloric"]
    assert acid.stock.density.source == "laliberte"
    assert acid.stock.density.source_text.endswith("https://doi.org/10.1021/je8008123")
    assert Quantity(value=1.0, unit="-").source_text == GIVEN


def test_prices_convert_at_the_rate_of_their_own_period() -> None:
    assert price().euro() == pytest.approx(1.69105, abs=1e-5)  # 2 USD / 1.1827 USD per EUR
    assert price(period="2025-Q1").euro() == pytest.approx(1.90060, abs=1e-5)  # 2 / 1.0523
    assert price(currency="CNY", period="2024-12").euro() == pytest.approx(0.26212, abs=1e-5)  # 2 / 7.63
    assert price(currency="EUR", period=None).euro() == 2.0
    assert price(low=1.0).range_euro() == pytest.approx((1.0 / 1.1827, 2.0 / 1.1827))
    assert price().unit == "USD/kg stock"
    assert price().year == 2021


@pytest.mark.parametrize(("currency", "period"), [("USD", "2019"), ("GBP", "2023"), ("CNY", "2025-12")])
def test_a_missing_rate_names_currency_and_period(currency: str, period: str) -> None:
    with pytest.raises(InputError, match=f"{currency} for {period}"):
        price(currency=currency, period=period).euro()


def test_rates_are_euros_per_unit_and_unique(tmp_path: Path) -> None:
    assert euro_per_unit("EUR", None) == 1.0
    for (currency, period), rate in load_rates().items():
        assert euro_per_unit(currency, period) == pytest.approx(1.0 / rate.value)
        assert rate.citation
    text = (builtin.folder("models") / "exchange_rates.yaml").read_text(encoding="utf-8")
    last = text.rstrip().splitlines()[-1]
    path = tmp_path / "rates.yaml"
    path.write_text(text + last + "\n", encoding="utf-8")
    with pytest.raises(InputError, match="CNY for 2024-12 is listed twice") as error:
        load_rates(path)
    assert f"line {text.count(chr(10)) + 1}" in error.value.where


def test_tables_of_quantities(tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    path.write_text("sources: {s: {title: A book}}\nplant:\n  power: {value: 2, unit: kW/m3, source: s}\n")
    quantity = read_quantities(path, "plant")["power"]
    assert (quantity.value, quantity.unit, quantity.source_text) == (2.0, "kW/m3", "A book")
    with pytest.raises(InputError, match="Unknown key 'plant'"):
        read_quantities(path, "mill")
    path.write_text("sources: {s: {title: A book}}\nplant:\n  power: {value: two, unit: kW/m3, source: s}\n")
    with pytest.raises(InputError, match="valid number") as error:
        read_quantities(path, "plant")
    assert "line 3" in error.value.where


# composition of any feed the model takes: mol Ni, Mn, Co per mol Li
share = st.just(0.0) | st.floats(1e-3, 0.7)
compositions = st.tuples(share, share, share).filter(any)


@given(compositions, st.floats(1e-3, 1e6))
def test_a_feed_is_metals_and_oxygen(composition: tuple[float, float, float], mass: float) -> None:
    feed = Feed(name="any", Ni=composition[0], Mn=composition[1], Co=composition[2], mass=mass)
    oxygen = mass * 15.999 * feed.oxygen / feed.molar_mass
    assert feed.metal_mass.sum() + oxygen == pytest.approx(mass)
    assert feed.electrons >= 0.0
    np.testing.assert_array_equal(feed.present, feed.metal_mass > 0)
    # the charge that goes into solution, +1 and +2, plus the electrons taken up is the charge of the oxygen
    in_solution = 1.0 + 2.0 * sum(composition)
    assert in_solution + feed.electrons >= 2.0 * feed.oxygen - 1e-9
    if feed.electrons > 0:
        assert in_solution + feed.electrons == pytest.approx(2.0 * feed.oxygen)


@given(compositions, st.floats(0.1, 10.0))
def test_metal_mass_scales_with_the_feed(composition: tuple[float, float, float], factor: float) -> None:
    one, more = (Feed(Ni=composition[0], Mn=composition[1], Co=composition[2], mass=m) for m in (1.0, factor))
    np.testing.assert_allclose(more.metal_mass, factor * one.metal_mass)


def test_feeds_are_worked_by_hand() -> None:
    feeds = load_feeds()
    # LiCoO2: 6.94 + 58.93 + 2 x 15.999 = 97.868 g/mol; 1000 kg hold 1000 x 58.93 / 97.868 = 602.14 kg Co
    lco = feeds["LCO"]
    assert lco.molar_mass == pytest.approx(97.868)
    np.testing.assert_allclose(lco.metal_mass, [70.912, 0.0, 0.0, 602.137], atol=1e-3)
    assert lco.electrons == 1.0  # Co +3 to +2
    assert lco.present.tolist() == [True, False, False, True]
    # LiMn2O4: 6.94 + 2 x 54.94 + 4 x 15.999 = 180.816; Mn +3.5 to +2, twice: 3 electrons
    lmo = feeds["LMO"]
    assert (lmo.oxygen, lmo.electrons) == (4.0, 3.0)
    assert lmo.molar_mass == pytest.approx(180.816)
    # NMC111: 6.94 + 0.3333 x (58.69 + 54.94 + 58.93) + 31.998 = 96.452
    assert feeds["NMC111"].molar_mass == pytest.approx(96.452, abs=1e-3)
    assert feeds["NMC111"].electrons == pytest.approx(1.0, abs=2e-4)
    np.testing.assert_array_equal(feeds["NCA"].composition, [1.0, 0.9, 0.0, 0.1])
    assert "aluminium" in feeds["NCA"].note
    assert Feed(Co=1.0, oxygen=1.9).oxygen == 1.9
    assert METALS == ("Li", "Ni", "Mn", "Co")


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"Mn": 2.3},
        {"Ni": 1.0, "Mn": 1.0, "Co": 0.3},
        {"Ni": -0.1, "Co": 1.0},
        {"Co": 1.0, "mass": 0.0},
        {"Co": float("nan")},
        {"Co": 1.0, "Al": 0.1},
    ],
)
def test_impossible_feeds_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        Feed.model_validate(wrong)


def test_a_faulty_table_of_feeds_names_its_line(tmp_path: Path) -> None:
    text = (builtin.folder("models") / "feeds.yaml").read_text(encoding="utf-8")
    path = tmp_path / "feeds.yaml"
    path.write_text(text.replace("Mn: 2.0", "Mn: 3.0"), encoding="utf-8")
    with pytest.raises(InputError, match=r"'LMO' has 3 mol") as error:
        load_feeds(path)
    assert f"line {text[: text.index('  LMO:')].count(chr(10)) + 1}" in error.value.where


def test_descriptors_of_citric_acid_are_counted_by_hand() -> None:
    # C6H8O7: 13 heavy atoms, three COOH, one aliphatic OH, four O-H, three carbonyls; 192.123 g/mol
    values = dict(zip(DESCRIPTORS, descriptors("OC(=O)CC(O)(C(=O)O)CC(=O)O"), strict=True))
    assert values["molar_mass"] == pytest.approx(192.123, abs=1e-3)
    counts = {"heavy_atoms": 13, "n_COOH": 3, "n_CO": 3, "n_aliphatic_OH": 1, "h_donors": 4, "n_sulfur": 0}
    assert {name: values[name] for name in counts} == counts
    assert values["min_partial_charge"] < 0 < values["max_partial_charge"]


def test_descriptors_tell_the_shipped_acids_apart() -> None:
    table = np.array([descriptors(acid.smiles) for acid in load_acids().values()])
    assert table.shape == (16, 16)
    assert len(np.unique(table.round(6), axis=0)) == 16
    assert np.isfinite(table).all()
    by_name = dict(zip(load_acids(), table, strict=True))
    assert by_name["sulfuric"][DESCRIPTORS.index("n_sulfur")] == 1
    assert by_name["hydrochloric"][DESCRIPTORS.index("n_halogen")] == 1
    assert descriptors("NCC(=O)O")[DESCRIPTORS.index("n_primary_amine")] == 1  # glycine


def test_descriptors_cannot_be_spoilt_by_a_caller() -> None:
    descriptors("Cl")[:] = 0.0
    assert descriptors("Cl")[DESCRIPTORS.index("heavy_atoms")] == 1


def test_a_wrong_smiles_is_one_error_and_no_noise(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(InputError, match="'C1CC' is not a SMILES"):
        descriptors("C1CC")
    assert capfd.readouterr() == ("", "")


def test_importing_chemistry_stays_light() -> None:
    code = (
        "import sys, optimiser.chemistry.provenance; print({'rdkit', 'pandas', 'sklearn'} & set(sys.modules))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "set()"


def test_the_table_in_the_docs_is_the_one_in_the_files() -> None:
    page = ROOT / "docs" / "numbers.md"
    table = markdown_table(provenance(load_acids(), load_metals(), load_reagents(), entries()))
    assert table in page.read_text(encoding="utf-8"), "run: python -m optimiser.chemistry docs/numbers.md"


def test_every_climate_factor_names_its_method() -> None:
    items = [*load_acids().values(), *load_reagents().values()]
    factors = {item.name: item.climate_change for item in items if item.climate_change is not None}
    assert all(factor.method for factor in factors.values())
    assert "IPCC GWP100" in markdown_table(provenance(load_acids(), load_metals(), load_reagents()))


def test_sodium_hydroxide_costs_what_lies_inside_its_range() -> None:
    price = load_reagents()["sodium_hydroxide"].price
    assert price is not None and price.low is not None and price.high is not None
    assert price.low < price.value < price.high
