"""What the report of a sweep computes and writes: hand-worked numbers, sentences, files."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest

from optimiser._io.errors import InputError
from optimiser.report.page import draw
from optimiser.report.sweep import write_sweep_report
from optimiser.report.sweep.cards import answer_card, reasons_card, sweep_makers
from optimiser.report.sweep.cells import map_of, points_along, thinned
from optimiser.report.sweep.effects import eta_squared
from optimiser.report.sweep.keys import keys_of
from optimiser.report.sweep.levels import levels_of
from optimiser.report.sweep.rows import packed, row_data
from optimiser.report.sweep.view import SweepView
from optimiser.report.sweep.words import sweep_sentences
from optimiser.sweeps.table import SweepTable
from tests.report.sweeps import feeds_and_targets, hostile, hypercube, prices, real

# feed, price.citric, status, acid, cost
SMALL = [
    ("a", 0.1, "done", "citric", 1.0),
    ("a", 0.1, "done", "citric", 3.0),
    ("a", 0.1, "done", "sulfuric", 2.5),
    ("a", 0.2, "done", "sulfuric", 4.0),
    ("a", 0.2, "done", "citric", 5.0),
    ("b", 0.1, "infeasible", None, np.nan),
    ("b", 0.1, "failed", None, np.nan),
    ("b", 0.2, "done", "sulfuric", 7.5),
    ("c", 0.1, "failed", None, np.nan),
    ("c", 0.2, "missing", None, np.nan),
]


def small(direction: str = "minimise", rows: Any = SMALL) -> SweepTable:
    frame = pd.DataFrame(rows, columns=["feed", "price.citric", "status", "acid", "cost"])
    frame.insert(0, "run", np.arange(1, len(frame) + 1))
    frame["reason"] = ["" if s in ("done", "missing") else f"{s} here" for s in frame["status"]]
    frame = frame.assign(seconds=2.0, evaluations=90, designs=3, hypervolume=0.5)
    order = ["run", "feed", "price.citric", "status", "reason", "seconds", "evaluations", "designs"]
    frame = frame[[*order, "hypervolume", "acid", "cost"]]
    return SweepTable("small", "", "base", ("feed", "price.citric"), ("cost",), (direction,), frame)


def test_eta_squared_is_the_share_between_levels() -> None:
    # mean 4; levels a: 1, 3 (mean 2), b: 5, 7 (mean 6): between 2·4 + 2·4 = 16; whole 9 + 1 + 1 + 9 = 20
    assert eta_squared(np.array([1.0, 3.0, 5.0, 7.0]), np.array([0, 0, 1, 1])) == pytest.approx(0.8)
    assert eta_squared(np.array([1.0, 2.0, 1.0, 2.0]), np.array([0, 0, 1, 1])) == pytest.approx(0.0)
    # a level per run, one level only, nothing that varies: no share
    for values, codes in (([1.0, 2.0], [0, 1]), ([1.0, 2.0], [0, 0]), ([0.1, 0.1, 0.1], [0, 1, 1])):
        assert np.isnan(eta_squared(np.array(values), np.array(codes)))


def test_effects_rank_keys_by_what_is_beyond_chance() -> None:
    view = SweepView(small())
    first, second = view.effects
    # six runs with a design, mean 23/6; price 0.1: 1, 3, 2.5 (mean 13/6), 0.2: 4, 5, 7.5 (mean 33/6)
    whole = sum((v - 23 / 6) ** 2 for v in (1.0, 3.0, 2.5, 4.0, 5.0, 7.5))
    between = 3 * (13 / 6 - 23 / 6) ** 2 + 3 * (33 / 6 - 23 / 6) ** 2
    assert (first.key.name, first.levels, second.key.name) == ("price.citric", 2, "feed")
    assert first.share == pytest.approx(between / whole) and first.chance == pytest.approx(1 / 5)


def test_cells_of_a_map_take_the_most_frequent_acid_and_the_median() -> None:
    view = SweepView(small())
    of = map_of(view, view.levels["price.citric"], view.levels["feed"])
    cells = of.cells.set_index(["row", "column"])
    # a at 0.1: citric twice, sulfuric once; median of 1 and 3, where it is citric
    assert tuple(cells.loc[(0, 0), ["option", "value", "best", "runs", "designed"]]) == (
        "citric", 2.0, 1.0, 3, 3,
    )  # fmt: skip
    assert cells.loc[(0, 0), "share"] == pytest.approx(2 / 3)
    # a at 0.2: one each, so the acid of the best run, and its cost
    assert tuple(cells.loc[(0, 1), ["option", "value", "worst"]]) == ("sulfuric", 4.0, 4.0)
    # without a design: what says most of it; nothing feasible goes before failed
    assert of.grid("state").tolist() == [
        ["design", "design"],
        ["infeasible", "design"],
        ["failed", "missing"],
    ]
    assert of.aggregates
    # maximised, the best is the highest, and so is the acid of equally frequent ones
    most = map_of(SweepView(small("maximise")), view.levels["price.citric"], view.levels["feed"])
    assert tuple(most.cells.loc[1, ["option", "best", "worst"]]) == ("citric", 5.0, 5.0)


def test_a_pair_without_a_run_is_told_so() -> None:
    view = SweepView(small(rows=[SMALL[0], SMALL[7]]))
    of = map_of(view, view.levels["price.citric"], view.levels["feed"])
    assert of.grid("state").tolist() == [["design", "empty"], ["empty", "design"]]


def test_points_of_a_panel_are_medians_with_their_range() -> None:
    view = SweepView(small())
    points = points_along(view, view.levels["price.citric"], np.ones(10, dtype=bool))
    assert points.to_numpy().tolist() == [
        ["citric", 0, 2, 2.0, 1.0, 3.0],
        ["citric", 1, 1, 5.0, 5.0, 5.0],
        ["sulfuric", 0, 1, 2.5, 2.5, 2.5],
        ["sulfuric", 1, 2, 5.75, 4.0, 7.5],
    ]


def test_numbers_with_many_values_are_binned_by_quantiles() -> None:
    frame = pd.DataFrame({"price.citric": np.arange(100.0) / 100.0})
    (key,) = keys_of(["price.citric"], frame)
    levels = levels_of(key, frame["price.citric"])
    assert levels.binned and np.bincount(levels.codes).tolist() == [10] * 10
    assert levels.labels[:2] == ("0–0.09", "0.1–0.19")
    assert levels.positions[0] == pytest.approx(0.045)
    few = levels_of(key, pd.Series([0.2, 0.1, 0.2, np.nan]))
    assert not few.binned and few.labels == ("0.1", "0.2") and few.codes.tolist() == [1, 0, 1, -1]
    assert levels_of(key, pd.Series([0.2, 0.1, 0.2])).most_frequent(1).codes.tolist() == [0, -1, 0]


def test_keys_have_labels_units_and_short_names_of_their_values() -> None:
    named = json.dumps({"name": "our black mass", "assay": {"Li": 4.1}})
    other = json.dumps({"name": "our black mass", "assay": {"Li": 4.2}})
    frame = pd.DataFrame(
        {"prices.power": [0.1, 0.2], "constraints.yield.all": [0.6, 0.9], "feed": [named, other]}
    )
    power, target, feed = keys_of(list(frame), frame)
    assert (power.heading, target.heading) == ("price of power [EUR/kWh]", "yield target [%]")
    assert target.said(0.9) == "yield target 90 %"
    assert feed.said(named) == "feed our black mass"
    assert levels_of(feed, frame["feed"]).labels == ("our black mass #1", "our black mass #2")


def test_the_headline_answers_in_sentences() -> None:
    said = sweep_sentences(SweepView(small()))
    assert said[0] == "Of 10 runs, 6 have a design, 1 has nothing feasible, 2 failed and 1 is not made yet."
    assert said[1] == (
        "Citric is the most cost-effective acid in 3 of 6 runs with a design (50 %); sulfuric in 3."
    )
    assert said[2] == (
        "The lowest cost, the best, is 1.00 EUR/kg metal, in run 1: price of citric 0.1 EUR/kg, feed a, "
        "with citric."
    )
    assert said[3].startswith("The highest cost is 7.50 EUR/kg metal, in run 8: price of citric 0.2 EUR/kg")
    # whole: 113.5 − 23²/6 = 25.33; price: 2 · 3 · (10/6)² = 16.67; feed a has mean 3.1, b 7.5:
    # 5 · 0.733² + 3.667² = 16.13
    assert said[4] == (
        "Price of citric moves cost most: alone it explains 66 % of the variance between runs; feed 64 %."
    )


def test_reasons_are_counted_with_what_their_runs_have_in_common() -> None:
    card = reasons_card(SweepView(feeds_and_targets()))
    assert card.finding[0] == "3 runs failed, for 1 reason."
    failed, infeasible = (block.frame for block in card.blocks)  # type: ignore[union-attr]
    assert failed["reason"].tolist() == ["The price of citric is missing. do: give it in the table of prices"]
    assert failed["runs||6"].tolist() == [3]
    assert infeasible["in common"].tolist() == ["yield target of Co 90 %"]


def test_runs_that_are_drawn_hold_the_best_and_are_evenly_spaced() -> None:
    view = SweepView(hypercube(3000))
    rows = thinned(view, 1000)
    assert len(rows) == len(set(rows)) == 1000 and view.designed[rows].all()
    costs = np.where(view.designed, view.value, np.inf)
    recovery = view.values("recovery")
    assert set(np.argsort(costs)[:50]) <= set(rows)
    assert set(np.argsort(-np.nan_to_num(recovery))[:50]) <= set(rows)
    # all with a design where there are no more
    assert thinned(view, 5000).tolist() == np.flatnonzero(view.designed).tolist()


def test_packed_numbers_are_what_they_were() -> None:
    import base64

    for numbers in ([5.0, np.nan, 260.0], [0.0, 254.0], [0.0, 1e6, np.nan], [np.nan], [-3.0, 70000.0]):
        told = packed(np.array(numbers))
        kind = np.dtype(f"<{told['kind']}")
        raw = np.frombuffer(base64.b64decode(told["data"]), dtype=kind)
        none = np.iinfo(kind).max if kind.kind == "u" else np.nan
        found = [np.nan if r == none else float(r) + told["least"] for r in raw]
        np.testing.assert_array_equal(found, numbers)


def test_columns_that_go_beyond_the_budget_stand_in_the_files_only() -> None:
    view = SweepView(feeds_and_targets())
    whole, none = row_data(view)
    part, left = row_data(view, budget=900)
    assert none == 0 and left == len(whole["columns"]) - len(part["columns"]) > 0
    assert [c["label"] for c in part["columns"]] == [c["label"] for c in whole["columns"]][:-left]
    assert [c["label"] for c in part["columns"]][:2] == ["run", "status"]


def changed(table: SweepTable, **columns: object) -> SweepTable:
    return dataclasses.replace(table, frame=table.frame.assign(**columns))


def without_design(status: str) -> SweepTable:
    table = feeds_and_targets()
    frame = table.frame.assign(status=status, reason="" if status == "missing" else "because")
    answer = list(frame.columns)[list(frame.columns).index("hypervolume") :]
    return dataclasses.replace(table, frame=frame.assign(**dict.fromkeys(answer, np.nan)))


def odd_sweeps() -> dict[str, SweepTable]:
    table = feeds_and_targets()
    own = table.frame.assign(lixiviant=table.frame["acid"])
    own.insert(list(own.columns).index("acid") + 1, "lixiviant", own.pop("lixiviant"))
    twice = table.frame.assign(acid2="x").rename(columns={"acid2": "acid", "feed": "acid"})
    return {
        **{status: without_design(status) for status in ("failed", "infeasible", "missing")},
        "one run": dataclasses.replace(table, frame=table.frame.iloc[:1]),
        "nothing varied": dataclasses.replace(table, varied=()),
        "one key": dataclasses.replace(table, varied=("feed",)),
        "one value": changed(table, **{"feed": "LCO", "yield.Co": 0.6}),
        "twenty keys": hypercube(200, 20),
        "a system of one's own": dataclasses.replace(table, frame=own),
        "a key that is a column of the answer": dataclasses.replace(
            table, frame=twice, varied=("acid", "yield.Co", "confidence")
        ),
        "infinite": changed(table, cost=np.where(table.frame["run"] == 1, np.inf, table.frame["cost"])),
        "hostile": hostile(),
    }


def test_every_card_can_be_made_of_any_sweep() -> None:
    from optimiser.report.card import make_cards

    pinned = {"git": None, "written": "2026-01-01", "product": "p", "version": "0"}
    for name, table in odd_sweeps().items():
        cards = make_cards(sweep_makers(SweepView(table), pinned))
        drawn = [draw(card)[0] for card in cards]
        assert [card.error for card in drawn if card.error] == [], name
        assert {"answer", "table", "sweep"} <= {card.key for card in cards}
        with_figures = {"maps", "panels"} <= {card.key for card in cards}
        assert with_figures == (
            name not in ("failed", "infeasible", "missing", "one run", "nothing varied")
        ), name
    of_own = SweepView(odd_sweeps()["a system of one's own"])
    assert (of_own.choices, of_own.what) == (("lixiviant",), "option")
    assert of_own.setpoints[0] == "temperature" and len({*of_own.styles.values()}) == 3
    assert answer_card(SweepView(without_design("failed"))).finding[0] == "All 72 runs failed."


def test_the_files_hold_every_run_with_labels_and_units(tmp_path: Path) -> None:
    table = real()
    done = write_sweep_report(table, tmp_path / "out")
    assert done.notes == ()  # every card could be made
    names = sorted(path.name for path in done.folder.iterdir())
    assert names == ["manifest.json", "report.html", "runs.csv", "runs.xlsx"]
    csv = pd.read_csv(done.folder / "runs.csv", dtype={"key": str})
    assert list(csv.columns) == list(table.frame.columns)
    assert csv["status"].tolist() == ["done", "done", "infeasible"]
    np.testing.assert_allclose(csv["cost"], table.frame["cost"].astype(float))
    book = openpyxl.load_workbook(done.folder / "runs.xlsx")
    assert book.sheetnames == ["runs", "what moves it", "nothing feasible", "manifest"]
    head, first, *_ = book["runs"].iter_rows(values_only=True)
    told = dict(zip(head, first, strict=True))
    assert told["yield target of Co [%]"] == 50.0 and told["status"] == "done"
    assert told["cost [EUR/kg metal]"] == pytest.approx(table.frame["cost"][0])
    manifest = json.loads((done.folder / "manifest.json").read_text())
    assert manifest["product"] == "leaching-optimiser" and manifest["sweep"]["runs"] == 3
    assert manifest["answer"].startswith("Of 3 runs, 2 have a design and 1 has nothing feasible.")
    # a report is replaced only if that is asked for
    with pytest.raises(InputError, match="exists already"):
        write_sweep_report(table, tmp_path / "out")
    write_sweep_report(table, tmp_path / "out", formats=("csv",), force=True)
    assert sorted(path.name for path in done.folder.iterdir()) == ["manifest.json", "runs.csv"]


def test_what_a_file_of_the_user_says_is_no_formula_and_no_markup(tmp_path: Path) -> None:
    done = write_sweep_report(hostile(), tmp_path / "out")
    book = openpyxl.load_workbook(done.folder / "runs.xlsx")
    cells = [cell for row in book["runs"].iter_rows() for cell in row]
    assert [cell.data_type for cell in cells if cell.value == "=1+1"] == ["s"] * 3
    assert not [cell for cell in cells if cell.data_type == "f"]
    text = done.page.read_text(encoding="utf-8")
    for markup in ("<img src=x", "<u>hostile", "<script>alert(1)", "<b>black mass", "<i>own"):
        assert markup not in text
    # in CSV an apostrophe keeps a text from being a formula
    told = ["'" + feed if feed.startswith("=") else feed for feed in hostile().frame["feed"]]
    assert pd.read_csv(done.folder / "runs.csv")["feed"].tolist() == told


@pytest.mark.parametrize(("formats", "rows", "said"), [(("pdf",), 256, "'pdf'"), (("csv",), 0, "no runs")])
def test_what_cannot_be_written_is_refused_before(
    tmp_path: Path, formats: tuple[str, ...], rows: int, said: str
) -> None:
    table = prices()
    with pytest.raises(InputError, match=said):
        write_sweep_report(
            dataclasses.replace(table, frame=table.frame.iloc[:rows]), tmp_path / "out", formats=formats
        )
    assert list(tmp_path.iterdir()) == []
