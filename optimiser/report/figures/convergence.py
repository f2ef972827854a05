"""How the search went: hypervolume and feasible share over the generations of each seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from optimiser.report.style import BLACK, BLUE, GREEN, ORANGE, PURPLE, SKY, VERMILLION, blank
from optimiser.search.run import RunResult

_COLOURS = (BLUE, VERMILLION, GREEN, ORANGE, PURPLE, SKY, BLACK)
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash")


@dataclass(frozen=True)
class Course:
    """One seed's search: a value per generation, from 0 to 100."""

    seed: int
    values: tuple[float, ...]


def hypervolume_courses(result: RunResult) -> tuple[Course, ...]:
    """Return the hypervolume of each generation's front as per cent of the box of all fronts."""
    return tuple(
        Course(search.seed, tuple(100.0 * v for v in values))
        for search, values in zip(result.searches, result.hypervolume, strict=True)
    )


def feasible_courses(result: RunResult) -> tuple[Course, ...]:
    """Return the feasible share of the designs that each generation tried, in per cent."""
    return tuple(Course(s.seed, tuple(100.0 * v for v in s.feasible_share)) for s in result.searches)


def draw_courses(courses: Sequence[Course], title: str) -> go.Figure:
    """Draw one line per seed over the generations."""
    figure = blank(300, "generation", title)
    for i, course in enumerate(courses):
        generations = list(range(1, len(course.values) + 1))
        figure.add_scatter(
            x=generations,
            y=course.values,
            mode="lines" if len(generations) > 1 else "markers",
            name=f"seed {course.seed}",
            line={"color": _COLOURS[i % len(_COLOURS)], "dash": _DASHES[i % len(_DASHES)], "width": 2},
            hovertemplate=f"seed {course.seed}, generation %{{x}}: %{{y:.1f}} %<extra></extra>",
        )
    figure.update_yaxes(range=[0, 105])
    return figure
