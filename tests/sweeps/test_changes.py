"""What each kind of key changes of a base, by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from optimiser._io.errors import InputError
from optimiser.problem.load import documents_of
from optimiser.sweeps.changes import changed
from optimiser.sweeps.plan import Base, Question, Reader
from tests.sweeps.asked import document

#: A small base: what the problem says, and what the config says instead.
PROBLEM: dict[str, Any] = {
    "feed": "NMC111",
    "variables": {"acid": ["sulfuric"], "temperature": [25, 90]},
    "constraints": [{"yield": {"Li": 0.6, "Co": 0.7}}, {"proton_balance": 1.1}],
    "process": {"heat_loss": 0.1},
}


def said(key: str, value: Any, config: dict[str, Any] | None = None) -> tuple[dict[str, Any], dict[str, Any]]:
    """What config and problem say once a key has a value."""
    found = changed(document(config or {}), document(PROBLEM), {key: value})
    return found.config.data, found.problem.data


@pytest.mark.parametrize(
    ("key", "value", "part", "expected"),
    [
        ("feed", "NMC622", "feed", "NMC622"),
        ("feed", {"name": "NMC622", "mass": 2}, "feed", {"name": "NMC622", "mass": 2}),
        ("feed.mass", 500, "feed", {"name": "NMC111", "mass": 500}),  # a name alone becomes a mapping
        ("variables.temperature", 60, "variables", {"acid": ["sulfuric"], "temperature": 60}),
        ("problem.variables.temperature", 60, "variables", {"acid": ["sulfuric"], "temperature": 60}),
        ("variables.acid.0", "citric", "variables", {"acid": ["citric"], "temperature": [25, 90]}),
        ("variables.temperature.1", 80, "variables", {"acid": ["sulfuric"], "temperature": [25, 80]}),
        ("variables.temperature", None, "variables", {"acid": ["sulfuric"]}),  # null leaves it out
        ("variables", {"time": 60}, "variables", {"time": 60}),
        ("process.electricity", "DE", "process", {"heat_loss": 0.1, "electricity": "DE"}),
        ("process.heat_loss", None, "process", {}),
        ("surrogate", "models/my-plant", "surrogate", "models/my-plant"),
        ("credit", {"Li": 1}, "credit", {"Li": 1}),  # the base need not have said it
        (
            "constraints.yield.all",
            0.9,
            "constraints",
            [{"yield": {"Li": 0.9, "Co": 0.9}}, {"proton_balance": 1.1}],
        ),
        (
            "constraints.yield.Li",
            0.9,
            "constraints",
            [{"yield": {"Li": 0.9, "Co": 0.7}}, {"proton_balance": 1.1}],
        ),
        (
            "constraints.yield.Ni",
            0.5,
            "constraints",
            [{"yield": {"Li": 0.6, "Co": 0.7, "Ni": 0.5}}, {"proton_balance": 1.1}],
        ),
        (
            "constraints.confidence",
            0.8,
            "constraints",
            [{"yield": {"Li": 0.6, "Co": 0.7}, "confidence": 0.8}, {"proton_balance": 1.1}],
        ),
        (
            "constraints.proton_balance",
            1.5,
            "constraints",
            [{"yield": {"Li": 0.6, "Co": 0.7}}, {"proton_balance": 1.5}],
        ),
        (
            "constraints.cost.max",
            2,
            "constraints",
            [{"yield": {"Li": 0.6, "Co": 0.7}}, {"proton_balance": 1.1}, {"cost": {"max": 2}}],
        ),
    ],
)
def test_a_key_of_the_problem(key: str, value: Any, part: str, expected: Any) -> None:
    config, problem = said(key, value)
    assert problem[part] == expected
    assert config == {} and {k: v for k, v in problem.items() if k != part} == {
        k: v for k, v in PROBLEM.items() if k != part
    }


def test_keys_of_the_search_are_the_configs() -> None:
    assert said("search.population", 8) == ({"search": {"population": 8}}, PROBLEM)
    assert said("config.search.seeds", [2], {"search": {"population": 8}})[0] == {
        "search": {"population": 8, "seeds": [2]}
    }


def test_what_the_config_says_instead_of_its_problem_is_what_changes() -> None:
    """Otherwise the config would still be stronger, and nothing would change."""
    config = {"constraints": [{"yield": {"Li": 0.8}}]}
    assert said("constraints.yield.all", 0.9, config) == ({"constraints": [{"yield": {"Li": 0.9}}]}, PROBLEM)
    assert said("tolerances", "off", {"tolerances": {}})[0] == {"tolerances": "off"}


def test_the_base_stays_as_it_is() -> None:
    before = repr(PROBLEM)
    said("constraints.yield.all", 0.9)
    said("feed.mass", 1)
    assert repr(PROBLEM) == before


def test_prices_and_tables_are_apart() -> None:
    found = changed(
        document({}), document(PROBLEM), {"prices.sulfuric": 0.2, "tables.prices": "a.csv", "prices.power": 0}
    )
    assert (found.amounts, found.tables) == ({"sulfuric": 0.2, "power": 0.0}, {"prices": "a.csv"})
    assert found.problem.data == PROBLEM and found.config.data == {}


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("constraints.yield.Li.min", 0.9, "0.6 of the base has nothing called 'min'"),
        ("name", "x", "no key 'name'"),
        ("report.formats", ["csv"], "no key 'report.formats'"),
        ("prices.sulfuric", "cheap", "not a number"),
        ("prices", {"sulfuric": 1}, "no key 'prices'"),
    ],
)
def test_what_cannot_be_set_is_told(key: str, value: Any, told: str) -> None:
    with pytest.raises(InputError, match=told) as raised:
        said(key, value)
    assert raised.value.key == (key,)


def test_all_needs_targets_to_stand_for() -> None:
    with pytest.raises(InputError, match="no yield targets") as raised:
        changed(document({}), document({"constraints": []}), {"constraints.yield.all": 0.9})
    assert "constraints.yield.Li" in raised.value.remedy


def question(changes: dict[str, Any]) -> Question:
    config, problem = documents_of("nmc111_cost_vs_recovery")
    assert config is not None
    return Reader(Base(config, problem)).read(changes)


def test_the_question_that_is_asked_has_the_values() -> None:
    asked = question({"process.electricity": "PL", "constraints.yield.all": 0.9, "search.population": 20})
    assert asked.config.search.population == 20
    said = yaml.safe_load(asked.config.problem.to_yaml())
    assert said["constraints"][0] == {"yield": dict.fromkeys(("Li", "Ni", "Mn", "Co"), 0.9)}
    french = question({"process.electricity": "FR"})
    assert asked.tables is not None and french.tables is not None
    of_power = [t.tables.reagents["power"].climate_change.value for t in (asked, french)]
    assert of_power[0] > 5 * of_power[1]  # mostly coal, and mostly nuclear power


def test_a_price_is_that_of_the_stock_as_bought() -> None:
    asked = question({"prices.H2SO4": 0.25})
    assert asked.tables is not None
    assert asked.tables.acids["sulfuric"].price.euro() == pytest.approx(0.25)


def test_a_price_is_stronger_than_the_table_that_it_completes(tmp_path: Path) -> None:
    table = tmp_path / "prices.csv"
    table.write_text("substance,price [EUR/kg stock]\nsulfuric,0.5\nnitric,0.6\n")
    asked = question({"prices.sulfuric": 0.25, "tables.prices": str(table)})
    assert asked.tables is not None
    found = {name: asked.tables.acids[name].price.euro() for name in ("sulfuric", "nitric")}
    assert found == pytest.approx({"sulfuric": 0.25, "nitric": 0.6})
