"""`explain` of a system of one's own: choices and setpoints are drivers, and no word is of cathodes."""

from __future__ import annotations

import dataclasses
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from optimiser._io.errors import InputError
from optimiser.explain.drivers import anchor_cases, drivers_of
from optimiser.explain.explanation import Explanation, explain, values_frame
from optimiser.explain.setpoints import counting, raises
from optimiser.problem.binding import bind
from optimiser.problem.bound import BoundProblem
from optimiser.problem.load import load_problem
from optimiser.problem.schema import Problem
from optimiser.report.cards.explain import explanation_cards
from optimiser.report.effect_words import raise_sentence
from optimiser.report.explain import write_explanation
from optimiser.report.explain_words import Explained, driver_phrases
from optimiser.surrogate.artefact import load_surrogate
from optimiser.tables.one_design import one_design, typed_design
from tests.browser import opened
from tests.explain.test_explain import PINNED
from tests.systems.synthetic import Synthetic

PROBLEM = """
surrogate: synthetic
feed: middle
variables: {lixiviant: [sulfuric, citric], roasting: none, pretreatment: none}
objectives: [{maximise: yield_Co}, {minimise: time}]
"""
DESIGN = (
    "lixiviant=sulfuric,roasting=none,pretreatment=none,temperature=60,acid_concentration=2,"
    "solid_liquid_ratio=80,time=60,stirring=450,particle_size=200,stages=2"
)
#: What only the leach of a cathode has, or its words.
OF_CATHODES = re.compile(r"\b(acids?|metals?|cathodes?|peroxide|pKa|proton\w*|Li|Mn)\b")


def nearby(synthetic: Synthetic) -> str:
    """Return the conditions of a row of the table as a design: inside the domain, and in need of advice."""
    table = synthetic.table
    option = [one.name for one in table.system.options].index("sulfuric / none / none")
    rows = np.flatnonzero((table.option == option) & (np.array(table.feed_name) == "middle"))
    row = table.continuous[rows[np.argmin(table.yields[rows, 0])]]
    numbers = ",".join(f"{n}={x:g}" for n, x in zip(table.system.names, row, strict=True))
    return f"lixiviant=sulfuric,roasting=none,pretreatment=none,{numbers}"


@pytest.fixture(scope="module")
def question(synthetic: Synthetic) -> Problem:
    path = synthetic.folder / "explained.yaml"
    path.write_text(PROBLEM)
    return load_problem(path)


@pytest.fixture(scope="module")
def problem(question: Problem) -> BoundProblem:
    return bind(question)


@pytest.fixture(scope="module")
def explained(question: Problem, problem: BoundProblem, synthetic: Synthetic) -> Explanation:
    asked = typed_design(nearby(synthetic), question, problem).designs
    return explain(problem.surrogate, np.random.default_rng(1), problem=problem, design=asked, ranked=4)


def test_choices_setpoints_and_the_feed_are_drivers(synthetic: Synthetic) -> None:
    assert drivers_of(synthetic.system) == (
        "lixiviant", "roasting", "pretreatment", "temperature", "acid_concentration", "solid_liquid_ratio",
        "time", "stirring", "particle_size", "stages", "silica",
    )  # fmt: skip
    # a feed of several numbers is one driver, since nobody changes one of them alone
    two = dataclasses.replace(synthetic.system, feed_columns=("silica", "iron"))
    assert drivers_of(two)[-1] == "feed"


def test_the_anchors_as_cases_are_what_the_model_was_given(synthetic: Synthetic) -> None:
    surrogate = load_surrogate(synthetic.artefact)
    cases, names = anchor_cases(surrogate, {}), [feature.name for feature in surrogate.features]
    features = surrogate.fitted.features
    for name in (*synthetic.system.names, "silica"):
        assert (cases[name] == features[:, names.index(name)]).all()
    for row, value in enumerate(cases.labels("lixiviant")):
        assert features[row, names.index(f"lixiviant={value}")] == 1.0


def test_what_is_explained_is_what_is_predicted_and_adds_up(
    explained: Explanation, problem: BoundProblem
) -> None:
    d = explained.design
    assert d is not None
    predicted = problem.evaluate(d.evaluation.designs).yields  # over the tolerances
    assert d.values.prediction == pytest.approx(predicted)
    assert d.values.base + d.values.values.sum(axis=1) == pytest.approx(predicted)
    frame = values_frame(explained)
    drivers = frame[[f"shap_{driver}" for driver in explained.drivers]].sum(axis=1)
    assert (frame["base"] + drivers).to_numpy() == pytest.approx(frame["yield"].to_numpy())
    assert frame["lixiviant"].iloc[0] == "sulfuric" and frame["response"].iloc[:2].tolist() == ["Co", "Ni"]
    assert not {"acid", "metal", "Mn"} & set(frame)


def test_each_driver_of_the_design_has_a_phrase(explained: Explanation) -> None:
    assert explained.design is not None
    said = dict(zip(explained.drivers, driver_phrases(explained.design), strict=True))
    temperature = explained.design.evaluation.designs.temperature[0]
    assert said["lixiviant"] == "lixiviant sulfuric"
    assert said["temperature"] == f"the temperature of {temperature:g} °C"
    assert said["silica"] == "silica of 22 in the feed"


def test_advice_is_the_best_single_change_of_all_that_a_plant_can_set(
    explained: Explanation, problem: BoundProblem
) -> None:
    d = explained.design
    assert d is not None
    for response, change in zip(
        explained.responses, raises(problem, d.evaluation, d.sweeps, explained.responses), strict=True
    ):
        k = problem.responses.index(response)
        # every setpoint at every value, predicted anew
        here, best = float(d.evaluation.yields[0, k]), 0.0
        for sweep in d.sweeps:
            j = problem.system.column[sweep.variable.name]
            rows = np.repeat(d.evaluation.designs.continuous, len(sweep.values), axis=0)
            rows[:, j] = sweep.values
            tried = problem.evaluate(problem.designs(np.repeat(d.evaluation.designs.acid, len(rows)), rows))
            inside = tried.domain_distance <= 1.0
            if sweep.variable.name == "stages":
                assert sweep.values.tolist() == [1.0, 2.0, 3.0]
            best = max(best, float((tried.yields[:, k] - here)[inside].max(initial=0.0)))
        assert change is not None and best > 0.02
        assert best - 0.005 - 1e-9 <= change.own <= best + 1e-9
        assert change.gain[k] == pytest.approx(change.own)
        said = raise_sentence(explained, d, response, change)
        assert said.startswith(
            f"{response}: the {change.variable.label} from {change.now:g} to {change.to:g}"
        )


def test_only_yields_that_are_asked_for_limit(problem: BoundProblem) -> None:
    assert [problem.responses[k] for k in counting(problem)] == ["Co"]


def test_no_card_has_a_word_of_cathodes(explained: Explanation) -> None:
    for card in explanation_cards(Explained(explained), PINNED):
        assert not card.error, (card.key, card.error)
        told = [*card.finding, *card.warnings]
        for block in card.blocks:
            told += [*getattr(block, "lines", ()), getattr(block, "caption", ""), getattr(block, "about", "")]
        text = " ".join(told).replace("acid concentration", "").replace("kg metal", "")
        assert not OF_CATHODES.search(text), (card.key, OF_CATHODES.search(text))


def test_a_model_without_a_problem_is_explained_over_all_feeds(synthetic: Synthetic) -> None:
    surrogate = load_surrogate(synthetic.artefact)
    of = explain(surrogate, np.random.default_rng(1), ranked=3)
    assert of.responses == ("Co", "Ni") and of.design is None
    many = len(set(anchor_cases(surrogate, {})["silica"]))
    why = f"the data have {many} different values"
    assert [one.why for one in of.thresholds if one.driver == "silica"] == [why, why]
    again = explain(surrogate, np.random.default_rng(1), ranked=3)
    assert (again.values.values == of.values.values).all()
    assert again.interactions.rows.tolist() == of.interactions.rows.tolist()


# One design -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (DESIGN.replace("lixiviant", "lixiviants"), "A design has no variable 'lixiviants'"),
        (DESIGN.replace("sulfuric", "sulphuric"), "There is no lixiviant 'sulphuric'"),
        (DESIGN.replace("temperature=60", "temperature=hot"), "Temperature 'hot' is not a number"),
        (DESIGN.replace("temperature=60", "temperature=600"), "Temperature '600' is outside the data"),
        (DESIGN.replace(",stages=2", ""), "The design lacks stages"),
        (DESIGN + ",stages=3", "stages is given twice"),
        (DESIGN.replace("sulfuric", "hydrochloric"), "does not list the combination 'hydrochloric"),
    ],
)
def test_a_wrong_design_is_refused(text: str, said: str, question: Problem, problem: BoundProblem) -> None:
    with pytest.raises(InputError, match=re.escape(said)):
        typed_design(text, question, problem)


def test_a_row_of_a_front_is_read_back(
    tmp_path: Path, question: Problem, problem: BoundProblem, explained: Explanation
) -> None:
    from optimiser.tables.front_csv import design_table

    assert explained.design is not None
    evaluation = explained.design.evaluation
    design_table(problem, evaluation, knee=0).to_csv(tmp_path / "front.csv", index=False)
    asked = one_design(question, problem, None, tmp_path / "front.csv", None)
    assert asked.designs.continuous.tolist() == evaluation.designs.continuous.tolist()
    assert asked.differs(evaluation.yields[0].tolist()) == []
    (tmp_path / "manifest.json").write_text(json.dumps({"question": {"feed": "south"}}))
    with pytest.raises(InputError, match="a front of south"):
        one_design(question, problem, None, tmp_path / "front.csv", None)


# The command ----------------------------------------------------------------------------------------------


def process(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-m", "optimiser", "explain", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, check=False, timeout=300)


def test_the_command_explains_a_model_by_its_folder(tmp_path: Path, synthetic: Synthetic) -> None:
    out = tmp_path / "why"
    done = process("--surrogate", synthetic.artefact, "--anchors", 2, "--out", out, "--json", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert set(told["mean_absolute_shap"]) == set(drivers_of(synthetic.system))
    assert {one["driver"] for one in told["thresholds"]} == {*synthetic.system.names, "silica"}
    assert len(told["interactions"]) == 11 * 10 / 2
    assert told["sentences"][0].startswith("Over 2 rows of the model's training data")
    frame = pd.read_csv(out / "shap_values.csv")
    assert set(frame["response"]) == {"Co", "Ni"}
    assert not OF_CATHODES.search(done.stdout.replace("acid concentration", ""))


def test_a_design_needs_a_problem(tmp_path: Path, synthetic: Synthetic) -> None:
    done = process("--surrogate", synthetic.artefact, "--design", DESIGN, cwd=tmp_path)
    assert done.returncode == 2 and "A design alone does not say what is leached." in done.stderr
    missing = process("--surrogate", "nowhere", cwd=tmp_path)
    assert missing.returncode == 2 and "--surrogate" in missing.stderr


# The page -------------------------------------------------------------------------------------------------


@pytest.mark.page
@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_draws_every_figure(tmp_path: Path, question: Problem, width: int) -> None:
    write_explanation(question, design=DESIGN, anchors=3, out=tmp_path / "why")
    with opened(tmp_path / "why" / "report.html", width) as page:
        assert page.locator("#raise table").count() == 1
        assert page.locator("#interactions").count() == 1 and page.locator("#thresholds table").count() == 1
        text = page.locator("main").inner_text()
        assert "roasting" in text and "cathode" not in text and "metals" not in text
