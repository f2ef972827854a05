"""What `optimiser runs` tells of a store, and what it removes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from optimiser.sweeps.rows import failed
from optimiser.sweeps.store import Store, open_store
from tests.command import assert_one_clear_block, optimiser
from tests.sweeps.asked import frame


@pytest.fixture
def copy(small: Path, tmp_path: Path) -> Store:
    """The store of the small sweep, and in it a failed run that no sweep names."""
    shutil.copytree(small / "store", tmp_path / "store")
    store = open_store(tmp_path / "store")
    store.put(failed("f" * 64, {"feed": "LCO"}, "lco", "The worker was lost."))
    return store


def say(*arguments: object, cwd: Path) -> str:
    done = optimiser("runs", *arguments, cwd=cwd)
    assert done.returncode == 0, done.stderr
    return done.stdout


def key_of(store: Path, feed: str, status: str) -> str:
    rows = frame(store)
    return str(rows.loc[(rows["feed"] == feed) & (rows["status"] == status), "key"].item())


def test_list_counts_and_shows_all_runs(copy: Store, tmp_path: Path) -> None:
    lines = say("list", "store", cwd=tmp_path).splitlines()
    assert lines[0] == "5 runs: 2 done, 2 without a feasible design, 1 failed."
    assert lines[1] == "Sweeps: small"
    assert sum(line.startswith(tuple(key[:5] for key in copy.runs())) for line in lines) == 5


def test_list_of_a_sweep_shows_what_varies(copy: Store, tmp_path: Path) -> None:
    said = say("list", "store", "--sweep", "small", cwd=tmp_path)
    assert said.startswith("4 runs: 2 done, 2 without a feasible design.\n")
    only = say("list", "store", "--sweep", "small", "--status", "infeasible", cwd=tmp_path)
    assert only.startswith("2 runs: 2 without a feasible design.\n")
    rows = [line.split()[:5] for line in only.splitlines()[-2:]]
    assert [[run, *rest] for run, _, *rest in rows] == [
        ["2", "NMC111", "1", "infeasible"],
        ["4", "NMC622", "1", "infeasible"],
    ]
    assert all(any(key.startswith(shown) for key in copy.runs()) for _, shown, *_ in rows)
    wrong = optimiser("runs", "list", "store", "--sweep", "smal", cwd=tmp_path)
    assert_one_clear_block(wrong)
    assert "no sweep 'smal'" in wrong.stderr and "allowed: small" in wrong.stderr


@pytest.mark.parametrize("name", ["rows.csv", "rows.xlsx"])
def test_list_writes_a_table(name: str, copy: Store, tmp_path: Path) -> None:
    said = say("list", "store", "--csv", name, cwd=tmp_path)
    assert said.startswith("5 runs: ") and name in said
    read = pd.read_csv if name.endswith(".csv") else pd.read_excel
    written = read(tmp_path / name).sort_values("key", ignore_index=True)
    assert list(written["key"]) == copy.runs() and list(written["status"]) == list(
        frame(copy.folder)["status"]
    )
    assert written["cost"].tolist() == pytest.approx(frame(copy.folder)["cost"].tolist(), nan_ok=True)
    assert_one_clear_block(optimiser("runs", "list", "store", "--csv", name, cwd=tmp_path))


def test_show_tells_question_answer_and_front(small: Path) -> None:
    store = small / "store"
    key = key_of(store, "NMC622", "done")
    row = frame(store).set_index("key").loc[key]
    said = say("show", key[:8], "store", cwd=small)
    assert said.startswith(f"Run {key}\ndone, ")
    assert '  feed: "NMC622"\n' in said and "  constraints.yield.Li: 0.5\n" in said
    assert "- minimise: cost" in said and f"Front, {row['designs']} designs:" in said
    told = json.loads(say("show", key[:8], "store", "--json", cwd=small))
    assert told["key"] == key and told["answer"]["cost"] == told["cost"] == row["cost"]
    assert told["inputs"]["feed"] == "NMC622" and told["objectives"] == ["cost", "recovery"]
    assert told["directions"] == ["minimise", "maximise"]


@pytest.mark.parametrize("status", ["infeasible", "failed"])
def test_show_tells_why_there_is_no_design(status: str, copy: Store, tmp_path: Path) -> None:
    rows = frame(copy.folder)
    row = rows[rows["status"] == status].iloc[0]
    said = say("show", row["key"][:10], "store", cwd=tmp_path)
    assert f"\n{row['reason']}\n" in said and "Front" not in said
    told = json.loads(say("show", row["key"][:10], "store", "--json", cwd=tmp_path))
    assert (told["status"], told["answer"], told["cost"]) == (status, None, None)


@pytest.mark.parametrize(("name", "told"), [("abc", "No run has"), ("zzzz", "No run has")])
def test_show_of_no_run_is_refused(name: str, told: str, small: Path) -> None:
    done = optimiser("runs", "show", name, "store", cwd=small)
    assert_one_clear_block(done)
    assert told in done.stderr and "optimiser runs list store" in done.stderr


def test_digits_that_several_runs_have_are_refused_with_their_keys(copy: Store, tmp_path: Path) -> None:
    copy.put(failed("ffff" + "0" * 60, {}, "", "Another."))
    done = optimiser("runs", "show", "ffff", "store", cwd=tmp_path)
    assert_one_clear_block(done)
    assert "2 runs have" in done.stderr and "ffff00000000, ffffffffffff" in done.stderr


def test_compare_tells_what_differs_and_nothing_else(small: Path) -> None:
    store = small / "store"
    one, other = key_of(store, "NMC111", "done"), key_of(store, "NMC622", "done")
    said = say("compare", one[:8], other[:8], "store", cwd=small)
    asked, answered = said.split("Answered:")
    assert "feed" in asked and "NMC111" in asked and "NMC622" in asked and "search" not in asked
    costs = frame(store).set_index("key")["cost"]
    (line,) = [line for line in answered.splitlines() if line.startswith("cost EUR")]
    assert [float(v) for v in line.split()[-2:]] == pytest.approx([costs[one], costs[other]], abs=0.006)
    assert (
        say("compare", one[:8], one[:8], "store", cwd=small)
        == "Asked: the same\nPrices, EUR: the same\nAnswered: the same\n"
    )
    without = say("compare", one[:8], key_of(store, "NMC111", "infeasible")[:8], "store", cwd=small)
    assert "constraints.yield.Li" in without and without.endswith("status: done and infeasible\n")


def test_prune_counts_and_removes_only_with_yes(copy: Store, tmp_path: Path) -> None:
    before = copy.runs()
    for option in ("--failed", "--unused"):
        said = say("prune", "store", option, cwd=tmp_path)
        assert "1 runs would be removed" in said or "1 run would be removed" in said
    assert say("prune", "store", "--old", "--damaged", cwd=tmp_path).startswith("0 runs would be removed")
    assert copy.runs() == before
    say("prune", "store", "--failed", "--unused", "--yes", cwd=tmp_path)
    assert copy.runs() == [key for key in before if key != "f" * 64]
    (copy.folder / "sweeps" / "small.parquet").unlink()
    say("prune", "store", "--unused", "--yes", cwd=tmp_path)
    assert copy.runs() == [] and list((copy.folder / "fronts").iterdir()) == []
    assert_one_clear_block(optimiser("runs", "prune", "store", cwd=tmp_path))


def test_runs_of_another_version_are_old(copy: Store, tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    file = copy.row_file(copy.runs()[0])
    table = pq.read_table(file)
    place = table.schema.get_field_index("version")
    pq.write_table(table.set_column(place, "version", pa.array(["0.0.1"])), file)
    say("prune", "store", "--old", "--yes", cwd=tmp_path)
    assert not file.exists() and len(copy.runs()) == 4


def test_a_folder_that_is_no_store_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    for command in (("list", "."), ("prune", ".", "--unused", "--yes"), ("list", "none")):
        assert_one_clear_block(optimiser("runs", *command, cwd=tmp_path))
    assert (tmp_path / "thesis.txt").exists()
