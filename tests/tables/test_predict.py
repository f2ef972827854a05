"""Prediction of tables: blanks that are named, sums that add up, files that appear whole."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from optimiser._io.errors import InputError
from optimiser.report.card import make_cards
from optimiser.report.cards.scenarios import scenario_makers
from optimiser.report.columns import column
from optimiser.report.images import write_images
from optimiser.report.scenarios import Contents, contents
from optimiser.tables.own import read_own_tables
from optimiser.tables.predict import Part, Setting, Tally, parts, predict_frame, prepare, results
from tests.browser import find_browser

ROWS = pd.DataFrame(
    {
        "feed": ["NMC111", "NMC111", "LCO", "NMC111", "NMC111"],
        "acid": ["sulfuric", "levulinic", "sulfuric", "HCl", "sulfuric"],
        "temperature": [60.0, 60.0, 60.0, 60.0, 80.0],
        "acid_concentration": 2.0,
        "h2o2": [0.0, 0.0, 2.0, 0.0, 0.0],
        "solid_liquid_ratio": 50.0,
        "time": 60.0,
    }
)


def optimiser(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-m", "optimiser", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, check=False, timeout=300)


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("scenarios") / "table.csv"
    ROWS.to_csv(path, index=False)
    return path


def everything(setting: Setting) -> tuple[list[Part], Tally]:
    found, tally = [part for piece in parts(setting) for part in piece], Tally()
    for part in found:
        tally.counted((part,))
    return found, tally


def report(path: Path, **options: object) -> Contents:
    setting = prepare(path, **options)  # type: ignore[arg-type]
    found, tally = everything(setting)
    return contents("table", found, tally, setting, {"product": "x", "version": "1", "written": "2026-01-01"})


def test_a_row_without_a_price_keeps_its_yields_and_names_what_is_missing(table: Path) -> None:
    frame = predict_frame(ROWS)
    assert frame["scenario"].tolist() == [1, 2, 3, 4, 5]
    assert frame["acid"].tolist() == ["sulfuric", "levulinic", "sulfuric", "hydrochloric", "sulfuric"]
    lacking = frame.iloc[1]
    assert 0.0 < lacking["yield_Li"] <= 1.0
    assert np.isnan(lacking["cost"])
    assert np.isnan(lacking["net_value"])
    assert lacking["note"].startswith("levulinic has no price")
    told = np.where(frame["inside_domain"], "", "outside the domain")
    assert frame["note"].drop(1).tolist() == np.delete(told, 1).tolist()
    assert frame["cost"].drop(1).notna().all()
    _, tally = everything(prepare(table))
    assert tally.noted[lacking["note"].split("; ")[0]] == 1
    assert any(line.startswith("1 of them with blank costs") for line in tally.lines())


def test_rows_outside_the_domain_say_so_in_their_note(tmp_path: Path) -> None:
    rows = ROWS.assign(feed="NMC111", acid=["sulfuric", "levulinic", "glycine", "sulfuric", "acetic"])
    rows.loc[3, "acid_concentration"] = 9.0
    rows.to_csv(tmp_path / "t.csv", index=False)
    frame = predict_frame(rows)
    new = "outside the domain: acid not in the data"
    assert frame["inside_domain"].tolist()[:4] == [True, False, False, False]
    assert frame["note"].tolist()[0] == ""
    assert frame["note"][1].startswith("levulinic has no price")
    assert frame["note"][1].endswith("; outside the domain")  # its few experiments are on another feed
    assert frame["note"].tolist()[2:4] == [new, "outside the domain"]
    # nothing is known of levulinic acid near this feed
    assert np.isinf(frame["domain_distance"]).tolist()[:4] == [False, True, True, False]
    # what is blank is counted apart from what is outside
    _, tally = everything(prepare(tmp_path / "t.csv"))
    assert [text for text in tally.noted if "outside" in text] == []
    assert sum(tally.noted.values()) == 1 and tally.outside == int((~frame["inside_domain"]).sum())


def test_a_frame_needs_no_file_and_its_mistakes_name_row_and_column(table: Path) -> None:
    bare = ROWS.drop(columns="feed").iloc[[0, 4]]
    found = predict_frame(bare, feed="NMC111")
    whole = pd.concat([results(piece) for piece in parts(prepare(table))], ignore_index=True)
    pd.testing.assert_frame_equal(
        found["yield_Li"].to_frame(), whole["yield_Li"].iloc[[0, 4]].reset_index(drop=True).to_frame()
    )
    assert list(found) == list(whole)
    nominal = predict_frame(bare, feed="NMC111", tolerances=False)
    np.testing.assert_allclose(nominal["yield_Li"], found["yield_Li_nominal"])
    with pytest.raises(InputError, match="999") as caught:
        predict_frame(bare.assign(time=[60.0, 99999.0]), feed="NMC111")
    assert "row 1, column" in caught.value.where and "time" in caught.value.where
    with pytest.raises(InputError, match="which cathode"):
        predict_frame(bare)
    with pytest.raises(InputError, match="no feed 'NMC'"):
        predict_frame(bare, feed="NMC")


def test_pieces_of_any_size_give_the_same_rows(table: Path) -> None:
    setting = prepare(table)
    whole, split = (
        pd.concat([results(piece) for piece in parts(setting, size=size)], ignore_index=True)
        for size in (100, 2)
    )
    pd.testing.assert_frame_equal(whole, split)


def test_the_basis_scales_masses_and_nothing_per_kg(table: Path) -> None:
    usual, small = report(table), report(table, basis=10.0)
    ratio = usual.tables["mass balance"]["batch_acid_pure"] / small.tables["mass balance"]["batch_acid_pure"]
    np.testing.assert_allclose(ratio, 100.0)
    np.testing.assert_allclose(usual.tables["costs"]["cost_total"], small.tables["costs"]["cost_total"])
    assert set(small.tables["mass balance"]["basis"]) == {10.0}


def test_tables_add_up_and_agree_with_each_other(table: Path) -> None:
    found = report(table)
    costs, scenarios = found.tables["costs"], found.scenarios
    parts_of = [c for c in costs.columns if c.startswith("eur_") and c != "eur_total"]
    np.testing.assert_allclose(costs[parts_of].sum(axis=1, skipna=False), costs["eur_total"])
    np.testing.assert_allclose(costs["cost_total"], scenarios["cost"])
    # 50 g/L: 1000 kg take 20 000 L; 2 mol/L of it are 40 000 mol; sulfuric acid weighs 98.08 g/mol
    balance = found.tables["mass balance"].iloc[0]
    assert balance["batch_volume"] == pytest.approx(20_000.0)
    assert balance["batch_acid_pure"] == pytest.approx(40_000 * 0.09808, rel=1e-3)
    first = scenarios.iloc[0]
    assert found.tables["selectivities"]["selectivity_Li_Co"].iloc[0] == pytest.approx(
        first["yield_Li"] / first["yield_Co"]
    )
    assert np.isnan(found.tables["enrichment factors"]["enrichment_Ni"].iloc[2])  # LCO holds no nickel
    assert found.impacts is not None
    climate = next(c for c in found.impacts.frame.columns if c.endswith("/kg metal|4"))
    np.testing.assert_allclose(found.impacts.frame[climate], scenarios["climate_change"])
    assert "t-tests" in found.tables
    assert len(found.tables["t-tests"]) == 10  # pairs of five


def test_every_heading_of_the_balance_has_its_unit(table: Path) -> None:
    units = {
        name: column(name).unit
        for name in report(table).tables["mass balance"].columns
        if name.startswith("batch_")
    }
    for name, unit in units.items():
        expected = "mol" if "protons" in name or "electrons" in name or name.endswith("amount") else None
        expected = expected or {"batch_heat": "kWh", "batch_power": "kWh"}.get(name)
        assert unit == (expected or ("L" if name.endswith("volume") else "kg")), name


def test_own_tables_move_the_results_the_right_way(table: Path, tmp_path: Path) -> None:
    usual = predict_frame(ROWS)
    (tmp_path / "acids.yaml").write_text(
        yaml.safe_dump({"acids": {"levulinic": {"price": 2.0, "climate_change": 5.0}}})
    )
    (tmp_path / "prices.csv").write_text("substance,price [EUR/kg stock]\nsulfuric,1\n")
    (tmp_path / "impacts.csv").write_text("category,unit,sulfuric\nclimate change,kg CO2 eq,10\nland,pt,2\n")
    tables = read_own_tables(*(tmp_path / n for n in ("acids.yaml", "prices.csv", "impacts.csv")))
    setting = prepare(table, tables=tables)
    found, tally = everything(setting)
    changed = results(tuple(found))
    assert changed["cost"][1] > 0.0
    assert changed["cost"][0] > usual["cost"][0]
    assert changed["climate_change"][0] > usual["climate_change"][0]
    assert changed["cost"][3] == usual["cost"][3]
    assert "levulinic has no factor of land" in tally.noted
    made = contents("t", found, tally, setting, {})
    assert made.impacts is not None
    land = next(c for c in made.impacts.frame.columns if c.startswith("land, acid alone|pt|"))
    # 2 points per kg of pure acid
    expected = 2.0 * made.tables["mass balance"]["batch_acid_pure"].iloc[0]
    assert made.impacts.frame[land].iloc[0] == pytest.approx(expected)
    assert np.isnan(made.impacts.frame[land].iloc[1])
    assert ("land", "levulinic", 1) in made.impacts.missing


def test_cards_are_all_made_and_say_something(table: Path) -> None:
    for card in make_cards(scenario_makers(report(table))):
        assert not card.error, card
        assert card.finding or card.blocks


def test_without_a_browser_the_figures_say_so(
    table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BROWSER_PATH", str(tmp_path / "nothing"))
    said = write_images([], tmp_path / "figures", "png")
    assert said.startswith("No PNG files") and "The page draws the same figures." in said
    assert not (tmp_path / "figures").exists()


def test_the_toolkits_case_study_as_a_process(shared_data: Path, tmp_path: Path) -> None:
    case = shared_data / "CaseStudy3.xlsx"
    done = optimiser("predict", case, "--report", "out", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        "manifest.json",
        "report.html",
        "scenarios.csv",
        "scenarios.xlsx",
    ]
    assert "6 designs predicted" in done.stdout
    assert "with blank costs or impacts" in done.stdout
    frame = pd.read_csv(tmp_path / "out" / "scenarios.csv")
    assert frame["yield_Li"].notna().all()
    blank = frame["cost"].isna() | frame["climate_change"].isna()
    assert blank.any()
    assert (frame["note"].str.contains(" has no ", na=False) == blank).all()
    sheets = pd.read_excel(tmp_path / "out" / "scenarios.xlsx", sheet_name=None)
    wanted = {"scenarios", "mass balance", "costs", "impacts", "ranks", "selectivities", "t-tests", "sources"}
    assert wanted <= set(sheets)
    assert "volume [L]" in sheets["mass balance"].columns


def test_the_profile_as_a_process(shared_data: Path, tmp_path: Path) -> None:
    case, acids = shared_data / "CaseStudy2.xlsx", shared_data / "Acid_properties.xlsx"
    profile = ("--profile", "toolkit-1.0.2")
    done = optimiser("predict", case, *profile, "--acids", acids, "--out", "out.csv", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    frame = pd.read_csv(tmp_path / "out.csv")
    # V = 1e6 / 50 L; stock = V x 1 mol/L x 98.072 g/mol / 1000 / 0.98
    assert frame["leachant [L]"].tolist() == [20_000.0] * 6
    assert frame["acid, stock [kg]"][0] == pytest.approx(20_000 * 98.072 / 1000 / 0.98, rel=1e-3)
    assert "cost" not in frame
    alone = optimiser("predict", case, *profile, cwd=tmp_path)
    assert alone.returncode == 2
    assert "--acids" in alone.stderr
    unknown = optimiser("predict", case, "--profile", "toolkit", cwd=tmp_path)
    assert unknown.returncode == 2
    assert "toolkit-1.0.2" in unknown.stderr


def test_parquet_csv_and_refusals_as_a_process(table: Path, tmp_path: Path) -> None:
    for name in ("out.parquet", "out.csv"):
        done = optimiser("predict", table, "--out", name, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    streamed = pd.read_parquet(tmp_path / "out.parquet")
    # an empty number is missing, an empty text is empty
    blanks = {c: [""] for c in streamed.columns if streamed[c].dtype == np.float64}
    plain = pd.read_csv(tmp_path / "out.csv", keep_default_na=False, na_values=blanks)
    pd.testing.assert_frame_equal(streamed, plain, check_dtype=False)
    for options, message in {
        ("--out", "out.txt"): "names no kind of table",
        ("--out", "out.csv"): "--force",
        ("--figures", "png"): "--report",
        ("--basis", "0"): "basis of 0 kg",
    }.items():
        refused = optimiser("predict", table, *options, cwd=tmp_path)
        assert refused.returncode == 2
        assert message in refused.stderr
        assert "Traceback" not in refused.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out.csv", "out.parquet"]


@pytest.mark.page
def test_figures_as_files(table: Path, tmp_path: Path) -> None:
    if find_browser() is None or importlib.util.find_spec("kaleido") is None:
        pytest.skip("needs Chromium and kaleido")
    done = optimiser("predict", table, "--report", "out", "--figures", "svg", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    drawn = {p.name: p.read_text(encoding="utf-8") for p in (tmp_path / "out" / "figures").iterdir()}
    assert {"bars-cost.svg", "scatter-recovery.svg", "heat-enrichment.svg"} <= set(drawn)
    assert all(text.startswith("<svg") for text in drawn.values())
    assert "sulfuric" in drawn["bars-cost.svg"]


@pytest.mark.page
def test_an_interrupted_browser_leaves_nothing(table: Path, tmp_path: Path) -> None:
    if find_browser() is None or importlib.util.find_spec("kaleido") is None:
        pytest.skip("needs Chromium and kaleido")
    work, spare = tmp_path / "work", tmp_path / "spare"
    work.mkdir()
    spare.mkdir()
    command = [
        *(sys.executable, "-m", "optimiser", "predict", str(table)),
        *("--report", "out", "--figures", "png", "-o", "table.csv"),
    ]
    with subprocess.Popen(
        command,
        cwd=work,
        env={**os.environ, "TMPDIR": str(spare)},
        stderr=subprocess.PIPE,
        text=True,
        # a parent in the background, as in CI, may have left interrupts ignored
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as started:
        while started.poll() is None and len(list(spare.iterdir())) < 2:
            time.sleep(0.01)
        started.send_signal(signal.SIGINT)
        _, stderr = started.communicate(timeout=60)
    assert started.returncode == 130, stderr
    assert stderr.endswith("Stopped; written before: table.csv.\n")
    assert list(spare.iterdir()) == [] and [p.name for p in work.iterdir()] == ["table.csv"]
