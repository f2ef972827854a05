"""The commands around a run, on a system of one's own, as users call them."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from tests.command import assert_one_clear_block, optimiser, process
from tests.systems.synthetic import Synthetic

CONFIG = """
problem: asked.yaml
search: {population: 16, generations: 4, seeds: [1], per_acid: 0}
report: {formats: [csv]}
"""
PROBLEM = """
surrogate: synthetic
feed: FEED
objectives:
  - minimise: time
  - maximise: yield_Co
"""


@pytest.fixture(scope="module")
def folder(synthetic: Synthetic, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the model, a problem, and what `run` wrote, as a process, in `out`."""
    here = tmp_path_factory.mktemp("system_commands")
    (here / "models").mkdir()
    (here / "models" / "synthetic").symlink_to(synthetic.artefact)
    feed = next(iter(synthetic.system.feeds))
    (here / "asked.yaml").write_text(PROBLEM.replace("FEED", feed), encoding="utf-8")
    (here / "config.yaml").write_text(CONFIG, encoding="utf-8")
    done = process("run", "config.yaml", "--out", "out", cwd=here)
    assert done.returncode == 0, done.stderr
    assert f"Leach {feed} with" in done.stdout
    return here


def test_check_says_what_would_be_searched(folder: Path, synthetic: Synthetic) -> None:
    done = optimiser("check", "asked.yaml", "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["system"] == synthetic.system.name
    assert {*synthetic.system.choices} <= {*found["combinations"][0]}
    assert {*found["combinations"][0]["searched"]} == {*synthetic.system.names}
    text = optimiser("check", "asked.yaml", cwd=folder).stdout
    assert "particle size" in text
    assert "cathode" not in text.replace("as for cathodes", "")


def test_predict_takes_a_front_back(folder: Path) -> None:
    done = optimiser("predict", "out/front.csv", "--problem", "asked.yaml", "--out", "p.csv", cwd=folder)
    assert done.returncode == 0, done.stderr
    front, again = pd.read_csv(folder / "out" / "front.csv"), pd.read_csv(folder / "p.csv")
    pd.testing.assert_series_equal(front["yield_Co"], again["yield_Co"], rtol=1e-9)


def test_predict_writes_a_report_of_a_system(folder: Path) -> None:
    done = optimiser("predict", "out/front.csv", "--problem", "asked.yaml", "--report", "pr", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "could not be made" not in done.stdout + done.stderr
    assert (folder / "pr" / "scenarios.xlsx").is_file()


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("lixiviant", "vinegar", "'vinegar'"),
        ("temperature", "warm", "warm"),
        ("feed", "moon dust", "moon dust"),
    ],
)
def test_predict_names_the_cell_that_is_wrong(folder: Path, column: str, value: str, said: str) -> None:
    frame = pd.read_csv(folder / "out" / "front.csv").astype(object)
    frame[column] = value
    frame.to_csv(folder / "wrong.csv", index=False)
    done = optimiser("predict", "wrong.csv", "--problem", "asked.yaml", cwd=folder)
    assert_one_clear_block(done)
    assert said in done.stderr
    assert column in done.stderr


def test_choose_and_compare_read_the_run(folder: Path) -> None:
    chosen = optimiser("choose", "out", "--diverse", "2", "--json", cwd=folder)
    assert chosen.returncode == 0, chosen.stderr
    assert "lixiviant" in json.loads(chosen.stdout)["designs"][0]
    compared = optimiser("compare", "out", "out", cwd=folder)
    assert compared.returncode == 0, compared.stderr
    assert "asked the same" in compared.stdout
    wrong = optimiser("choose", "out", "--improve", "yield_Cu", cwd=folder)
    assert_one_clear_block(wrong)
    assert "yield_Co" in wrong.stderr


def test_list_models_tells_the_system(folder: Path, synthetic: Synthetic) -> None:
    done = optimiser("list", "models", "--json", cwd=folder)
    kinds = {row["name"]: row["kind"] for row in json.loads(done.stdout)}
    assert kinds["synthetic"] == f"system: {synthetic.system.name}"
    assert kinds["pd-gbr"] == "published"
