"""Why runs have no design: reasons with how many runs each has, and what these runs have in common."""

from __future__ import annotations

import pandas as pd

from optimiser.report.sweep.keys import SAID, called, cut, plain_text
from optimiser.report.sweep.view import SweepView

#: Reasons that a page lists; the workbook has all.
MOST = 25
#: Runs that are named one by one.
_NAMED = 8


def reasons_frame(view: SweepView, status: str) -> pd.DataFrame:
    """Return one row per reason of the runs of a status, the most frequent first.

    Columns: ``reason``, ``runs|`` (how many), ``in common`` (the keys that have one level in all of them and
    several in the sweep; empty for a single run), ``which runs``.
    """
    frame = view.frame[view.status == status]
    texts = [plain_text(reason).replace("–", "no reason was given") for reason in frame["reason"]]
    rows = []
    for reason, of in frame.groupby(pd.Series(texts, index=frame.index), sort=False):
        rows.append(
            {
                "reason": str(reason),
                "runs||6": len(of),
                "in common": _common(view, of),
                "which runs": spans([int(n) for n in of["run"]]),
            }
        )
    found = pd.DataFrame(rows, columns=["reason", "runs||6", "in common", "which runs"])
    return found.sort_values("runs||6", ascending=False, kind="stable", ignore_index=True)


def _common(view: SweepView, of: pd.DataFrame) -> str:
    if len(of) < 2:
        return ""
    said = []
    for key in view.keys:
        levels = view.levels[key.name]
        codes = set(levels.codes[of.index])
        if len(levels) > 1 and len(codes) == 1 and -1 not in codes:
            text = cut(called(levels.texts[codes.pop()]), SAID)
            said.append(f"{key.label} {text}" + (f" {key.unit}" if key.unit and key.numeric else ""))
    return ", ".join(said)


def spans(numbers: list[int], most: int = _NAMED) -> str:
    """Write numbers of runs as spans.

    >>> spans([1, 2, 3, 7]), spans(list(range(1, 40, 2)), most=3)
    ('1–3, 7', '1, 3, 5 and 17 more')
    """
    found: list[list[int]] = []
    for number in numbers:
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    said = [f"{low:,}" if low == high else f"{low:,}–{high:,}" for low, high in found[:most]]
    left = sum(high - low + 1 for low, high in found[most:])
    return ", ".join(said) + (f" and {left:,} more" if left else "")
