"""Claimed against real confidence of the yields' intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from optimiser.report.style import BLUE, VERMILLION, blank

_LOOKS = ((BLUE, "solid", "circle"), (VERMILLION, "dash", "square"))


@dataclass(frozen=True)
class Reliability:
    """What intervals held of the yields of rows that the model had not seen.

    Attributes:
        name: what was held out.
        claimed: levels in per cent.
        held: share of yields within the intervals of each level, in per cent.
    """

    name: str
    claimed: tuple[float, ...]
    held: tuple[float, ...]


def reliability(skill: Mapping[str, Mapping[str, Mapping[str, float]]]) -> tuple[Reliability, ...]:
    """Return the courses of experiments and studies held out, from a model card's skill."""
    return tuple(
        Reliability(
            f"{protocol} held out" if protocol != "study" else "whole study held out",
            tuple(100.0 * float(level) for level in skill[protocol]["reliability"]),
            tuple(100.0 * share for share in skill[protocol]["reliability"].values()),
        )
        for protocol in ("experiment", "study")
    )


def draw_reliability(courses: Sequence[Reliability]) -> go.Figure:
    """Draw the share held against the level claimed, and the diagonal where both agree."""
    figure = blank(340, "confidence claimed [%]", "yields within the interval [%]")
    figure.add_scatter(
        x=[0, 100],
        y=[0, 100],
        mode="lines",
        name="as claimed",
        line={"color": "#888888", "width": 1, "dash": "dot"},
        hoverinfo="skip",
    )
    for course, (colour, dash, symbol) in zip(courses, _LOOKS, strict=False):
        figure.add_scatter(
            x=course.claimed,
            y=course.held,
            mode="lines+markers",
            name=course.name,
            line={"color": colour, "dash": dash, "width": 2},
            marker={"symbol": symbol, "size": 7},
            hovertemplate=f"{course.name}: %{{y:.0f}} % where %{{x:.0f}} % is claimed<extra></extra>",
        )
    figure.update_xaxes(range=[0, 100])
    figure.update_yaxes(range=[0, 100])
    return figure
