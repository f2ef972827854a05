"""Acids against each other, each searched on its own."""

from __future__ import annotations

from optimiser.report.card import Block, Card, Figure, Panels, Table
from optimiser.report.cards.front import about_pair, legend
from optimiser.report.figures.fronts import acid_series, axes, draw_pair, draw_strip, pairs
from optimiser.report.frames import acids_frame
from optimiser.search.run import RunResult


def acids_card(result: RunResult) -> Card:
    """Return each acid's own front in one figure, and a verdict on every acid."""
    if not result.acids:
        return Card(not_applicable="the problem names no acid.")
    able = [v.acid for v in result.acids if v.front is not None]
    unable = [v.acid for v in result.acids if v.front is None]
    finding = [
        f"{len(able)} of {len(result.acids)} acids can do it"
        + (f": {_listed(able)}" if able else "")
        + (f"; not {_listed(unable)}." if unable and able else "."),
        "Each acid was searched on its own, so an acid that others beat still shows its best.",
    ]
    table = Table("acid-verdicts", "A verdict on every acid that the problem names.", acids_frame(result))
    return Card(finding=tuple(finding), blocks=(*_drawn(result), table))


def _drawn(result: RunResult) -> tuple[Block, ...]:
    series, shown = acid_series(result), axes(result.problem)
    if not series:
        return ()
    if len(shown) == 1:
        about = f"The best of each acid: {shown[0].title}."
        return (Figure("acids-0", about, draw_strip(series, 0), shown[0].title),)
    if len(shown) == 2:
        drawing = draw_pair(series, shown, (0, 1), intervals=False, line=True, height=400)
        return (Figure("acids-0-1", about_pair(shown, 0, 1), drawing, shown[1].title),)
    small = tuple(
        Figure(
            f"acids-{x}-{y}",
            about_pair(shown, x, y),
            draw_pair(series, shown, (x, y), intervals=False, legend=False, height=320),
            shown[y].title,
        )
        for x, y in pairs(result.problem)
    )
    return (legend("acids-legend", series, knee=False), Panels(small))


def _listed(names: list[str]) -> str:
    return ", ".join(names[:-1]) + " and " + names[-1] if len(names) > 1 else "".join(names)
