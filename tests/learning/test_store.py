"""Site models on disk: what was learned comes back, one step can be taken back, nothing is half written."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml

from optimiser._io.errors import InputError
from optimiser.chemistry.acids import load_acids
from optimiser.chemistry.feeds import find_feed
from optimiser.learning import store
from optimiser.surrogate import artefact, site
from optimiser.surrogate.artefact import Surrogate, load_surrogate, seal
from optimiser.surrogate.packing import CARD
from optimiser.surrogate.site import read_prior
from optimiser.tables.own_results import OwnResults, read_results
from optimiser.variables import Designs, Floats
from tests.paths import ROOT
from tests.plants import plant, write

POSIX = pytest.mark.skipif(os.name != "posix", reason="kills a process as POSIX does")


@pytest.fixture
def folder(my_plant: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with a site model of one's own."""
    shutil.copytree(my_plant / "models", tmp_path / "models")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def more(strength: float = 4.0) -> OwnResults:
    return read_results(plant([0.0, 0.0, -0.11, 0.0], strengths=(strength,), seed=3))


def yields(model: Surrogate) -> Floats:
    conditions = np.array([[60.0, 2.0, 2.0, 50.0, 60.0], [70.0, 4.0, 2.0, 50.0, 60.0]])
    designs = Designs(np.zeros(2, dtype=np.intp), conditions)
    return model.predict(find_feed("NMC622"), [load_acids()["sulfuric"]], designs).mean


def test_what_is_added_is_forgotten_and_taken_back(folder: Path) -> None:
    first = store.opened("my-plant")
    added = store.add(more(), "my-plant")
    assert len(store.stored_results(added)) == 9 + 3
    assert np.abs(yields(added) - yields(first)).max() > 1e-4
    # the version before lies inside it
    assert load_surrogate(folder / "models" / "my-plant" / store.FORMER).sha256 == first.sha256
    forgotten = store.forget("my-plant", [10, 11, 12])
    np.testing.assert_allclose(yields(forgotten), yields(first), atol=1e-12)
    again = store.undo("my-plant")
    assert again.sha256 == added.sha256
    assert store.undo("my-plant").sha256 == forgotten.sha256  # taking back is taken back
    assert sorted(path.name for path in (folder / "models").iterdir()) == [".my-plant.lock", "my-plant"]


def test_what_is_loaded_predicts_what_was_learned(folder: Path) -> None:
    made = store.create(more(), load_surrogate("pd-gbr"), "other")
    np.testing.assert_array_equal(yields(load_surrogate("other")), yields(made))


def test_names_are_refused(folder: Path) -> None:
    base = load_surrogate("pd-gbr")
    with pytest.raises(InputError, match="name of a published model"):
        store.create(more(), base, "pd-gbr")
    with pytest.raises(InputError, match="exists already"):
        store.create(more(), base, "my-plant")
    (folder / "models" / "notes").mkdir()
    (folder / "models" / "notes" / "a.txt").write_text("mine")
    with pytest.raises(InputError, match="holds something else"):
        store.create(more(), base, "notes", replace=True)
    with pytest.raises(InputError, match="no site model 'my-plan'") as raised:
        store.add(more(), "my-plan")
    assert raised.value.allowed == "my-plant"
    replaced = store.create(more(), base, "my-plant", replace=True)
    assert len(store.stored_results(replaced)) == 3
    assert len(store.stored_results(store.undo("my-plant"))) == 9


def test_a_site_model_is_no_base(folder: Path) -> None:
    with pytest.raises(InputError, match="site model already"):
        store.create(more(), store.opened("my-plant"), "another")
    assert not (folder / "models" / "another").exists()


@pytest.mark.parametrize("file", ["results.csv", artefact.ARRAYS, CARD])
def test_edited_files_are_refused(folder: Path, file: str) -> None:
    path = folder / "models" / "my-plant" / file
    path.write_bytes(path.read_bytes() + b"\n# mine: 1\n" if file != CARD else edited(path))
    with pytest.raises(InputError) as raised:
        store.add(more(), "my-plant")
    assert "my-plant" in str(raised.value) and raised.value.remedy
    assert not (path.parent / store.FORMER).exists()


def edited(card: Path) -> bytes:
    return card.read_bytes().replace(b"rows: 9", b"rows: 10")


def test_a_base_that_changed_is_refused_with_how_to_learn_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = folder / "models" / "mine"
    shutil.copytree(ROOT / "models" / "pd-gbr", base)
    model = load_surrogate("mine")
    store.create(more(), model, "other")
    # what published studies say of plants was measured anew
    prior, _ = read_prior()
    with monkeypatch.context() as patched:
        patched.setattr(site, "read_prior", lambda: (prior, "0" * 64))
        with pytest.raises(InputError, match=r"learning\.npz\) has changed") as raised:
            load_surrogate("other")
    assert "optimiser learn models/other/results.csv --name other --force" in raised.value.remedy
    # the base was fitted anew
    card = yaml.safe_load((base / CARD).read_text())
    card["note"] = "fitted again"
    card[artefact.SEAL] = seal(card)
    (base / CARD).write_text(yaml.safe_dump(card, sort_keys=False, allow_unicode=True))
    with pytest.raises(InputError, match="its base mine has changed since it learned") as raised:
        store.add(more(3.5), "other")
    assert "--force" in raised.value.remedy
    shutil.rmtree(base)
    with pytest.raises(InputError, match="needs its base"):
        load_surrogate("other")


def learn_process(folder: Path, *arguments: str, before: str = "") -> subprocess.Popen[str]:
    """Start `optimiser` with arguments, after running some Python."""
    start = (
        f"import sys\n{before}\nfrom optimiser.cli.main import main\nsys.argv = {['optimiser', *arguments]!r}"
    )
    return subprocess.Popen(
        [sys.executable, "-c", f"{start}\nmain()"],
        cwd=folder,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def test_two_changes_at_once_do_not_mix(folder: Path) -> None:
    running = []
    for i, strength in enumerate((4.0, 5.0)):
        table = write(plant([0.0] * 4, strengths=(strength,), seed=i), folder / f"{i}.csv")
        running.append(learn_process(folder, "learn", "--add", table.name, "--name", "my-plant"))
    for process in running:
        _, said = process.communicate(timeout=200)
        assert process.returncode == 0, said
    found = store.stored_results(store.opened("my-plant"))
    assert len(found) == 9 + 3 + 3
    assert set(found["acid_concentration"]) == {1.5, 2.0, 3.0, 4.0, 5.0}


@POSIX
@pytest.mark.parametrize("moves", [0, 1])
def test_a_change_that_is_killed_leaves_a_whole_model(folder: Path, moves: int) -> None:
    kill = f"""
import os, pathlib
moved, real = [], pathlib.Path.replace
def replace(self, target):
    if len(moved) == {moves}:
        os.kill(os.getpid(), 9)
    moved.append(target)
    return real(self, target)
pathlib.Path.replace = replace
"""
    first = store.opened("my-plant").sha256
    table = write(plant([0.0] * 4, strengths=(4.0,)), folder / "more.csv")
    process = learn_process(folder, "learn", "--add", table.name, "--name", "my-plant", before=kill)
    process.communicate(timeout=200)
    assert process.returncode == -9
    assert store.opened("my-plant").sha256 == first
    assert len(store.stored_results(store.add(more(), "my-plant"))) == 12
    # what it left behind is gone
    assert sorted(path.name for path in (folder / "models").iterdir()) == [".my-plant.lock", "my-plant"]


def test_examples_of_the_template_are_no_results(folder: Path) -> None:
    from optimiser.tables.own_results import template_frame

    text = io.StringIO()
    template_frame().to_csv(text, index=False)
    (folder / "t.csv").write_text(text.getvalue())
    with pytest.raises(InputError, match="still an example of the template"):
        store.add(read_results(folder / "t.csv", feed="NMC622"), "my-plant")


def test_a_reader_says_that_a_change_was_cut_off(folder: Path) -> None:
    """Between the two steps of a change that was killed, the model lies aside; `learn` puts it back."""
    models = folder / "models"
    (models / "my-plant").rename(models / ".my-plant.0123abcd.old")
    with pytest.raises(InputError, match="was cut off") as raised:
        load_surrogate("my-plant")
    assert "optimiser learn --show --name my-plant" in raised.value.remedy
    assert len(store.stored_results(store.opened("my-plant"))) == 9
    assert load_surrogate("my-plant").name == "my-plant"


def test_hidden_and_empty_names_are_refused(folder: Path) -> None:
    for name in ("", ".hidden"):
        with pytest.raises(InputError, match="no name of a site model"):
            store.site_folder(name)
