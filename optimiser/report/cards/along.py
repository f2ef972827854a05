"""What changes along the front: setpoints, and the yields they bring."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from optimiser.problem.problem import Problem
from optimiser.report.card import Block, Card, Figure, Panels
from optimiser.report.cards.front import NO_FRONT, legend
from optimiser.report.columns import column
from optimiser.report.figures.fronts import front_series
from optimiser.report.figures.setpoints import Track, draw_track, setpoint_tracks, yield_tracks
from optimiser.search.front import Front
from optimiser.search.run import RunResult
from optimiser.variables import VARIABLES

ONE_DESIGN = "the front is one design; its setpoints and yields stand in the answer."


def setpoints_card(result: RunResult) -> Card:
    """Return the five variables against the first objective."""
    if result.front is None:
        return Card(not_applicable=NO_FRONT)
    if len(result.front.evaluation) == 1:
        return Card(not_applicable=ONE_DESIGN)
    tracks = setpoint_tracks(result.problem, result.front)
    finding = (setpoints_finding(result.front),)
    return Card(finding=finding, blocks=_panels(result.problem, result.front, tracks, "setpoint"))


def yields_card(result: RunResult) -> Card:
    """Return the yield of each metal against the first objective, with intervals and targets."""
    if result.front is None:
        return Card(not_applicable=NO_FRONT)
    if len(result.front.evaluation) == 1:
        return Card(not_applicable=ONE_DESIGN)
    tracks = yield_tracks(result.problem, result.front)
    finding = [yields_finding(tracks)]
    if result.problem.targets:
        finding.append("The dashed line is the target, which holds for the mean prediction.")
    return Card(finding=tuple(finding), blocks=_panels(result.problem, result.front, tracks, "yield"))


def setpoints_finding(front: Front) -> str:
    """Say which variables move along the front and which stand still."""
    moved, still = [], []
    for i, variable in enumerate(VARIABLES):
        values, how = front.evaluation.designs.continuous[:, i], column(variable.name)
        low, high = float(values.min()), float(values.max())
        if high - low > 2.0 * variable.step:
            moved.append(f"{how.label} {low:g} to {high:g} {how.unit}")
        else:
            still.append(f"{how.label} at {float(np.median(values)):g} {how.unit}")
    said = [
        f"Along the front these move: {', '.join(moved)}." if moved else "No setpoint moves along the front."
    ]
    if still:
        said.append(f"These stand still: {', '.join(still)}.")
    return " ".join(said)


def yields_finding(tracks: Sequence[Track]) -> str:
    """Say which metal leaches least."""
    spans = ", ".join(f"{t.name.removeprefix('yield_')} {t.y.min():.0f} to {t.y.max():.0f} %" for t in tracks)
    hardest = min(tracks, key=lambda t: float(t.y.mean()))
    metal = hardest.name.removeprefix("yield_")
    return f"Along the front the yields are {spans}; {metal} is the hardest to leach."


def _panels(problem: Problem, front: Front, tracks: Sequence[Track], kind: str) -> tuple[Block, ...]:
    first = column(problem.objectives[0].metric).label
    brief = front_series(problem, front, brief=True)
    small = tuple(
        Figure(
            f"{kind}-{track.name.replace('_', '-')}",
            f"{track.title} against {first}.",
            draw_track(problem, front, track, brief),
            track.title,
        )
        for track in tracks
    )
    return (legend(f"{kind}-legend", front_series(problem, front), knee=True), Panels(small))
