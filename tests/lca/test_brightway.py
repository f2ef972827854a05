"""Factors from a real, small Brightway project: worked by hand, never guessed, nothing written to it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
import yaml

from optimiser._io.errors import InputError
from optimiser.chemistry.impacts import load_footprint
from optimiser.lca.brightway import import_brightway
from optimiser.lca.names import read_mapping
from optimiser.lca.table import LocalTable, write_table
from optimiser.tables.own import read_own_tables
from tests.command import assert_one_clear_block, optimiser, process
from tests.lca.brightway_project import DATABASE, PROJECT

#: Brightway keeps its matrices in single precision.
SINGLE = 1e-6
CHOSEN = "activities:\n  citric: {code: citric-1}\n"
COMMAND = ("impacts", "import", "brightway", "--project", PROJECT, "--database", DATABASE)


def imported(tmp_path: Path, mapping: str = CHOSEN, country: str | None = None, draws: int = 0) -> LocalTable:
    file = tmp_path / "mapping.yaml"
    file.write_text(mapping)
    return import_brightway(PROJECT, DATABASE, read_mapping(file, country), name="mini", draws=draws)


def test_factors_are_those_worked_by_hand(brightway: Path, tmp_path: Path) -> None:
    table = imported(tmp_path)
    climate, acid = table.factors["climate change"], table.factors["acidification"]
    # a kg of sulfuric acid in RER: 0.1 kWh of power at 0.2 kg CO2, and 0.01 kg SO2 at 1.31 mol H+ eq
    assert climate["sulfuric"] == pytest.approx(0.1 * 0.2, rel=SINGLE)
    assert acid["sulfuric"] == pytest.approx(0.01 * 1.31, rel=SINGLE)
    # heat is counted in MJ there, in kWh here: 0.06 kg CO2 per MJ x 3.6
    assert climate["heat"] == pytest.approx(0.216, rel=SINGLE)
    assert climate["h2o2"] == pytest.approx(2.0 * 0.2, rel=SINGLE)
    # hydrated lime is counted as sold; of its stock 0.95 is pure: 0.95 kg CO2 / 0.95
    assert climate["calcium_hydroxide"] == pytest.approx(1.0, rel=SINGLE)
    # water only exists in RoW, the second place that is looked at
    assert climate["water"] == pytest.approx(0.0005, rel=SINGLE)
    # treating a m3 is a demand of minus one in Brightway, and a burden here
    assert climate["wastewater"] == pytest.approx(0.4, rel=SINGLE)
    # land use is the eleventh of the test's categories: 0.1 per kg CO2 and 5 per kg SO2
    assert table.factors["land use"]["sulfuric"] == pytest.approx(0.02 * 0.1 + 0.01 * 5.0, rel=SINGLE)


def test_every_category_of_the_single_score_is_there_in_its_unit(brightway: Path, tmp_path: Path) -> None:
    assert imported(tmp_path).units == {name: entry.unit for name, entry in load_footprint().items()}


def test_what_is_missing_is_listed_and_never_zero(brightway: Path, tmp_path: Path) -> None:
    table = imported(tmp_path)
    why = {entry["substance"]: entry["why"] for entry in table.missing}
    assert not set(why) & set(table.activities)
    assert all(set(row) == set(table.activities) for row in table.factors.values())
    assert why["formic"] == "'market for formic acid' is not in RER, RoW, GLO, only in CN"
    assert why["nitric"].startswith("no activity is called 'market for nitric acid")
    assert "tartaric acid production" in why["tartaric"]
    assert {"malic", "salt", "residue"} <= set(why)


def test_two_activities_of_one_name_and_place_are_listed_and_not_guessed(
    brightway: Path, tmp_path: Path
) -> None:
    with pytest.raises(InputError) as refused:
        imported(tmp_path, "locations: [RER, RoW, GLO]\n")
    told = str(refused.value)
    assert "code citric-1" in told and "code citric-2" in told
    assert "activities: {citric: {code: citric-1}}" in told


def test_a_mapping_overrides_names_places_and_purity(brightway: Path, tmp_path: Path) -> None:
    table = imported(
        tmp_path,
        """\
activities:
  citric: null
  sulfuric: {location: RoW}
  tartaric: {activity: tartaric acid production, location: CN, purity: 0.5}
  residue: {activity: "market for lime, hydrated, packed"}
""",
    )
    assert table.factors["acidification"]["sulfuric"] == pytest.approx(0.09 * 1.31, rel=SINGLE)
    # a kg of the product holds half a kg of acid: 4 kg CO2 / 0.5
    assert table.factors["climate change"]["tartaric"] == pytest.approx(8.0, rel=SINGLE)
    assert {"substance": "citric", "why": "left out in the mapping file"} in table.missing
    assert "residue" in table.activities


@pytest.mark.parametrize(
    ("mapping", "told"),
    [
        ("activities: {citric: {code: nowhere}}", "No activity has the code 'nowhere'"),
        ("activities: {citric: {product: gold}}", "'market for citric acid'"),
        ("activities: {sulfuric: {activity: market for gold}}", "No activity is called 'market for gold'"),
        ("activities: {citric: {code: bottle}}", "counted in 'unit', which is no kg"),
        ("activities: {heat: {unit: kilowatt hour}, citric: null}", "counted in 'megajoule'"),
        ("activities: {heat: {purity: 0.5}}", "heat has no purity"),
        ("activities: {power: {per: kg pure}}", "power per kg pure is not possible"),
        ("activities: {gold: {activity: market for gold}}", "'gold' is no acid"),
        ("activities: {sulfuric: null, H2SO4: null}", "sulfuric is mapped twice"),
        ("method: EF v3.2", "has no method EF v3.2 | acidification"),
        ("prefix: [mini-2.0]", "has no method EF v3.1 | acidification"),
    ],
)
def test_a_wrong_mapping_is_refused(mapping: str, told: str, brightway: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=None) as refused:
        imported(tmp_path, mapping)
    assert told in str(refused.value)


def test_electricity_is_that_of_the_country_where_it_has_its_own(brightway: Path, tmp_path: Path) -> None:
    assert imported(tmp_path, country="DE").factors["climate change"]["power"] == pytest.approx(
        0.3, rel=SINGLE
    )
    elsewhere = imported(tmp_path, country="FR")
    assert elsewhere.factors["climate change"]["power"] == pytest.approx(0.2, rel=SINGLE)
    assert "in FR: market group for electricity, medium voltage of RER stands for power" in elsewhere.notes[0]


def test_draws_tell_the_uncertainty_that_the_database_has(brightway: Path, tmp_path: Path) -> None:
    table = imported(tmp_path, draws=60)
    spread = table.activities["sodium_hydroxide"].uncertainty
    assert spread is not None
    low, high = spread["climate change"]
    # lognormal about 1 with sigma 0.2: exp(-+1.96 x 0.2) = 0.676 and 1.480
    assert low == pytest.approx(0.676, rel=0.25)
    assert high == pytest.approx(1.480, rel=0.25)
    assert table.activities["sulfuric"].uncertainty is None
    # the range of climate change is what studies of uncertainty draw from
    read = read_own_tables(impacts=write_table(table, tmp_path / "drawn.impacts.yaml"))
    soda = read.reagents["sodium_hydroxide"].climate_change
    assert soda is not None and soda.range() == pytest.approx((low, high))
    assert soda.method == "EF v3.1"
    assert "mini-1.0-cutoff" in soda.source


def test_a_folder_of_brightway_that_is_not_there_is_refused(
    brightway: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BRIGHTWAY2_DIR", str(tmp_path / "nowhere"))
    done = process(*COMMAND, cwd=tmp_path)
    assert_one_clear_block(done)
    assert "Brightway's folder cannot be opened" in done.stderr


def test_the_command_writes_a_table_that_problems_take_and_leaves_the_project_alone(
    brightway: Path, tmp_path: Path
) -> None:
    def content() -> dict[Path, str]:
        files = (p for p in brightway.rglob("*") if p.is_file())
        return {p: hashlib.sha256(p.read_bytes()).hexdigest() for p in files}

    (tmp_path / "mapping.yaml").write_text(CHOSEN)
    before = content()
    done = process(*COMMAND, "--mapping", "mapping.yaml", "--name", "ours", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert content() == before
    assert "9 substances in 16 categories: ours.impacts.yaml" in done.stdout
    assert "Missing: formic: " in done.stdout
    written = yaml.safe_load((tmp_path / "ours.impacts.yaml").read_text())
    assert written["source"] | {"date": ""} == {
        "kind": "brightway",
        "project": PROJECT,
        "database": DATABASE,
        "version": "1.0",
        "system_model": "cutoff",
        "method": "EF v3.1",
        "date": "",
        "computed_with": written["source"]["computed_with"],
    }
    tables = read_own_tables(impacts=tmp_path / "ours")
    assert tables.given is not None and tables.given.provenance is not None
    assert tables.given.provenance.factor("sulfuric") == "market for sulfuric acid, RER"
    assert tables.acids["sulfuric"].climate_factor == pytest.approx(0.02, rel=SINGLE)
    # what the table lacks is still ours, and a second table is not written over the first
    assert tables.acids["malic"].climate_factor > 0.0
    again = optimiser(*COMMAND, "--name", "ours", cwd=tmp_path)
    assert_one_clear_block(again)
    assert "ours.impacts.yaml exists already" in again.stderr


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"--project": "leeching"}, "did you mean 'leaching'?"),
        ({"--database": "mini-1.1-cutoff"}, "has no database"),
        ({"--database": "nonsquare"}, "Brightway cannot compute nonsquare"),
        ({"--database": "stale"}, "bw2data.Database('stale').process()"),
        ({"--database": "bio"}, "None of the activities is in bio"),
        ({"--method": "EF v9"}, "has no method EF v9"),
        ({"--draws": 3}, "3 draws are not possible"),
        ({"--name": "a/b"}, "cannot be the name of a table"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(
    changed: dict[str, object], told: str, brightway: Path, tmp_path: Path
) -> None:
    options = {"--project": PROJECT, "--database": DATABASE, **changed}
    done = optimiser(*COMMAND[:3], *(text for pair in options.items() for text in pair), cwd=tmp_path)
    assert_one_clear_block(done)
    assert told in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_without_the_extra_it_says_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("optimiser._io.extras.find_spec", lambda package: None)
    done = optimiser(*COMMAND, cwd=tmp_path)
    assert_one_clear_block(done)
    assert 'pip install "leaching-optimiser[lca]"' in done.stderr
