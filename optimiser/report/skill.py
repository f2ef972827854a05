"""Figures of skill on the terminal and as a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text

from optimiser.surrogate.duplicates import CONTRADICTION, Repeat
from optimiser.surrogate.stoichiometry import LIMIT, breaks, charge_balance
from optimiser.surrogate.table import TrainingTable
from optimiser.validation.groups import acid_names, feed_names

_FIGURES = {
    "r2": "R2",
    "mae": "MAE",
    "medae": "MedAE",
    "mse": "MSE",
    "rmse": "RMSE",
    "coverage": "in 90 %",
    "interval_score": "score 90 %",
    "values": "values",
    "experiments": "exper.",
}
_KINDS = {
    "metal": "metal",
    "acid": "acid",
    "acid_known": "acid in its fold",
    "chemistry": "cathode chemistry",
    "yield_range": "predicted yield",
    "domain": "applicability domain",
}
Answers = Mapping[str, Mapping[str, Mapping[str, Any]]]


def print_skill(answers: Answers, console: Console | None = None) -> None:
    """Print one table over protocols and models; for a single one of both also its groups and tests."""
    console = console or Console(highlight=False)
    rows = []
    for protocol, models in answers.items():
        for model, answer in models.items():
            rows.append(((protocol, model), answer["overall"]))
            if "as_published" in answer:
                rows.append(((protocol, f"{model}, counted as published"), answer["as_published"]))
    _print(console, ("protocol", "model"), rows)
    _say(console, "R2: per metal, averaged; errors: all values of present metals, as fractions of 1.")
    if any(row.get("coverage") for _, row in rows):
        _say(console, "in 90 %: share within the 90 % intervals; score: Winkler's, smaller is better.")
    for protocol, models in answers.items():
        for model, answer in models.items():
            for other, test in answer.get("against", {}).items():
                _say(console, _against(protocol, model, other, test))
    single = [answer for models in answers.values() for answer in models.values()]
    if len(single) == 1:
        for kind, label in _KINDS.items():
            if kind in single[0]["by"]:
                console.print()
                _print(console, (label,), [((name,), s) for name, s in single[0]["by"][kind].items()])
                for line in _tests(single[0]["tests"][kind]):
                    _say(console, line)
    else:
        _say(console, "One model under one protocol (--models NAME --protocol NAME) is also told by group.")


def _say(console: Console, text: str) -> None:
    """Print one statement: wrapped at words on a terminal, on one line of its own where it is piped."""
    console.print(Text(text), soft_wrap=not console.is_terminal)


def _print(
    console: Console, heads: Sequence[str], rows: Sequence[tuple[tuple[str, ...], Mapping[str, Any]]]
) -> None:
    shown = [name for name in _FIGURES if any(row.get(name) is not None for _, row in rows)]
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    for head in heads:
        table.add_column(head, no_wrap=True)
    for name in shown:
        table.add_column(_FIGURES[name], justify="right", no_wrap=True)
    for names, row in rows:
        table.add_row(*(Text(name) for name in names), *(_figure(row.get(name)) for name in shown))
    if not console.is_terminal:
        console = Console(file=console.file, width=Console(width=100_000).measure(table).maximum)
    console.print(table)


def _figure(value: Any) -> str:
    if isinstance(value, Mapping):
        value = value["0.9"]
    if value is None:
        return ""
    return str(value) if isinstance(value, int) else f"{value:.3f}"


def _p(value: float) -> str:
    return "p < 0.001" if value < 0.001 else f"p = {value:.3f}"


def _against(protocol: str, model: str, other: str, test: Mapping[str, Any]) -> str:
    what = "studies" if protocol == "study" else "experiments"
    if test["p"] is None:
        return f"{protocol}: {model} and {other} do not differ."
    return (
        f"{protocol}: {model} against {other}, mean error {round(test['mean_difference'], 3) + 0.0:+.3f}, "
        f"Wilcoxon {_p(test['p'])} ({test['units']} {what})"
    )


def _tests(found: Mapping[str, Any]) -> Iterator[str]:
    result = found["kruskal_wallis"]
    if result is None:
        yield "No test: fewer than two groups with five experiments or studies held out."
        return
    apart = [pair for pair in found["dunn"] if pair["p"] < 0.05]
    pairs = "; ".join(f"{' / '.join(pair['between'])} {_p(pair['p'])}" for pair in apart)
    yield f"Kruskal-Wallis {_p(result['p'])}; Dunn (Holm) below 0.05: {pairs or 'none'}."
    if not found["independent"]:
        yield "What is held out together is in several of these groups: the p values are a guide only."


def repeat_lines(repeats: Sequence[Repeat], *, listed: bool) -> list[str]:
    """Return what to say of rows that repeat each other, and are kept.

    Args:
        repeats: of a training table.
        listed: whether every row is named; else only how many there are.
    """

    def told(some: Sequence[Repeat], how: str) -> str:
        return ", ".join("/".join(map(str, r.rows)) + how.format(r.apart) for r in some)

    against = [repeat for repeat in repeats if repeat.contradictory]
    alike = [repeat for repeat in repeats if not repeat.contradictory]
    if not repeats:
        return []
    if not listed:
        return [
            f"Rows with the same conditions, kept: {len(against)} groups contradict each other, "
            f"{len(alike)} repeat; --rows lists them."
        ]
    lines = []
    if against:
        lines.append(
            f"Rows with the same conditions whose yields differ by more than {CONTRADICTION:g} "
            f"({len(against)} groups, kept; largest difference in brackets): {told(against, ' ({:.2f})')}"
        )
    if alike:
        lines.append(f"Rows that repeat others ({len(alike)} groups, kept): {told(alike, '')}")
    return lines


def stoichiometry_lines(table: TrainingTable, *, listed: bool) -> list[str]:
    """Return what to say of rows that dissolve clearly more charge than their acid offers.

    Args:
        table: training table.
        listed: whether every row is told, with acid, feed and the charges; else only how many there are.
    """
    balance = charge_balance(table)
    rows = np.flatnonzero(breaks(table))
    if not len(rows):
        return []
    head = (
        f"{len(rows)} of {len(table)} rows dissolve over {100 * (LIMIT - 1):.0f} % more charge than their "
        "acid offers"
    )
    if not listed:
        return [f"{head}, most likely solids that are not all cathode; --rows lists them."]
    acids, feeds, ratio = acid_names(table), feed_names(table.feed), balance.ratio
    told: list[tuple[str, ...]] = [("row", "acid", "feed", "offered", "dissolved", "ratio")]
    for row in rows:
        numbers = (balance.offered[row], balance.dissolved[row], ratio[row])
        told.append((str(row + 2), str(acids[row]), str(feeds[row]), *(f"{x:.2f}" for x in numbers)))
    widths = [max(map(len, column)) for column in zip(*told, strict=True)]
    aligned = (f"{'>' if i in (0, 3, 4, 5) else '<'}{width}" for i, width in enumerate(widths))
    pattern = "  " + "  ".join(f"{{:{one}}}" for one in aligned)
    return [
        f"{head} (mol charge per L; most likely solids that are not all cathode):",
        *(pattern.format(*cells).rstrip() for cells in told),
    ]


def skill_records(answers: Answers) -> list[dict[str, Any]]:
    """Return one record per protocol, model and group, for a table on disk."""
    records = []
    for protocol, models in answers.items():
        for model, answer in models.items():
            told = [("overall", "", answer["overall"])]
            if "as_published" in answer:
                told.append(("as_published", "", answer["as_published"]))
            told += [(kind, name, s) for kind, groups in answer["by"].items() for name, s in groups.items()]
            for kind, group, scores in told:
                record = {"protocol": protocol, "model": model, "kind": kind, "group": group, **scores}
                held = record.pop("coverage") or {}
                records.append({**record, **{f"coverage_{level}": share for level, share in held.items()}})
    return records
