"""Reading a system's table: what stands in it, what is told of it, and what is refused with its cell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from optimiser._io.errors import InputError
from optimiser.systems.read import read_system_table
from optimiser.systems.table import SystemTable

Cells = dict[str, list[Any]]


def _table() -> Cells:
    """Return six experiments with two times each: acid A in the first six rows, B in the others."""
    return {
        "acid": ["A"] * 6 + ["B"] * 6,
        "T": [20, 20, 40, 40, 60, 60] * 2,
        "M": [1, 1, 2, 2, 3, 3] * 2,
        "t": [10, 30] * 6,
        "Cu": [10, 20, 30, 40, 50, 60, 15, 25, 35, 45, 55, 65],
        "Ni": [5, 10, 15, 20, 25, 30, 8, 12, 18, 22, 28, 32],
    }


def _spec() -> dict[str, Any]:
    return {
        "name": "test",
        "table": "table.csv",
        "responses": {"Cu": "Cu", "Ni": "Ni"},
        "setpoints": {
            "temperature": {"column": "T", "unit": "degC"},
            "strength": {"column": "M", "unit": "mol/L"},
            "time": {"column": "t", "unit": "min", "log": True},
        },
        "choices": {"lixiviant": {"column": "acid"}},
    }


Read = Callable[..., SystemTable]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Write a table and its system's file, both as the test changes them, and read them."""

    def reading(
        cells: Mapping[str, list[Any]] | None = None, *, text: str | None = None, **said: Any
    ) -> SystemTable:
        path = tmp_path / "table.csv"
        if text is None:
            pd.DataFrame(_table() | dict(cells or {})).to_csv(path, index=False)
        else:
            path.write_text(text, encoding="utf-8")
        file = tmp_path / "mine.system.yaml"
        file.write_text(yaml.safe_dump(_spec() | said, sort_keys=False), encoding="utf-8")
        return read_system_table(file)

    return reading


def _changed(column: str, row: int, value: Any) -> Cells:
    """Return a column of the table with another value in a spreadsheet row."""
    values = list(_table()[column])
    values[row - 2] = value
    return {column: values}


def _setpoint(name: str, **said: Any) -> dict[str, Any]:
    setpoints = _spec()["setpoints"]
    setpoints[name] |= said
    return {"setpoints": setpoints}


def test_rows_experiments_and_variables(read: Read) -> None:
    table = read()
    assert len(table) == 12 and table.rows.tolist() == list(range(2, 14))
    # temperature and strength go together, so three experiments of each acid, each sampled at two times
    assert table.experiments.tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert table.studies.tolist() == [0] * 12 and table.notes == ()
    assert [option.name for option in table.system.options] == ["A", "B"]
    assert table.system.along == "time"
    np.testing.assert_allclose(table.yields[0], [0.10, 0.05])
    temperature = table.system.variables[0]
    assert (temperature.low, temperature.high, temperature.step) == (20.0, 60.0, 0.1)


@pytest.mark.parametrize(
    ("experiment", "groups", "along"),
    [
        ("all", list(range(12)), None),
        (["all but time"], [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5], "time"),
        # without the acid, too: rows 1 and 7 are at one temperature and strength
        (["all but lixiviant"], [0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5], None),
        ("all but strength", list(range(12)), "strength"),
        (["lixiviant", "time", "T"], list(range(12)), None),
    ],
)
def test_what_tells_experiments_apart(read: Read, experiment: Any, groups: list[int], along: str) -> None:
    table = read(groups={"experiment": experiment})
    assert table.experiments.tolist() == groups and table.system.along == along


def test_a_yaml_list_parts_all_but_at_its_commas(read: Read, tmp_path: Path) -> None:
    table = read(text=_more_temperatures(), groups={"experiment": ["all but time", "strength"]})
    assert table.experiments.tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
    assert table.system.along is None


def _more_temperatures() -> str:
    lines = ["acid,T,M,t,Cu,Ni"]
    lines += [
        f"A,{20 + 10 * i},{m},{t},{10 + i + m},{20 + i + t}" for i in range(5) for m, t in ((1, 5), (2, 9))
    ]
    return "\n".join(lines)


def test_without_a_setpoint_time_all_conditions_tell_experiments_apart(read: Read) -> None:
    setpoints = {k: v for k, v in _spec()["setpoints"].items() if k != "time"} | {
        "minutes": {"column": "t", "unit": "min"}
    }
    table = read(setpoints=setpoints)
    assert table.experiments.max() == 11 and table.system.along is None


def test_studies_are_a_column_or_the_feeds(read: Read) -> None:
    ores = {"ore": ["x"] * 4 + ["y"] * 8, "lab": list("abcabcabcabc")}
    table = read(ores, feed={"name": "ore"})
    assert table.studies.tolist() == [0] * 4 + [1] * 8 and list(table.system.feeds) == ["x", "y"]
    table = read(ores, feed={"name": "ore"}, groups={"study": "lab"})
    assert table.studies.tolist() == [0, 1, 2] * 4


def test_responses_in_rows_become_columns(read: Read) -> None:
    wide = _table()
    long = {k: v * 2 for k, v in wide.items() if k not in ("Cu", "Ni")}
    long |= {"metal": ["Cu"] * 12 + ["Ni"] * 12, "yield": wide["Cu"] + wide["Ni"]}
    text = pd.DataFrame(long).to_csv(index=False)
    table, same = read(text=text, responses={"by": "metal", "value": "yield"}), read()
    assert table.system.responses == ("Cu", "Ni")
    np.testing.assert_allclose(table.yields, same.yields)
    assert table.rows.tolist() == list(range(2, 14))
    # a second value of one condition and metal is another row, and the other metal is not measured in it
    again = read(text=text + text.splitlines()[1] + "\n", responses={"by": "metal", "value": "yield"})
    assert len(again) == 13 and np.isnan(again.yields[12, 1])


def test_workbooks_are_read_like_csv(read: Read, tmp_path: Path) -> None:
    pd.DataFrame(_table()).to_excel(tmp_path / "table.xlsx", index=False)
    table, same = read(table="table.xlsx"), read()
    np.testing.assert_allclose(table.yields, same.yields)
    assert [o.name for o in table.system.options] == ["A", "B"]


def test_semicolons_and_decimal_commas(read: Read) -> None:
    text = pd.DataFrame(_table() | {"M": [0.5, 0.5, 1.5, 1.5, 2.5, 2.5] * 2}).to_csv(
        index=False, sep=";", decimal=","
    )
    assert read(text=text).continuous[2, 1] == 1.5


@pytest.mark.parametrize(
    ("name", "column", "unit", "values", "first"),
    [
        ("time", "t", "h", [1, 2] * 6, 60.0),
        ("temperature", "T", "K", [293.15, 293.15, 313.15, 313.15, 333.15, 333.15] * 2, 20.0),
    ],
)
def test_units_are_converted_and_told(
    read: Read, name: str, column: str, unit: str, values: list[float], first: float
) -> None:
    table = read({column: values}, **_setpoint(name, unit=unit))
    at = table.system.column[name]
    assert table.continuous[0, at] == pytest.approx(first)
    assert any(f"{name} is converted from {unit}" in note for note in table.notes)
    assert table.system.variables[at].unit == table.system.spec.setpoints[name].unit != unit


def test_solids_per_millilitre_become_grams_per_litre(read: Read) -> None:
    setpoints = _spec()["setpoints"]
    setpoints["solid_liquid_ratio"] = setpoints.pop("strength") | {"unit": "g/mL", "low": 0.5, "step": 0.1}
    table = read({"M": [0.5, 0.5, 2, 2, 3, 3] * 2}, setpoints=setpoints)
    solids = table.system.variables[table.system.column["solid_liquid_ratio"]]
    assert (solids.unit, solids.low, solids.high, solids.step) == ("g/L", 500.0, 3000.0, 100.0)


def test_a_setpoint_that_an_option_never_has_is_0_there(read: Read) -> None:
    table = read({"M": [1, 1, 2, 2, 3, 3] + [None] * 6})
    assert table.continuous[6:, 1].tolist() == [0.0] * 6 and table.system.variables[1].low == 0.0
    assert any("strength does not apply to lixiviant 'B'" in note for note in table.notes)


def test_what_an_empty_cell_means_is_taken_from_the_file(read: Read) -> None:
    table = read(_changed("M", 3, None), **_setpoint("strength", empty=0.5))
    assert table.continuous[1, 1] == 0.5 and "1 empty cells of strength are 0.5" in table.notes[0]


def test_yields_within_the_tolerance_are_taken_as_0_and_100_and_told(read: Read) -> None:
    table = read(_changed("Cu", 2, -2) | _changed("Ni", 13, 120))
    assert table.yields[0, 0] == 0.0 and table.yields[11, 1] == 1.0
    assert table.yields_as_written[11, 1] == pytest.approx(1.2)
    assert [note.split(",")[0] for note in table.notes] == ["1 yields above 100 %", "1 yields below 0"]


def test_repeats_are_kept_and_contradictions_told(read: Read) -> None:
    cells = {key: [*values, values[0]] for key, values in _table().items()}
    # 10 and 30, 5 and 5: 20 and 0 points apart, 10 on average
    table = read(cells | {"Cu": [*_table()["Cu"], 30]})
    assert len(table) == 13
    assert "1 conditions stand in more than one row (2 rows)" in table.notes[0]
    assert "differ by 10.0 points on average, 20.0 at most: 1 contradict" in table.notes[0]


def test_rows_left_out_are_told(read: Read) -> None:
    table = read(
        _changed("Cu", 4, None) | _changed("Ni", 4, None) | {"flag": ["old", *["new"] * 11]},
        exclude={"flag": "old"},
    )
    assert len(table) == 10 and table.rows.tolist()[:2] == [3, 5]
    assert table.notes[:2] == (
        "1 rows with flag 'old' are excluded, as the file says",
        "1 rows without any response are left out",
    )


def test_a_constant_setpoint_is_told(read: Read) -> None:
    assert "strength is 2 mol/L in every row: it cannot be searched" in read({"M": [2] * 12}).notes


def test_temperatures_that_may_be_kelvin_are_told(read: Read) -> None:
    table = read({"T": [293, 293, 313, 313, 333, 333] * 2})
    assert any("if these are kelvin" in note for note in table.notes)


def test_feeds_of_one_name_with_other_numbers_are_told_apart(read: Read) -> None:
    table = read(
        {"ore": ["x"] * 12, "Si": [1.0] * 6 + [2.0] * 6}, feed={"name": "ore", "columns": {"silica": "Si"}}
    )
    assert list(table.system.feeds) == ["x (silica 1)", "x (silica 2)"]
    assert any("x stands for 2 feeds" in note for note in table.notes)


_REFUSED: list[tuple[str, Cells, dict[str, Any], tuple[str, ...]]] = [
    ("missing column", {}, {"responses": {"Cu": "Cuu"}}, ("no column 'Cuu'", "did you mean 'Cu'?")),
    ("text", _changed("M", 5, "about 2"), {}, ("'about 2'", "row 5, column 'M'")),
    ("infinite", _changed("M", 5, "inf"), {}, ("'inf'", "row 5, column 'M'")),
    ("empty setpoint", _changed("M", 5, None), {}, ("no strength", "row 5, column 'M'", "empty: 0")),
    ("no choice", _changed("acid", 5, None), {}, ("no lixiviant", "row 5")),
    ("above", _changed("Cu", 4, 151), {}, ("yield is 151 %", "row 4, column 'Cu'", "-50 to 150")),
    ("below", _changed("Cu", 4, -60), {}, ("yield is -60 %", "row 4, column 'Cu'")),
    ("own tolerance", _changed("Cu", 4, 106), {"tolerance": 5}, ("yield is 106 %", "-5 to 105")),
    ("per cent as fractions", {}, {"unit": "fraction"}, ("yield is 10", "unit: percent")),
    (
        "fractions as per cent",
        {k: [v / 10000 for v in _table()[k]] for k in ("Cu", "Ni")},
        {},
        ("unit: fraction",),
    ),
    ("never varies", {"Ni": [7] * 12}, {}, ("'Ni' is 7 % in every row",)),
    ("never measured", {"Ni": [None] * 12}, {}, ("'Ni' was never measured",)),
    ("rare choice", _changed("acid", 2, "C"), {}, ("'C' has 1 row", "exclude: {acid: C}")),
    ("unknown exclusion", {}, {"exclude": {"acid": "AA"}}, ("'AA'", "none can be excluded")),
    (
        "unknown group",
        {},
        {"groups": {"experiment": "all but tim"}},
        ("'tim'", "line", "did you mean 'time'?"),
    ),
    ("unknown column of a group", {}, {"groups": {"study": "lab"}}, ("no column 'lab'",)),
    ("assay", {}, {"feed": {"assay": {"Cuu": 1.0}}}, ("'Cuu'", "line", "did you mean 'Cu'?")),
    ("assay above", {}, {"feed": {"assay": {"Cu": 101.0}}}, ("101 wt%",)),
    ("too hot", _changed("T", 2, 2000), {}, ("temperature is 2000", "row 2", "1500 or less")),
    ("outside", {}, _setpoint("strength", high=2.5), ("strength is 3 mol/L", "2.5 or less")),
    ("not a value", {}, _setpoint("strength", values=[1, 2]), ("strength is 3 mol/L in row 6", "1, 2")),
    ("too few experiments", {"T": [20] * 12, "M": [1, 2] * 6}, {}, ("experiments", "5 or more")),
]


@pytest.mark.parametrize(
    ("cells", "said", "told"), [case[1:] for case in _REFUSED], ids=[c[0] for c in _REFUSED]
)
def test_what_cannot_be_is_refused_where_it_stands(
    read: Read, cells: Cells, said: dict[str, Any], told: tuple[str, ...]
) -> None:
    with pytest.raises(InputError) as error:
        read(cells, **said)
    for part in told:
        assert part in str(error.value)


def test_a_column_that_stands_there_twice_is_refused(read: Read) -> None:
    text = pd.DataFrame(_table()).to_csv(index=False)
    with pytest.raises(InputError, match="column 'T' 2 times: numbers 2, 7") as error:
        read(text="\n".join(f"{line},{'T' if k == 0 else 1}" for k, line in enumerate(text.splitlines())))
    assert "row 1" in str(error.value)


def test_a_setpoint_named_twice_is_refused(read: Read, tmp_path: Path) -> None:
    read()
    file = tmp_path / "mine.system.yaml"
    text = file.read_text().replace("  strength:", "  temperature:")
    file.write_text(text)
    with pytest.raises(InputError, match="temperature"):
        read_system_table(file)


def test_a_table_that_is_nowhere_is_told_with_the_places(read: Read) -> None:
    with pytest.raises(InputError, match=r"There is no table .other\.csv.; looked for") as error:
        read(table="other.csv")
    assert "--table" in str(error.value)


@pytest.mark.parametrize("name", ["nodule", "rare_earths"])
def test_the_examples_read_the_shared_tables(shared_data: Path, name: str) -> None:
    files = {"nodule": ("manganese_nodule_165.csv", 135, 27, 6), "rare_earths": ("ree_452.csv", 98, 77, 4)}
    file, rows, experiments, studies = files[name]
    if not (shared_data / file).is_file():
        pytest.skip(f"needs {file}")
    table = read_system_table(name, shared_data / file)
    found = (len(table), int(table.experiments.max()) + 1, int(table.studies.max()) + 1)
    assert found == (rows, experiments, studies)
