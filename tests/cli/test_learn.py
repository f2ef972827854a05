"""`optimiser learn` and `optimiser forget` as users meet them: one story, and each kind of bad input."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from optimiser.surrogate.artefact import SEAL, seal
from tests.command import assert_one_clear_block, optimiser, process
from tests.paths import ROOT
from tests.plants import less_manganese, plant, write

DESIGN = "acid=sulfuric,temperature=60,acid_concentration=2,h2o2=2,solid_liquid_ratio=50,time=60"
Change = Callable[[pd.DataFrame], pd.DataFrame]


@pytest.fixture
def folder(my_plant: Path, tmp_path: Path) -> Path:
    """A working folder with models/my-plant, and more.csv to add to it."""
    shutil.copytree(my_plant / "models", tmp_path / "models")
    write(plant([0.0, 0.0, -0.11, 0.0], strengths=(4.0,), seed=3), tmp_path / "more.csv")
    return tmp_path


def files(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def per_cent(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(yield_Mn=100.0 * frame["yield_Mn"])


def without_manganese(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(feed="LCO")


def negative(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(yield_Li=[-0.1, *frame["yield_Li"][1:]])


def twice(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([frame, frame.iloc[:1]])


def unknown_acid(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(acid="mystery")


def empty(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.iloc[:0]


def no_yields(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[[name for name in frame if not name.startswith("yield_")]]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (per_cent, "looks like per cent"),
        (without_manganese, "contains no"),
        (negative, "is negative"),
        (twice, "have the same conditions"),
        (unknown_acid, "There is no acid 'mystery'"),
        (empty, "has no rows"),
        (no_yields, "The table has no yields"),
    ],
)
def test_a_bad_table_is_refused_whole(tmp_path: Path, change: Change, message: str) -> None:
    write(change(less_manganese()), tmp_path / "mine.csv")
    before = files(tmp_path)
    done = process("learn", "mine.csv", "--name", "my-plant", cwd=tmp_path)
    assert_one_clear_block(done)
    assert message in done.stderr, done.stderr
    assert "mine.csv" in done.stderr
    assert files(tmp_path) == before and not (tmp_path / "models").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("learn",), "no table of results"),
        (("learn", "more.csv"), "has no name"),
        (("learn", "more.csv", "--name", "my-plant"), "exists already"),
        (("learn", "more.csv", "--name", "pd-gbr"), "name of a published model"),
        (("learn", "more.csv", "--name", "other", "--base", "my-plant"), "site model already"),
        (("learn", "more.csv", "--add", "more.csv", "--name", "my-plant"), "Two tables"),
        (("learn", "--add", "more.csv", "--name", "nothing"), "no site model 'nothing'"),
        (("learn", "--add", "more.csv", "--name", "my-plant", "--base", "pd-gbr"), "--base has no meaning"),
        (("learn", "--undo", "--show", "--name", "my-plant"), "cannot go together"),
        (("learn", "more.csv", "--undo", "--name", "my-plant"), "RESULTS has no meaning"),
        (("learn", "--undo", "--name", "my-plant"), "no version before"),
        (("learn", "--show", "--name", "my-plant", "--force"), "--force has no meaning"),
        (("learn", "--template", "t.doc"), "names no kind of table"),
        (("learn", "--template", "--name", "my-plant"), "--name has no meaning"),
        (("learn", "more.csv", "--name", "x", "--report", "models"), "holds something else"),
        (("learn", "more.csv", "--name", "x", "--report", "models/x/page"), "in each other's way"),
        (("forget", "--name", "my-plant", "--rows", "10"), "no row 10"),
        (("forget", "--name", "my-plant", "--rows", "1-9"), "none of the 9 stored results is left"),
        (("forget", "--name", "my-plant", "--rows", "two"), "names no rows"),
        (("forget", "--name", "my-plant", "--rows", "5-3"), "no range of rows"),
        (("forget", "--name", "nothing", "--rows", "1"), "no site model"),
        (("predict", "more.csv", "--surrogate", "my-plan"), "did you mean 'my-plant'?"),
    ],
)
def test_bad_options_are_refused(folder: Path, arguments: tuple[str, ...], message: str) -> None:
    before = files(folder)
    done = optimiser(*arguments, cwd=folder)
    assert_one_clear_block(done)
    assert message in done.stderr, done.stderr
    assert {path: text for path, text in files(folder).items() if path.suffix != ".lock"} == {
        path: text for path, text in before.items() if path.suffix != ".lock"
    }


def test_a_base_that_changed_is_refused(folder: Path) -> None:
    import yaml

    base = folder / "models" / "mine"
    shutil.copytree(ROOT / "models" / "pd-gbr", base)
    assert optimiser("learn", "more.csv", "--name", "other", "--base", "mine", cwd=folder).returncode == 0
    card = yaml.safe_load((base / "card.yaml").read_text())
    card["note"] = "fitted again"
    card[SEAL] = seal(card)
    (base / "card.yaml").write_text(yaml.safe_dump(card, sort_keys=False))
    done = process("predict", "more.csv", "--surrogate", "other", cwd=folder)
    assert_one_clear_block(done)
    assert "its base mine has changed since it learned" in done.stderr
    assert "optimiser learn models/other/results.csv --name other --force --base mine" in done.stderr


def test_from_a_template_to_a_site_model(tmp_path: Path) -> None:
    shown = process("learn", "--template", cwd=tmp_path)
    assert shown.returncode == 0 and shown.stdout.startswith("feed,acid,temperature [degC]")
    assert optimiser("learn", "--template", "mine.xlsx", cwd=tmp_path).returncode == 0
    refused = optimiser("learn", "mine.xlsx", "--name", "my-plant", "--feed", "NMC622", cwd=tmp_path)
    assert_one_clear_block(refused)
    assert "still an example" in refused.stderr
    write(less_manganese().drop(columns="feed"), tmp_path / "mine.csv")
    done = process("learn", "mine.csv", "--name", "my-plant", "--feed", "NMC622", cwd=tmp_path)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    assert done.stdout.startswith("9 results learned.\nYour plant leaches Mn ")
    assert "each experiment left out in turn" in done.stdout
    assert "`surrogate: my-plant` in a problem" in done.stdout


def test_add_show_forget_undo(folder: Path) -> None:
    # the table may stand before or behind --add
    assert (
        "12 results of 12 experiments"
        in optimiser("learn", "--add", "more.csv", "--name", "my-plant", cwd=folder).stdout
    )
    again = optimiser("learn", "more.csv", "--add", "--name", "my-plant", cwd=folder)
    assert_one_clear_block(again)
    assert "have the same conditions" in again.stderr
    shown = optimiser("learn", "--show", "--name", "my-plant", cwd=folder).stdout
    assert [line.split()[0] for line in shown.splitlines() if " NMC622 " in line] == [
        str(n) for n in range(1, 13)
    ]
    gone = optimiser("forget", "--name", "my-plant", "--rows", "2,10-12", cwd=folder)
    assert gone.stdout.startswith("4 results forgotten, 8 results left, numbered anew.")
    assert "has 12 results again" in optimiser("learn", "--undo", "--name", "my-plant", cwd=folder).stdout


def test_json_holds_what_was_learned(folder: Path) -> None:
    done = optimiser("learn", "--show", "--name", "my-plant", "--json", cwd=folder)
    found = json.loads(done.stdout)
    assert (found["name"], found["base"], found["results"], found["experiments"]) == (
        "my-plant",
        "pd-gbr",
        9,
        9,
    )
    assert found["sentence"].startswith("Your plant leaches Mn")
    assert found["shifts"][0]["shift"]["Mn"] < -0.05 and found["odd"] == []
    assert found["skill"]["mae_after"] < found["skill"]["mae_before"]
    assert len(found["values"]) == 36 and found["rows"][8]["row"] == 9


def test_other_commands_take_a_site_model(folder: Path) -> None:
    write(less_manganese().iloc[:2, :7], folder / "designs.csv")
    told = {}
    for name in ("pd-gbr", "my-plant"):
        done = optimiser("predict", "designs.csv", "--surrogate", name, "-o", f"{name}.csv", cwd=folder)
        assert done.returncode == 0, done.stderr
        told[name] = pd.read_csv(folder / f"{name}.csv")
        assert ("site model my-plant, learned from 9 own results" in done.stdout) == (name == "my-plant")
    assert (told["my-plant"]["yield_Mn"] < told["pd-gbr"]["yield_Mn"] - 0.04).all()
    problem = (
        (ROOT / "problems" / "nmc622.yaml").read_text().replace("surrogate: pd-gbr", "surrogate: my-plant")
    )
    (folder / "mine.yaml").write_text(problem)
    near = optimiser("nearest", "mine.yaml", "--design", DESIGN, cwd=folder)
    assert near.returncode == 0, near.stderr
    first = next(line for line in near.stdout.splitlines() if line.startswith("1 "))
    assert first.split()[1:4] == ["5", "own", "NMC622"]  # the fifth result has just these setpoints
    models = json.loads(optimiser("list", "models", "--json", cwd=folder).stdout)
    mine = next(model for model in models if model["name"] == "my-plant")
    assert mine["kind"] == "site model on pd-gbr" and mine["rows"] == 9
    assert mine["R2, held out by study"] is None  # that of its base is not its own
    curves = optimiser(
        "kinetics",
        "--surrogate",
        "my-plant",
        "--acid",
        "sulfuric",
        "--feed",
        "NMC622",
        "--json",
        "-o",
        "k",
        cwd=folder,
    )
    assert curves.returncode == 0, curves.stderr
    assert json.loads(curves.stdout)["temperature"][0] == 25.0  # no colder than anyone has tried


def test_ask_says_whose_yields_these_are(folder: Path) -> None:
    asked = ["nmc622", "--acid", "sulfuric", "--minimise", "cost", "--yield", "Li=0.9", "--yield", "Mn=0.5"]
    done = optimiser("ask", *asked, "--surrogate", "my-plant", "-o", "answer", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "Note: Yields are those of the site model my-plant" in done.stdout
    assert "held-out studies" not in done.stdout  # that was the base
    pinned = json.loads((folder / "answer" / "manifest.json").read_text())
    assert pinned["artefact"]["base"]["name"] == "pd-gbr" and pinned["artefact"]["results"]["rows"] == 9
    page = (folder / "answer" / "report.html").read_text()
    assert "Own results" in page and "Your plant leaches Mn" in page


def test_explain_takes_a_site_model(folder: Path) -> None:
    pytest.importorskip("shap")
    problem = (
        (ROOT / "problems" / "nmc622.yaml").read_text().replace("surrogate: pd-gbr", "surrogate: my-plant")
    )
    (folder / "mine.yaml").write_text(problem)
    done = optimiser("explain", "mine.yaml", "--design", DESIGN, "--anchors", "2", "-o", "why", cwd=folder)
    assert done.returncode == 0, done.stderr
    pinned = json.loads((folder / "why" / "manifest.json").read_text())
    assert pinned["artefact"]["name"] == "my-plant"
