"""The command as a process: exit statuses, one clear block per mistake, nothing written by accident."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from optimiser._io import builtin
from optimiser.cli.main import cli
from tests.command import assert_one_clear_block, optimiser, process
from tests.paths import ROOT

CONFIG = """\
problem: nmc111
search: {population: 16, generations: 4, seeds: [1], per_acid: 3}
report: {formats: [csv]}
"""
DESIGNS = pd.DataFrame(
    {
        "acid": ["sulfuric", "HCl"],
        "temperature": [60.0, 60.0],
        "acid_concentration": [2.0, 4.0],
        "h2o2": [2.0, 0.0],
        "solid_liquid_ratio": [50.0, 50.0],
        "time": [60.0, 60.0],
    }
)


def test_run_writes_everything_and_says_the_answer(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(CONFIG.replace("[csv]", "[html, xlsx, csv]"))
    done = process("run", "config.yaml", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Leach NMC111 with ")
    assert "EUR/kg metal" in done.stdout.splitlines()[0] + done.stdout
    (out,) = (tmp_path / "reports" / "config").iterdir()
    assert sorted(p.name for p in out.iterdir()) == [
        "designs.npz",
        "front.csv",
        "front.xlsx",
        "manifest.json",
        "report.html",
    ]
    assert str(out.relative_to(tmp_path)) in done.stdout.replace("\n", "")
    # again, it works again: another folder
    assert optimiser("run", "config.yaml", cwd=tmp_path).returncode == 0
    assert len(list((tmp_path / "reports" / "config").iterdir())) == 2


def test_same_config_same_front_and_json_answer(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(CONFIG)
    first = optimiser("run", "config.yaml", "--out", "a", "--json", cwd=tmp_path)
    assert first.returncode == 0, first.stderr
    answer = json.loads(first.stdout)
    assert answer["evaluations"] > 0
    assert optimiser("run", "config.yaml", "--out", "b", cwd=tmp_path).returncode == 0
    assert (tmp_path / "a" / "front.csv").read_bytes() == (tmp_path / "b" / "front.csv").read_bytes()


NEW_ACID = """\
acids:
  trifluoroacetic:
    smiles: OC(=O)C(F)(F)F
    pKa: [0.23]
    stock: {purity: 0.99, density: 1.49}
    price: 2.0
    climate_change: 3.0
"""


def test_a_new_acid_as_the_readme_writes_it_gets_a_whole_report(tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text()
    assert all(line.strip() in readme for line in NEW_ACID.splitlines())
    problem = (builtin.folder("problems") / "nmc111.yaml").read_text()
    acids = problem.index("acid: ["), problem.index("]", problem.index("acid: ["))
    problem = problem[: acids[0]] + "acid: [trifluoroacetic" + problem[acids[1] :]
    problem = problem.replace("applicability_domain: inside", "applicability_domain: off")
    (tmp_path / "mine.yaml").write_text(problem + NEW_ACID)
    config = CONFIG.replace("nmc111", "mine.yaml").replace("[csv]", "[html]")
    (tmp_path / "config.yaml").write_text(config)
    done = optimiser("run", "config.yaml", "--out", "out", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "mol/L trifluoroacetic at" in done.stdout
    assert "The applicability domain was switched off, and this design lies outside it" in done.stdout
    page = (tmp_path / "out" / "report.html").read_text()
    assert "trifluoroacetic" in page
    assert "could not be made" not in page


def test_existing_out_is_refused_before_the_search_and_replaced_with_force(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(CONFIG)
    assert optimiser("run", "config.yaml", "--out", "out", cwd=tmp_path).returncode == 0
    before = (tmp_path / "out" / "manifest.json").read_bytes()
    refused = optimiser("run", "config.yaml", "--out", "out", cwd=tmp_path)
    assert_one_clear_block(refused)
    assert "--force" in refused.stderr
    assert (tmp_path / "out" / "manifest.json").read_bytes() == before
    assert optimiser("run", "config.yaml", "--out", "out", "--force", cwd=tmp_path).returncode == 0
    assert (tmp_path / "out" / "manifest.json").read_bytes() != before


def test_force_does_not_delete_a_folder_of_somebody_else(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(CONFIG)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("keep me")
    assert_one_clear_block(optimiser("run", "config.yaml", "--out", "out", "--force", cwd=tmp_path))
    assert (tmp_path / "out" / "mine.txt").read_text() == "keep me"


def test_no_feasible_design_is_an_answer(tmp_path: Path) -> None:
    # no row of NMC622 in sulfuric acid has every yield above 0.6
    problem = (builtin.folder("problems") / "nmc622.yaml").read_text()
    acids = problem.index("acid: ["), problem.index("]", problem.index("acid: ["))
    problem = problem[: acids[0]] + "acid: [sulfuric" + problem[acids[1] :]
    (tmp_path / "mine.yaml").write_text(problem.replace("{Li: 0.5}", "{Li: 0.8, Ni: 0.8, Mn: 0.8, Co: 0.8}"))
    (tmp_path / "config.yaml").write_text(CONFIG.replace("nmc111", "mine.yaml"))
    done = optimiser("run", "config.yaml", "--out", "out", cwd=tmp_path)
    assert done.returncode == 3, done.stderr
    assert "Mn yield: " in done.stdout
    assert "Mn: target 80 %" in done.stdout
    assert len(pd.read_csv(tmp_path / "out" / "front.csv")) == 0
    assert len(pd.read_csv(tmp_path / "out" / "least_infeasible.csv")) > 0


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("missing.yaml", None, "no config"),
        ("empty.yaml", "", "is empty"),
        ("syntax.yaml", "problem: [nmc111\n", "not valid YAML"),
        ("misspelt.yaml", "problm: nmc111\n", "Unknown key 'problm'"),
        ("seeds.yaml", "problem: nmc111\nsearch: {population: lots}\n", "lots"),
    ],
)
def test_bad_configs_leave_no_output(tmp_path: Path, name: str, text: str | None, message: str) -> None:
    if text is not None:
        (tmp_path / name).write_text(text)
    done = process("run", name, cwd=tmp_path)
    assert_one_clear_block(done)
    assert message in done.stderr
    assert not (tmp_path / "reports").exists()


def test_a_directory_instead_of_a_config(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    done = optimiser("run", "folder", cwd=tmp_path)
    assert_one_clear_block(done)
    assert "directory" in done.stderr


def test_usage_errors_and_help(tmp_path: Path) -> None:
    assert_one_clear_block(optimiser("run", cwd=tmp_path))
    assert_one_clear_block(optimiser("list", "nonsense", cwd=tmp_path))
    for command in ("run", "check", "list", "predict", "scenarios", "train", "data install"):
        done = optimiser(*command.split(), "--help", cwd=tmp_path)
        assert done.returncode == 0
        assert "Example:" in done.stdout


def test_whatever_takes_out_takes_its_short_form() -> None:
    takes = [
        (name, option.opts)
        for name, command in cli.commands.items()
        for option in command.params
        if "--out" in option.opts
    ]
    assert {name for name, _ in takes} >= {"run", "predict", "scenarios", "train", "explain", "kinetics"}
    assert all("-o" in opts for _, opts in takes)


def test_help_loads_nothing_heavy(tmp_path: Path) -> None:
    code = (
        "import sys, optimiser.cli.main\n"
        "heavy = {'numpy', 'pandas', 'sklearn', 'rdkit', 'numba', 'plotly', 'pymoo'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path)


def test_check_describes_and_list_names(tmp_path: Path) -> None:
    done = optimiser("check", "nmc111_cost_vs_recovery", cwd=tmp_path)
    assert done.returncode == 0
    assert "sulfuric: " in done.stdout
    found = json.loads(optimiser("check", "nmc111", "--json", cwd=tmp_path).stdout)
    assert found["feed"] == "NMC111"
    for what in ("problems", "configs", "acids", "feeds", "models", "objectives", "parameters", "sources"):
        plain = optimiser("list", what, cwd=tmp_path)
        assert plain.returncode == 0, plain.stderr
        records = json.loads(optimiser("list", what, "--json", cwd=tmp_path).stdout)
        assert records
        assert str(next(iter(records[0].values()))).split()[0] in plain.stdout


def test_run_takes_a_problem_and_predict_reads_its_front_back(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(
        "feed: NMC111\n"
        "variables: {acid: sulfuric, temperature: 60, acid_concentration: 2, h2o2: 2, time: 60}\n"
        "objectives: [minimise: cost]\n"
        "constraints: [recovery: {min: 0.85}, wastewater: {max: 12}]\n"
    )
    checked = optimiser("check", "mine.yaml", cwd=tmp_path)
    assert checked.returncode == 0 and "recovery_min, wastewater_max" in checked.stdout
    done = optimiser("run", "mine.yaml", "--out", "out", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    front = pd.read_csv(tmp_path / "out" / "front.csv")
    assert front["recovery"][0] >= 0.85 and front["wastewater"][0] <= 12.0
    again = optimiser(
        "predict", "out/front.csv", "--problem", "mine.yaml", "--out", "again.csv", cwd=tmp_path
    )
    assert again.returncode == 0, again.stderr
    assert (
        f"Columns of results left aside, since they are predicted anew: {front.shape[1] - 6}." in again.stdout
    )
    found = pd.read_csv(tmp_path / "again.csv")
    for name in ("yield_Co", "yield_Co_low", "cost", "peroxide_rise", "wastewater"):
        assert np.allclose(found[name], front[name])


def test_predict_csv_and_xlsx_agree_and_keep_the_order(tmp_path: Path) -> None:
    DESIGNS.to_csv(tmp_path / "in.csv", index=False)
    DESIGNS.assign(feed=["NMC111", "LCO"]).to_excel(tmp_path / "in.xlsx", index=False)
    done = optimiser("predict", "in.csv", "--feed", "nmc111", "--out", "out.csv", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    mixed = optimiser("predict", "in.xlsx", "--out", "out.xlsx", cwd=tmp_path)
    assert mixed.returncode == 0, mixed.stderr
    first, second = pd.read_csv(tmp_path / "out.csv"), pd.read_excel(tmp_path / "out.xlsx")
    assert first["acid"].tolist() == ["sulfuric", "hydrochloric"]
    assert second["feed"].tolist() == ["NMC111", "LCO"]
    # the workbook is for people: headings with units
    assert np.isclose(first["yield_Co"][0], second["Co yield [%]"][0])
    # LCO holds no nickel: not applicable, never 0 or 1
    assert np.isnan(second["Ni yield [%]"][1])
    assert {"cost", "climate_change", "margin_proton_balance", "margin_applicability_domain"} <= set(first)
    refused = optimiser("predict", "in.csv", "--feed", "NMC111", "--out", "out.csv", cwd=tmp_path)
    assert_one_clear_block(refused)


@pytest.mark.parametrize(
    ("change", "message", "where"),
    [
        ({"temperature": [60.0, "warm"]}, "not a number", "row 3, column temperature"),
        ({"temperature": [600.0, 60.0]}, "outside what is possible", "row 2, column temperature"),
        ({"h2o2": [-1.0, 0.0]}, "outside what is possible", "row 2, column h2o2"),
        ({"acid": ["sulfuric", "unobtainium"]}, "no acid 'unobtainium'", "row 3, column acid"),
        ({"feed": ["NMC111", "NMC000"]}, "no feed 'NMC000'", "row 3, column feed"),
        ({"extra": [1, 2]}, "Unknown column 'extra'", "header"),
    ],
)
def test_bad_scenario_tables(
    tmp_path: Path, change: dict[str, list[object]], message: str, where: str
) -> None:
    DESIGNS.assign(**change).to_csv(tmp_path / "in.csv", index=False)
    feed = [] if "feed" in change else ["--feed", "NMC111"]
    done = optimiser("predict", "in.csv", *feed, cwd=tmp_path)
    assert_one_clear_block(done)
    assert message in done.stderr
    assert where in done.stderr


def test_tables_that_are_not_tables(tmp_path: Path) -> None:
    DESIGNS.drop(columns="time").to_csv(tmp_path / "short.csv", index=False)
    DESIGNS.rename(columns={"temperature": "temprature"}).to_csv(tmp_path / "typo.csv", index=False)
    DESIGNS.head(0).to_csv(tmp_path / "norows.csv", index=False)
    (tmp_path / "broken.xlsx").write_bytes(b"not a workbook")
    (tmp_path / "empty.csv").write_text("")
    for name, message in {
        "short.csv": "'time' is missing",
        "typo.csv": "'temprature'",
        "norows.csv": "no rows",
        "broken.xlsx": "cannot be read",
        "empty.csv": "is empty",
        "nowhere.csv": "does not exist",
        "table.txt": "does not exist",
        ".": "is a directory",
    }.items():
        done = optimiser("predict", name, "--feed", "NMC111", cwd=tmp_path)
        assert_one_clear_block(done)
        assert message in done.stderr, done.stderr
    DESIGNS.to_csv(tmp_path / "nofeed.csv", index=False)
    done = optimiser("predict", "nofeed.csv", cwd=tmp_path)
    assert_one_clear_block(done)
    assert "--feed NMC111" in done.stderr


def test_train_refuses_an_unreadable_table_and_a_missing_one(tmp_path: Path) -> None:
    (tmp_path / "table.xlsx").write_bytes(b"not a workbook")
    for table in ("table.xlsx", "nowhere.xlsx"):
        done = optimiser("train", "--table", table, "--out", "model", cwd=tmp_path)
        assert_one_clear_block(done)
        assert table in done.stderr
    assert not (tmp_path / "model").exists()


def test_data_install_from_a_wrong_file(tmp_path: Path) -> None:
    (tmp_path / "wrong.xlsx").write_bytes(b"something else")
    done = optimiser("data", "install", "--from", "wrong.xlsx", cwd=tmp_path)
    assert_one_clear_block(done)
    assert "sha256" in done.stderr


def test_a_terminal_without_degree_signs_still_gets_the_answer(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(CONFIG)
    done = subprocess.run(
        [sys.executable, "-m", "optimiser", "run", "config.yaml"],
        capture_output=True,
        cwd=tmp_path,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(b"Leach NMC111 with ")
