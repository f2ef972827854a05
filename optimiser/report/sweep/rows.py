"""The runs as the data of a long table: short enough for a page, read by the page's script."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from optimiser.report.columns import Column, column
from optimiser.report.sweep.keys import Key, called
from optimiser.report.sweep.view import SweepView

#: Bytes of data that a page has room for beside what draws its figures.
BUDGET = 720_000
#: What a person calls the status of a run.
STATUS_WORDS = {
    "done": "done",
    "infeasible": "nothing feasible",
    "failed": "failed",
    "missing": "not made yet",
}
#: Significant figures of numbers without decimals of their own.
_FIGURES = 4
#: Characters from which on a text needs a wide column.
_LONG = 36


def row_data(view: SweepView, budget: int = BUDGET) -> tuple[dict[str, Any], int]:
    """Return the columns of the page's table of runs as plain JSON, and how many more there would be.

    Each column has ``label``, ``unit`` and either ``words`` (texts, of which ``values`` are the places) or
    numbers: ``values`` over ten to the power ``shift``, shown with ``digits`` decimals, above ``ceiling``
    only as beyond it. ``values`` are packed as `packed` does, or null where they count from 1. Paper leaves
    out what is ``minor``. The columns that say most come first; those beyond the budget are left out.

    Args:
        view: the sweep.
        budget: characters of JSON.
    """
    frame, found, spent, left = view.frame, [], 0, 0
    for said, spare in _columns(view, frame):
        size = len(json.dumps(said, ensure_ascii=False, separators=(",", ":")))
        # once one is left out, all behind it are: which are there should not depend on their lengths
        if left or (spent + size > budget and spare):
            left += 1
            continue
        spent += size
        found.append(said)
    return {"count": len(frame), "columns": found}, left


def _columns(view: SweepView, frame: pd.DataFrame) -> list[tuple[dict[str, Any], bool]]:
    """Return all columns in their order, each with whether it may be left out."""
    numbers = frame["run"].to_numpy()
    counting = np.array_equal(numbers, np.arange(1, len(frame) + 1))
    first = {"label": "run", "unit": "", "digits": 0, "shift": 0, "ceiling": None}
    status = [STATUS_WORDS.get(str(s), str(s)) for s in view.status]
    found = [
        (first | {"values": None if counting else packed(numbers.astype(np.float64))}, False),
        (_words(Column("status"), status), False),
    ]
    asked, others = [*view.choices, *view.table.objectives], [*view.setpoints, *view.yields]
    if "p_feasible" in frame:
        asked.append("p_feasible")
    keys = list(view.ranked) + [key for key in view.keys if key not in view.ranked]
    in_order = [key for key in view.keys if key in keys[:8]]
    found += [(_key(key, frame[key.name]), True) for key in in_order]
    if not view.designed.any():
        asked, others = [], []
    found += [(_answer(view, name), True) for name in dict.fromkeys(asked) if name not in view.table.varied]
    found += [(_answer(view, name), True) for name in others if name not in asked]
    found += [(_key(key, frame[key.name]), True) for key in keys[8:]]
    found += [
        (_numbers(Column(label, "", 0), frame[name].to_numpy(float)) | {"minor": True}, True)
        for name, label in (("designs", "designs on its front"), ("evaluations", "evaluations"))
        if name in frame
    ]
    if (view.status != "done").any():
        reasons = frame["reason"].where(view.status != "done", "")
        found.append(
            (_words(Column("why there is no design"), [_line(r) for r in reasons]) | {"minor": True}, True)
        )
    return found


def _line(text: Any) -> str:
    return "" if pd.isna(text) else " ".join(str(text).split())


def _key(key: Key, values: pd.Series) -> dict[str, Any]:
    if not key.numeric:
        texts = [key.text(value) for value in values]
        names = {text: called(text) for text in texts}
        if len(set(names.values())) == len(names):  # else the mappings tell them apart
            texts = [names[text] for text in texts]
        return _words(Column(key.label), texts)
    numbers = key.scale * values.to_numpy(dtype=np.float64, na_value=np.nan)
    return _numbers(Column(key.label, key.unit), numbers)


def _answer(view: SweepView, name: str) -> dict[str, Any]:
    """Return a column of the answer; nothing where a run has no design."""
    values, how = view.frame[name], column(name)
    if not how.numeric and not pd.api.types.is_numeric_dtype(values):
        return _words(how, ["" if not d else str(v) for d, v in zip(view.designed, values, strict=True)])
    return _numbers(how, how.scale * view.values(name))


def _words(how: Column, texts: Sequence[str]) -> dict[str, Any]:
    codes, words = pd.factorize(np.array(texts, dtype=object))
    long = any(len(word) > _LONG for word in words)
    values = packed(codes.astype(np.float64))
    return {"label": how.label, "unit": how.unit, "words": list(words), "long": long, "values": values}


def _numbers(how: Column, numbers: np.ndarray) -> dict[str, Any]:
    """Return numbers rounded to what is shown, as whole numbers where these are shorter."""
    there = np.isfinite(numbers)
    shift, digits = (how.digits or 0), how.digits
    if digits is None:
        shift = _decimals(numbers[there])
        rounded = np.round(numbers, shift)
    else:
        rounded = np.round(numbers, digits)
    if how.ceiling is not None:  # what rounds to the ceiling but lies above it is told as beyond it
        rounded = np.where(there & (numbers > how.ceiling), how.ceiling + 10.0**-shift, rounded)
    whole = shift <= 6 and (not there.any() or np.abs(rounded[there]).max() * 10.0**shift < 2**53)
    return {
        "label": how.label,
        "unit": how.unit,
        "digits": digits,
        "shift": shift if whole else 0,
        "ceiling": how.ceiling,
        "values": packed(np.round(rounded * 10.0**shift) if whole else rounded, whole=whole),
    }


def packed(numbers: np.ndarray, *, whole: bool = True) -> dict[str, Any]:
    """Return numbers as ``data``, base64 of little-endian bytes of ``kind``, to which ``least`` is added.

    Args:
        numbers: shape (rows,); NaN where there is none, which is the largest number of the kind.
        whole: whether they are whole, so that a few bytes each are enough; else they are of 8 bytes, as
            they are.

    Examples:
        >>> packed(np.array([7.0, 9.0, np.nan]))
        {'kind': 'u1', 'least': 7, 'data': 'AAL/'}
    """
    there = np.isfinite(numbers)
    if not whole:
        return {"kind": "f8", "least": 0, "data": _base64(numbers.astype("<f8"))}
    least = int(numbers[there].min()) if there.any() else 0
    most = int(numbers[there].max()) - least if there.any() else 0
    kind = next((kind for kind, top in (("u1", 255), ("u2", 65535), ("u4", 2**32 - 1)) if most < top), "f8")
    if kind == "f8":
        return {"kind": "f8", "least": 0, "data": _base64(numbers.astype("<f8"))}
    codes = np.full(len(numbers), np.iinfo(np.dtype(f"<{kind}")).max, dtype=f"<{kind}")
    codes[there] = (numbers[there] - least).astype(codes.dtype)
    return {"kind": kind, "least": least, "data": _base64(codes)}


def _base64(values: np.ndarray) -> str:
    return base64.b64encode(values.tobytes()).decode("ascii")


def _decimals(numbers: np.ndarray) -> int:
    """Return how many decimals the numbers need: four figures of all but the smallest tenth, up to seven."""
    sizes = np.abs(numbers[numbers != 0.0])
    figures = _FIGURES - 1 - int(np.floor(np.log10(np.quantile(sizes, 0.1)))) if len(sizes) else 0
    most = min(max(figures, 0), 7)
    for decimals in range(most):
        if np.allclose(numbers, np.round(numbers, decimals), rtol=1e-12, atol=1e-12):
            return decimals
    return most
