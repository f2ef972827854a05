"""Black mass by its assay: worked by hand, back and forth with formulas, and what no cathode can be."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimiser._io.errors import InputError
from optimiser.chemistry.feeds import Feed, load_feeds
from optimiser.chemistry.metals import METALS, molar_masses
from tests.plants import BLACK_MASS


def black_mass(**changed: Any) -> Feed:
    return Feed(name="black mass", assay={**BLACK_MASS, **changed}, mass=1000)


def exact(feed: Feed, scale: float = 1.0) -> dict[str, float]:
    """Return the assay of a formula, all digits, of a feed that holds so much of it."""
    content = feed.composition * molar_masses() / feed.molar_mass * 100.0 * scale
    return {metal: float(wt) for metal, wt in zip(METALS, content, strict=True) if wt > 0.0}


def refused(**assay: Any) -> InputError:
    with pytest.raises(InputError) as error:
        Feed(name="black mass", assay=assay)
    return error.value


def test_the_assay_by_hand() -> None:
    # mol per 100 g: Li 4.1 / 6.94 = 0.59078, Ni 21 / 58.69 = 0.35781, Mn 6.2 / 54.94 = 0.11285,
    # Co 6.9 / 58.93 = 0.11709; Ni, Mn and Co together 0.58775, so that 0.00303 Li (0.0210 g) are too many.
    # Oxygen 2 x 0.58775 x 15.999 = 18.807 g; the cathode 4.079 + 34.1 + 18.807 = 56.986 g;
    # listed 80.1 g, with oxygen 98.907 g, so 1.093 g are open.
    feed = black_mass()
    reading = feed.reading
    assert feed.composition == pytest.approx([1.0, 0.60878, 0.19200, 0.19921], abs=1e-5)
    assert feed.oxygen == 2.0 and feed.electrons == pytest.approx(1.0)
    assert feed.cathode_share == pytest.approx(0.56986, abs=1e-5)
    assert reading.listed == pytest.approx(0.801) and reading.closure == pytest.approx(0.98907, abs=1e-5)
    assert reading.unaccounted == pytest.approx(0.01093, abs=1e-5)
    assert reading.excess_lithium == pytest.approx(2.10e-4, abs=1e-6)
    assert feed.impurities == pytest.approx({"Cu": 0.021, "Al": 0.034, "Fe": 0.004})
    # the metals' mass is what was measured, lithium without that of electrolyte salt
    assert feed.metal_mass == pytest.approx([40.790, 210.0, 62.0, 69.0], abs=1e-3)
    assert "electrolyte salt" in reading.notes[0] and reading.notes[0].startswith("0.5 %")
    # what is charged is all there: 569.86 + 21 + 34 + 4 + 330 + 20 + 10.93 + 0.21 (salt) + 10 (water) = 1000
    assert feed.cathode_mass + sum(feed.beside.values()) + feed.moisture_mass == pytest.approx(1000.0)
    assert feed.inert_mass == pytest.approx(360.93, abs=0.01)
    # 21 / 8.96 + 34 / 2.7 + 4 / 7.87 + 330 / 2.2 + 20 / 1.78 + (10.93 + 0.21) / 2.5 = 181.1 L
    assert feed.volume_beside == pytest.approx(181.1, abs=0.1)


@pytest.mark.parametrize("name", list(load_feeds()))
def test_a_known_cathode_comes_back_bit_by_bit(name: str) -> None:
    known = load_feeds()[name]
    feed = Feed(name="mine", assay=exact(known))
    assert (feed.composition == known.composition).all()
    assert feed.oxygen == known.oxygen and feed.cathode_share == 1.0 and not feed.reading.notes


@given(
    st.floats(0.05, 0.9), st.floats(0.05, 0.9), st.floats(0.05, 0.9), st.floats(0.2, 1.0), st.floats(0.0, 1.0)
)
def test_any_layered_cathode_comes_back_whatever_is_beside_it(
    a: float, b: float, c: float, share: float, graphite: float
) -> None:
    ni, mn, co = (round(x / (a + b + c), 4) for x in (a, b, c))
    formula = Feed(Ni=ni, Mn=mn, Co=co)
    assay = {**exact(formula, share), "graphite": 100.0 * (1.0 - share) * graphite}
    feed = Feed(assay=assay)
    assert feed.composition == pytest.approx(formula.composition, abs=1e-9)
    assert feed.cathode_share == pytest.approx(share, abs=1e-9)
    assert feed.reading.closure == pytest.approx(share + (1.0 - share) * graphite, abs=1e-9)
    assert feed.electrons == pytest.approx(formula.electrons, abs=1e-8)


def test_spinel_and_mixtures_with_it_keep_their_lithium() -> None:
    # manganese alone is the spinel: 0.5 Li and 2 O for each; more lithium is electrolyte salt
    lmo = load_feeds()["LMO"]
    more = exact(lmo, 0.9)
    more["Li"] *= 1.1
    feed = Feed(assay=more)
    assert (
        feed.Mn == pytest.approx(2.0) and feed.oxygen == 4.0 and "electrolyte salt" in feed.reading.notes[0]
    )
    # equal moles of LiNiO2 and LiMn2O4 are Li2NiMn2O6: per Li 0.5 Ni, 1 Mn, 3 O; electrons: 6 - 1 - 3 = 2
    both = {"Li": 2 * 6.94, "Ni": 58.69, "Mn": 2 * 54.94}
    whole = sum(both.values()) + 6 * 15.999
    feed = Feed(assay={metal: 100.0 * mass / whole for metal, mass in both.items()})
    assert feed.composition == pytest.approx([1.0, 0.5, 1.0, 0.0])
    assert feed.oxygen == pytest.approx(3.0) and feed.electrons == pytest.approx(2.0)
    assert feed.cathode_share == pytest.approx(1.0, abs=1e-9)


def test_what_cannot_be_a_cathode_is_refused_with_the_reason() -> None:
    assert "sums to 104" in refused(Li=4, Ni=60, Co=40).what
    assert "no lithium" in refused(Ni=40).what and "no lithium" in refused(Li=0, Ni=40).what
    assert "none of Ni, Mn and Co" in refused(Li=4, Cu=3).what
    assert "so little" in (short := refused(Li=3, Ni=40)).what and "0.63" in short.what
    assert "electrolyte salt does not explain" in refused(Li=7, Ni=30).what
    assert "iron phosphate" in refused(Li=4.4, Fe=35, P=19).what
    # 40 % Co and 4.7 % Li take 21.7 % oxygen: 66.4 + 40 = 106 %
    assert "sums to 106" in refused(Li=4.7, Co=40, graphite=40).what
    unknown = refused(Li=4, Co=34, Unobtainium=3)
    assert unknown.key == ("assay", "Unobtainium") and "`other`" in unknown.remedy
    assert "'Cu'" in refused(Li=4, Co=34, cu=3).remedy
    assert refused(Li=-4, Co=34).key == ("assay", "Li")
    assert "100" in refused(Li=400, Co=34).allowed


def test_a_little_too_much_is_scaled_and_said() -> None:
    # LiCoO2 with everything 1 % high
    feed = Feed(assay={"Li": 7.0912 * 1.01, "Co": 60.2139 * 1.01})
    assert feed.cathode_share == pytest.approx(1.0, abs=1e-4)
    assert any("scaled to 100" in note for note in feed.reading.notes)


def test_an_impurity_beside_a_formula_is_not_to_be_left_out() -> None:
    for key in ("Cu", "Al", "graphite", "moisture", "P"):
        with pytest.raises(InputError) as error:
            Feed(**{"Ni": 0.8, "Co": 0.2, key: 2})
        assert "remove" not in error.value.remedy and "assay" in error.value.remedy
    with pytest.raises(InputError, match="There is no metal 'Cu'") as error:
        Feed(Co=1.0, yields={"Cu": 0.9})
    assert "copper_dissolved" in error.value.remedy
    with pytest.raises(InputError, match="Both assay and Ni"):
        Feed(Ni=0.6, assay=BLACK_MASS)


def test_ranges_keep_their_middle_and_come_back() -> None:
    feed = black_mass(Cu=[1, 3], Al={"low": 2, "mode": 3, "high": 5})
    assert feed.impurities["Cu"] == pytest.approx(0.02) and feed.impurities["Al"] == pytest.approx(0.03)
    assert feed.reading.ranges["Cu"] == pytest.approx((0.01, 0.03, "uniform"))
    assert feed.reading.ranges["Al"] == pytest.approx((0.02, 0.05, "triangular"))
    plain = feed.model_dump(mode="json", by_alias=True, exclude_unset=True)
    assert plain["assay"]["Cu"] == [1, 3] and "Ni" not in plain
    assert Feed(**plain) == feed and Feed.model_validate(feed.model_dump()) == feed
    assert pickle.loads(pickle.dumps(feed)).impurities == feed.impurities
    for wrong in ([3, 1], [1, 2, 3], "much", {"low": 2, "mode": 1, "high": 3}):
        assert refused(**{**BLACK_MASS, "Cu": wrong}).key[:2] == ("assay", "Cu")
    assert "leaves room for" in refused(**{**BLACK_MASS, "Cu": {"low": 1, "mode": 2, "high": 60}}).allowed
    assert "another one in every draw" in refused(**{**BLACK_MASS, "Ni": [20, 22]}).what


def test_a_blend_is_the_average() -> None:
    # 60 g NMC111 (96.459 g/mol) and 40 g NMC811 (97.282 g/mol): 0.6220 and 0.4112 mol;
    # Ni = (0.6220 x 0.3333 + 0.4112 x 0.8) / 1.0332 = 0.5190
    blend = Feed(blend=[{"feed": "NMC111", "share": 0.6}, {"feed": "NMC811", "share": 0.4}])
    assert blend.Ni == pytest.approx(0.5190, abs=1e-4) and blend.cathode_share == 1.0 and blend.oxygen == 2.0
    one = Feed(blend=[{"feed": "NMC111", "share": 0.6}, {"feed": "NMC111", "share": 0.4}])
    assert (one.composition == load_feeds()["NMC111"].composition).all()
    half = Feed(blend=[{"feed": {"assay": BLACK_MASS}, "share": 0.5}, {"feed": "NMC622", "share": 0.5}])
    assert half.impurities == pytest.approx({"Cu": 0.0105, "Al": 0.017, "Fe": 0.002})
    assert half.cathode_share == pytest.approx((0.56986 + 1.0) / 2.0, abs=1e-5)
    # masses add up
    assert half.metal_mass == pytest.approx(
        (black_mass().metal_mass + Feed(Ni=0.6, Mn=0.2, Co=0.2).metal_mass) / 2.0, rel=1e-4
    )
    same = Feed(blend=[{"feed": black_mass(), "share": 0.5}, {"feed": load_feeds()["NMC622"], "share": 0.5}])
    assert (same.composition == half.composition).all()
    assert Feed(**same.model_dump(mode="json", by_alias=True, exclude_unset=True)).reading == same.reading
    with pytest.raises(InputError, match="a blend itself"):
        Feed(blend=[{"feed": same, "share": 1}])
    plain = half.model_dump(mode="json", by_alias=True, exclude_unset=True)
    assert plain["blend"][1] == {"feed": "NMC622", "share": 0.5} and Feed(**plain) == half


@pytest.mark.parametrize(
    ("blend", "what"),
    [
        ([{"feed": "NMC111", "share": 0.5}], "sum to 0.5"),
        ([{"feed": "NMC11", "share": 1}], "no feed 'NMC11'"),
        ([{"feed": "NMC111", "share": 0}], "not possible"),
        ([{"feed": {"Co": 1, "mass": 5}, "share": 1}], "no mass of its own"),
        ([{"feed": {"assay": {"Li": 4}}, "share": 1}], "none of Ni, Mn and Co"),
        ([], "The blend is empty"),
    ],
)
def test_a_blend_that_is_none_is_refused(blend: list[Any], what: str) -> None:
    with pytest.raises(InputError, match=what) as error:
        Feed(blend=blend)
    assert error.value.where.startswith("blend")


def test_arrays_of_numpy_are_numbers() -> None:
    feed = Feed(assay={k: np.float64(v) for k, v in BLACK_MASS.items()})
    assert feed.composition == pytest.approx(black_mass().composition)
