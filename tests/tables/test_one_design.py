"""One design that a user asks about: typed, or a row of a front."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from optimiser._io.errors import InputError
from optimiser.problem.binding import bind
from optimiser.problem.bound import BoundProblem
from optimiser.problem.load import load_problem
from optimiser.problem.schema import Problem
from optimiser.tables.one_design import design_of_front, one_design, typed_design
from optimiser.variables import DESIGN_COLUMNS

DESIGN = "acid=sulfuric,temperature=60,acid_concentration=2,h2o2=1,solid_liquid_ratio=60,time=61"


@cache
def question() -> Problem:
    return load_problem("nmc111")


@cache
def problem() -> BoundProblem:
    return bind(question())


def front(folder: Path) -> Path:
    rows = [
        ["sulfuric", 43.0, 1.0, 0.5, 60.0, 61.0, 0.1, False],
        ["HCl", 60.0, 2.0, 0.0, 50.0, 60.0, 0.2, True],
    ]
    path = folder / "front.csv"
    pd.DataFrame(rows, columns=[*DESIGN_COLUMNS, "yield_Li", "knee"]).to_csv(path, index=False)
    return path


def test_a_row_of_a_front_is_counted_from_one_and_the_knee_is_the_default(tmp_path: Path) -> None:
    path = front(tmp_path)
    first, knee = (design_of_front(path, row, question(), problem()) for row in (1, None))
    assert first.designs.continuous[0].tolist() == [43.0, 1.0, 0.5, 60.0, 61.0]
    assert problem().acid_names[int(knee.designs.acid[0])] == "hydrochloric"
    assert knee.name == "design 2 of front.csv"
    assert first.differs([0.5, 0.5, 0.5, 0.5]) == ["Li"]
    assert first.differs([0.102, 0.5, 0.5, 0.5]) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("acid=sulfuric,temp=4", "no variable 'temp'"),
        ("acid=sulfuric", "lacks temperature"),
        (DESIGN + ",time=3", "time is given twice"),
        (DESIGN.replace("temperature=60", "temperature=430"), "Temperature '?430'? is outside"),
        (DESIGN.replace("temperature=60", "temperature=20:40"), "temperature has several values"),
        (DESIGN.replace("sulfuric", "acetic"), "does not list the acid 'acetic'"),
        (DESIGN.replace("sulfuric", "sulfurik"), "no acid 'sulfurik'"),
        ("", "no variable ''"),
    ],
)
def test_a_design_that_cannot_be_is_refused(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        typed_design(text, question(), problem())


def test_a_front_that_cannot_be_is_refused(tmp_path: Path) -> None:
    path = front(tmp_path)
    with pytest.raises(InputError, match="no design 3"):
        design_of_front(path, 3, question(), problem())
    pd.read_csv(path).drop(columns="knee").to_csv(path, index=False)
    with pytest.raises(InputError, match="marks no knee"):
        design_of_front(path, None, question(), problem())
    bad = pd.read_csv(front(tmp_path)).astype({"yield_Li": object})
    for cell in ("abc", "1.2", "inf"):
        bad.loc[0, "yield_Li"] = cell
        bad.to_csv(path, index=False)
        with pytest.raises(InputError, match=rf"(?i)yield.*{cell}.* (not|outside)") as caught:
            design_of_front(path, 1, question(), problem())
        assert caught.value.where.startswith(f"{path}, row 2, column yield_Li")
    path.write_text("acid,temperature\nsulfuric,40\n")
    with pytest.raises(InputError, match="'acid_concentration'"):
        design_of_front(path, 1, question(), problem())
    path.write_text("")
    with pytest.raises(InputError, match=r"front\.csv"):
        design_of_front(path, 1, question(), problem())


def test_a_front_of_another_feed_is_refused_where_the_manifest_says_so(tmp_path: Path) -> None:
    path = front(tmp_path)
    pinned: dict[str, Any] = {"problem": {"name": "mine"}, "question": {"feed": {"name": "LCO", "Co": 1.0}}}
    (tmp_path / "manifest.json").write_text(json.dumps(pinned))
    with pytest.raises(
        InputError, match=r"is a front of LCO, and the problem 'nmc111' is about NMC111"
    ) as found:
        design_of_front(path, 1, question(), problem())
    assert "(mine)" in found.value.remedy
    # the same composition under another name, and a file that no run wrote
    pinned["question"]["feed"] = {"name": "ours", "Ni": 0.3333, "Mn": 0.3333, "Co": 0.3333}
    for text in (json.dumps(pinned), "[1]", "{", '{"question": {"feed": 3}}', '{"question": {"feed": {}}}'):
        (tmp_path / "manifest.json").write_text(text)
        assert design_of_front(path, 1, question(), problem()).name == "design 1 of front.csv"


def test_a_cell_of_a_front_that_cannot_be_is_refused_with_its_row_and_column(tmp_path: Path) -> None:
    path = front(tmp_path)
    bad = pd.read_csv(path).astype({"temperature": object})
    for cell, said in (("hot", "is not a number"), ("430", "is outside what is possible")):
        bad.loc[1, "temperature"] = cell
        bad.to_csv(path, index=False)
        with pytest.raises(InputError, match=said) as caught:
            design_of_front(path, 2, question(), problem())
        assert caught.value.where.startswith(f"{path}, row 3, column temperature")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ((None, None, None), "No design is given"),
        ((DESIGN, Path("front.csv"), None), "Two designs are given"),
        ((DESIGN, None, 3), "--row needs a front"),
    ],
)
def test_exactly_one_design_is_asked_for(
    asked: tuple[str | None, Path | None, int | None], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        one_design(question(), problem(), *asked)
