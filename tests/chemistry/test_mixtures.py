"""Mixtures of acids: sums by hand, one text form, and every impossible one refused."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimiser._io.errors import InputError
from optimiser.chemistry.acids import complete, load_acids
from optimiser.chemistry.mixtures import (
    changed,
    choose,
    group_of,
    mass_shares,
    mixture_of,
    mixture_text,
    read_mixture,
)

ACIDS = load_acids()
SULFURIC = complete(
    ACIDS["sulfuric"],
    {"price": 0.1, "climate_change": 0.12, "stock": {"purity": 0.98, "density": 1.84}},
)
CITRIC = complete(
    ACIDS["citric"], {"price": 1.2, "climate_change": 4.0, "stock": {"purity": 1.0, "density": 1.66}}
)
MIX = mixture_of([(CITRIC, 0.3), (SULFURIC, 0.7)])


def test_stock_price_and_climate_by_hand() -> None:
    # One mol: 0.7 x 98.079 = 68.655 g sulfuric in 70.056 g of stock, 0.3 x 192.123 = 57.637 g citric.
    # Pure 126.292 g of 127.693 g of stocks. Volume 70.056 / 1.84 + 57.637 / 1.66 = 38.074 + 34.721 mL.
    # Paid 0.070056 x 0.1 + 0.057637 x 1.2 = 0.0070056 + 0.0691644 EUR = 0.0761700 EUR for 0.127693 kg.
    # Climate 0.068655 x 0.12 + 0.057637 x 4 = 0.23879 kg for 0.126292 kg pure.
    assert pytest.approx(126.292, abs=2e-3) == MIX.molar_mass
    assert pytest.approx(126.292 / 127.693, abs=1e-5) == MIX.purity
    assert pytest.approx(127.693 / 72.795, abs=1e-4) == MIX.density
    assert MIX.price_eur("kg stock") == pytest.approx(0.0761700 / 0.127693, abs=1e-5)
    assert pytest.approx(0.23879 / 0.126292, abs=1e-4) == MIX.climate_factor
    assert mass_shares(MIX) == pytest.approx(
        {"sulfuric": 68.655 / 126.292, "citric": 57.637 / 126.292}, abs=1e-4
    )


def test_protons_stock_strength_and_solubility_by_hand() -> None:
    # Sulfuric gives 2 protons and citric 3 (pKa below 7): 0.7 x 2 + 0.3 x 3 = 2.3.
    assert MIX.usable_protons == pytest.approx(2.3)
    # a litre of the stocks together holds 1000 / 72.795 mol
    assert pytest.approx(1000.0 / 72.795, abs=1e-3) == MIX.max_molarity
    # sulfuric is miscible: citric saturates, at its own solubility over its share
    assert MIX.solubility_molar == pytest.approx(CITRIC.solubility_molar / 0.3)


def test_limits_are_those_of_the_first_acid_to_reach_one() -> None:
    ascorbic, oxalic = ACIDS["ascorbic"], ACIDS["oxalic"]
    mix = mixture_of([(ascorbic, 0.5), (oxalic, 0.5)])
    limits = [acid.temperature_limit for acid in (ascorbic, oxalic) if acid.temperature_limit is not None]
    assert mix.temperature_limit == min(limits, default=None)
    assert mix.solubility_molar == pytest.approx(
        2.0 * min(ascorbic.solubility_molar, oxalic.solubility_molar)
    )
    assert mixture_of([(SULFURIC, 0.5), (ACIDS["nitric"], 0.5)]).nitrate
    assert mixture_of([(SULFURIC, 0.5), (ACIDS["hydrochloric"], 0.5)]).reductant == "chloride"


def test_an_acid_without_a_price_is_named() -> None:
    free = CITRIC.model_copy(update={"price": None})
    with pytest.raises(InputError, match="'citric' has no price"):
        mixture_of([(SULFURIC, 0.7), (free, 0.3)]).price_eur("kg stock")


def test_a_changed_acid_changes_the_mixture() -> None:
    dear = changed(MIX, lambda acid: {"price": CITRIC.price} if acid.name == "sulfuric" else {})
    # both stocks cost 1.2 EUR/kg then
    assert dear.price_eur("kg stock") == pytest.approx(1.2)
    assert dear.name == MIX.name and MIX.price_eur("kg stock") < 1.0


@pytest.mark.parametrize(
    "text",
    [
        "0.7 sulfuric + 0.3 citric",
        "0.3 citric+0.7 sulfuric",
        "70 % H2SO4 + 30 % citric",
        "70% sulphuric + 3e-1 CITRIC",
    ],
)
def test_one_mixture_has_one_name(text: str) -> None:
    found = choose(text, ACIDS)
    assert found.name == "0.7 sulfuric + 0.3 citric"
    assert found.label == "70 % sulfuric acid + 30 % citric acid (by mole)"
    assert found.key == MIX.key and group_of(found.key) == group_of(
        choose("0.1 citric + 0.9 sulfuric", ACIDS).key
    )


def test_an_acid_alone_is_still_itself() -> None:
    assert choose("H2SO4", ACIDS) is ACIDS["sulfuric"]
    assert read_mixture("sulfuric") is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sulfuric + citric", "is no mixture"),
        ("0.7 sulfuric +", "is no mixture"),
        ("0.7.1 sulfuric + 0.3 citric", "is no mixture"),
        ("0.7 sulfuric + 0.2 citric", "sum to 0.9"),
        ("1.2 sulfuric + -0.2 citric", "is no mixture"),
        ("1 sulfuric + 0 citric", "share of 1 "),
        ("0.5 sulfuric + 0.5 H2SO4", "names 'sulfuric' twice"),
        ("0.5 sulfuric + 0.5 nonsense", "no acid 'nonsense'"),
        ("0.2 sulfuric + 0.2 citric + 0.2 nitric + 0.2 formic + 0.2 lactic", "mixture of 5 acids"),
    ],
)
def test_what_is_no_mixture_is_refused(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said) as found:
        choose(text, ACIDS, where="row 3")
    assert found.value.where == "row 3"


names = st.lists(st.sampled_from(sorted(ACIDS)), min_size=2, max_size=4, unique=True)


@given(names, st.lists(st.integers(1, 1000), min_size=4, max_size=4))
def test_the_name_reads_back_and_sums_lie_between_the_acids(of: list[str], weights: list[int]) -> None:
    total = sum(weights[: len(of)])
    parts = [(name, weight / total) for name, weight in zip(of, weights, strict=False)]
    read = read_mixture(mixture_text(parts))
    assert read is not None and math.fsum(share for _, share in read) == pytest.approx(1.0, abs=1e-9)
    assert mixture_text(read) == mixture_text(parts)
    mix = mixture_of([(ACIDS[name], share) for name, share in parts])
    assert choose(mix.name, ACIDS).key == mix.key
    for value in ("purity", "density", "molar_mass", "usable_protons"):
        each = [getattr(ACIDS[name], value) for name in of]
        assert min(each) - 1e-9 <= getattr(mix, value) <= max(each) + 1e-9
    assert sum(mass_shares(mix).values()) == pytest.approx(1.0)
