"""What a system's file says of its reagents: which choice they are, which acids, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from optimiser._io.errors import InputError
from optimiser.systems.reagents import check_reagents, reagent_choice, solute_of
from optimiser.systems.spec import SystemSpec

VALUES = {"lixiviant": ("H2SO4", "brine"), "roasting": ("none", "air")}


def spec(lixiviant: Any = None, roasting: Any = None, **more: Any) -> SystemSpec:
    return SystemSpec.model_validate(
        {
            "name": "test",
            "table": "table.csv",
            "responses": {"Co": "Co"},
            "setpoints": {"acid_concentration": {"column": "c", "unit": "mol/L"}},
            "choices": {
                "roasting": {"column": "roasting", **(roasting or {})},
                "lixiviant": {"column": "lixiviant", **(lixiviant or {})},
            },
            **more,
        }
    )


def test_the_reagent_is_the_choice_that_has_an_acid() -> None:
    assert reagent_choice(spec(), VALUES) == "lixiviant"
    assert reagent_choice(spec(roasting={"reagent": True}), VALUES) == "roasting"
    assert reagent_choice(spec(lixiviant={"reagent": False}), VALUES) is None
    # one reagent for the whole table
    assert reagent_choice(spec(reagent={"acid": "citric"}), VALUES) is None


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({}, "H2SO4 is taken for sulfuric acid by its name."),
        ({"smiles": {"H2SO4": "O=S(=O)(O)O"}}, "H2SO4 is taken for sulfuric acid by its structure."),
        ({"values": {"H2SO4": {"acid": "sulphuric"}}}, ""),
    ],
)
def test_a_known_acid_by_name_structure_or_word(said: Any, told: str) -> None:
    solute = solute_of(spec(said), "lixiviant", "H2SO4")
    assert solute.acid is not None
    assert (solute.acid.name, solute.told) == ("sulfuric", told)


def test_the_files_own_numbers_count_first() -> None:
    own = spec({"values": {"H2SO4": {"price": 0.2, "purity": 0.5}}})
    solute = solute_of(own, "lixiviant", "H2SO4")
    assert (solute.price, solute.purity, solute.density) == (0.2, 0.5, 1.836)


def test_a_structure_alone_gives_the_molar_mass() -> None:
    solute = solute_of(spec({"smiles": {"brine": "[Na+].[Cl-]"}}), "lixiviant", "brine")
    assert solute.molar_mass == pytest.approx(58.44, abs=0.01)
    assert not solute.price >= 0.0


@pytest.mark.parametrize(
    ("said", "what", "key"),
    [
        ({"lixiviant": {"values": {"H2SO5": {}}}}, "no lixiviant 'H2SO5'", "choices.lixiviant.values.H2SO5"),
        (
            {"lixiviant": {"values": {"brine": {"acid": "sulfric"}}}},
            "no acid 'sulfric'",
            "choices.lixiviant.values.brine.acid",
        ),
        (
            {"lixiviant": {"values": {"brine": {"setpoint": "salt"}}}},
            "no setpoint 'salt'",
            "choices.lixiviant.values.brine.setpoint",
        ),
        (
            {"lixiviant": {"reagent": True}, "roasting": {"reagent": True}},
            "The reagent is said to be",
            "choices.lixiviant.reagent",
        ),
        ({"acid_consumption": {"value": 3, "unit": "g"}}, "consumption of 3 g", "acid_consumption"),
    ],
)
def test_mistakes_are_told_with_their_key(said: dict[str, Any], what: str, key: str) -> None:
    with pytest.raises(InputError, match=what) as error:
        check_reagents(spec(**said), VALUES)
    assert error.value.where == key
