"""Read the table of a system."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from optimiser._io.errors import InputError, closest
from optimiser.systems.spec import LongResponses, SystemSpec, read_spec
from optimiser.systems.system import BETWEEN, NO_CHOICE, Option, System, SystemFeed
from optimiser.systems.table import SystemTable
from optimiser.variables import Floats, Ints, Variable

_ALL_BUT = "all but "


def read_system_table(path: str | Path) -> SystemTable:
    """Read a system's file and its table.

    Args:
        path: of the system's file.

    Raises:
        InputError: the file or its table cannot be read, or does not hold what it should.
    """
    spec, document = read_spec(path)
    table = document.path.parent / spec.table
    frame = pd.read_csv(table, dtype=object)
    for column in _columns_of(spec):
        if column not in frame.columns:
            raise InputError(
                f"The table has no column {column!r}.",
                where=str(table),
                allowed=", ".join(map(str, frame.columns)),
                remedy=closest(column, list(map(str, frame.columns))) or "correct the name",
            )
    for column, values in spec.exclude.items():
        frame = frame[~frame[column].isin([str(v) for v in values])]
    return table_of(spec, frame, table)


def _columns_of(spec: SystemSpec) -> list[str]:
    responses = (
        [spec.responses.by, spec.responses.value]
        if isinstance(spec.responses, LongResponses)
        else list(spec.responses.values())
    )
    feed = [*spec.feed.columns.values(), *([spec.feed.name] if spec.feed.name else [])]
    named = [spec.groups.study] if spec.groups.study else []
    of = [*spec.setpoints.values(), *spec.choices.values()]
    return [*responses, *(one.column for one in of), *feed, *named, *spec.exclude]


def table_of(spec: SystemSpec, frame: pd.DataFrame, path: Path) -> SystemTable:
    """Return a system's table from the cells of its file."""
    number: dict[str, Any] = {n: pd.to_numeric(frame[s.column]) for n, s in spec.setpoints.items()}
    setpoints = pd.DataFrame(number).fillna({n: s.empty or 0.0 for n, s in spec.setpoints.items()})
    choices = pd.DataFrame(
        {n: frame[c.column].astype(str) for n, c in spec.choices.items()}, index=frame.index
    )
    columns = pd.DataFrame(
        {n: pd.to_numeric(frame[c]) for n, c in spec.feed.columns.items()}, index=frame.index
    )
    name = frame[spec.feed.name].astype(str) if spec.feed.name else pd.Series(spec.name, index=frame.index)
    scale = 0.01 if spec.unit == "percent" else 1.0
    study = frame[spec.groups.study].astype(str) if spec.groups.study else name
    conditions = pd.concat([setpoints, choices, columns.add_prefix("feed "), name.rename("feed")], axis=1)
    conditions["study"] = study
    if isinstance(spec.responses, LongResponses):
        by = frame[spec.responses.by].astype(str)
        responses = tuple(dict.fromkeys(by))
        value = pd.to_numeric(frame[spec.responses.value]) * scale
        keys = list(conditions.columns)
        conditions["response"], conditions["value"] = by, value
        conditions["repeat"] = conditions.groupby([*keys, "response"], sort=False).cumcount()
        wide = conditions.pivot(index=[*keys, "repeat"], columns="response", values="value")
        order = conditions.drop_duplicates([*keys, "repeat"])[[*keys, "repeat"]]
        wide = wide.reindex(pd.MultiIndex.from_frame(order))
        written = wide[list(responses)].to_numpy(dtype=np.float64)
        conditions, rows = order[keys].reset_index(drop=True), order.index.to_numpy() + 2
    else:
        responses = tuple(spec.responses)
        written = np.column_stack([pd.to_numeric(frame[c]) for c in spec.responses.values()]) * scale
        rows = frame.index.to_numpy() + 2
    continuous = conditions[list(spec.setpoints)].to_numpy(dtype=np.float64)
    values = tuple(tuple(dict.fromkeys(conditions[c])) for c in spec.choices)
    parts = [tuple(row) for row in conditions[list(spec.choices)].to_numpy(dtype=object).tolist()]
    known = list(dict.fromkeys(parts))
    options = tuple(Option(p, BETWEEN.join(p) or NO_CHOICE) for p in known)
    feed = conditions[[c for c in conditions.columns if c.startswith("feed ")]].to_numpy(dtype=np.float64)
    feed_names = conditions["feed"].tolist()
    has = np.zeros(written.shape, dtype=np.bool_)
    feeds = {}
    for one in dict.fromkeys(feed_names):
        mine = np.array([n == one for n in feed_names])
        there = ~np.isnan(written[mine]).all(axis=0)
        has[mine] = there
        given = spec.feed.assay.get(one, spec.feed.assay)
        given = given if isinstance(given, dict) else {}
        assay = np.array(
            [g / 100.0 if isinstance(g := given.get(r), int | float) else np.nan for r in responses]
        )
        feeds[one] = SystemFeed(one, tuple(feed[mine][0].tolist()), there, assay, spec.name)
    along = _along(spec)
    system = System(
        name=spec.name,
        variables=tuple(_variable(n, s, continuous[:, j]) for j, (n, s) in enumerate(spec.setpoints.items())),
        responses=responses,
        choices=tuple(spec.choices),
        values=values,
        options=options,
        feed_columns=tuple(spec.feed.columns),
        feeds=feeds,
        along=along,
        monotone={n: d for n, d in spec.monotone.items() if d},
        spec=spec,
    )
    without = [c for c in conditions.columns if c not in (along, "study")]
    return SystemTable(
        path=path,
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        system=system,
        option=np.array([known.index(p) for p in parts], dtype=np.intp),
        feed=feed,
        feed_name=tuple(feed_names),
        has=has,
        continuous=continuous,
        yields=written.clip(0.0, 1.0),
        yields_as_written=written,
        experiments=_numbers(conditions[without]),
        studies=_numbers(conditions[["study"]]),
        rows=np.asarray(rows, dtype=np.intp),
    )


def _along(spec: SystemSpec) -> str | None:
    """Return the setpoint over which an experiment is sampled."""
    for name in spec.groups.experiment:
        if name.startswith(_ALL_BUT) and (setpoint := name.removeprefix(_ALL_BUT).strip()) in spec.setpoints:
            return setpoint
    return None


def _numbers(frame: pd.DataFrame) -> Ints:
    return np.asarray(frame.groupby(list(frame.columns), sort=False).ngroup(), dtype=np.intp)


def _variable(name: str, said: Any, values: Floats) -> Variable:
    low, high = float(values.min()), float(values.max())
    step = said.step or 10.0 ** np.floor(np.log10(max(high - low, 1e-9) / 100.0))
    return Variable(
        name,
        said.label or name.replace("_", " "),
        said.unit,
        low if said.low is None else said.low,
        high if said.high is None else said.high,
        float(step),
        said.log,
        said.values,
    )
