"""What a sweep says, in sentences: how its runs went, what is best how often, and what moves it."""

from __future__ import annotations

import numpy as np

from optimiser.report.columns import column
from optimiser.report.numbers import counted, percent
from optimiser.report.sweep.effects import effects
from optimiser.report.sweep.view import SweepView

#: Objectives in which the best is the most cost-effective.
_MONEY = frozenset({"cost", "net_value", "net_value_rate"})
#: Share of variance beyond chance from which on a key is said to matter.
_MATTERS = 0.01


def listed(parts: list[str]) -> str:
    """Join parts as a sentence does.

    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}" if parts else ""


def runs_sentence(view: SweepView) -> str:
    """Say how many runs there are and what became of them."""
    n, counts = len(view.frame), view.counts
    verb = {
        "done": ("has a design", "have a design"),
        "infeasible": ("has nothing feasible", "have nothing feasible"),
        "failed": ("failed", "failed"),
        "missing": ("is not made yet", "are not made yet"),
    }
    if n and n in counts.values():
        status = next(status for status, count in counts.items() if count == n)
        one, many = verb[status]
        return f"The one run of this sweep {one}." if n == 1 else f"All {n:,} runs {many}."
    said = [f"{count:,} {verb[status][count > 1]}" for status, count in counts.items() if count]
    return f"Of {counted(n, 'run')}, {listed(said)}."


def options_sentence(view: SweepView) -> str:
    """Say which acid is best how often; empty where no run has a design or nothing is chosen."""
    if not view.options:
        return ""
    n = int(view.designed.sum())
    times = [int((view.option == name).sum()) for name in view.options]
    best = (
        f"the most cost-effective {view.what}"
        if view.objective in _MONEY
        else f"the {view.what} with the best {view.how.label}"
    )
    first = view.options[0]
    if len(times) == 1:
        where = "the run" if n == 1 else f"all {n:,} runs"
        return f"{from_capital(first)} is {best} in {where} with a design."
    said = f"{from_capital(first)} is {best} in {times[0]:,} of {n:,} runs with a design"
    said += f" ({percent(times[0] / n)})"
    others = [f"{name} in {count:,}" for name, count in zip(view.options[1:6], times[1:6], strict=True)]
    more = len(view.options) - 6
    if more > 0:
        others.append(f"{more} further {view.what}s in {sum(times[6:]):,}")
    return f"{said}; {listed(others)}."


def ends_sentences(view: SweepView) -> list[str]:
    """Say the lowest and the highest first objective, and with which settings; empty without a design."""
    if not view.designed.any():
        return []
    how, found = view.how, []
    low, high = int(np.nanargmin(view.value)), int(np.nanargmax(view.value))
    if view.value[low] == view.value[high]:
        every = "" if view.designed.sum() == 1 else " in every run with a design"
        return [f"{from_capital(how.label)} is {how.said(view.value[low])}{every}{_with(view, low)}."]
    for row, word, is_best in ((low, "lowest", view.sign > 0), (high, "highest", view.sign < 0)):
        best = ", the best," if is_best else ""
        same = int((view.value == view.value[row]).sum())
        where = f"in {same:,} runs, first in" if same > 1 else "in"
        found.append(
            f"The {word} {how.label}{best} is {how.said(view.value[row])}, {where} run {view.run(row)}"
            f"{_with(view, row)}."
        )
    return found


def _with(view: SweepView, row: int) -> str:
    chosen = f", with {view.option[row]}" if view.option[row] else ""
    return f": {view.settings(row)}{chosen}" if view.keys else chosen


def effect_sentences(view: SweepView) -> list[str]:
    """Say which keys move the first objective most, and which decides whether there is a design at all."""
    told = [e for e in view.effects if e.told]
    found = []
    if told and told[0].share - told[0].chance >= _MATTERS:
        first, *rest = told
        said = f"{from_capital(first.key.label)} moves {view.how.label} most: alone it explains "
        said += f"{percent(first.share)} of the variance between runs"
        more = [f"{e.key.label} {percent(e.share)}" for e in rest[:2] if e.share - e.chance >= _MATTERS]
        found.append(f"{said}; {listed(more)}." if more else f"{said}.")
    elif told:
        found.append(f"No key alone moves {view.how.label} more than chance would.")
    made = (view.status == "done") | (view.status == "infeasible")
    if view.counts["done"] and view.counts["infeasible"]:
        can = np.where(made, (view.status == "done").astype(float), np.nan)
        decisive = [e for e in effects(can, [view.levels[k.name] for k in view.keys]) if e.told]
        if decisive and decisive[0].share - decisive[0].chance >= _MATTERS:
            first = decisive[0]
            found.append(
                f"Whether anything is feasible depends most on {first.key.label}, which alone explains "
                f"{percent(first.share)} of it."
            )
    return found


def sweep_sentences(view: SweepView) -> list[str]:
    """Return the answer of a sweep."""
    said = [runs_sentence(view), options_sentence(view), *ends_sentences(view), *effect_sentences(view)]
    return [line for line in said if line]


def cautions(view: SweepView) -> list[str]:
    """Return what must be known before acting on it."""
    found, counts = [], view.counts
    if counts["missing"] and counts["missing"] < len(view.frame):
        found.append(
            f"{counts['missing']:,} of {counted(len(view.frame), 'run')} are not made yet; all that follows "
            "is of those that are, and may change."
            if counts["missing"] > 1
            else "One run is not made yet; all that follows is of the others, and may change."
        )
    if counts["failed"]:
        found.append(f"{counted(counts['failed'], 'run')} failed; the reasons stand below.")
    odd = counts["done"] - int(view.designed.sum())
    if odd:
        found.append(
            f"{counted(odd, 'run')} with a design but without a finite {view.how.label} do not count."
        )
    if len(view.table.objectives) > 1:
        others = listed([column(name).label for name in view.table.objectives[1:]])
        found.append(
            f"Each run has a front; what is told of it is its best design in {view.how.label}. Designs that "
            f"are better in {others} stand in its front: `optimiser runs show KEY`."
        )
    return found


def from_capital(text: str) -> str:
    """Return a text with its first letter as a capital."""
    return text[0].upper() + text[1:]
