"""The file of a sweep: what is asked, and what varies."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import yaml
from pydantic import BeforeValidator, Field, field_validator
from scipy.stats import qmc

from optimiser._io import builtin
from optimiser._io.errors import InputError
from optimiser._io.yamlfile import Document, Real, Whole, read_yaml, validate
from optimiser.problem.strict import Strict
from optimiser.sweeps.changes import parts_of
from optimiser.tables.read import Column, open_table

#: Runs of a sweep unless more are asked for.
LIMIT = 2_000
#: Keys that a sweep may vary, at most.
MOST_KEYS = 50
_BLOCKS = ("csv", "grid", "zip", "latin_hypercube")

Changes = Mapping[str, Any]


class Span(Strict):
    """A range to draw from: evenly, or evenly in the logarithm."""

    low: Real
    high: Real
    log: bool = False


def _span(value: Any) -> Any:
    if isinstance(value, list):
        if len(value) != 2:
            raise InputError(
                f"{value!r} is not a range.",
                allowed="[low, high], or {low: ..., high: ..., log: true}",
                remedy="write e.g. `[0.1, 0.4]`",
            )
        value = {"low": value[0], "high": value[1]}
    span = Span.model_validate(value)
    if not span.low < span.high or (span.log and span.low <= 0.0):
        raise InputError(
            f"The range {span.low:g} to {span.high:g} is empty, or reaches zero on a logarithmic scale.",
            allowed="low < high; above 0 with log: true",
            remedy="correct the two ends",
        )
    return span


class Hypercube(Strict):
    """A Latin hypercube: each range is cut into as many parts as there are samples, each drawn from once."""

    samples: Whole = Field(ge=1, le=1_000_000)
    seed: Whole = Field(default=1, ge=0, lt=2**32)
    ranges: dict[str, Annotated[Span, BeforeValidator(_span)]] = Field(min_length=1, max_length=MOST_KEYS)

    def rows(self) -> list[dict[str, float]]:
        """Return the samples; the same seed gives the same ones."""
        unit = qmc.LatinHypercube(len(self.ranges), rng=np.random.default_rng(self.seed)).random(self.samples)
        columns = {}
        for (key, span), u in zip(self.ranges.items(), unit.T, strict=True):
            low, high = (math.log(span.low), math.log(span.high)) if span.log else (span.low, span.high)
            x = low + (high - low) * u
            columns[key] = [float(f"{v:.6g}") for v in (np.exp(x) if span.log else x)]
        return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


Values = dict[str, Annotated[list[Any], Field(min_length=1)]]


class SweepSpec(Strict):
    """A sweep in YAML: a base, what is set for all runs, and what varies; the blocks multiply each other.

    Attributes:
        description: one sentence for the report.
        base: name or path of a config or problem.
        set: values by key for all runs.
        grid: a list of values for each key; every combination is run.
        zip: a list of values for each key, all equally long; the first of each go together, and so on.
        latin_hypercube: samples of ranges.
        csv: a table with a column per key and a row per run; FILE.xlsx and Parquet, too.
    """

    description: str = ""
    base: str
    set: dict[str, Any] = Field(default_factory=dict, max_length=MOST_KEYS)
    grid: Values | None = Field(default=None, min_length=1, max_length=MOST_KEYS)
    zip: Values | None = Field(default=None, min_length=1, max_length=MOST_KEYS)
    latin_hypercube: Hypercube | None = None
    csv: str | None = Field(default=None, min_length=1)

    @field_validator("zip")
    @classmethod
    def _equally_long(cls, value: Values | None) -> Values | None:
        lengths = {key: len(values) for key, values in (value or {}).items()}
        if len(set(lengths.values())) > 1:
            told = ", ".join(f"{key} has {number}" for key, number in lengths.items())
            raise InputError(
                f"The lists of zip differ in length: {told}.",
                allowed="as many values for each key",
                remedy="fill up the shorter list, or use grid for every combination",
            )
        return value


@dataclass(frozen=True)
class Sweep:
    """A sweep as asked.

    Attributes:
        name: of its file.
        spec: what it says.
        document: the file.
        varied: the keys that differ between runs, in the order of the file.
        runs: what each run changes of the base, ``set`` included.
    """

    name: str
    spec: SweepSpec
    document: Document
    varied: tuple[str, ...]
    runs: tuple[Changes, ...]

    def where(self, key: str, value: Any = None) -> str:
        """Return file, line and key where a key of the base gets a value."""
        if self.of_csv(key):
            return f"{self.document.where(('csv',))}: column {key}"
        spec = self.spec
        if key in spec.set:
            return self.document.where(("set", key))
        for block, given in (("grid", spec.grid), ("zip", spec.zip)):
            if given and key in given:
                place = (given[key].index(value),) if value in given[key] else ()
                return self.document.where((block, key, *place))
        return self.document.where(("latin_hypercube", "ranges", key))

    def of_csv(self, key: str) -> bool:
        """Return whether the values of a key stand in the table of ``csv``."""
        spec = self.spec
        ranges = spec.latin_hypercube.ranges if spec.latin_hypercube else {}
        return all(key not in given for given in (spec.set, spec.grid or {}, spec.zip or {}, ranges))


def read_sweep(name: str | Path, limit: int = LIMIT) -> Sweep:
    """Read a sweep by name or path, and list its runs.

    Args:
        name: of a built-in sweep, or the path of a YAML file.
        limit: runs at most.

    Raises:
        InputError: not found, not YAML or not valid; a key that two blocks vary; nothing varies; more runs
            than the limit.

    Examples:
        >>> sweep = read_sweep("demo")
        >>> len(sweep.runs), sweep.varied[0]
        (12, 'feed')
    """
    document = read_yaml(builtin.find("sweeps", name))
    spec = validate(SweepSpec, document)
    table = _table(spec.csv, document) if spec.csv else None
    lengths = {
        "csv": len(table or ()),
        "grid": math.prod(map(len, spec.grid.values())) if spec.grid else 0,
        "zip": len(next(iter(spec.zip.values()))) if spec.zip else 0,
        "latin_hypercube": spec.latin_hypercube.samples if spec.latin_hypercube else 0,
    }
    given = {block: length for block, length in lengths.items() if length}
    if not given:
        raise InputError(
            "Nothing varies in this sweep.",
            where=str(document.path),
            allowed=", ".join(_BLOCKS),
            remedy="add e.g. `grid: {feed: [NMC111, NMC622]}`; one question alone is `optimiser run`",
        )
    _refuse_too_many(given, document, limit)
    blocks: dict[str, Sequence[Changes]] = {
        "csv": table or (),
        "grid": _grid(spec.grid or {}, document),
        "zip": _together(spec.zip or {}),
        "latin_hypercube": spec.latin_hypercube.rows() if spec.latin_hypercube else (),
    }
    rows = [blocks[block] for block in given]
    _refuse_twice({block: list(blocks[block][0]) for block in given}, spec, document)
    runs = tuple({**spec.set, **_merged(parts)} for parts in product(*rows))
    varied = tuple(key for part in rows for key in part[0])
    return Sweep(document.path.name.removesuffix(".yaml"), spec, document, varied, runs)


def _grid(given: Values, document: Document) -> list[dict[str, Any]]:
    for key, values in given.items():
        written = [yaml.safe_dump(value) for value in values]
        twice = [i for i, text in enumerate(written) if text in written[:i]]
        if twice:
            raise InputError(
                f"{values[twice[0]]!r} is listed twice.",
                where=document.where(("grid", key, twice[0])),
                remedy="list each value once",
            )
    return [dict(zip(given, values, strict=True)) for values in product(*given.values())]


def _together(given: Values) -> list[dict[str, Any]]:
    rows = zip(*given.values(), strict=True)
    return [dict(zip(given, row, strict=True)) for row in rows]


def _table(file: str, document: Document) -> list[dict[str, Any]]:
    """Return the rows of the table that ``csv`` names; each cell is read as a value in YAML."""
    beside = document.path.parent / file
    try:
        table = open_table(beside if beside.is_file() else file)
        table = table.expecting([Column(title, kind="text", filled=True) for title in table.header])
        cells = list(table.rows())
    except InputError as error:
        where = f"{document.where(('csv',))}: {error.where}".rstrip(": ")
        raise InputError(error.what, where=where, allowed=error.allowed, remedy=error.remedy) from None
    rows = []
    for number, row in cells:
        try:
            rows.append({key: _value(cell) for key, cell in row.items()})
        except yaml.YAMLError:
            raise InputError(
                f"Row {number} holds what is no value.",
                where=f"{table.place}, row {number}",
                allowed="a number, a text, or a list or mapping as in YAML",
            ) from None
    return rows


def _value(cell: str) -> Any:
    """Return what a cell says as YAML does, and as a number what workbooks write as 1e-05."""
    value = yaml.safe_load(cell)
    try:
        return float(value) if isinstance(value, str) and "e" in value.lower() else value
    except ValueError:
        return value


def _merged(parts: Sequence[Changes]) -> dict[str, Any]:
    return {key: value for part in parts for key, value in part.items()}


def _refuse_too_many(lengths: Mapping[str, int], document: Document, limit: int) -> None:
    number = math.prod(lengths.values())
    if number > limit:
        made = " x ".join(f"{n:,} of {block}" for block, n in lengths.items())
        raise InputError(
            f"This sweep has {number:,} runs ({made}); the limit is {limit:,}.",
            where=str(document.path),
            allowed=f"at most {limit:,} runs",
            remedy=f"vary less, or allow as many with --limit {number}",
        )


def _refuse_twice(keys: Mapping[str, Sequence[str]], spec: SweepSpec, document: Document) -> None:
    """Refuse a key that two blocks give, or one that lies below another."""
    seen: dict[str, str] = {}
    for block, names in {"set": list(spec.set), **keys}.items():
        for written in names:
            key = ".".join(parts_of(written))
            for other, before in seen.items():
                if key == other or (
                    before != "set" and (key.startswith(f"{other}.") or other.startswith(f"{key}."))
                ):
                    place = ("latin_hypercube", "ranges") if block == "latin_hypercube" else (block,)
                    raise InputError(
                        f"{key!r} is given in {block}, and {other!r} in {before}: both set the same.",
                        where=document.where((*place, written)),
                        allowed="each key in one place",
                        remedy="remove one of the two",
                    )
            seen[key] = block
    if len(seen) > MOST_KEYS:
        raise InputError(
            f"This sweep gives {len(seen)} keys.", where=str(document.path), allowed=f"at most {MOST_KEYS}"
        )
