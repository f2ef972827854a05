"""The plotly.js of the page: small, with its licences, and with every trace type that the code draws."""

from __future__ import annotations

import re
from pathlib import Path

import plotly.graph_objects as go
import pytest
from plotly.offline import get_plotlyjs_version

from optimiser.report.card import Card, Figure
from optimiser.report.page import PLOTLY, draw, page_of
from tests.browser import opened
from tests.paths import ROOT

BUNDLE = ROOT / "optimiser" / "report" / "assets" / PLOTLY
#: What plotly's `add_…` adds that is no trace.
NO_TRACES = {"annotation", "hline", "vline", "hrect", "vrect", "shape"}
#: One of each kind.
KINDS = {
    "scatter": go.Scatter(x=[1, 2], y=[3, 4]),
    "bar": go.Bar(x=[1, 2], y=[3, 4]),
    "heatmap": go.Heatmap(z=[[1, 2], [3, 4]]),
    "sankey": go.Sankey(node={"label": ["in", "out"]}, link={"source": [0], "target": [1], "value": [2]}),
}


def drawn_by_the_code() -> set[str]:
    """The trace types that any figure of the product is made of."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "optimiser").rglob("*.py"))
    return {*re.findall(r"(?<=figure\.add_)[a-z0-9]+", text)} - NO_TRACES


def test_the_bundle_is_small_of_the_installed_version_and_keeps_its_licences() -> None:
    assert f"plotly-{get_plotlyjs_version()}.min.js" == BUNDLE.name
    assert BUNDLE.stat().st_size < 1.8e6
    text = BUNDLE.read_text(encoding="utf-8")
    assert "eval(" not in text and "new Function(" not in text  # runs where scripts may not make scripts
    told = BUNDLE.with_name(BUNDLE.name.replace(".min.js", ".LICENSES.txt")).read_text(encoding="utf-8")
    assert "plotly.js" in told and "Permission is hereby granted" in told


@pytest.mark.page
def test_every_kind_that_the_code_draws_is_in_the_bundle(tmp_path: Path) -> None:
    assert drawn_by_the_code() <= set(KINDS)
    figures = tuple(Figure(kind, kind, go.Figure(trace)) for kind, trace in KINDS.items())
    pinned = {"product": "p", "version": "0", "written": "2026-01-01"}
    path = tmp_path / "kinds.html"
    text = page_of([draw(Card("kinds", "Kinds", blocks=figures))], pinned, title="t", name="n")
    path.write_text(text, encoding="utf-8")
    with opened(path, 1280) as page:
        assert set(page.evaluate("Object.keys(Plotly.PlotSchema.get().traces)")) == set(KINDS)
        for kind, mark in {
            "scatter": ".scatterlayer .point",
            "bar": ".barlayer .point",
            "heatmap": ".heatmaplayer image",
            "sankey": ".sankey-node",
        }.items():
            assert page.locator(f"#{kind} {mark}").count() > 0, kind
