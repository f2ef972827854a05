"""Figures as PNG or SVG files, drawn by plotly's kaleido in an installed browser; else the reason why not."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from html import escape
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Literal

from optimiser._io.interrupts import interrupts_after
from optimiser.report.card import Figure

if TYPE_CHECKING:
    import plotly.graph_objects as go

Kind = Literal["png", "svg"]
WIDTH, SCALE = 900, 2
_TRIES = 50  # to remove the browser's folder, a tenth of a second apart


def write_images(figures: Sequence[Figure], folder: Path, kind: Kind) -> str:
    """Write each figure as ``folder/NAME.png`` or ``.svg``; nothing is fetched.

    A file stands alone, so it has its title and its legend in it; what is only a legend gets no file.

    Returns:
        What to tell the user: how many files there are, or why there are none.
    """
    figures = [figure for figure in figures if not figure.legend]
    none = f"No {kind.upper()} files: "
    same = "The page draws the same figures."
    try:
        import kaleido  # noqa: F401
    except ImportError:
        return f"{none}drawing them needs kaleido: pip install 'leaching-optimiser[images]'. {same}"
    made = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        _draw(figures, folder, kind)
    except Exception as error:  # a browser fails in many ways, and the page is there all the same
        if made and not any(folder.iterdir()):
            folder.rmdir()
        return f"{none}drawing them needs Chromium, Chrome or Edge ({_first_line(error)}). {same}"
    files = [folder / f"{figure.name}.{kind}" for figure in figures]
    lacking = [file.stem for file in files if not file.is_file()]
    lost = f"; not drawn: {', '.join(lacking)}" if lacking else ""
    return f"{len(files) - len(lacking)} figures as {kind.upper()} in {folder.name}/{lost}."


def standing_alone(figure: Figure) -> go.Figure:
    """Return a drawing with what the page writes around it: its title above and a legend on its right."""
    import plotly.graph_objects as go

    drawing = go.Figure(figure.drawing)
    named = [trace for trace in drawing.data if trace.name and trace.showlegend is not False]
    title = "<br>".join(wrap(escape(figure.title or figure.about), 100))
    drawing.update_layout(
        title={
            "text": title,
            "x": 0,
            "xref": "paper",
            "font": {"size": 15},
            "automargin": True,
            "pad": {"t": 8},
        },
        title_yref="container",
        showlegend=len(named) > 1,
        legend={"orientation": "v", "x": 1.02, "xanchor": "left", "y": 1.0, "yanchor": "top"},
        height=(drawing.layout.height or 400) + 24 * (1 + title.count("<br>")),
    )
    return drawing


def _draw(figures: Sequence[Figure], folder: Path, kind: Kind) -> None:
    """Draw figures one by one, so that an interrupt has little to wait for and still ends the browser."""
    import kaleido

    options = {"format": kind, "width": WIDTH, "scale": SCALE if kind == "png" else 1}
    browser = kaleido.Kaleido(page_generator=kaleido.PageGenerator(mathjax=False))
    with _own_temporary_folder(), asyncio.Runner() as runner:
        try:
            with interrupts_after():
                runner.run(browser.open())
            for one in figures:
                job = {"fig": standing_alone(one), "path": folder / f"{one.name}.{kind}", "opts": options}
                with interrupts_after():
                    runner.run(browser.write_fig_from_object(job))
        finally:
            with interrupts_after():
                runner.run(browser.close())


@contextmanager
def _own_temporary_folder() -> Iterator[None]:
    """Give the browser a temporary folder of its own: one that is stopped early leaves files in it."""
    before, folder = os.environ.get("TMPDIR"), tempfile.mkdtemp()
    os.environ["TMPDIR"] = folder
    try:
        yield
    finally:
        if before is None:
            del os.environ["TMPDIR"]
        else:
            os.environ["TMPDIR"] = before
        for _ in range(_TRIES):  # what is left of the browser may still write while it ends
            shutil.rmtree(folder, ignore_errors=True)
            if not Path(folder).exists():
                break
            time.sleep(0.1)


def _first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
