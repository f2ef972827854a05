"""What plants made by hand teach: no more and no less than was put into them."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from optimiser.learning import telling
from optimiser.learning.learn import learn
from optimiser.learning.lessons import Lessons, Shift, Trend, lessons_of
from optimiser.learning.store import stored_results
from optimiser.surrogate.artefact import Surrogate, load_surrogate
from optimiser.surrogate.features import PREDICTED_METALS
from optimiser.systems.system import cathode
from optimiser.tables.own_results import read_results
from tests.plants import less_manganese, plant


def taught(frame: pd.DataFrame) -> Lessons:
    results = read_results(frame)
    return lessons_of(learn(results, load_surrogate("pd-gbr"), "mine"), results.frame)


@pytest.fixture(scope="module")
def site(my_plant: Path) -> Surrogate:
    return load_surrogate(my_plant / "models" / "my-plant")


@pytest.fixture(scope="module")
def lessons(site: Surrogate) -> Lessons:
    return lessons_of(site, stored_results(site))


def test_a_plant_that_leaches_less_manganese_is_told_so(lessons: Lessons) -> None:
    said = re.match(
        r"Your plant leaches Mn (\d+) points less than the literature model says", lessons.sentence
    )
    assert said is not None, lessons.sentence
    assert 5 <= int(said[1]) <= 12  # what was put in is 11; few results move it less
    assert "Li, Ni and Co about the same (within 2 points)" in lessons.sentence
    assert (lessons.name, lessons.base, lessons.rows, lessons.experiments) == ("my-plant", "pd-gbr", 9, 9)
    (acid,) = lessons.acids
    assert acid.acid == "sulfuric" and acid.published and acid.rows == 9
    assert sum(acid.weights.values()) == pytest.approx(1.0)
    assert lessons.odd == ()


def test_skill_is_that_of_experiments_left_out(lessons: Lessons) -> None:
    skill = lessons.skill
    assert skill is not None and skill.values == 36
    values = lessons.values
    # the mean distances, from the table that stands beside them
    before, after = (np.abs(values["measured"] - values[when]).mean() for when in ("before", "after"))
    assert skill.mae_before == pytest.approx(before) and skill.mae_after == pytest.approx(after)
    assert skill.mae_after < skill.mae_before
    within = values["measured"].between(values["after_low"], values["after_high"])
    assert skill.within_after == pytest.approx(within.mean())
    assert (values["after_low"] <= values["after"]).all() and (values["after"] <= values["after_high"]).all()


def test_what_is_said_of_an_experiment_does_not_know_it(lessons: Lessons) -> None:
    frame = less_manganese()
    fewer = read_results(frame.iloc[1:].reset_index(drop=True))
    model = learn(fewer, load_surrogate("pd-gbr"))
    assert model.site is not None and model.site.data.mean.shape == (8, 4)
    changed = frame.copy()
    changed.loc[0, "yield_Mn"] = float(np.clip(frame.loc[0, "yield_Mn"] - 0.02, 0.0, 1.0))
    first = lessons.values[(lessons.values["row"] == 1) & (lessons.values["metal"] == "Mn")]
    again = taught(changed).values
    same = again[(again["row"] == 1) & (again["metal"] == "Mn")]
    # only the weights, which all results give, know it
    assert float(same["after"].iloc[0]) == pytest.approx(float(first["after"].iloc[0]), abs=0.01)


def test_a_typing_error_is_found_alone_by_its_number() -> None:
    frame = less_manganese()
    right = float(frame.loc[4, "yield_Co"])
    frame.loc[4, "yield_Co"] = 0.35
    (odd,) = taught(frame).odd
    assert (odd.row, odd.metal, odd.measured) == (5, "Co", 0.35)
    assert odd.expected == pytest.approx(right, abs=0.1)


def test_one_experiment_shows_no_skill() -> None:
    found = taught(plant([0.0, 0.0, -0.11, 0.0], strengths=(2.0,)).iloc[:1])
    assert found.skill is None and found.experiments == 1 and found.sentence.startswith("Your plant")


def test_nonsense_is_not_like_the_literature() -> None:
    frame = less_manganese()
    numbers = np.random.default_rng(1).uniform(0.05, 0.4, (len(frame), 4)).round(3)
    frame[[f"yield_{metal}" for metal in PREDICTED_METALS]] = numbers
    found = taught(frame)
    weights = found.acids[0].weights
    assert weights["literature"] + weights["offset"] < 0.1
    assert "points less than the literature model says" in found.sentence


def test_each_acid_and_feed_has_its_own_sentence() -> None:
    found = taught(
        pd.concat([less_manganese(), plant([0.1] * 4, acid="citric", feed="NMC111", strengths=(1.0, 2.0))])
    )
    assert [(s.acid, s.feed) for s in found.shifts] == [("sulfuric", "NMC622"), ("citric", "NMC111")]
    assert "With sulfuric acid on NMC622, your plant leaches Mn" in found.sentence
    assert "With citric acid on NMC111, your plant leaches" in found.sentence


def shift(likeliest: str = "", published: bool = True, **parts: float) -> Shift:
    trend = Trend("temperature", "Mn", 60.0, -0.15, -0.07)
    return Shift("sulfuric", "NMC622", published, likeliest, 8, parts, (trend,))


def sentence_of(shifts: list[Shift]) -> str:
    return telling.sentence_of(shifts, cathode())


def test_the_sentence_in_full() -> None:
    told = sentence_of([shift(Li=0.001, Ni=-0.04, Mn=-0.11, Co=0.02)])
    assert told == (
        "Your plant leaches Mn 11 points less than the literature model says, Ni 4 less, Li and Co about the "
        "same (within 2 points); up to 60 °C Mn 15 points less."
    )


def test_the_sentence_claims_no_more_than_the_weights_carry() -> None:
    assert sentence_of([shift("literature", Mn=-0.11)]) == (
        "Your plant shows no difference from the literature that the results could show."
    )
    assert "no longer count" in sentence_of([shift("own", Mn=-0.11)])
    assert "points" not in sentence_of([shift("own", Mn=-0.11)])
    # two experiments are too few to say so
    few = replace(shift("own", Mn=-0.11), experiments=2)
    assert sentence_of([few]).startswith("Your plant leaches Mn 11 points less")
    own = sentence_of([shift(published=False, Mn=-0.11)])
    assert own.startswith("The literature's data have no sulfuric acid. Your plant leaches Mn 11 points less")


def test_a_published_model_has_no_lessons() -> None:
    with pytest.raises(ValueError, match="no site model"):
        lessons_of(load_surrogate("pd-gbr"), less_manganese())


def test_a_row_that_its_acid_cannot_give_is_named() -> None:
    """0.1 mol/L sulfuric acid has 0.2 mol/L protons; 95 % of 500 g/L NMC622 need about 15 mol/L."""
    frame = less_manganese()
    frame.loc[2, ["acid_concentration", "solid_liquid_ratio"]] = 0.1, 500.0
    found = taught(frame)
    assert found.impossible == (3,)
    assert taught(less_manganese()).impossible == ()


def test_no_trend_where_setpoints_change_together() -> None:
    """Two setpoints that part the results alike: nobody knows which of them it is."""
    frame = less_manganese().iloc[:4].assign(temperature=[50, 55, 80, 85], h2o2=[1, 1.2, 3, 3.2])
    frame["time"] = [60, 61, 62, 63]
    frame[["acid_concentration", "solid_liquid_ratio"]] = 2.0, 50.0
    frame["yield_Mn"] = [0.5, 0.5, 0.1, 0.1]
    assert taught(frame).shifts[0].trends == ()
