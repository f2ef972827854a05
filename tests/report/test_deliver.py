"""One delivery: whatever a command made becomes a folder, and what failed says so."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pandas as pd
import plotly.graph_objects as go
import pytest

from optimiser._io.errors import InputError
from optimiser.report.card import Card, Figure, Maker, Words, failures, make_cards
from optimiser.report.deliver import deliver
from optimiser.report.images import standing_alone

PINNED = {"product": "leaching-optimiser", "version": "0", "written": "2026-01-01", "path": Path("a")}
GOOD = Card("good", "A good one", blocks=(Words("Why", ("because",)),), files=True)


def test_a_delivery_holds_page_tables_and_manifest(tmp_path: Path) -> None:
    frame = pd.DataFrame({"acid": ["sulfuric"], "cost": [0.1 + 0.2]})
    out = tmp_path / "out"
    tables = {"front.csv": frame, "front.xlsx": {"front": frame, "again": frame}}
    done = deliver(out, manifest=PINNED, cards=[GOOD], tables=tables, title="Title", name="name")
    assert done.folder == out and done.notes == ()
    assert sorted(p.name for p in out.iterdir()) == [
        "front.csv",
        "front.xlsx",
        "manifest.json",
        "report.html",
    ]
    pd.testing.assert_frame_equal(pd.read_csv(out / "front.csv"), frame, check_exact=True)
    assert openpyxl.load_workbook(out / "front.xlsx").sheetnames == ["front", "again"]
    files = ["front.csv", "front.xlsx", "manifest.json", "report.html"]
    assert json.loads((out / "manifest.json").read_text()) == PINNED | {"path": "a", "files": files}
    page = done.page.read_text()
    assert "<h1>Title</h1>" in page
    assert page.count('href="front.csv"') == page.count('href="front.xlsx"') == 2
    assert 'href="front.csv"' not in deliver(tmp_path / "no", manifest=PINNED, cards=[GOOD]).page.read_text()
    assert [p.name for p in deliver(tmp_path / "bare", manifest=PINNED).folder.iterdir()] == ["manifest.json"]


def test_a_maker_that_fails_becomes_a_card_that_says_so() -> None:
    def broken() -> Card:
        raise ZeroDivisionError("no reason")

    bad, good = make_cards([Maker("bad", "A bad one", broken), Maker("good", "Good", lambda: GOOD)])
    assert (bad.key, bad.title, bad.error) == ("bad", "A bad one", "ZeroDivisionError: no reason")
    assert (good.title, good.blocks, good.error) == ("Good", GOOD.blocks, "")
    assert failures([bad, good]) == ["The card 'A bad one' could not be made (ZeroDivisionError: no reason)."]


def test_a_card_that_is_not_applicable_is_left_out() -> None:
    assert make_cards([Maker("empty", "Empty", lambda: Card(not_applicable="nothing to show."))]) == []


def test_a_figure_as_a_file_has_its_title_and_legend() -> None:
    marks = [go.Scatter(x=[1], y=[1], name="one"), go.Scatter(x=[1], y=[1], name="other")]
    drawing = go.Figure(marks, layout={"showlegend": False, "height": 240})
    drawn = standing_alone(Figure("f", "a <b> against c", drawing))
    assert drawn.layout.showlegend and drawn.layout.title.text == "a &lt;b&gt; against c"
    assert not drawing.layout.showlegend and drawing.layout.title.text is None
    assert not standing_alone(Figure("g", "", go.Figure(marks[:1]), "Title")).layout.showlegend


def test_a_failed_card_is_told_of_on_the_page_in_the_manifest_and_to_the_user(tmp_path: Path) -> None:
    class Undrawable:
        def to_json(self) -> str:
            raise ValueError("no numbers")

    bad = Card("bad", "A bad one", blocks=(Figure("f", "nothing", Undrawable()),))
    pinned = {**PINNED, "warnings": ["The intervals are wide."]}
    done = deliver(tmp_path / "out", manifest=pinned, cards=[bad, GOOD])
    page = done.page.read_text()
    assert "This part could not be made (ValueError: no numbers)" in page
    assert "A bad one" in page and "because" in page
    (note,) = done.notes
    assert "A bad one" in note and "no numbers" in note
    told = json.loads((tmp_path / "out" / "manifest.json").read_text())["warnings"]
    assert told == ["The intervals are wide.", note]


def test_a_file_is_never_replaced_by_a_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("kept")
    with pytest.raises(InputError, match="is a file, not a folder") as caught:
        deliver(tmp_path / "file", manifest=PINNED, force=True, option="--report")
    assert "--report" in str(caught.value) and (tmp_path / "file").read_text() == "kept"


def test_figures_go_into_their_own_folder_or_the_reason_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawing = go.Figure(go.Scatter(x=[1, 2], y=[1, 2]))
    card = Card("k", "A figure", blocks=(Figure("line", "a line", drawing),))
    done = deliver(tmp_path / "out", manifest=PINNED, cards=[card], figures="svg")
    (note,) = done.notes
    drawn = tmp_path / "out" / "figures" / "line.svg"
    assert ("1 figures as SVG" in note and drawn.read_text().startswith("<svg")) or "No SVG files" in note
