"""Which rows are one experiment, and which one study: what is held out whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from optimiser._io.errors import InputError, closest
from optimiser.systems.spec import SystemSpec
from optimiser.variables import Ints

_ALL, _ALL_BUT = "all", "all but"
#: How the feed is named among what tells experiments apart.
FEED = "feed"


class Grouping(NamedTuple):
    """What tells experiments apart.

    Attributes:
        names: of setpoints, choices, columns of the feed, ``feed``, or columns of the table.
        along: the setpoint over which an experiment is sampled, None where there is none.
    """

    names: tuple[str, ...]
    along: str | None


def named_columns(spec: SystemSpec) -> list[str]:
    """Return the columns of the table that only the groups name."""
    known = _known(spec)
    entries = [] if _words(spec.groups.experiment)[0] != "" else list(spec.groups.experiment)
    study = [spec.groups.study] if spec.groups.study else []
    return [name for name in [*entries, *study] if name not in known]


def grouping(spec: SystemSpec) -> Grouping:
    """Return what a system's file says of experiments.

    ``all but time`` names all setpoints, choices and what describes the feed, but time; ``all`` names them
    all; anything else is taken for the names themselves. Where the file says nothing, and there is no
    setpoint ``time``, ``all`` holds.

    Raises:
        InputError: a name left out that there is not, with the closest.
    """
    known = _known(spec)
    kind, left_out = _words(spec.groups.experiment)
    if not spec.groups.model_fields_set & {"experiment"} and "time" not in known:
        kind, left_out = _ALL, ()
    if not kind:
        return Grouping(tuple(dict.fromkeys(spec.groups.experiment)), None)
    for name in left_out:
        if name not in known:
            raise InputError(
                f"There is no {name!r} to leave out.",
                key=("groups", "experiment"),
                allowed=", ".join(known),
                remedy=closest(name, known) or "name a setpoint, a choice or a column of the feed",
            )
    sampled = [name for name in left_out if name in spec.setpoints]
    return Grouping(
        tuple(name for name in known if name not in left_out), sampled[0] if len(sampled) == 1 else None
    )


def _known(spec: SystemSpec) -> list[str]:
    return [*spec.setpoints, *spec.choices, *spec.feed.columns, FEED]


def _words(entries: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """Return ``all``, ``all but`` or nothing, and what is left out; a YAML list has parted it at commas."""
    said = ", ".join(entries).strip()
    if said == _ALL:
        return _ALL, ()
    if said.startswith(_ALL_BUT + " "):
        parts = said.removeprefix(_ALL_BUT).split(",")
        return _ALL_BUT, tuple(part.strip() for part in parts if part.strip())
    return "", ()


def numbered(frame: pd.DataFrame, names: Sequence[str]) -> Ints:
    """Return the number of each row's group, in the order in which groups appear, shape (n,).

    Examples:
        >>> numbered(pd.DataFrame({"acid": ["b", "a", "b"], "time": [1, 1, 2]}), ["acid"]).tolist()
        [0, 1, 0]
    """
    if not names:
        return np.zeros(len(frame), dtype=np.intp)
    return np.asarray(frame.groupby(list(names), sort=False, dropna=False).ngroup(), dtype=np.intp)
