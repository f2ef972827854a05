"""What a run leaves in the store: a row that tells its question and its answer, and its front."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from optimiser import __version__
from optimiser.chemistry.metals import METALS
from optimiser.problem.bound import BoundProblem
from optimiser.search.run import RunResult
from optimiser.tables.front_csv import design_table
from optimiser.variables import VARIABLES

if TYPE_CHECKING:
    import pyarrow as pa

#: What a run is about, and what became of it.
_TEXTS = (
    "key",
    "status",
    "reason",
    "base",
    "problem",
    "feed",
    "options",
    "inputs",
    "question",
    "prices",
    "search",
)
_MADE = ("version", "artefact", "written")
_SIZES = ("designs", "evaluations")
#: Of the answer of a run on cathodes; of every run it is whole in ``answer``, as JSON.
_NUMBERS = (
    *(variable.name for variable in VARIABLES),
    *(f"yield_{metal}" for metal in METALS),
    *("cost", "climate_change", "recovery", "net_value", "acid_use", "energy", "p_feasible"),
)


#: A file holds few rows, so that what helps to find some of them would take more room than they do.
_SMALL: dict[str, Any] = {"compression": "zstd", "write_statistics": False, "use_dictionary": False}


#: Where the file of a front says of which run it is.
RUN = b"run"


@dataclass(frozen=True)
class Made:
    """A run that was made, as its files.

    Attributes:
        key: of the run.
        status: ``done``, ``infeasible`` or ``failed``.
        reason: why there is no design; empty where there is one.
        seconds: that it took.
        row: content of its file in ``runs/``.
        front: content of its file in ``fronts/``; None where there is none.
        worker: that made it, as host and process.
    """

    key: str
    status: str
    reason: str
    seconds: float
    row: bytes
    front: bytes | None = None
    worker: str = ""


@cache
def schema() -> pa.Schema:
    """Return the columns of a file in ``runs/``: the same for every run."""
    import pyarrow as pa

    return pa.schema(
        [
            *((name, pa.string()) for name in (*_TEXTS, *_MADE)),
            ("objectives", pa.list_(pa.string())),
            ("directions", pa.list_(pa.string())),
            ("seconds", pa.float64()),
            *((name, pa.int64()) for name in _SIZES),
            ("hypervolume", pa.float64()),
            ("acid", pa.string()),
            *((name, pa.float64()) for name in _NUMBERS),
            ("answer", pa.string()),
        ]
    )


def made(
    key: str,
    inputs: Mapping[str, Any],
    base: str,
    result: RunResult,
    seconds: float,
    named: Mapping[str, str] | None = None,
) -> Made:
    """Return the files of a run that ended with a front, or without a feasible design.

    Args:
        key: of the run.
        inputs: what the sweep sets for it, by key.
        base: name of the config or problem that it was made from.
        result: what the search found.
        seconds: that it took.
        named: how the user names files that a worker has elsewhere, by the problem's key.
    """
    problem, question = result.problem, result.config.problem
    row: dict[str, Any] = {
        **_plain(key, inputs, base),
        "problem": question.name,
        "feed": problem.feed.name,
        "options": ", ".join(problem.acid_names),
        "question": question.model_copy(update=dict(named or {})).to_yaml(),
        "prices": json.dumps(_prices(problem)),
        "search": json.dumps(result.config.search.model_dump(mode="json")),
        "artefact": problem.surrogate.sha256,
        "objectives": [o.metric for o in problem.objectives],
        "directions": [o.verb for o in problem.objectives],
        "seconds": seconds,
        "evaluations": result.evaluations,
        "hypervolume": float(np.mean([seed[-1] for seed in result.hypervolume if seed] or [0.0])),
        "designs": 0,
        "status": "infeasible",
    }
    front, reason = None, ""
    if result.front is not None:
        frame = design_table(problem, result.front.evaluation, result.front.knee)
        best = result.front.answer
        row |= {"status": "done", "designs": len(frame), **_answer(frame.iloc[best])}
        row["acid"] = problem.acid_names[result.front.evaluation.designs.acid[best]]
        front = _parquet(frame, key)
    elif result.infeasibility is not None:
        missed = ", ".join(one.constraint for one in result.infeasibility.binding)
        reason = f"No design is feasible; the nearest one misses {missed}."
    row["reason"] = reason
    return Made(key, row["status"], reason, seconds, _row(row), front)


def failed(key: str, inputs: Mapping[str, Any], base: str, reason: str, seconds: float = 0.0) -> Made:
    """Return the file of a run that could not be made, with its reason."""
    row = {**_plain(key, inputs, base), "status": "failed", "reason": reason, "seconds": seconds}
    return Made(key, "failed", reason, seconds, _row(row))


def _answer(design: pd.Series[Any]) -> dict[str, Any]:
    """Return what a row tells of a design: in columns what cathodes have, and all of it as JSON."""
    told = {str(name): _said(value) for name, value in design.items()}
    return {
        **{name: told.get(name) for name in _NUMBERS},
        "answer": json.dumps(told, ensure_ascii=False),
    }


def _prices(problem: BoundProblem) -> dict[str, float]:
    """Return the prices that a run was made with, in EUR per kg of stock or per kWh, by name."""
    every: dict[str, Any] = {**{option.name: option for option in problem.acids}, **problem.reagents}
    priced = {name: getattr(item, "price", None) for name, item in every.items()}
    return {name: price.euro() for name, price in priced.items() if price is not None}


def _said(value: Any) -> Any:
    """Return a value as JSON has it: what is not a number is none."""
    value = value.item() if hasattr(value, "item") else value
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _plain(key: str, inputs: Mapping[str, Any], base: str) -> dict[str, Any]:
    return {
        "key": key,
        "base": base,
        "inputs": json.dumps(dict(inputs), ensure_ascii=False, default=str),
        "version": __version__,
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _row(row: Mapping[str, Any]) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([dict(row)], schema=schema()), sink, **_SMALL)
    return sink.getvalue()


def _parquet(frame: pd.DataFrame, key: str) -> bytes:
    """Return a front as a file that says of which run it is."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table, sink = pa.Table.from_pandas(frame, preserve_index=False), io.BytesIO()
    table = table.replace_schema_metadata({**(table.schema.metadata or {}), RUN: key.encode()})
    pq.write_table(table, sink, **_SMALL)
    return sink.getvalue()
