"""The feeds of a system's table: their names, what describes them, which responses they have, their assay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from optimiser._io.errors import InputError, closest
from optimiser.systems.cells import Cells
from optimiser.systems.spec import SystemSpec
from optimiser.systems.system import SystemFeed
from optimiser.variables import Bools, Floats


def feed_columns(spec: SystemSpec, cells: Cells) -> tuple[pd.DataFrame, list[str], list[str]]:
    """Return the numbers of each row's feed, its name, and notes.

    Raises:
        InputError: a name or a number is missing.
    """
    numbers = {}
    for name, column in spec.feed.columns.items():
        values = cells.numbers(column)
        if np.isnan(values).any():
            raise InputError(
                f"The row has no {name} of the feed.",
                where=cells.where(cells.rows[int(np.isnan(values).argmax())], column),
                allowed="a number in every row",
                remedy="write it, or leave the column out of the system's file",
            )
        numbers[name] = values
    frame = pd.DataFrame(numbers, index=cells.frame.index)
    names = cells.text(spec.feed.name) if spec.feed.name else [""] * len(cells)
    if spec.feed.name and "" in names:
        raise InputError(
            "The row has no name of the feed.",
            where=cells.where(cells.rows[names.index("")], spec.feed.name),
            allowed="a name in every row",
            remedy="write it, or leave `name` out of the feed in the system's file",
        )
    said = [", ".join(f"{c} {v:g}" for c, v in zip(frame, row, strict=True)) for row in frame.to_numpy()]
    if not spec.feed.name:
        return frame, [text or spec.name for text in said], []
    places: dict[str, set[str]] = {}
    for name, text in zip(names, said, strict=True):
        places.setdefault(name, set()).add(text)
    several = [name for name, found in places.items() if len(found) > 1]
    told = [
        f"{name} stands for {len(places[name])} feeds: they are told by their numbers" for name in several
    ]
    return (
        frame,
        [f"{n} ({t})" if n in several else n for n, t in zip(names, said, strict=True)],
        told,
    )


def feeds_of(
    spec: SystemSpec, names: Sequence[str], place: Floats, measured: Bools, responses: Sequence[str]
) -> tuple[dict[str, SystemFeed], Bools]:
    """Return the feeds by name, and which responses each row's feed has, shape (n, m).

    Args:
        spec: the system's file.
        names: of the rows' feeds.
        place: their numbers, shape (n, f).
        measured: which yields were measured, shape (n, m).
        responses: names.

    Raises:
        InputError: an assay of a feed or a response that there is not.
    """
    each = list(dict.fromkeys(names))
    shares = _assays(spec, each, responses)
    has, feeds, which = np.zeros(measured.shape, dtype=np.bool_), {}, np.array(names, dtype=object)
    for name in each:
        mine = which == name
        there = measured[mine].any(axis=0)
        has[mine] = there
        feeds[name] = SystemFeed(name, tuple(place[mine][0].tolist()), there, shares[name], spec.name)
    return feeds, has


def _assays(spec: SystemSpec, feeds: Sequence[str], responses: Sequence[str]) -> dict[str, Floats]:
    common: dict[str, float] = {}
    own: dict[str, Mapping[str, float]] = {}
    for name, said in spec.feed.assay.items():
        known = feeds if isinstance(said, dict) else responses
        if name not in known:
            what = "feed" if isinstance(said, dict) else "response"
            raise InputError(
                f"There is no {what} {name!r} to have an assay.",
                key=("feed", "assay", name),
                allowed=", ".join(known),
                remedy=closest(name, known) or "remove the entry",
            )
        if isinstance(said, dict):
            own[name] = said
        else:
            common[name] = said
    for feed, shares in own.items():
        for response in shares:
            if response not in responses:
                raise InputError(
                    f"There is no response {response!r} to have an assay.",
                    key=("feed", "assay", feed, response),
                    allowed=", ".join(responses),
                    remedy=closest(response, responses) or "remove the entry",
                )
    for key, shares in [("", common), *own.items()]:
        for response, share in shares.items():
            if not 0.0 <= share <= 100.0:
                raise InputError(
                    f"The assay of {response} is {share:g} wt%.",
                    key=("feed", "assay", *([key] if key else []), response),
                    allowed="0 to 100",
                )
    return {
        feed: np.array([({**common, **own.get(feed, {})}).get(r, np.nan) for r in responses]) / 100.0
        for feed in feeds
    }
