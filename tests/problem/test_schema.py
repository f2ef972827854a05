"""What users may write: valid specs round-trip, invalid ones get one clear error with file, line and key."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from optimiser._io import builtin
from optimiser._io.errors import InputError
from optimiser._io.yamlfile import read_yaml, validate
from optimiser.problem.binding import bind
from optimiser.problem.load import load_config, load_problem, with_shipped_model
from optimiser.problem.schema import Problem, SearchSpec

PROBLEM = """\
feed: {name: NMC111, mass: 1000}
surrogate: pd-gbr
variables:
  acid: [sulfuric, hydrochloric]
  temperature: [25, 90]
  acid_concentration: [0.25, 4]
  h2o2: [0, 10]
  solid_liquid_ratio: [10, 100]
  time: [5, 240]
objectives:
  - minimise: cost
  - maximise: recovery
constraints:
  - yield: {Li: 0.6, Ni: 0.6}
  - applicability_domain: inside
  - proton_balance: 1.1
"""


def write(tmp_path: Path, text: str, name: str = "mine.yaml") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def refused(tmp_path: Path, text: str) -> InputError:
    with pytest.raises(InputError) as error:
        bind(load_problem(write(tmp_path, text)))
    return error.value


#: (what is replaced, by what, a piece of the message, the line, a piece of what is allowed or to do)
INVALID = [
    ("temperature:", "temprature:", "Unknown key 'temprature'", 5, "temperature"),
    ("surrogate: pd-gbr", "surogate: pd-gbr", "Unknown key 'surogate'", 2, "surrogate"),
    ("hydrochloric]", "hydrocloric]", "no acid 'hydrocloric'", 4, "hydrochloric"),
    ("hydrochloric]", "sulfuric]", "listed twice", 4, ""),
    ("hydrochloric]", "H2SO4]", "listed twice", 4, ""),
    ("minimise: cost", "minimise: costs", "no objective 'costs'", 11, "cost"),
    ("maximise: recovery", "maximise: cost", "given twice", 10, ""),
    ("- minimise: cost", "- {minimise: cost, maximise: recovery}", "an objective is one of", 11, ""),
    ("Ni: 0.6", "Fe: 0.6", "There is no metal 'Fe'", 14, "Li, Ni, Mn, Co"),
    ("Ni: 0.6", "Ni: 1.2", "not possible", 14, "at most 1"),
    ("Ni: 0.6", "Ni: 90", "not possible", 14, "at most 1"),
    ("Ni: 0.6", "Ni: high", "'high' is not a number", 14, ""),
    ("[25, 90]", "[90, 25]", "range is empty", 5, "low <= high"),
    ("[25, 90]", "[-300, 90]", "outside what is physically possible", 5, "0 to 150 degC"),
    ("[25, 90]", "[25, 90, 100]", "is not a range", 5, "[low, high]"),
    ("[25, 90]", "[25, hot]", "'hot' is not a number", 5, "number"),
    ("[0.25, 4]", "[0.25, 40]", "outside what is physically possible", 6, "mol/L"),
    ("[0.25, 4]", "[0.25, 25]", "beyond the stock itself", 6, "18."),
    ("name: NMC111", "name: NMC112", "no feed 'NMC112'", 1, "NMC111"),
    ("name: NMC111", "name: mine, Ni: -1, Co: 1", "Ni = -1 is not possible", 1, "at least 0"),
    ("name: NMC111", "name: mine, Ni: 3, Co: 3", "6 mol of Ni, Mn and Co", 1, "mol per mol Li"),
    ("mass: 1000", "mass: 0", "mass = 0 is not possible", 1, "above 0"),
    ("proton_balance: 1.1", "proton_balnce: 1.1", "Unknown key 'proton_balnce'", 16, "proton_balance"),
    ("proton_balance: 1.1", "proton_balance: 110", "not possible", 16, "at most 10"),
    ("proton_balance: 1.1", "cost: 2", "bounded below or above", 16, "{max: 2}"),
    ("proton_balance: 1.1", "cost: {most: 2}", "Unknown key 'most'", 16, "min, max"),
    ("proton_balance: 1.1", "cost: {}", "bounded by nothing", 16, "{max: 2}"),
    ("proton_balance: 1.1", "cost: {max: much}", "not a number", 16, "number"),
    ("proton_balance: 1.1", "cost: {max: -1}", "at most -1 EUR/kg metal is not possible", 16, "0 or more"),
    ("proton_balance: 1.1", "cost: {min: 3, max: 2}", "at least 3 and at most 2", 16, "exchange"),
    ("proton_balance: 1.1", "recovery: {min: 90}", "not possible", 16, "0 to 1"),
    ("proton_balance: 1.1", "yield_Co: {min: 0.9}", "constraint of its own", 16, "yield: {Co: 0.9}"),
    ("proton_balance: 1.1", "recovry: {min: 0.9}", "Unknown key 'recovry'", 16, "recovery"),
    ("proton_balance: 1.1", "reductant_balance: 0", "not possible", 16, "above 0"),
    ("proton_balance: 1.1", "applicability_domain: 'off'", "given twice", 13, ""),
    ("- yield: {Li: 0.6, Ni: 0.6}", "- {yield: {Li: 0.6}, confidence: 80}", "confidence", 14, ""),
    ("surrogate: pd-gbr", "surrogate: pd-gbrr", "pd-gbrr", 2, "pd-gbr"),
    ("surrogate: pd-gbr", "process: {mixing_powr: 2}", "mixing_powr", 2, "mixing_power"),
    ("surrogate: pd-gbr", "acids: {mine: {smiles: CC}}", "lacks pKa", 2, "smiles, pKa and stock"),
    ("surrogate: pd-gbr", "acids: {sulfuric: {smles: CC}}", "Unknown key 'smles'", 2, "smiles"),
    (
        "surrogate: pd-gbr",
        "acids: {mine: {smiles: 'OC(C)C(=O)O', pKa: 3.86, stock: {purity: 0.9, density: 1.2}}}",
        "'mine' has the structure of 'lactic'",
        2,
        "not known yet",
    ),
    ("hydrochloric]", "levulinic]", "price", 4, "acids:"),
]


@pytest.mark.parametrize(("old", "new", "message", "line", "help_text"), INVALID)
def test_invalid_problems(
    tmp_path: Path, old: str, new: str, message: str, line: int, help_text: str
) -> None:
    assert old in PROBLEM
    error = refused(tmp_path, PROBLEM.replace(old, new, 1))
    assert message.lower() in str(error).lower()
    assert f"mine.yaml, line {line}" in error.where
    assert help_text in error.allowed + error.remedy


def test_target_and_objective_on_an_absent_metal(tmp_path: Path) -> None:
    lco = PROBLEM.replace("name: NMC111", "name: LCO")
    error = refused(tmp_path, lco)
    assert "Ni, which LCO does not contain" in error.what
    assert "line 14" in error.where
    error = refused(
        tmp_path, lco.replace(", Ni: 0.6", "").replace("maximise: recovery", "maximise: yield_Mn")
    )
    assert "yield of Mn, which LCO does not contain" in error.what
    assert "line 12" in error.where


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("# only a comment\n", "is empty"),
        ("feed: {name: NMC111\n", "not valid YAML"),
        ("feed: NMC111\nfeed: LCO\n", "given twice"),
        ("- a\n- b\n", "Expected keys and values"),
    ],
)
def test_files_that_are_not_problems(tmp_path: Path, text: str, message: str) -> None:
    assert message in refused(tmp_path, text).what


def test_yaml_errors_name_the_line(tmp_path: Path) -> None:
    error = refused(tmp_path, PROBLEM.replace("[25, 90]", "[25, 90"))
    assert "line 6" in error.where


def test_missing_file_and_directory(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no problem"):
        load_problem(tmp_path / "nowhere.yaml")
    with pytest.raises(InputError, match="is a directory"):
        load_problem(tmp_path)
    with pytest.raises(InputError) as error:
        load_problem("nmc112")
    assert "did you mean 'nmc" in error.value.remedy


def test_config_names_the_line_of_its_problem(tmp_path: Path) -> None:
    config = write(tmp_path, "description: x\nproblem: nowhere\n", "config.yaml")
    with pytest.raises(InputError) as error:
        load_config(config)
    assert "config.yaml, line 2" in error.value.where


def test_a_problem_is_a_config_with_the_default_search(tmp_path: Path) -> None:
    for name in ("nmc111", "problems/nmc111.yaml", write(tmp_path, PROBLEM)):
        config = load_config(name)
        assert config.search == SearchSpec() and config.document is None
        assert config.problem == load_problem(name) and config.name == Path(name).stem
    # a misspelt feed does not make a config of it
    bad = write(tmp_path, PROBLEM.replace("feed:", "fed:"))
    with pytest.raises(InputError, match="Unknown key 'fed'") as error:
        load_config(bad)
    assert "feed" in error.value.remedy
    with pytest.raises(InputError, match="no config or problem 'nmc112'"):
        load_config("nmc112")


def test_config_overrides_objectives_and_constraints_and_owns_their_errors(tmp_path: Path) -> None:
    write(tmp_path, PROBLEM)
    config = write(tmp_path, "problem: mine.yaml\nconstraints:\n  - yield: {Co: 0.9}\n", "config.yaml")
    loaded = load_config(config)
    problem = bind(loaded.problem)
    assert dict(problem.targets) == {"Co": 0.9}
    assert [o.metric for o in problem.objectives] == ["cost", "recovery"]

    bad = write(tmp_path, "problem: mine.yaml\nconstraints:\n  - yield: {Mn: 0.9}\n", "bad.yaml")
    write(tmp_path, PROBLEM.replace("name: NMC111", "name: LCO"))
    with pytest.raises(InputError) as error:
        bind(load_config(bad).problem)
    assert "bad.yaml, line 3" in error.value.where


@pytest.mark.parametrize("name", with_shipped_model("configs"))
def test_every_built_in_config_binds(name: str) -> None:
    problem = bind(load_config(name).problem)
    assert (problem.lower <= problem.upper).all()


@pytest.mark.parametrize("name", with_shipped_model("problems"))
def test_problems_round_trip(name: str) -> None:
    spec = load_problem(name)
    again = Problem(**yaml.safe_load(spec.to_yaml()))
    assert again.model_dump() == spec.model_dump() | {"name": again.name}


@given(low=st.floats(0, 150), high=st.floats(0, 150))
def test_ranges_are_ordered_or_refused(
    tmp_path_factory: pytest.TempPathFactory, low: float, high: float
) -> None:
    path = tmp_path_factory.mktemp("ranges") / "p.yaml"
    path.write_text(PROBLEM.replace("[25, 90]", f"[{low!r}, {high!r}]"), encoding="utf-8")
    if low <= high:
        assert validate(Problem, read_yaml(path)).variables.temperature == (low, high)
    else:
        with pytest.raises(InputError):
            validate(Problem, read_yaml(path))


def test_one_number_fixes_a_variable(tmp_path: Path) -> None:
    spec = load_problem(write(tmp_path, PROBLEM.replace("[25, 90]", "60")))
    assert spec.variables.temperature == (60.0, 60.0)


def test_limits_are_on_by_default_and_can_be_switched_off(tmp_path: Path) -> None:
    bare = PROBLEM[: PROBLEM.index("constraints:")]
    problem = bind(load_problem(write(tmp_path, bare)))
    assert problem.constraint_names == (
        "proton_balance",
        "stock_strength",
        "solubility",
        "boiling",
        "peroxide_heat",
        "slurry",
        "applicability_domain",
    )
    off = bare + "constraints:\n" + "".join(f"  - {n}: off\n" for n in problem.constraint_names)
    assert bind(load_problem(write(tmp_path, off))).constraint_names == ()


def test_a_new_acid_needs_no_code(tmp_path: Path) -> None:
    acid = """\
acids:
  trifluoroacetic:
    smiles: OC(=O)C(F)(F)F
    pKa: [0.23]
    stock: {purity: 0.99, density: 1.49}
    price: 2.0
    climate_change: 3.0
"""
    text = acid + PROBLEM.replace("hydrochloric]", "trifluoroacetic]")
    problem = bind(load_problem(write(tmp_path, text)))
    assert problem.acid_names == ("sulfuric", "trifluoroacetic")
    assert problem.inputs.acids.price[1] == 2.0
    assert problem.neighbourhoods[1].experiments == 0
    assert problem.supported_acids == ("sulfuric",)


def test_a_built_in_acid_can_be_completed(tmp_path: Path) -> None:
    text = "acids: {levulinic: {price: 3.0, climate_change: 5.0}}\n" + PROBLEM.replace(
        "hydrochloric]", "levulinic]"
    )
    problem = bind(load_problem(write(tmp_path, text)))
    assert problem.inputs.acids.price[1] == 3.0


def test_ranges_are_cut_to_where_the_acid_has_data() -> None:
    problem = bind(load_problem("nmc111"))
    hcl = problem.acid_names.index("hydrochloric")
    # peroxide never varied with HCl: it is fixed at what the data have, which is none
    assert problem.lower[hcl, 2] == problem.upper[hcl, 2] == 0.0


def test_a_surrogate_beside_the_problem_and_one_of_a_newer_format(tmp_path: Path) -> None:
    copy = shutil.copytree(builtin.folder("models") / "pd-gbr", tmp_path / "mine")
    text = PROBLEM.replace("surrogate: pd-gbr", "surrogate: mine")
    assert bind(load_problem(write(tmp_path, text))).surrogate.path == copy
    card = (copy / "card.yaml").read_text(encoding="utf-8")
    (copy / "card.yaml").write_text(card.replace("format: 3", "format: 99", 1), encoding="utf-8")
    error = refused(tmp_path, text)
    assert "99" in error.what
    assert "mine.yaml, line 2" in error.where
    assert "card.yaml" in error.where


def test_a_question_that_the_data_cannot_answer_is_refused_before_the_search(tmp_path: Path) -> None:
    text = PROBLEM.replace("[sulfuric, hydrochloric]", "[malic, citric]")
    error = refused(tmp_path, text)
    assert "None of malic, citric has the 5 experiments near NMC111" in error.what
    assert "sulfuric (60 experiments)" in error.allowed
    assert "line 4" in error.where
    off = text + "  - applicability_domain: off\n"
    off = off.replace("  - applicability_domain: inside\n", "")
    assert bind(load_problem(write(tmp_path, off))).acid_names == ("malic", "citric")


def test_seeds_differ(tmp_path: Path) -> None:
    config = write(tmp_path, "problem: nmc111\nsearch: {seeds: [1, 1]}\n", "config.yaml")
    with pytest.raises(InputError, match="repeat themselves"):
        load_config(config)


@pytest.mark.parametrize(("old", "new", "message", "line", "help_text"), INVALID)
def test_every_refusal_says_where_and_what_instead(
    tmp_path: Path, old: str, new: str, message: str, line: int, help_text: str
) -> None:
    error = refused(tmp_path, PROBLEM.replace(old, new, 1))
    assert error.where
    assert error.allowed or error.remedy
