"""Own results with mixtures and with impurities, from plants whose truth is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from optimiser._io.errors import InputError
from optimiser.chemistry.acids import Acid, load_acids
from optimiser.chemistry.feeds import Feed, find_feed
from optimiser.chemistry.mixtures import choose
from optimiser.learning import store
from optimiser.learning.learn import learn, own_data
from optimiser.learning.lessons import lessons_of
from optimiser.surrogate.artefact import FORMAT, SITE_FORMAT, Surrogate, YieldPrediction, load_surrogate, seal
from optimiser.surrogate.packing import CARD
from optimiser.surrogate.site import OwnData
from optimiser.tables.own_results import read_results
from optimiser.variables import CONTINUOUS, Designs, Floats
from tests.command import optimiser

FEED = find_feed("NMC622")
MIX = "0.7 sulfuric + 0.3 citric"
#: Conditions of six experiments, and one between them that nobody measured.
SETPOINTS = [
    (50, 1.0, 1.0, 50, 60),
    (70, 1.5, 2.0, 50, 60),
    (60, 2.0, 1.0, 80, 90),
    (80, 1.0, 2.0, 40, 30),
    (55, 2.0, 0.0, 30, 120),
    (75, 1.2, 1.0, 60, 45),
]
NEW = [(65, 1.4, 1.5, 55, 60)]


class Impure(Feed):
    """NMC622 with copper, as a problem with an assay has it."""

    copper: float = 0.0

    @property
    def impurities(self) -> dict[str, float]:
        return {"Cu": self.copper}


def impure(copper: float) -> Feed:
    return Impure(**{**FEED.model_dump(by_alias=True), "name": "black mass", "copper": copper})


@pytest.fixture(scope="module")
def base() -> Surrogate:
    return load_surrogate("pd-gbr")


def acid(name: str) -> Acid:
    return choose(name, load_acids())


def said(model: Surrogate, setpoints: Any, name: str, feed: Feed = FEED) -> YieldPrediction:
    x = np.array(setpoints, dtype=np.float64)
    return model.predict(feed, [acid(name)], Designs(np.zeros(len(x), dtype=np.intp), x))


def plant(
    base: Surrogate, name: str, truth: Callable[[Floats, float], Floats], copper: float | None = None
) -> pd.DataFrame:
    """Return six results of a plant whose yields are a function of what the base says and of wt% copper."""
    yields = np.clip(truth(said(base, SETPOINTS, name).mean, copper or 0.0), 0.0, 1.0)
    frame = pd.DataFrame(SETPOINTS, columns=list(CONTINUOUS)).assign(acid=name)
    frame[["yield_Li", "yield_Ni", "yield_Mn", "yield_Co"]] = yields
    return frame if copper is None else frame.assign(**{"Cu [wt%]": copper})


def with_copper(yields: Floats, copper: float) -> Floats:
    """A plant that leaches 20 points less than published, and 8 points more for each wt% of copper."""
    return yields - 0.20 + 0.08 * copper


@pytest.fixture(scope="module")
def copper_plant(base: Surrogate) -> Surrogate:
    both = pd.concat([plant(base, "sulfuric", with_copper, cu) for cu in (0.5, 3.0)], ignore_index=True)
    return learn(read_results(both, feed=FEED), base)


def test_two_copper_contents_are_told_apart(base: Surrogate, copper_plant: Surrogate) -> None:
    published = said(base, NEW, "sulfuric").mean[0]
    found = {cu: said(copper_plant, NEW, "sulfuric", impure(cu / 100.0)) for cu in (0.5, 3.0)}
    for cu, prediction in found.items():
        # the truth: 16 points less with 0.5 wt%, 4 points more with 3 wt%
        assert prediction.mean[0] == pytest.approx(with_copper(published, cu), abs=0.05), cu
    assert (found[3.0].mean - found[0.5].mean > 0.12).all()
    # half way lies between, and is less sure than where there are results
    middle = said(copper_plant, NEW, "sulfuric", impure(0.0175))
    assert (middle.mean > found[0.5].mean).all() and (middle.mean < found[3.0].mean).all()
    assert (middle.scale > found[0.5].scale).all()
    far = said(copper_plant, NEW, "sulfuric", impure(0.20))
    assert (far.scale > middle.scale).all()


def test_results_that_mix_copper_contents_up_would_be_worse(base: Surrogate, copper_plant: Surrogate) -> None:
    mixed_up = pd.concat([plant(base, "sulfuric", with_copper, cu) for cu in (0.5, 3.0)], ignore_index=True)
    mixed_up = mixed_up.drop(columns="Cu [wt%]").assign(replicate=["a"] * 6 + ["b"] * 6)
    blind = learn(read_results(mixed_up, feed=FEED), base)
    truth = np.array([with_copper(said(base, NEW, "sulfuric").mean[0], cu) for cu in (0.5, 3.0)])
    told = np.array([said(copper_plant, NEW, "sulfuric", impure(cu / 100.0)).mean[0] for cu in (0.5, 3.0)])
    assert np.abs(told - truth).mean() < 0.5 * np.abs(said(blind, NEW, "sulfuric").mean - truth).mean()


def test_what_copper_does_is_told(base: Surrogate, copper_plant: Surrogate) -> None:
    both = pd.concat([plant(base, "sulfuric", with_copper, cu) for cu in (0.5, 3.0)], ignore_index=True)
    told = lessons_of(copper_plant, read_results(both, feed=FEED).frame)
    (shift,) = told.shifts
    trend = shift.trends[0]
    # the middle of 0.5 and 3 wt%; above it about 20 points more than below
    assert (trend.variable, trend.middle) == ("Cu", 1.75)
    assert trend.above - trend.below == pytest.approx(0.20, abs=0.06)
    assert "1.75 wt% Cu" in told.sentence


@pytest.mark.parametrize("copper", [0.0, 0.013])
def test_equal_impurities_everywhere_change_nothing(base: Surrogate, copper: float) -> None:
    frame = plant(base, "sulfuric", with_copper)
    pure = learn(read_results(frame, feed=FEED), base)
    feed = impure(copper)
    with_assay = learn(read_results(frame, feed=feed), base)
    one, other = said(pure, NEW, "sulfuric"), said(with_assay, NEW, "sulfuric", feed)
    for name in ("mean", "scale", "domain_ratio"):
        assert np.array_equal(getattr(one, name), getattr(other, name)), name


def test_a_row_says_its_impurities_and_the_feed_those_of_the_others(base: Surrogate) -> None:
    frame = plant(base, "sulfuric", with_copper).assign(
        **{"Cu [%]": [0.5, np.nan, 3, np.nan, np.nan, np.nan]}
    )
    found = read_results(frame.assign(**{"Fe [fraction]": 0.001}), feed=impure(0.02))
    assert found.impurities[:, 0].tolist() == [0.005, 0.02, 0.03, 0.02, 0.02, 0.02]
    assert found.impurities[:, 1:].T.tolist() == [[0.0] * 6, [0.001] * 6]
    again = read_results(found.frame, feed=impure(0.02))
    assert np.allclose(again.impurities, found.impurities, atol=1e-9)
    # without any, the stored table is as it always was
    assert "Cu [wt%]" not in read_results(plant(base, "sulfuric", with_copper), feed=FEED).frame


@pytest.mark.parametrize(
    ("column", "value", "said_of_it"),
    [("Cu [wt%]", 120.0, "120"), ("Cu [wt%]", -1.0, "-1"), ("Al [g/L]", 1.0, "g/L")],
)
def test_impossible_impurities_are_refused(
    base: Surrogate, column: str, value: float, said_of_it: str
) -> None:
    with pytest.raises(InputError) as found:
        read_results(plant(base, "sulfuric", with_copper).assign(**{column: value}), feed=FEED)
    assert said_of_it in str(found.value)
    full = plant(base, "sulfuric", with_copper).assign(**{"Cu [wt%]": 60.0, "Fe [wt%]": 45.0})
    with pytest.raises(InputError, match="105 wt%"):
        read_results(full, feed=FEED)


def test_a_mixture_with_six_results_comes_inside_and_its_error_falls(base: Surrogate) -> None:
    frame = plant(base, MIX, lambda yields, _: yields - 0.15)
    truth = said(base, NEW, MIX).mean - 0.15
    errors, ratios = [0.15], [said(base, NEW, MIX).domain_ratio[0]]
    for n in (1, 3, 6):
        site = learn(read_results(frame.head(n), feed=FEED), base)
        after = said(site, NEW, MIX)
        errors.append(float(np.abs(after.mean - truth).mean()))
        ratios.append(float(after.domain_ratio[0]))
    assert ratios[0] > 100.0 and max(ratios[1:]) <= 1.0
    assert errors[3] < 0.04 and errors[3] < errors[1] < errors[0]
    assert site.domain.neighbourhood(FEED, acid(MIX)).supported


def test_what_is_learned_reaches_mixtures_of_nearly_the_same_shares(base: Surrogate) -> None:
    site = learn(read_results(plant(base, MIX, lambda yields, _: yields - 0.15), feed=FEED), base)
    near, far = "0.65 sulfuric + 0.35 citric", "0.4 sulfuric + 0.6 citric"
    shift = {
        name: (said(site, NEW, name).mean - said(base, NEW, name).mean).mean() for name in (MIX, near, far)
    }
    assert shift[MIX] < shift[near] < shift[far] < 0.0
    ratio = {name: said(site, NEW, name).domain_ratio[0] for name in (MIX, near, far)}
    assert ratio[MIX] < ratio[near] <= 1.0 < ratio[far]
    # its acids alone, and other mixtures, have learned nothing
    for name in ("sulfuric", "citric", "0.7 sulfuric + 0.3 formic"):
        assert np.array_equal(said(site, NEW, name).mean, said(base, NEW, name).mean), name


def test_a_mistyped_mixture_has_too_few_protons(base: Surrogate) -> None:
    # 2.3 protons per molecule at 0.2 mol/L are 0.46 mol/L; 50 g/L of NMC622 give about 1.5 mol/L of charge
    frame = plant(base, MIX, lambda yields, _: np.full_like(yields, 0.95)).head(2)
    frame["acid_concentration"] = [0.2, 1.0]
    assert own_data(read_results(frame, feed=FEED), base).impossible.tolist() == [True, False]


def test_site_models_of_before_still_load(base: Surrogate, my_plant: Path) -> None:
    card = yaml.safe_load((my_plant / "models" / "my-plant" / CARD).read_text())
    assert card["format"] == FORMAT
    with np.load(my_plant / "models" / "my-plant" / "arrays.npz") as arrays:
        assert not {"impurities", "cathode_share", "protons"} & set(arrays)
        data = OwnData.from_arrays(dict(arrays))
    assert data.plain and not data.impurities.any()


def test_a_stored_model_of_a_mixture_with_copper_comes_back(
    base: Surrogate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    parts = [plant(base, MIX, with_copper, cu) for cu in (0.5, 3.0)]
    made = store.create(read_results(parts[0], feed=FEED), base, "mixed")
    assert made.card["site"]["kind"] == "site"
    assert yaml.safe_load((tmp_path / "models" / "mixed" / CARD).read_text())["format"] == SITE_FORMAT
    added = store.add(read_results(parts[1], feed=FEED), "mixed")
    whole = learn(read_results(pd.concat(parts, ignore_index=True), feed=FEED), base)
    for cu in (0.005, 0.03):
        one, other = said(added, NEW, MIX, impure(cu)), said(whole, NEW, MIX, impure(cu))
        np.testing.assert_allclose(one.mean, other.mean, atol=1e-9)
    # results without copper added to some with it, and the other way round
    plain = store.add(read_results(plant(base, "sulfuric", with_copper), feed=FEED), "mixed")
    assert store.stored_results(plain)["Cu [wt%]"].tolist() == [0.5] * 6 + [3.0] * 6 + [0.0] * 6
    # an older version says that it cannot read it
    path = tmp_path / "models" / "mixed" / CARD
    card = yaml.safe_load(path.read_text())
    card["format"] = SITE_FORMAT + 1
    card["card_sha256"] = seal(card)
    path.write_text(yaml.safe_dump(card))
    with pytest.raises(InputError, match="has format 5"):
        load_surrogate(path.parent)


def test_the_command_learns_a_mixture_and_the_problem_recommends_it(base: Surrogate, tmp_path: Path) -> None:
    plant(base, MIX, with_copper, 0.5).to_csv(tmp_path / "results.csv", index=False)
    done = optimiser("learn", "results.csv", "--feed", "NMC622", "--name", "mixed", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (tmp_path / "p.yaml").write_text(
        "feed: NMC622\nsurrogate: mixed\nvariables:\n  acid: {mix: {sulfuric: 0.7, citric: 0.3}}\n"
        "objectives: [minimise: cost]\n"
    )
    checked = optimiser("check", "p.yaml", cwd=tmp_path)
    assert f"{MIX}: 6 experiments near this feed" in checked.stdout
    bad = pd.read_csv(tmp_path / "results.csv").assign(acid="0.7 sulfuric + 0.3 nonsense")
    bad.to_csv(tmp_path / "bad.csv", index=False)
    refused = optimiser("learn", "bad.csv", "--feed", "NMC622", "--name", "other", cwd=tmp_path)
    assert refused.returncode == 2 and "no acid 'nonsense'" in refused.stderr and "row 2" in refused.stderr


def test_results_of_an_assay_are_places_of_their_cathode(base: Surrogate) -> None:
    # 60 g/L of a solid that is five sixths cathode lie where 50 g/L of pure cathode do
    frame = plant(base, "sulfuric", with_copper)
    data = own_data(read_results(frame, feed=FEED), base)
    whole = replace(
        data,
        continuous=data.continuous * [1.0, 1.0, 1.0, 1.2, 1.0],
        cathode_share=np.full(len(data), 5.0 / 6.0),
    )
    scale = base.domain.scale
    key = acid("sulfuric").key
    np.testing.assert_allclose(whole.rows(key, scale)[0].place, data.rows(key, scale)[0].place, atol=1e-12)
