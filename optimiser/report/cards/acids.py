"""Acids against each other, each searched on its own."""

from __future__ import annotations

from optimiser.report.card import Block, Card, Figure, Panels, Table
from optimiser.report.figures.fronts import acid_series, axes, draw_pair, draw_strip, pairs
from optimiser.report.frames import acids_frame
from optimiser.run import RunResult


def acids_card(result: RunResult) -> Card:
    """Return each acid's own front in one figure, and a verdict on every acid."""
    key, title = "acids", "Acids against each other"
    if not result.acids:
        return Card(key, title, not_applicable="the problem names no acid.")
    able = [v.acid for v in result.acids if v.front is not None]
    unable = [v.acid for v in result.acids if v.front is None]
    finding = [
        f"{len(able)} of {len(result.acids)} acids can do it"
        + (f": {_listed(able)}" if able else "")
        + (f"; not {_listed(unable)}." if unable and able else "."),
        "Each acid was searched on its own, so an acid that others beat still shows its best.",
    ]
    table = Table("acid-verdicts", "A verdict on every acid that the problem names.", acids_frame(result))
    return Card(key, title, tuple(finding), blocks=(*_drawn(result), table))


def _drawn(result: RunResult) -> tuple[Block, ...]:
    series, shown = acid_series(result), axes(result.problem)
    if not series:
        return ()
    if len(shown) == 1:
        about = (
            "The best design of each acid, with its 90 % interval from the anchors' spread (not calibrated)."
        )
        return (Figure("acids-0", about, draw_strip(series, shown[0], 0)),)
    joined = len(shown) == 2
    about = "The front of each acid on its own. Rest on a mark to read the whole design."
    drawn = [
        Figure(
            f"acids-{x}-{y}",
            about if i == 0 else f"{shown[y].title} against {shown[x].title}.",
            draw_pair(
                series,
                (shown[x], shown[y]),
                (x, y),
                intervals=False,
                line=joined,
                height=420 if joined else 380,
            ),
        )
        for i, (x, y) in enumerate(pairs(result.problem))
    ]
    return (drawn[0],) if len(drawn) == 1 else (Panels(tuple(drawn)),)


def _listed(names: list[str]) -> str:
    return ", ".join(names[:-1]) + " and " + names[-1] if len(names) > 1 else "".join(names)
