"""The inventory of a design, loaded into a real Brightway database, scores what our sums say."""

from __future__ import annotations

import json
import shutil
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest

from optimiser.chemistry.impacts import impacts
from optimiser.lca.brightway import import_brightway
from optimiser.lca.choosing import choose_methods
from optimiser.lca.inventory import flows
from optimiser.lca.names import read_mapping, shipped_names
from optimiser.lca.table import write_table
from optimiser.problem.bound import BoundProblem, Evaluation
from optimiser.report.stored import read_run
from optimiser.tables.own_impacts import read_local_table
from optimiser.tables.predict import Part
from optimiser.tables.results import amounts
from tests.command import assert_one_clear_block, optimiser
from tests.lca.brightway_project import DATABASE, PROJECT

CONFIG = """\
problem: nmc111
search: {population: 8, generations: 3, seeds: [1], per_acid: 0}
report: {formats: [csv]}
"""


@pytest.fixture(scope="module")
def made(brightway: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run, made with a local table of the project, and that table."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "mapping.yaml").write_text("activities: {citric: null}")
    table = import_brightway(PROJECT, DATABASE, read_mapping(folder / "mapping.yaml"), name="mini")
    write_table(table, folder / "mini.impacts.yaml")
    (folder / "config.yaml").write_text(CONFIG)
    done = optimiser(
        "run",
        "config.yaml",
        "--impacts",
        folder / "mini",
        "--export",
        "brightway",
        "--out",
        "run",
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr
    return folder


def loaded(content: dict[str, Any], folder: Path) -> dict[str, float]:
    """Load an inventory into a copy of the project, and return its score in each of our categories."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import bw2calc
        import bw2data

        bw2data.projects.set_current(PROJECT)
        bw2data.projects.copy_project("copy", switch=True)
        try:
            data = {}
            for activity in content["activities"]:
                for exchange in activity["exchanges"]:
                    exchange["input"] = tuple(exchange["input"])
                data[tuple(activity.pop("key"))] = activity
            bw2data.Database(content["database"]).write(data)
            demand = dict.fromkeys(data, 1.0)
            scores = {}
            for category, method in choose_methods(list(bw2data.methods), shipped_names()).items():
                fu, objects, _ = bw2data.prepare_lca_inputs(demand, method=method)
                lca = bw2calc.LCA(fu, data_objs=objects)
                lca.lci()
                lca.lcia()
                scores[category] = float(lca.score)
            return scores
        finally:
            bw2data.projects.delete_project("copy", delete_dir=True)
            bw2data.projects.set_current(PROJECT, writable=False, update=False)


def design(folder: Path, number: int) -> tuple[BoundProblem, Evaluation]:
    known = read_run(folder / "run")
    return known.problem, known.problem.evaluate(known.seen.designs.take(known.front[[number - 1]]))


@pytest.mark.parametrize("per", ["metal", "feed"])
def test_brightway_scores_what_our_sums_say(per: str, made: Path, tmp_path: Path) -> None:
    out = tmp_path / "leaching.json"
    done = optimiser("export", "brightway", "run", "--design", 1, "--per", per, "--out", out, cwd=made)
    assert done.returncode == 0, done.stderr
    content = json.loads(out.read_text())
    table = read_local_table(made / "mini.impacts.yaml")
    problem, evaluation = design(made, 1)
    unit = problem.feed.mass / 1000.0 if per == "feed" else evaluation.outcome.balance.metal_total
    part = Part(np.arange(1), problem, problem.acids, evaluation, ())
    used = {name: values / unit for name, values in amounts(part).items()}
    used["wastewater"] = evaluation.by_products.wastewater / unit
    ours = dict(zip(table.categories, impacts(used, table)[0], strict=True))

    # the exchanges, times the factor of a unit of each activity, are our sums to the last digits
    exchanges = [e for e in content["activities"][0]["exchanges"] if e["type"] == "technosphere"]
    behind = table.provenance.activities if table.provenance else {}
    by_code = {entry["code"]: (name, entry["amount"]) for name, entry in behind.items()}
    for category, expected in ours.items():
        total = sum(
            e["amount"] * table.factor(category, by_code[e["input"][1]][0]) / by_code[e["input"][1]][1]
            for e in exchanges
        )
        assert total == pytest.approx(expected, rel=1e-9)
    # and Brightway, which keeps amounts in single precision, scores them within that
    if per == "metal":  # a second project would only take time
        scores = loaded(content, tmp_path)
        assert scores == pytest.approx(ours, rel=1e-6)
        assert scores["climate change"] > 0.0


def test_what_has_no_activity_is_listed_and_not_counted(made: Path, tmp_path: Path) -> None:
    out = tmp_path / "leaching.json"
    done = optimiser("export", "brightway", "run", "--design", 1, "--out", out, cwd=made)
    left = {entry["substance"] for entry in json.loads(out.read_text())["activities"][0]["not linked"]}
    problem, evaluation = design(made, 1)
    found = flows(problem, evaluation, "metal")
    expected = {
        name
        for name in ("salt", "residue", "oxygen", "chlorine", "hydrogen", "hydroxides")
        if found[name][0] > 0.0
    }
    assert left == expected
    assert all(f" of {name}: " in done.stdout for name in expected)


def test_the_workbook_has_the_layout_of_bw2io(made: Path) -> None:
    # `run --export brightway` has put both files beside the report, for the answer
    book = openpyxl.load_workbook(made / "run" / "brightway.xlsx")
    rows = [tuple(row) for row in book["leaching"].iter_rows(values_only=True)]
    assert rows[0][:2] == ("Database", "leaching")
    at = next(i for i, row in enumerate(rows) if row[0] == "Exchanges")
    header = rows[at + 1]
    exchanges = [dict(zip(header, row, strict=True)) for row in rows[at + 2 :] if row[0]]
    assert exchanges[0]["type"] == "production"
    told = json.loads((made / "run" / "brightway.json").read_text())["activities"][0]
    for row, exchange in zip(exchanges, told["exchanges"], strict=True):
        assert row["amount"] == pytest.approx(exchange["amount"], rel=1e-12)
    treated = next(row for row in exchanges if row["name"] == "market for wastewater, average")
    assert treated["amount"] < 0.0 and treated["unit"] == "cubic meter"
    # the importer leaves out a sheet whose first cell is "skip"
    assert book["not linked"]["A1"].value == "skip"
    manifest = json.loads((made / "run" / "manifest.json").read_text())
    assert {"brightway.xlsx", "brightway.json"} <= set(manifest["files"])


def test_heat_is_exported_in_the_unit_of_its_activity(made: Path, tmp_path: Path) -> None:
    out = tmp_path / "leaching.json"
    optimiser("export", "brightway", "run", "--design", 1, "--out", out, cwd=made)
    exchanges = json.loads(out.read_text())["activities"][0]["exchanges"]
    heat = next(e["amount"] for e in exchanges if e.get("unit") == "megajoule")
    problem, evaluation = design(made, 1)
    # 1 kWh is 3.6 MJ
    assert heat == pytest.approx(3.6 * flows(problem, evaluation, "metal")["heat"][0], rel=1e-12)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--design", 99, "--out", "x.json"), "no design 99"),
        (("--out", "x.csv"), "x.csv names no kind of table"),
        (("--out", "x.json", "--impacts", "mimi"), "did you mean 'mini'?"),
        (("--out", "x.json", "--impacts", "plain.yaml"), "does not say which activities"),
    ],
)
def test_what_cannot_be_exported_is_refused(
    arguments: tuple[object, ...], told: str, made: Path, tmp_path: Path
) -> None:
    for name in ("run", "mini.impacts.yaml"):
        source = made / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tmp_path / name)
    (tmp_path / "plain.yaml").write_text(
        "impacts: {climate change: {unit: kg CO2 eq, factors: {sulfuric: 1}}}"
    )
    done = optimiser("export", "brightway", "run", *arguments, cwd=tmp_path)
    assert_one_clear_block(done)
    assert told in done.stderr
    assert not list(tmp_path.glob("x.*"))
