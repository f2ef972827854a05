"""Site models from Python, and what a search makes of one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest

import optimiser as opt
from tests.plants import less_manganese, plant


@pytest.fixture
def folder(my_plant: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(my_plant / "models", tmp_path / "models")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def problem(**parts: object) -> opt.Problem:
    return opt.Problem(
        feed="NMC622",
        variables={"acid": "sulfuric", "h2o2": (0, 3)},
        objectives=opt.minimise("cost"),
        constraints=opt.Yields(Li=0.8, Mn=0.5),
        **parts,
    )


def test_learn_add_forget_undo(folder: Path) -> None:
    mine = opt.learn(less_manganese(), name="mine")
    assert mine.sentence.startswith("Your plant leaches Mn") and mine.sentence in str(mine)
    assert repr(mine) == "<SiteModel 'mine' of 9 results>"
    more = plant([0.0, 0.0, -0.11, 0.0], strengths=(4.0,), seed=3)
    added = mine.add(more.drop(columns="feed"), feed="NMC622")
    assert len(added.results) == 12 and added.lessons.experiments == 12
    assert len(added.forget([1, 12]).results) == 10 and len(added.forget(1).results) == 9
    assert len(added.undo().results) == 10
    assert "Your plant" in mine._repr_html_() and "<table" in mine._repr_html_()
    assert mine.to_dict()["results"] == 9
    assert (mine.write(folder / "page") / "report.html").is_file()
    with pytest.raises(opt.InputError, match="exists already"):
        opt.learn(more, name="mine")
    assert len(opt.learn(more, name="mine", replace=True).results) == 3


def test_without_a_name_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = opt.learn(less_manganese().drop(columns="feed"), problem=problem())
    assert found.surrogate.site is not None and found.lessons.base == "pd-gbr"
    for change in (found.undo, lambda: found.forget(1), lambda: found.add(less_manganese())):
        with pytest.raises(opt.InputError, match="is not kept"):
            change()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: opt.learn(pd.DataFrame()), "no"),
        (lambda: opt.learn(less_manganese(), base="nothing"), "There is no surrogate 'nothing'"),
        (lambda: opt.learn(less_manganese(), problem="nmc622"), "is not a problem"),
        (lambda: opt.learn(less_manganese().drop(columns="feed")), "cathode"),
        (lambda: opt.learn(less_manganese(), name="models/my-plant", feed="NMC000"), "NMC000"),
    ],
)
def test_mistakes_are_input_errors(folder: Path, call: object, message: str) -> None:
    assert callable(call)
    with pytest.raises(opt.InputError, match=message):
        call()


def test_a_search_on_a_site_model_tells_so(folder: Path) -> None:
    result = opt.run(problem(surrogate="my-plant"), population=12, generations=4, seeds=[1])
    assert result.feasible
    out = result.write(folder / "out")
    page = (out / "report.html").read_text()
    assert "Own results" in page and "Yields are those of the site model my-plant" in page
    assert "could not be made" not in page
    assert "Of the base pd-gbr, not of the site model." in page
    # what is kept of the run names its model
    assert len(opt.compare(out, out).differences) == 0
    asked = opt.run(problem(), population=12, generations=4, seeds=[1])
    told = opt.compare(asked, result).differences.set_index("what")
    assert told.loc["yield model", "other"].endswith("9 own results on pd-gbr)")
