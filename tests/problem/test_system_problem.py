"""Problems on a system of one's own: what they may say, what is refused by name, and that they round-trip."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

import optimiser as opt
from optimiser._io import builtin
from optimiser._io.errors import InputError
from optimiser.problem.binding import bind
from optimiser.problem.bound import BoundProblem
from optimiser.problem.load import load_config, load_problem
from optimiser.problem.schema import Problem
from optimiser.systems.system import SystemFeed
from tests.systems.synthetic import Synthetic

ASKED: dict[str, Any] = {
    "surrogate": "synthetic",
    "feed": "north",
    "variables": {"lixiviant": ["sulfuric", "citric"], "time": [15, 120]},
    "objectives": [{"minimise": "cost_feed"}, {"maximise": "yield_Co"}],
    "constraints": [{"yield": {"Ni": 0.5}}],
}
#: 80 degC, 1 mol/L, 100 g/L, 60 min, 450 rpm, 100 um, 2 stages.
SETPOINTS = np.array([[80.0, 1.0, 100.0, 60.0, 450.0, 100.0, 2.0]])


@pytest.fixture
def folder(synthetic: Synthetic) -> Path:
    return synthetic.folder


def written(folder: Path, **changes: Any) -> Path:
    """A problem in the folder of the artefact, with some keys replaced, or removed where they are None."""
    said = {key: value for key, value in {**ASKED, **changes}.items() if value is not None}
    path = folder / "asked.yaml"
    path.write_text(yaml.safe_dump(said, sort_keys=False))
    return path


def bound(folder: Path, **changes: Any) -> BoundProblem:
    return bind(load_problem(written(folder, **changes)))


def refused(folder: Path, **changes: Any) -> InputError:
    with pytest.raises(InputError) as error:
        bound(folder, **changes)
    return error.value


def test_options_are_the_combinations_of_the_choices(folder: Path) -> None:
    problem = bound(folder)
    # two lixiviants x two roastings x two pretreatments
    assert len(problem.acids) == 8
    assert problem.acid_names[0] == "sulfuric / none / none"
    assert problem.present == ("Co", "Ni")


def test_sums_and_limits_follow_from_the_file(folder: Path) -> None:
    problem = bound(folder)
    assert {"cost", "cost_feed", "acid_use", "energy", "recovery", "time"} <= set(problem.metrics)
    held = [c.key for c in problem.constraints]
    assert held == ["yield", "stock_strength", "solubility", "slurry", "applicability_domain"]
    told = problem.evaluate(
        problem.designs(np.array([0]), np.array([[80.0, 1.0, 100.0, 60.0, 450.0, 100.0, 2]]))
    )
    assert np.isfinite(told.metrics["cost_feed"]).all()
    assert np.isnan(told.proton_ratio).all()


def test_an_acid_consumption_of_the_problem_switches_on_what_needs_it(folder: Path) -> None:
    problem = bound(folder, process={"acid_consumption": {"value": 120, "unit": "kg/t"}})
    assert "proton_balance" in problem.constraint_names
    told = problem.evaluate(
        problem.designs(np.array([0]), np.array([[80.0, 1.0, 100.0, 60.0, 450.0, 100.0, 2]]))
    )
    # 10,000 L of 1 mol/L are 10,000 mol of H2SO4, or 981 kg, where the feed takes 120 kg
    assert told.proton_ratio[0] == pytest.approx(980.8 / 120.0, rel=1e-3)
    assert told.outcome.balance.base[0] > 0.0


@pytest.mark.parametrize(
    ("changes", "said", "where"),
    [
        ({"process": {"scope": "plant", "throughput": 10}}, "'scope' has no use", "key process.scope"),
        ({"process": {"copper_dissolved": 0.5}}, "'copper_dissolved' has no use", "process.copper_dissolved"),
        ({"process": {"peroxide_cooling": 0.5}}, "has no peroxide", "process.peroxide_cooling"),
        ({"process": {"acid_consumption": -3}}, "An acid consumption of -3", "process.acid_consumption"),
        (
            {"process": {"acid_consumption": {"value": 3, "unit": "kg/kg"}}},
            "An acid consumption of 3",
            "process.acid_consumption",
        ),
        ({"impacts": "mine"}, "`impacts` is for cathodes", "key impacts"),
        ({"acids": {"sulfuric": {"price": 1}}}, "`acids` is for cathodes", "key acids"),
        ({"credit": {"Co": {"value": 1, "source": "x"}}}, "`credit` is for cathodes", "key credit"),
        ({"objectives": [{"minimise": "chlorine"}]}, "'chlorine' cannot be computed", "key objectives[0]"),
        ({"objectives": [{"minimise": "yield_Li"}]}, "no objective 'yield_Li'", "key objectives[0]"),
        ({"constraints": [{"yield": {"Li": 0.5}}]}, "no response 'Li'", "key constraints[0]"),
        (
            {"constraints": [{"proton_balance": 1.1}]},
            "'proton_balance' needs what the feed takes of acid",
            "key constraints[0]",
        ),
        (
            {"constraints": [{"reductant_balance": 1.1}]},
            "the stoichiometry of a cathode",
            "key constraints[0]",
        ),
        ({"variables": {"lixiviant": "sulfurous"}}, "no lixiviant 'sulfurous'", "variables.lixiviant"),
        ({"variables": {"acid": "sulfuric"}}, "Unknown key 'acid'", "variables.acid"),
        ({"variables": {"temperature": [25, 400]}}, "from 25 to 400 degC", "variables.temperature"),
        ({"feed": "nord"}, "no feed 'nord'", "key feed"),
        ({"feed": {"name": "mine", "assay": {"Co": 1}}}, "The feed's silica is missing", "feed.silica"),
        ({"feed": {"name": "mine", "silica": 20, "iron": 3}}, "Unknown key 'iron'", "feed.iron"),
        ({"feed": {"name": "north", "silica": 20}}, "north is a feed of the table", "feed.name"),
        ({"feed": {"name": "north", "assay": {"Zn": 3}}}, "is no assay", "feed.assay"),
        ({"tolerances": {"h2o2": 1}}, "Unknown key 'h2o2'", "tolerances.h2o2"),
        ({"surrogate": "synthetc"}, "no surrogate 'synthetc'", "key surrogate"),
    ],
)
def test_what_has_no_meaning_is_refused_with_file_and_line(
    folder: Path, changes: dict[str, Any], said: str, where: str
) -> None:
    error = refused(folder, **changes)
    assert said in error.what
    assert "asked.yaml, line " in error.where
    assert where in error.where


def test_a_metric_that_is_off_says_what_it_needs(folder: Path) -> None:
    error = refused(folder, objectives=[{"minimise": "peroxide_rise"}])
    assert "a strength of peroxide in wt% (setpoint `h2o2`), which this system lacks" in error.remedy
    assert "cost_feed" in error.allowed


def test_a_feed_of_ones_own_is_refused_where_yields_do_not_transfer(folder: Path) -> None:
    mine = {"name": "mine", "silica": 20.0, "assay": {"Co": 1.1}}
    error = refused(folder, feed=mine)
    assert "mine is not a feed of the table" in error.what
    assert "applicability_domain: off" in error.remedy
    problem = bound(folder, feed=mine, constraints=[{"applicability_domain": "off"}])
    assert problem.feed.metal_mass.tolist() == pytest.approx([11.0, 0.0])


def test_an_own_assay_of_a_known_feed_counts(folder: Path) -> None:
    problem = bound(folder, feed={"name": "north", "assay": {"Co": 3.0}})
    # 3 wt% Co of a tonne; nickel as in the system's file
    assert problem.feed.metal_mass.tolist() == pytest.approx([30.0, 20.0])


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"feed": {"name": "north", "assay": {"Co": 3.0}}},
        {"feed": {"name": "mine", "silica": 20.0}, "constraints": [{"applicability_domain": "off"}]},
        {"process": {"acid_consumption": {"value": 120, "unit": "kg/t"}, "heat_loss": 0.1}},
        {"tolerances": {"stirring": 20, "time": "10 %"}},
        {"tolerances": False},
        {"variables": {"stages": 2, "roasting": "air", "pretreatment": ["none", "washed"]}},
    ],
)
def test_a_problem_reads_back_from_its_own_yaml(folder: Path, changes: dict[str, Any]) -> None:
    first = load_problem(written(folder, name="same", **changes))
    again = folder / "again.yaml"
    again.write_text(first.to_yaml())
    assert load_problem(again).with_source(None) == first.with_source(None)


def test_a_problem_from_python_is_of_the_system_that_its_surrogate_names(synthetic: Synthetic) -> None:
    problem = opt.Problem(
        surrogate=str(synthetic.artefact),
        feed="south",
        variables={"lixiviant": "citric", "temperature": (40, 80)},
        objectives=[opt.minimise("cost_feed"), opt.maximise("yield_Ni")],
        constraints=[opt.Yields(Co=0.3)],
    )
    assert type(problem).responses == ("Co", "Ni")
    assert isinstance(problem, opt.Problem)
    assert isinstance(problem.feed, SystemFeed)
    assert len(bind(problem).acids) == 4
    assert type(problem).model_validate(problem.model_dump(exclude_unset=True)) == problem


def test_python_refuses_what_the_system_does_not_have(synthetic: Synthetic) -> None:
    with pytest.raises(InputError, match="no response 'Li'"):
        opt.Problem(
            surrogate=str(synthetic.artefact),
            feed="north",
            variables={},
            objectives=[opt.minimise("time")],
            constraints=[opt.Yields(Li=0.9)],
        )


def test_a_problem_on_cathodes_is_what_it_was() -> None:
    assert type(load_problem("nmc111")) is Problem
    asked = {"variables": {"acid": "sulfuric"}, "objectives": [opt.minimise("cost")]}
    assert type(opt.Problem(feed="NMC111", **asked)) is Problem
    # a model that is not there is told where it is looked for
    with pytest.raises(InputError, match="no surrogate 'nothing'"):
        bind(opt.Problem(feed="NMC111", surrogate="nothing", **asked))


def test_metrics_per_t_of_feed_are_not_of_cathodes() -> None:
    with pytest.raises(InputError) as error:
        bind(
            opt.Problem(feed="NMC111", variables={"acid": "sulfuric"}, objectives=[opt.minimise("cost_feed")])
        )
    assert error.value.remedy == "a system of your own; of cathodes it is per kg of metal: `cost`"


def test_a_config_changes_targets_and_tolerances(folder: Path) -> None:
    written(folder)
    config = folder / "config.yaml"
    config.write_text(
        "problem: asked.yaml\nconstraints: [{yield: {Co: 0.4}}]\ntolerances: {stirring: 30}\n"
        "objectives: [{minimise: time}]\n"
    )
    problem = bind(load_config(config).problem)
    assert dict(problem.targets) == {"Co": 0.4}
    assert problem.tolerances.absolute[problem.system.column["stirring"]] == 30.0
    config.write_text("problem: asked.yaml\nconstraints: [{yield: {Li: 0.4}}]\n")
    with pytest.raises(InputError, match="no response 'Li'") as error:
        load_config(config)
    assert "config.yaml, line 2" in error.value.where


def test_every_design_has_an_allowed_value(folder: Path) -> None:
    problem = bound(folder, variables={"stages": [1, 3]})
    rng = np.random.default_rng(0)
    acid = rng.integers(len(problem.acids), size=50)
    designs = problem.decode(acid, rng.random((50, len(problem.variables))))
    assert set(designs.stages.tolist()) <= {1.0, 2.0, 3.0}


@pytest.mark.parametrize("name", ["nodule", "coal_gangue"])
def test_a_shipped_problem_whose_model_is_not_trained_says_how(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)  # where no models lie
    if not (builtin.root() / "systems").is_dir():
        pytest.skip("the systems do not ship yet")
    with pytest.raises(InputError) as error:
        load_problem(name)
    named = {"nodule": "nodule", "coal_gangue": "rare_earths"}[name]
    assert error.value.remedy.endswith(f"optimiser train --system {named} --out models/{named}")
