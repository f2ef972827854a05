"""Pages: the shell that every screen stands in, and the cards of a report inside of it."""

from __future__ import annotations

import hashlib
import re
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import Environment
from markupsafe import Markup
from starlette.responses import HTMLResponse

from optimiser import __version__
from optimiser._io.errors import InputError
from optimiser._io.reading import read_text
from optimiser.report.page import PLOTLY, SCRIPTS, templates

#: Bytes of a report that is shown inside the app.
_MOST = 60_000_000
#: What a report tells where no scripts run; they do run here.
_WITHOUT_SCRIPTS = re.compile(r"<noscript>.*?</noscript>", re.DOTALL)
#: The screens in the order of the menu, with what each is called and what it is for.
SCREENS = {
    "ask": ("Ask", "The best design for a question, while you drag."),
    "front": ("Front", "All trade-offs of a search, linked."),
    "predict": ("Predict", "Yields, costs and impacts of a table of designs."),
    "scenarios": ("Scenarios", "A table of designs over ranges of conditions."),
    "results": ("Own results", "What your plant's results teach, and what to measure next."),
    "table": ("Any table", "A yield model from a table of your own."),
    "tables": ("Tables", "Acids, prices and impact factors."),
    "runs": ("Runs", "All that was computed here."),
    "more": ("More", "Every command, with all its options as a form."),
}


@cache
def _environment() -> Environment:
    environment = templates("optimiser.app")
    environment.globals |= {
        "screens": SCREENS,
        "version": __version__,
        "asset": asset,
        "plotly": PLOTLY,
        "scripts": SCRIPTS,
    }
    return environment


def page(screen: str, template: str = "", **told: Any) -> HTMLResponse:
    """Return a page of a screen, made from its template ``SCREEN.html``, or another one.

    Args:
        screen: its key in `SCREENS`.
        template: name of another template, without its suffix.
        told: what its template shows.
    """
    title, about = SCREENS[screen]
    found = _environment().get_template(f"{template or screen}.html")
    html = found.render(screen=screen, title=title, about=about, **told)
    return HTMLResponse(html)


@cache
def assets() -> dict[str, Path]:
    """Return the files that a page may load, by name: its own, and those of reports."""
    found: dict[str, Path] = {}
    for package in ("optimiser.report", "optimiser.app"):
        root = Path(str(resources.files(package) / "assets"))
        found |= {
            path.relative_to(root).as_posix(): path
            for path in root.rglob("*")
            if path.suffix in (".css", ".js", ".svg")
        }
    return found


@cache
def asset(name: str) -> str:
    """Return the address of an asset, which changes with its content, so that browsers may keep it."""
    return f"/assets/{name}?v={hashlib.sha256(assets()[name].read_bytes()).hexdigest()[:12]}"


def cards_of(report: Path) -> Markup:
    """Return the cards of a written report, to be shown inside the app.

    Args:
        report: the file ``report.html`` that a command of this program wrote.

    Raises:
        InputError: it cannot be read, or is no report.
    """
    text = read_text(report, _MOST, allowed="a report")
    start, end = text.find("<main>"), text.rfind("</main>")
    if start < 0 or end < 0:
        raise InputError("This is no report.", where=report.name)
    return Markup(_WITHOUT_SCRIPTS.sub("", text[start + len("<main>") : end]))
