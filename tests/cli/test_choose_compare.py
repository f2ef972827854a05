"""`choose` and `compare` as users meet them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.command import assert_one_clear_block, optimiser, process

CONFIG = """\
problem: nmc111
objectives: [{minimise: cost}, {maximise: recovery}]
search: {population: 16, generations: 4, seeds: [1], per_acid: 0}
report: {formats: [csv]}
"""
PRICES = "substance,price [EUR/kg stock]\nsulfuric,0.5\n"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs, the second with a user's own prices."""
    place = tmp_path_factory.mktemp("runs")
    (place / "config.yaml").write_text(CONFIG)
    (place / "prices.csv").write_text(PRICES)
    for arguments in (("--out", "a"), ("--out", "b", "--prices", "prices.csv")):
        done = optimiser("run", "config.yaml", *arguments, cwd=place)
        assert done.returncode == 0, done.stderr
    return place


def test_choose_as_a_process(place: Path) -> None:
    done = process("choose", "a", "--improve", "recovery", "--relax", "cost=50", cwd=place)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Leach NMC111 with ")
    assert "Against the start: recovery " in done.stdout and "(allowed 50.00)" in done.stdout


def test_choose_answers_every_kind_of_question(place: Path) -> None:
    for arguments in (
        ("--reference", "cost=1.1,recovery=0.95"),
        ("--weights", "cost=2,climate_change=1"),
        ("--diverse", "3"),
        ("--knees",),
        ("--improve", "climate_change=0.5", "--keep", "recovery", "--from", "2", "--polish"),
    ):
        done = optimiser("choose", "a", *arguments, "--json", cwd=place)
        assert done.returncode == 0, done.stderr
        answer = json.loads(done.stdout)
        assert len(answer["designs"]) >= 2 and answer["text"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("a",), "Nothing is asked"),
        (("a", "--improve", "cots"), "no metric 'cots'"),
        (("a", "--improve", "cost", "--relax", "cost=2"), "again under relax"),
        (("a", "--improve", "recovery", "--relax", "cost"), "needs a number"),
        (("a", "--improve", "recovery", "--relax", "cost=x"), "not a number"),
        (("a", "--improve", "recovery,recovery"), "given twice"),
        (("a", "--improve", "recovery", "--keep", "cost=2"), "--relax cost=2"),
        (("nowhere", "--knees"), "does not exist"),
        ((".", "--knees"), "no run's folder"),
        (("config.yaml", "--knees"), "not a run's folder"),
    ],
)
def test_choose_refuses_in_one_block(arguments: tuple[str, ...], said: str, place: Path) -> None:
    done = optimiser("choose", *arguments, cwd=place)
    assert_one_clear_block(done)
    assert said in done.stderr


def test_compare_as_a_process(place: Path) -> None:
    done = process("compare", "a", "b", "--out", "ab", cwd=place)
    assert done.returncode == 0, done.stderr
    assert "The lowest cost is " in done.stdout and "Report: " in done.stdout
    assert (place / "ab" / "report.html").is_file()
    told = json.loads(optimiser("compare", "a", "a", "--json", cwd=place).stdout)
    assert told["differences"] == [] and told["best"][0] == told["best"][1]


def test_compare_refuses_a_table_that_changed(place: Path) -> None:
    (place / "prices.csv").write_text(PRICES.replace("0.5", "0.6"))
    done = optimiser("compare", "a", "b", cwd=place)
    (place / "prices.csv").write_text(PRICES)
    assert_one_clear_block(done)
    assert "not the table of prices that the run was made with" in done.stderr


def test_compare_writes_nothing_where_it_must_not(place: Path) -> None:
    done = optimiser("compare", "a", "b", "--out", "a", cwd=place)
    assert_one_clear_block(done)
    assert "exists already" in done.stderr
