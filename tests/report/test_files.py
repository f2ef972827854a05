"""What a run leaves behind: whole or not at all, and readable by other programs."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import os
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from rich.console import Console

from optimiser._io.errors import InputError
from optimiser._io.output import check_file_target, check_folder
from optimiser.problem.metrics import BY_PRODUCTS
from optimiser.report import deliver as delivering
from optimiser.report.console import (
    print_records,
    print_result,
    progress_display,
    spread_rows,
    step_progress,
)
from optimiser.report.manifest import git_state, manifest, package_versions
from optimiser.report.run import sheets, write_run
from optimiser.report.workbook import manifest_frame
from optimiser.report.write import default_out, write_table
from optimiser.search.run import RunResult
from optimiser.search.search import Progress
from optimiser.tables.front_csv import design_table
from tests.paths import ROOT
from tests.results import impossible, the_front, three_objectives, trade_off

FRONT = np.zeros((1, 2))

ALL = ("html", "xlsx", "csv")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_run_leaves_five_files(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "below" / "out"
    assert write_run(trade_off(), out, ALL).folder == out
    assert names(out) == ["designs.npz", "front.csv", "front.xlsx", "manifest.json", "report.html"]
    assert names(out.parent) == ["out"]


def test_formats_choose_the_files_but_the_manifest_is_always_there(tmp_path: Path) -> None:
    write_run(trade_off(), tmp_path / "a", ("csv",))
    assert names(tmp_path / "a") == ["designs.npz", "front.csv", "manifest.json"]
    write_run(trade_off(), tmp_path / "b", ())
    assert names(tmp_path / "b") == ["designs.npz", "manifest.json"]


def promised_columns(result: RunResult) -> list[str]:
    """Return the columns of front.csv in the order of docs/report.md: by-products follow ``knee``."""
    conditions = ["acid", "temperature", "acid_concentration", "h2o2", "solid_liquid_ratio", "time"]
    yields = [f"yield_{m}{end}" for m in ("Li", "Ni", "Mn", "Co") for end in ("", "_low", "_high")]
    asked = [f"{o.metric}{end}" for o in result.problem.objectives for end in ("", "_low", "_high")]
    metrics = result.problem.metrics
    others = [name for name in metrics if name not in (*conditions, *yields, *asked, *BY_PRODUCTS)]
    kept = ["p_feasible", "support", "domain_distance", "proton_ratio", "knee"]
    by_products = [*(name for name in BY_PRODUCTS if name in metrics), "nox", "precipitates"]
    over = [f"yield_{m}{end}" for m in ("Li", "Ni", "Mn", "Co") for end in ("_nominal", "_p10")]
    return [*conditions, *yields, *asked, *others, *kept, *by_products, *over]


def test_front_csv_reads_back_to_the_same_numbers(tmp_path: Path) -> None:
    result = trade_off()
    write_run(result, tmp_path / "out", ("csv",))
    expected = design_table(result.problem, the_front(result).evaluation, the_front(result).knee)
    # where nothing precipitates the cell is empty, which reads as NaN
    read = pd.read_csv(tmp_path / "out" / "front.csv", dtype={"precipitates": object})
    read["precipitates"] = read["precipitates"].fillna("")
    assert list(read.columns) == promised_columns(result)
    pd.testing.assert_frame_equal(read, expected, check_exact=True, check_dtype=False)
    assert read["knee"].sum() == 1


def test_nothing_feasible_leaves_a_header_and_the_nearest_designs(tmp_path: Path) -> None:
    write_run(impossible(), tmp_path / "out", ALL)
    front = pd.read_csv(tmp_path / "out" / "front.csv")
    assert len(front) == 0 and "yield_Li" in front.columns
    nearest = pd.read_csv(tmp_path / "out" / "least_infeasible.csv")
    assert len(nearest) == 5 and (nearest["violation"] > 0).all()
    assert "margin_yield_Mn" in nearest.columns
    assert "report.html" in names(tmp_path / "out")


def test_an_existing_folder_is_refused_and_kept(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_run(trade_off(), out, ())
    before = (out / "manifest.json").read_bytes()
    with pytest.raises(InputError, match="exists already"):
        write_run(trade_off(), out, ALL)
    assert (out / "manifest.json").read_bytes() == before and names(out) == ["designs.npz", "manifest.json"]


def test_force_replaces_a_report_whole(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_run(trade_off(), out, ("csv",))
    write_run(trade_off(), out, ("xlsx",), force=True)
    assert names(out) == ["designs.npz", "front.xlsx", "manifest.json"]
    assert names(tmp_path) == ["out"]


def test_force_never_deletes_a_folder_of_something_else(tmp_path: Path) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("years of work")
    with pytest.raises(InputError, match="something else"):
        write_run(trade_off(), tmp_path / "thesis", (), force=True)
    assert names(tmp_path / "thesis") == ["chapter.txt"]
    (tmp_path / "empty").mkdir()
    write_run(trade_off(), tmp_path / "empty", (), force=True)
    assert names(tmp_path / "empty") == ["designs.npz", "manifest.json"]


def test_places_that_cannot_be_written_are_refused_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="is a file"):
        check_folder(tmp_path / "file" / "below" / "out")
    with pytest.raises(InputError, match="exists already"):
        check_file_target(tmp_path / "file")
    with pytest.raises(InputError, match="not a folder"):
        write_run(trade_off(), tmp_path / "file", (), force=True)
    check_folder(tmp_path / "new" / "out")
    assert names(tmp_path) == ["file"]


def test_a_read_only_parent_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != tmp_path)  # root may write anywhere
    with pytest.raises(InputError, match="is not writable"):
        check_folder(tmp_path / "deep" / "out")


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (KeyboardInterrupt(), KeyboardInterrupt),
        (RuntimeError("midway"), RuntimeError),
        (OSError(28, "No space left on device"), InputError),
    ],
)
def test_failing_midway_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, raised: BaseException, expected: type[BaseException]
) -> None:
    seen: list[list[str]] = []

    def fail(*_: object, **__: object) -> str:
        seen.append(names(tmp_path / "new"))
        raise raised

    monkeypatch.setattr(delivering, "page_of", fail)
    with pytest.raises(expected):
        write_run(trade_off(), tmp_path / "new" / "out", ALL)
    assert seen and seen[0] != []  # it had begun
    assert names(tmp_path) == []


def test_failing_midway_keeps_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    write_run(trade_off(), out, ("csv",))

    def interrupt(*_: object, **__: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(delivering, "page_of", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_run(trade_off(), out, ALL, force=True)
    assert names(tmp_path) == ["out"] and names(out) == ["designs.npz", "front.csv", "manifest.json"]


def test_failing_while_moving_puts_the_old_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    write_run(trade_off(), out, ("csv",))
    replace = Path.replace

    def refuse(self: Path, target: Path) -> Path:
        if self.name.endswith(".partial"):
            raise PermissionError(13, "Permission denied")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(InputError, match="cannot be written"):
        write_run(trade_off(), out, (), force=True)
    assert names(tmp_path) == ["out"] and names(out) == ["designs.npz", "front.csv", "manifest.json"]


def test_the_default_folder_is_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    first = default_out("mine")
    assert first.parts[:2] == ("reports", "mine") and not first.exists()
    first.mkdir(parents=True)
    assert default_out("mine") != first


def test_tables_are_written_by_suffix(tmp_path: Path) -> None:
    frame = pd.DataFrame({"acid": ["sulfuric"], "cost": [0.1 + 0.2]})
    for suffix, read in ((".csv", pd.read_csv), (".xlsx", pd.read_excel)):
        out = write_table(frame, tmp_path / f"table{suffix}")
        pd.testing.assert_frame_equal(read(out), frame)
        with pytest.raises(InputError, match="exists already"):
            write_table(frame, out)
        write_table(frame.assign(cost=2.0), out, force=True)
        assert read(out)["cost"].tolist() == [2.0]
    with pytest.raises(InputError, match=r"ends in|no kind of table"):
        write_table(frame, tmp_path / "table.txt")
    assert names(tmp_path) == ["table.csv", "table.xlsx"]


def test_the_manifest_pins_the_run(tmp_path: Path) -> None:
    result = trade_off()
    write_run(result, tmp_path / "out", ())
    text = (tmp_path / "out" / "manifest.json").read_text()

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    read = json.loads(text, parse_constant=refuse)
    config = result.config.document
    assert read["config"]["text"] == config.text
    # a built-in file is told by its place in the product, not on this machine
    assert read["problem"]["file"] == "problems/nmc111.yaml"
    assert read["config"]["sha256"] == hashlib.sha256(config.path.read_bytes()).hexdigest()
    assert (
        read["problem"]["sha256"]
        == hashlib.sha256(result.config.problem.source.problem.path.read_bytes()).hexdigest()
    )
    assert read["artefact"] == {
        "name": result.problem.surrogate.name,
        "sha256": result.problem.surrogate.sha256,
        "anchors": {"search": 4, "final": 64},
    }
    assert {"acids.yaml", "reagents.yaml", "metals.yaml", "process.yaml"} <= set(read["tables"])
    assert read["seeds"][0]["seed"] == 1
    assert len(read["seeds"][0]["hypervolume"]) == len(read["seeds"][0]["feasible_share"]) == 4
    # what each acid's own search evaluated comes on top of the seeds
    assert read["evaluations"] > read["seeds"][0]["evaluations"] == 64
    assert read["front"]["designs"] == len(the_front(result).evaluation)
    assert read["front"]["before_thinning"] >= read["front"]["designs"]
    assert read["front"]["knee"] == the_front(result).knee + 1
    assert read["question"]["objectives"][0] == {
        "metric": "cost",
        "direction": "minimise",
        "unit": "EUR/kg metal",
    }
    assert {"numpy", "numba", "pymoo"} <= set(read["packages"])
    assert {"models", "search", "fronts"} == set(read["seconds"])


def test_the_manifest_of_an_infeasible_run_says_so() -> None:
    pinned = manifest(impossible())
    assert pinned["front"] is None and pinned["answer"] == "No feasible design."
    json.dumps(pinned, allow_nan=False)


def test_what_json_cannot_hold_becomes_null() -> None:
    result = dataclasses.replace(
        trade_off(), hypervolume=((float("nan"), float("inf"), 1.0, np.float64(0.5)),)
    )
    assert manifest(result)["seeds"][0]["hypervolume"] == [None, None, 1.0, 0.5]


def test_git_is_asked_only_in_a_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert git_state(tmp_path) is None
    (tmp_path / ".git").mkdir()  # damaged, or no git on the machine
    assert git_state(tmp_path) is None
    monkeypatch.setenv("PATH", "")
    assert git_state(ROOT) is None


def test_package_versions_are_those_installed() -> None:
    assert package_versions()["numpy"] == np.__version__


def test_the_workbook_has_a_sheet_per_table(tmp_path: Path) -> None:
    result = trade_off()
    write_run(result, tmp_path / "out", ("xlsx",))
    book = openpyxl.load_workbook(tmp_path / "out" / "front.xlsx")
    assert book.sheetnames == [
        "front",
        "yields",
        "cost",
        "climate change",
        "acids",
        "each acid's own front",
        "nearest experiments",
        "sources",
        "manifest",
    ]
    front = book["front"]
    heads = [cell.value for cell in front[1]]
    assert "temperature [°C]" in heads and "cost [EUR/kg metal]" in heads and "Li yield, low [%]" in heads
    assert front.freeze_panes == "A2"
    assert front.max_row == 1 + len(the_front(result).evaluation)
    at = heads.index("Li yield [%]")
    assert front.cell(2, at + 1).value == pytest.approx(the_front(result).evaluation.yields[0, 0])
    assert front.cell(2, at + 1).number_format == "0.0%"
    assert front.column_dimensions["A"].width >= 9
    sources = [cell.value for cell in book["sources"][1]]
    values = [row[sources.index("value")] for row in book["sources"].iter_rows(min_row=2, values_only=True)]
    assert sum(isinstance(value, int | float) for value in values) > 50


def test_the_workbook_of_nothing_feasible_shows_the_nearest(tmp_path: Path) -> None:
    write_run(impossible(), tmp_path / "out", ("xlsx",))
    book = openpyxl.load_workbook(tmp_path / "out" / "front.xlsx")
    assert book["front"].max_row == 1 and book["least infeasible"].max_row == 6


def test_text_is_never_a_formula(tmp_path: Path) -> None:
    result = trade_off()
    named = dataclasses.replace(result.config, name="=1+1")
    write_run(dataclasses.replace(result, config=named), tmp_path / "out", ("xlsx",))
    book = openpyxl.load_workbook(tmp_path / "out" / "front.xlsx")
    cells = {row[0].value: row[1] for row in book["manifest"].iter_rows()}
    assert (cells["config.name"].value, cells["config.name"].data_type) == ("=1+1", "s")


def test_manifest_rows_are_flat() -> None:
    frame = manifest_frame({"a": {"b": [1, None]}, "c": [{"d": 2.5}], "e": None})
    assert frame.to_dict("list") == {"key": ["a.b", "c[1].d", "e"], "value": ["1, ", 2.5, ""]}
    assert "manifest" in sheets(trade_off(), {"a": 1})


def printed(result: object, **console: object) -> str:
    stream = io.StringIO()
    print_result(result, Path("reports/x"), Console(file=stream, highlight=False, **console))  # type: ignore[arg-type]
    return stream.getvalue()


def test_piped_output_begins_with_the_whole_answer() -> None:
    text = printed(trade_off(), width=80)
    first = text.splitlines()[0]
    assert first.startswith("Leach NMC111 with ") and first.endswith("nearby.") and "EUR/kg metal" in first
    assert "\x1b" not in text and "…" not in text
    assert text.splitlines()[-1] == "Report: reports/x"
    table = text[text.index("no. acid") : text.index("Report:")].splitlines()
    assert max(map(len, table)) <= 80
    assert sum("*" in line.split(" ")[0] or "* " in line[:6] for line in table) >= 1


@pytest.mark.parametrize("result", [trade_off, three_objectives, impossible])
def test_a_terminal_of_80_columns_shows_all_of_it(result: object) -> None:
    text = printed(result(), width=80, force_terminal=True, color_system=None)  # type: ignore[operator]
    assert max(map(len, text.splitlines())) <= 80
    assert "…" not in text
    assert "sulfuric" in text


def test_infeasible_output_says_what_binds() -> None:
    text = printed(impossible(), width=80)
    assert text.startswith("No design of the 64 tried is feasible for NMC622.")
    assert "would have to fall to" in text and "least infeasible" in text


def test_rows_are_spread_with_the_knee_among_them() -> None:
    assert spread_rows(3, 1) == (0, 1, 2)
    rows = spread_rows(100, 4)
    assert len(rows) == 10 and {0, 4, 99} <= set(rows)
    assert spread_rows(100, 99)[-1] == 99


def test_progress_is_silent_unless_on_a_terminal() -> None:
    quiet, loud = io.StringIO(), io.StringIO()
    with progress_display(Console(file=quiet)) as show:
        show("seed 1", Progress(1, 4, 0.5, 0.1, FRONT))
    assert quiet.getvalue() == ""
    with progress_display(Console(file=loud, force_terminal=True, width=100)) as show:
        show("seed 1", Progress(2, 4, 0.5, 0.125, FRONT))
        show("sulfuric", Progress(1, 4, 0.75, 0.25, FRONT))
    assert "sulfuric" in loud.getvalue() and "75%" in loud.getvalue()
    narrow = io.StringIO()
    with progress_display(Console(file=narrow, force_terminal=True, width=52)) as show:
        show("seed 1", Progress(2, 4, 0.5, 0.125, FRONT))
    assert "2/4" in narrow.getvalue() and "hypervolume" not in narrow.getvalue()
    with step_progress(Console(file=quiet)) as step:
        step(1, 2, "fit")
    assert quiet.getvalue() == ""
    with step_progress(Console(file=loud, force_terminal=True, width=100)) as step:
        step(1, 2, "anchors")
    assert "anchors" in loud.getvalue()


def test_records_are_not_cut_off_when_piped() -> None:
    stream = io.StringIO()
    print_records([{"name": "a", "long": "x" * 300, "n": 1.5}], Console(file=stream, width=80))
    assert "x" * 300 in stream.getvalue() and "1.5" in stream.getvalue()
