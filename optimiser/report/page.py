"""The page: all cards in one self-contained HTML file that fetches nothing."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from optimiser.report.card import Card, Table, failed
from optimiser.report.columns import column, with_intervals

#: plotly.js with the trace types that figures have, and no others; made by ``make plotly``.
PLOTLY = "vendor/plotly-4.1.1.min.js"
#: What makes cards come alive, in the order in which a page loads it, after plotly.js.
SCRIPTS = ("page.js", "figures.js", "rows.js", "choice.js", "prices.js")
#: Columns of prose, which need width, and whose addresses become links.
_LONG = frozenset({"differs in", "source", "verdict"})


@dataclass(frozen=True)
class Cell:
    """One cell: what is read, what it is sorted by, its classes, and its badges."""

    text: str
    key: str
    kind: str
    badges: tuple[str, ...] = ()


@dataclass(frozen=True)
class Heading:
    """One column's heading; ``kind`` holds its classes."""

    label: str
    unit: str
    kind: str


def headings(table: Table) -> list[Heading]:
    """Return the headings of the columns shown."""
    shown = shown_columns(table)
    return [Heading(column(name).label, column(name).unit, _kind(table, name)) for name in shown]


def shown_columns(table: Table) -> list[str]:
    """Return the columns that are shown; ends of intervals and marks stand with their value."""
    names = list(table.shown or table.frame.columns)
    ends = {f"{name}_{end}" for name in names for end in ("low", "high")}
    return [name for name in names if name not in ends and name != "flags"]


def rows(table: Table) -> list[tuple[bool, list[Cell]]]:
    """Return the rows as cells, each row with whether it is the knee."""
    columns = [_cells(table, name) for name in shown_columns(table)]
    knees = table.frame["knee"] if "knee" in table.frame else [False] * len(table.frame)
    return [(bool(knee), [cells[i] for cells in columns]) for i, knee in enumerate(knees)]


def _kind(table: Table, name: str) -> str:
    """Return the classes of a column: number or long text, and whether paper leaves it out."""
    what = "number" if column(name).numeric else "long" if name in _LONG else ""
    return f"{what} minor".strip() if name in table.minor else what


def _cells(table: Table, name: str) -> list[Cell]:
    frame, kind = table.frame, _kind(table, name)
    texts = with_intervals(frame, name)
    if name == "confidence" and "flags" in frame:
        return [_flagged(text, str(flags), kind) for text, flags in zip(texts, frame["flags"], strict=True)]
    if name == "knee":
        texts = ["knee" if value else "" for value in frame[name]]
    if not column(name).numeric:
        return [Cell(text, text, kind) for text in texts]
    numbers = [float(value) if value is not None else float("nan") for value in frame[name]]
    # an empty key sorts last, whichever way
    return [
        Cell(text, "" if math.isnan(number) else repr(number), kind)
        for text, number in zip(texts, numbers, strict=True)
    ]


def _flagged(text: str, listed: str, kind: str) -> Cell:
    flags = [flag for flag in listed.split(", ") if flag]
    return Cell("" if "confidence C" in flags else text, f"{text} {flags}", kind, tuple(flags))


def figures_json(card: Card) -> dict[str, Markup]:
    """Return the figures of a card by name as JSON that is safe inside a script element.

    What a pointer reads is most of a figure, and figures side by side have the same: a trace whose texts
    stand in an earlier one has ``@FIGURE/TRACE`` instead, which the page's script looks up.
    """
    found, known = {}, dict[tuple[str, ...], str]()
    for figure in card.figures:
        drawing = json.loads(figure.drawing.to_json())
        for i, trace in enumerate(drawing["data"]):
            texts = trace.get("hovertext")
            if isinstance(texts, list) and all(isinstance(text, str) for text in texts):
                first = known.setdefault(tuple(texts), f"@{figure.name}/{i}")
                if first != f"@{figure.name}/{i}":
                    trace["hovertext"] = first
        found[figure.name] = safe_json(drawing)
    return found


def safe_json(value: Any) -> Markup:
    """Return JSON that is safe inside a script element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Markup(text.replace("<", "\\u003c"))


#: A number and its unit; a metal and its yield.
_BELONG = re.compile(r"(?<=\d) (?=[%°]|mol/L|g/L|wt%|min\b|EUR|kg)|(?<=\b(?:Li|Ni|Mn|Co)) (?=\d)")
_INTERVAL = re.compile(r"(?<=\d)–(?=\d)")


def joined(text: str) -> str:
    """Keep on one line what belongs together: numbers with their units, the two ends of an interval."""
    return _INTERVAL.sub("\N{WORD JOINER}–\N{WORD JOINER}", _BELONG.sub("\N{NO-BREAK SPACE}", text))


def breakable(unit: str) -> str:
    """Let a unit break behind its slashes."""
    return unit.replace("/", "/\N{ZERO WIDTH SPACE}")


def templates(package: str) -> Environment:
    """Return what renders the templates of a package's ``assets``: whatever they show is escaped.

    Args:
        package: such as ``optimiser.report``.
    """
    return Environment(
        loader=PackageLoader(package, "assets"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


@cache
def _environment() -> Environment:
    environment = templates("optimiser.report")
    environment.globals |= {"headings": headings, "rows": rows, "figures_json": figures_json}
    environment.globals["safe_json"] = safe_json
    environment.filters |= {"joined": joined, "breakable": breakable}
    return environment


def _asset(name: str) -> str:
    return (resources.files("optimiser.report") / "assets" / name).read_text(encoding="utf-8")


def draw(card: Card, files: Sequence[str] = ()) -> tuple[Card, Markup]:
    """Return a card and its HTML; if it cannot be drawn, the card that says so takes its place.

    Args:
        card: what to draw.
        files: the tables beside the page, which a card may link to.
    """
    template = _environment().get_template("card.html")
    try:
        return card, Markup(template.render(card=card, files=files))
    except Exception as error:  # one card must not lose the report
        broken = replace(failed(error, card.key, card.title), appendix=card.appendix)
        return broken, Markup(template.render(card=broken, files=files))


def page_of(
    drawn: Sequence[tuple[Card, Markup]],
    pinned: Mapping[str, Any],
    *,
    title: str,
    name: str,
    description: str = "",
    files: Sequence[str] = (),
) -> str:
    """Return cards as one HTML text.

    Args:
        drawn: the cards, each with its HTML.
        pinned: the manifest.
        title: heading of the page.
        name: of the config or table, above the heading.
        description: below the heading.
        files: the tables beside the page.
    """
    return (
        _environment()
        .get_template("page.html")
        .render(
            title=title,
            config=name,
            description=description,
            pinned=pinned,
            cards=[one for one in drawn if not one[0].appendix],
            appendix=[one for one in drawn if one[0].appendix],
            files=files,
            style=Markup(_asset("page.css")),
            script=Markup("\n".join(map(_asset, SCRIPTS))),
            plotly=Markup(_asset(PLOTLY).replace("</script", "<\\/script")),
        )
    )
