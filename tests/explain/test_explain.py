"""Explanations: Shapley values that add up, sentences that say them, setpoints that can be acted on."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from optimiser._io.errors import InputError
from optimiser.chemistry.acids import load_acids
from optimiser.chemistry.metals import METALS
from optimiser.explain.drivers import DRIVERS, anchor_cases
from optimiser.explain.explanation import (
    DesignExplanation,
    Explanation,
    explain,
    spread,
    values_frame,
)
from optimiser.explain.setpoints import (
    Change,
    Sweep,
    allowed_designs,
    best_change,
    grid,
    lowest_yield,
    sweeps,
    thrifty_changes,
)
from optimiser.explain.shapley import shapley_values
from optimiser.problem.binding import bind
from optimiser.problem.bound import BoundProblem, Evaluation
from optimiser.problem.limits import ApplicabilityDomain
from optimiser.problem.load import load_problem
from optimiser.problem.schema import Problem
from optimiser.report.card import Table
from optimiser.report.cards.explain import answer_card, explanation_cards
from optimiser.report.explain import lines, write_explanation
from optimiser.report.explain_words import (
    Explained,
    cautions,
    change_sentences,
    mismatch,
    points,
    yield_sentence,
)
from optimiser.report.figures.explain import running_median
from optimiser.tables.one_design import OneDesign, typed_design
from optimiser.variables import COLUMN, CONTINUOUS, Designs, Floats
from tests.browser import opened

PINNED: dict[str, Any] = {
    "git": None, "options": {}, "artefact": {"name": "x", "sha256": "x"}, "seed": 1, "written": "2026",
    "product": "x", "version": "1", "packages": {},
}  # fmt: skip
DESIGN = "acid=sulfuric,temperature=60,acid_concentration=2,h2o2=1,solid_liquid_ratio=60,time=61"


# Shapley values ------------------------------------------------------------------------------------------


def two_variables(rows: Floats) -> Floats:
    """f = 3 a + a b, and g = 2 b; a third driver does nothing."""
    a, b = rows[:, 0], rows[:, 1]
    return np.column_stack([3.0 * a + a * b, 2.0 * b])


@pytest.mark.parametrize("how", ["exact", "sampled"])
def test_a_function_of_two_variables_worked_by_hand(how: str) -> None:
    row, background = np.array([[2.0, 5.0, 9.0]]), np.array([[0.0, 1.0, 4.0], [1.0, 3.0, 5.0]])
    rng = None if how == "exact" else np.random.default_rng(3)
    values = shapley_values(two_variables, row, background, rng)
    # f: nothing known (0 + 0, 3 + 3) -> 3; a known (6 + 2, 6 + 6) -> 10; b known (0 + 0, 3 + 5) -> 4;
    # both 16. a: ((10 - 3) + (16 - 4)) / 2 = 9.5; b: ((4 - 3) + (16 - 10)) / 2 = 3.5.
    # g: base (2 + 6) / 2 = 4, b adds 6
    assert values.base == pytest.approx([3.0, 4.0])
    assert values.prediction[0] == pytest.approx([16.0, 10.0])
    assert values.values[0] == pytest.approx(np.array([[9.5, 0.0], [3.5, 6.0], [0.0, 0.0]]))


@settings(max_examples=15)
@given(
    rows=arrays(float, (2, 4), elements=st.integers(-3, 3)),
    background=arrays(float, (3, 4), elements=st.integers(-3, 3)),
    weights=arrays(float, (4,), elements=st.integers(-3, 3)),
)
def test_values_add_up_and_a_dummy_gets_nothing(rows: Floats, background: Floats, weights: Floats) -> None:
    def predict(x: Floats) -> Floats:
        # the last driver is never looked at
        return np.column_stack([np.sin(x[:, :3] @ weights[:3]) + x[:, 0] * x[:, 1] * x[:, 2]])

    for values in (
        shapley_values(predict, rows, background),
        shapley_values(predict, rows, background, np.random.default_rng(0)),
    ):
        assert values.base + values.values.sum(axis=1) == pytest.approx(values.prediction)
        assert values.base == pytest.approx(predict(background).mean(axis=0))
        assert values.values[:, 3] == pytest.approx(np.zeros((2, 1)))


def test_an_output_that_a_background_row_lacks_is_averaged_over_the_others() -> None:
    def predict(x: Floats) -> Floats:
        # driver 1 says whether the output is there, as a feed says whether there is manganese
        return np.where(x[:, 1] > 0, x[:, 0] + x[:, 1], np.nan)[:, None]

    background = np.array([[1.0, 1.0], [7.0, 0.0], [3.0, 1.0]])
    values = shapley_values(predict, np.array([[10.0, 2.0], [10.0, 0.0]]), background)
    assert values.base == pytest.approx([3.0])  # (2 + 4) / 2
    assert values.values[0, :, 0] == pytest.approx([8.0, 1.0])  # 10 - 2, and 2 - 1
    assert np.isnan(values.values[1]).all() and np.isnan(values.prediction[1]).all()


def test_sampling_leaves_the_global_generator_alone_and_repeats() -> None:
    np.random.seed(5)  # noqa: NPY002
    expected = np.random.random(3)  # noqa: NPY002
    np.random.seed(5)  # noqa: NPY002
    row, background = np.array([[2.0, 5.0, 9.0]]), np.zeros((2, 3))

    def predict(x: Floats) -> Floats:
        return np.prod(x + 1.0, axis=1)[:, None]

    first, again = (
        shapley_values(predict, row, background, np.random.default_rng(4)).values for _ in range(2)
    )
    assert (first == again).all()
    assert (np.random.random(3) == expected).all()  # noqa: NPY002


def test_ranking_is_the_mean_absolute_value_and_forgets_absent_metals() -> None:
    values = np.full((2, len(DRIVERS), 4), 0.0)
    values[:, :2] = [[[1.0, np.nan, 0, 0], [-4.0, np.nan, 0, 0]], [[-3.0, 1.0, 0, 0], [0.0, 9.0, 0, 0]]]
    of = dataclasses.replace(explained(), values=dataclasses.replace(explained().values, values=values))
    ranked = of.ranking()
    assert ranked.index[:2].tolist() == [DRIVERS[1], DRIVERS[0]]
    assert ranked.iloc[:2, :2].to_numpy().tolist() == [[2.0, 9.0], [2.0, 1.0]]


def test_rows_are_spread_evenly_and_always_the_same() -> None:
    assert spread(9, 3).tolist() == [0, 4, 8]
    assert spread(2, 5).tolist() == [0, 1]


# The surrogate's drivers ---------------------------------------------------------------------------------


@cache
def question() -> Problem:
    return load_problem("nmc111")


@cache
def problem() -> BoundProblem:
    return bind(question())


def test_the_anchors_as_cases_are_what_the_model_was_given() -> None:
    surrogate = problem().surrogate
    cases = anchor_cases(surrogate, load_acids())
    assert len(cases) == surrogate.anchors
    names = [feature.name for feature in surrogate.features]
    for name in CONTINUOUS:
        given = surrogate.fitted.features[:, names.index(name)]
        assert (cases.drivers[:, DRIVERS.index(name)] == given).all()
    # each anchor's acid is the one whose dissociation constant it carries
    pka = {acid.name: surrogate.acids[key][0] for key, acid in _by_key().items() if key in surrogate.acids}
    assert [pka[name] for name in cases.labels("acid")] == surrogate.fitted.features[
        :, names.index("pKa1")
    ].tolist()
    metals = ("Ni", "Mn", "Co")
    for row, k in enumerate(cases.drivers[:, DRIVERS.index("feed")].astype(int)):
        given = surrogate.fitted.features[row, [names.index(m) for m in metals]]
        assert [getattr(cases.feeds[k], m) for m in metals] == pytest.approx(given, abs=6e-4)


def _by_key() -> dict[str, object]:
    from optimiser.chemistry.descriptors import structure_key

    return {structure_key(acid.smiles): acid for acid in load_acids().values()}


def test_unknown_acids_leave_no_anchor_and_that_is_said() -> None:
    with pytest.raises(InputError, match="None of the acids"):
        anchor_cases(problem().surrogate, {})


@cache
def explained() -> Explanation:
    asked = typed_design(DESIGN, question(), problem()).designs
    return explain(problem().surrogate, np.random.default_rng(1), problem=problem(), design=asked, ranked=3)


def design() -> DesignExplanation:
    found = explained().design
    assert found is not None
    return found


def test_what_is_explained_is_what_the_surrogate_predicts() -> None:
    of, d = explained(), design()
    predicted = problem().evaluate(d.evaluation.designs).yields[:, :4]  # over the tolerances
    assert d.values.prediction == pytest.approx(predicted)
    assert d.values.base + d.values.values.sum(axis=1) == pytest.approx(predicted)
    there = ~np.isnan(of.values.prediction)
    total = of.values.base + of.values.values.sum(axis=1)
    assert total[there] == pytest.approx(of.values.prediction[there])
    assert there.any()


def test_the_table_adds_up_and_starts_with_the_design() -> None:
    frame = values_frame(explained())
    drivers = frame[[f"shap_{driver}" for driver in DRIVERS]].sum(axis=1)
    assert (frame["base"] + drivers).to_numpy() == pytest.approx(frame["yield"].to_numpy())
    assert frame["case"].tolist()[:4] == ["design"] * 4
    assert frame["metal"].tolist()[:4] == list(METALS)
    assert frame["temperature"].iloc[0] == 60.0 and frame["acid"].iloc[0] == "sulfuric"
    assert (frame["case"] == "anchor").sum() == (~np.isnan(explained().values.prediction)).sum()


# Setpoints -----------------------------------------------------------------------------------------------


def test_the_grid_is_multiples_of_the_step_within_the_range() -> None:
    assert grid(0.3, 1.2, 0.5).tolist() == [0.5, 1.0]
    assert grid(0.6, 0.9, 0.5).tolist() == []
    long = grid(0.0, 10000.0, 1.0)
    assert len(long) == 400 and long[0] == 0.0 and long[-1] == 10000.0
    assert (long == long.round()).all()


def test_the_suggested_setpoint_is_settable_inside_the_domain_and_raises_the_lowest_yield() -> None:
    d = design()
    best = best_change(d.sweeps)
    assert best is not None
    column = COLUMN[best.variable.name]
    moved = d.evaluation.designs.continuous[0].copy()
    moved[column] = best.to
    acid = int(d.evaluation.designs.acid[0])
    assert best.to / best.variable.step == pytest.approx(round(best.to / best.variable.step))
    assert problem().lower[acid, column] <= best.to <= problem().upper[acid, column]
    # predicted anew, the design as a whole
    after = problem().evaluate(Designs(d.evaluation.designs.acid, moved[None]))
    assert lowest_yield(after.yields)[0] > lowest_yield(d.evaluation.yields)[0]
    assert after.domain_distance[0] <= 1.0 and after.proton_ratio[0] >= 1.1
    # and none of the tried and allowed ones is better by more than what counts as the same
    for sweep in d.sweeps:
        others = lowest_yield(sweep.tried.yields)[sweep.allowed]
        assert others.max(initial=0.0) <= lowest_yield(after.yields)[0] + 0.005


def test_a_fixed_setpoint_is_not_moved_and_a_domain_that_nothing_is_inside_allows_nothing() -> None:
    here: Evaluation = design().evaluation
    time = COLUMN["time"]
    fixed = dataclasses.replace(problem(), lower=problem().lower.copy(), upper=problem().upper.copy())
    fixed.lower[:, time] = fixed.upper[:, time] = 61.0
    assert len(sweeps(fixed, here)[time].values) == 0
    fixed.lower[:, time] = fixed.upper[:, time] = 90.0  # a design that is not where the problem wants it
    assert sweeps(fixed, here)[time].values.tolist() == [90.0]
    # far outside, whatever one setpoint does, though the problem does not ask for the domain
    free = problem().with_constraints(ApplicabilityDomain(None))
    designs = Designs(
        np.array([problem().acid_names.index("sulfuric")]), np.array([[140.0, 9.0, 40.0, 800.0, 1.0]])
    )
    far = free.evaluate(designs)
    assert not allowed_designs(far)[0]
    found = sweeps(free, far)
    assert not any(sweep.allowed.any() for sweep in found)
    assert best_change(found) is None
    said = change_sentences(dataclasses.replace(design(), evaluation=far, sweeps=found))
    assert said == ["No change of a single setpoint inside the applicability domain raises the lowest yield."]


def test_a_graded_domain_allows_what_the_problem_allows() -> None:
    here: Evaluation = design().evaluation
    kept = {name: np.abs(margin) for name, margin in here.margins.items()}
    beyond = dataclasses.replace(here, domain_distance=np.array([1.2]))
    graded = dataclasses.replace(beyond, margins={**kept, "applicability_domain": np.array([0.3])})
    assert allowed_designs(graded)[0]
    off = {name: margin for name, margin in kept.items() if name != "applicability_domain"}
    assert not allowed_designs(dataclasses.replace(beyond, margins=off))[0]


def sweep_of(of: DesignExplanation, change: Change) -> Sweep:
    return next(sweep for sweep in of.sweeps if sweep.variable is change.variable)


def test_the_change_that_is_best_for_its_money_is_so_among_all_that_were_tried() -> None:
    d = design()
    here_cost, here = float(d.evaluation.metrics["cost"][0]), float(lowest_yield(d.evaluation.yields)[0])
    best = 0.0
    for sweep in d.sweeps:  # one by one, in plain sums
        for row in np.flatnonzero(sweep.allowed):
            gain = float(lowest_yield(sweep.tried.yields)[row]) - here
            extra = float(sweep.tried.metrics["cost"][row]) - here_cost
            if gain >= 0.01:
                best = max(best, gain / extra if extra > 0.0 else np.inf)
    assert best > 0.0
    order = thrifty_changes(d.sweeps)
    assert all(change.gain >= 0.01 and sweep_of(d, change).allowed[change.row] for change in order)
    rates = [change.per_cost for change in order]
    assert rates[0] == pytest.approx(best) and rates == sorted(rates, reverse=True)
    said = " ".join(change_sentences(d))
    assert "est value" in said and order[0].variable.label in said
    # the step that costs most is told once, of the design as it is
    assert "setpoint step" not in said


def test_every_card_of_an_explained_design_is_made() -> None:
    for card in explanation_cards(Explained(explained()), PINNED):
        assert not card.error, (card.key, card.error)
        if card.key == "change":
            (table,) = [block for block in card.blocks if isinstance(block, Table)]
            d, frame = design(), table.frame
            told = [row for s in d.sweeps for row in {c.row for c in (s.best, s.thrifty) if c}]
            assert len(frame) == len(told) + sum(s.best is None for s in d.sweeps)
            first = thrifty_changes(d.sweeps)[0]
            (row,) = frame.index[
                (frame["setpoint"] == first.variable.label) & frame["gains"].str.contains("best value")
            ]
            gain, extra = frame["gain|points|3"][row], frame["cost"][row] - d.evaluation.metrics["cost"][0]
            rate = "free" if extra <= 0.0 else f"{gain / extra:.2g}"
            assert frame["points per EUR"][row].startswith(rate[:1])
            assert frame["a step loses|points|2"].notna()[row]


def test_a_free_gain_is_followed_by_the_next_best() -> None:
    d = design()
    dearer = {**d.evaluation.metrics, "cost": np.array([1e6])}  # so that every gain is free
    free = dataclasses.replace(d, evaluation=dataclasses.replace(d.evaluation, metrics=dearer))
    found = sweeps(problem(), free.evaluation)
    assert len(thrifty_changes(found)) >= 2
    said = change_sentences(dataclasses.replace(free, sweeps=found))
    told = [text for text in said if "est value" in text or text.startswith("Next best")]
    assert len(told) == 2 and all("at no extra cost" in text for text in told)


# Words ---------------------------------------------------------------------------------------------------


def test_the_sentence_of_a_made_up_case() -> None:
    drivers = [("sulfuric acid", 0.131), ("60 min", -0.02), ("heat", 0.2), ("NMC111", 0.02), ("none", -0.009)]
    assert yield_sentence("Ni", 0.94, 0.618, drivers) == (
        "Ni: 94 %, 32 points above the background's mean of 62 %. Raised most by heat (+20.0) and "
        "sulfuric acid (+13.1). Lowered most by 60 min (−2.0)."
    )
    assert yield_sentence("Li", 0.5, 0.502, [("heat", 0.004)]) == (
        "Li: 50 %, about as much as the background's mean of 50 %. No driver changes it by a point or more."
    )
    assert "10 points below" in yield_sentence("Li", 0.5, 0.6, [("heat", -0.1)])


def test_points_have_a_sign_but_zero_has_none() -> None:
    assert [points(v) for v in (0.0921, -0.031, -0.0001)] == ["+9.2", "−3.1", "0.0"]


def test_running_medians_keep_equal_values_together() -> None:
    across, up = running_median(np.array([5.0] * 20 + [1.0] * 8), np.arange(28.0))
    assert across.tolist() == [1.0, 5.0]
    assert up.tolist() == [23.5, 9.5]  # medians of 20..27 and of 0..19


def test_what_must_be_known_of_a_design_is_said() -> None:
    d = design()
    assert not any("outside the applicability domain" in text for text in cautions(explained()))
    outside = "acid=sulfuric,temperature=95,acid_concentration=9,h2o2=1,solid_liquid_ratio=900,time=60"
    asked = dataclasses.replace(typed_design(outside, question(), problem()), yields={"Li": 0.123})
    wrong = dataclasses.replace(d, evaluation=problem().evaluate(asked.designs))
    doubtful = Explained(dataclasses.replace(explained(), design=wrong), asked)
    said = cautions(doubtful.of)
    assert "outside the applicability domain" in said[0]
    assert any("breaks a limit of chemistry: solids in the slurry" in text for text in said)
    assert any(text.startswith("Its temperature of 95 °C is outside the") for text in said)
    # that the front is of another model comes before all else
    first = "The front has other yields of Li than this model"
    assert mismatch(doubtful)[0].startswith(first) and mismatch(Explained(explained())) == []
    assert lines(doubtful)[0].startswith(f"Note: {first}")
    assert answer_card(doubtful).finding[0].startswith(first)
    # what was typed has no yields of its own
    assert mismatch(Explained(explained(), OneDesign("the design", asked.designs))) == []


# The command ---------------------------------------------------------------------------------------------


def process(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-m", "optimiser", "explain", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, check=False, timeout=300)


def test_the_command_prints_json_and_writes_what_it_says(tmp_path: Path) -> None:
    done = process("nmc111", "--design", DESIGN, "--anchors", 2, "--out", "why", "--json", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert sorted(p.name for p in (tmp_path / "why").iterdir()) == [
        "manifest.json", "report.html", "shap_values.csv",
    ]  # fmt: skip
    yields, base, shap = (told["design"][key] for key in ("yields", "base", "shap"))
    assert told["design"]["limiting"] == min(yields, key=yields.get)
    for metal in METALS:
        assert base[metal] + sum(shap[metal].values()) == pytest.approx(yields[metal])
    change = told["design"]["change"]
    assert change["lowest_yield"] > min(yields.values()) and change["domain_distance"] <= 1.0
    assert set(told["mean_absolute_shap"]) == set(DRIVERS)
    frame = pd.read_csv(tmp_path / "why" / "shap_values.csv")
    assert frame["yield"].iloc[:4].tolist() == pytest.approx(list(yields.values()))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--design", DESIGN], "A design alone does not say which cathode"),
        (["nmc111", "--row", 3], "--row needs a front."),
        (["nmc111", "--design", DESIGN, "--front", "f.csv"], "Two designs are given."),
        (["nmc111", "--front", "f.csv"], "f.csv does not exist."),
        (["--out", "there"], "there exists already."),
        (["--anchors", 1], "where:   --anchors 1"),
    ],
)
def test_what_cannot_be_ends_in_one_block_and_status_2(
    arguments: list[object], said: str, tmp_path: Path
) -> None:
    (tmp_path / "there").mkdir()
    done = process(*arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Error: ") and said in done.stderr and "Traceback" not in done.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["there"]


# The page ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("explained")
    write_explanation(question(), design=DESIGN, anchors=6, out=folder / "design")
    write_explanation(None, anchors=3, out=folder / "model")
    return {name: folder / name / "report.html" for name in ("design", "model")}


@pytest.mark.page
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("which", ["design", "model"])
def test_the_page_draws_every_figure(pages: dict[str, Path], which: str, width: int) -> None:
    with opened(pages[which], width) as page:
        # ranking, five dependences, acids and feeds, three pairs, five effects; with a design four bars and
        # five sweeps
        assert page.locator(".plot.js-plotly-plot").count() == (25 if which == "design" else 16)
        assert "not the chemistry" in page.locator("#meaning").inner_text()
        if which == "design":
            assert "Raised most by" in page.locator("#answer .words").inner_text()
            assert "raises it most" in page.locator("#change").inner_text()
        else:
            assert page.locator("#change").count() == 0
