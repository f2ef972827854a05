"""Where an artefact is found: beside the problem that names it, shipped, or trained in the working folder."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from optimiser._io import builtin
from optimiser._io.errors import InputError
from optimiser.problem.binding import bind
from optimiser.problem.load import load_problem
from optimiser.problem.named import surrogate_of
from optimiser.report.listing import listing
from optimiser.surrogate.artefact import load_surrogate
from optimiser.tables.predict import prepare

SHIPPED = builtin.folder("models") / "pd-gbr"

PROBLEM = """\
feed: {name: NMC111}
surrogate: NAME
variables: {acid: [sulfuric], temperature: [40, 90], acid_concentration: [1, 4], h2o2: [0, 8],
            solid_liquid_ratio: [10, 60], time: [30, 240]}
objectives: [{minimise: cost}]
"""


@pytest.mark.parametrize("place", ["mine", "models/mine"])
def test_run_and_predict_find_an_artefact_beside_the_problem_from_any_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    there, elsewhere = tmp_path / "there", tmp_path / "elsewhere"
    elsewhere.mkdir()
    copy = shutil.copytree(SHIPPED, there / place)
    (there / "p.yaml").write_text(PROBLEM.replace("NAME", "mine"))
    (there / "t.csv").write_text(
        "acid,temperature,acid_concentration,h2o2,solid_liquid_ratio,time\nsulfuric,60,2,2,50,60\n"
    )
    monkeypatch.chdir(elsewhere)
    question = load_problem(there / "p.yaml")
    assert bind(question).surrogate.path == copy
    assert prepare(there / "t.csv", question=question).surrogate.path == copy


def test_what_is_beside_the_problem_comes_first_and_a_folder_of_something_else_never(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pd-gbr").mkdir()
    assert load_surrogate("pd-gbr", beside=tmp_path).path == SHIPPED
    own = shutil.copytree(SHIPPED, tmp_path / "p" / "models" / "pd-gbr")
    assert load_surrogate("pd-gbr", beside=tmp_path / "p").path == own
    # and what a path means beside the problem is not looked for elsewhere
    assert load_surrogate("models/pd-gbr", beside=tmp_path / "p").path == own


def test_a_surrogate_that_is_nowhere_names_every_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "p.yaml").write_text(PROBLEM.replace("NAME", "svm"))
    with pytest.raises(InputError, match="svm does not ship fitted") as caught:
        surrogate_of(load_problem("p/p.yaml"))
    for place in ("p/svm", "p/models/svm", "svm", "models/svm"):
        assert f" {tmp_path / place}" in caught.value.what
    assert "p.yaml, line 2, key surrogate" in caught.value.where
    assert caught.value.remedy == "train it once, in minutes: optimiser train --model svm"
    # a slip of the keyboard is held against the models by name, and against what was trained here
    for slip, meant in (("svn", "svm"), ("mi-ne", "mine")):
        shutil.copytree(SHIPPED, tmp_path / "models" / "mine", dirs_exist_ok=True)
        with pytest.raises(InputError, match="no surrogate") as caught:
            load_surrogate(slip)
        assert caught.value.remedy == f"did you mean '{meant}'?"
        assert caught.value.allowed.endswith("one of: pd-gbr, mine")


def test_models_trained_here_are_listed_and_a_broken_one_hides_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(SHIPPED, tmp_path / "models" / "mine")
    torn = shutil.copytree(SHIPPED, tmp_path / "models" / "torn")
    (torn / "arrays.npz").write_bytes(b"")
    shutil.copytree(SHIPPED, tmp_path / "models" / "pd-gbr")  # its name already means the shipped one
    found = {record["name"]: record for record in listing("models")}
    assert list(found) == ["pd-gbr", "mine", "torn"]
    assert found["pd-gbr"]["folder"] == "shipped"
    assert found["mine"] == {**found["pd-gbr"], "name": "mine", "folder": str(tmp_path / "models" / "mine")}
    assert found["torn"]["sha256"] == "cannot be read" and found["torn"]["rows"] is None
