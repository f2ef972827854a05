"""The shipped names: each is of something known here, and every category of the score has one."""

from __future__ import annotations

import pytest

from optimiser._io.errors import InputError
from optimiser.chemistry.impacts import load_footprint
from optimiser.chemistry.tables import read_table, shipped
from optimiser.lca.choosing import choose_methods
from optimiser.lca.names import check_unit, shipped_names, substances
from tests.lca.brightway_project import UNITS


def test_the_table_names_what_is_known_here_and_no_sub_split() -> None:
    table = read_table(shipped("lca_names.yaml")).data
    assert set(table["activities"]) <= set(substances())
    assert set(table["categories"]) == set(load_footprint())
    # a sub-split repeats the name of its total and adds to it, as "climate change: fossil" does
    theirs = [entry["category"] for entry in table["categories"].values()]
    assert not any(one != two and one.startswith(two) for one in theirs for two in theirs)


def test_every_substance_has_an_activity_or_a_reason() -> None:
    for behind in shipped_names().activities.values():
        assert (behind.activity is None) == bool(behind.why)


def test_the_units_of_ecoinvent_s_methods_are_ours() -> None:
    for category, unit in UNITS.items():
        assert check_unit(category, unit, "") == load_footprint()[category].unit
    with pytest.raises(InputError, match="Acidification is in 'kg SO2-Eq'"):
        check_unit("acidification", "kg SO2-Eq", "")


def test_a_method_in_two_sets_is_chosen_by_its_prefix() -> None:
    tails = [("EF v3.1", c.category, c.indicator) for c in shipped_names().categories.values()]
    every = [(prefix, *tail) for prefix in ("ecoinvent-3.9", "ecoinvent-3.10") for tail in tails]
    with pytest.raises(InputError) as refused:
        choose_methods(every, shipped_names())
    assert "prefix: [ecoinvent-3.9]" in refused.value.remedy
