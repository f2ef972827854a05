"""Accuracy on held-out data, on the terminal and as a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import yaml
from rich.console import Console
from rich.table import Table
from rich.text import Text

from optimiser.surrogate.artefact import SEAL
from optimiser.surrogate.calibration import INTERVAL_KEY, INTERVAL_PERCENT
from optimiser.surrogate.packing import SHIPPED
from optimiser.surrogate.selection import BEST_TARGET, CONFIDENCES, LEAST_ROWS, POOLS, TARGETS
from optimiser.surrogate.stoichiometry import LIMIT, breaks, charge_balance
from optimiser.surrogate.training_table import TrainingTable, acid_names, feed_names
from optimiser.training.compare.replay import LEAST_COVERAGE, MOST_OVERPROMISED, broken, off, shortened
from optimiser.training.duplicates import CONTRADICTION, Repeat

_FIGURES = {
    "r2": "R2",
    "mae": "MAE",
    "medae": "MedAE",
    "mse": "MSE",
    "rmse": "RMSE",
    "coverage": f"in {INTERVAL_PERCENT}",
    "interval_score": f"score {INTERVAL_PERCENT}",
    "values": "values",
    "experiments": "exper.",
}
#: Kinds of groups, as they are shown.
KINDS = {
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
        _say(
            console,
            f"in {INTERVAL_PERCENT}: share within the {INTERVAL_PERCENT} intervals; "
            "score: Winkler's, smaller is better.",
        )
    for protocol, models in answers.items():
        for model, answer in models.items():
            for other, test in answer.get("against", {}).items():
                _say(console, _against(protocol, model, other, test))
    single = [answer for models in answers.values() for answer in models.values()]
    if len(single) == 1:
        for kind, label in KINDS.items():
            if kind in single[0]["by"]:
                console.print()
                _print(console, (label,), [((name,), s) for name, s in single[0]["by"][kind].items()])
                for line in _tests(single[0]["tests"][kind]):
                    _say(console, line)
    else:
        _say(console, "For accuracy by group choose one model and protocol: --models NAME --protocol NAME.")


def print_selected(answers: Answers, console: Console | None = None) -> None:
    """Print how predictions held for rows picked as a search picks: two tables per protocol."""
    console = console or Console(highlight=False)
    for protocol, models in answers.items():
        for answer in models.values():
            found, pooled = answer["selected"], answer["joint"]
            names = {
                "bias": "bias",
                "coverage": f"in {INTERVAL_PERCENT}",
                "promised": "promised",
                "kept": "kept",
            }
            rows = [
                ((rule,), [str(figure["n"]), *(_with_interval(figure, name) for name in names)])
                for rule, figure in found.items()
            ]
            _aligned(console, [f"{protocol}: picked by"], ["rows", *names.values()], rows)
            _say(console, _conclusion(protocol, found))
            console.print()
            groups = "studies" if protocol == "study" else "experiments"
            rows = [
                (
                    (_pool(name),),
                    [
                        *(str(figure[number]) for number in ("n", "groups")),
                        *(_with_interval(figure, share) for share in ("promised", "kept", "difference")),
                    ],
                )
                for name, figure in pooled.items()
            ]
            heads = ["picks", groups, "promised", "kept", "difference"]
            _aligned(console, [f"{protocol}: all targets at once, with"], heads, rows)
            _say(console, _within(protocol, pooled))
            console.print()
    _say(
        console,
        f"bias: predicted less measured; in {INTERVAL_PERCENT}: share within the {INTERVAL_PERCENT} "
        "intervals; promised: mean probability that all yields of a row reach the target; kept: share of "
        "rows that do; brackets: 95 % bootstrap. "
        f"Rows picked by recovery are asked for {100 * BEST_TARGET:g} %. All targets at once: picks at "
        f"{_percents(TARGETS)} for every metal together.",
    )


def selected_text(answers: Answers, card: Mapping[str, Any]) -> str:
    """Return what `optimiser evaluate --selected --out` writes: YAML, the figures as a card holds them.

    Args:
        answers: of all protocols.
        card: of the shipped model, whose seal says whose figures these are.
    """
    record: dict[str, Any] = {SEAL: card[SEAL]}
    for kind in ("selected", "joint"):
        record[kind] = {
            protocol: shortened(answers[protocol][SHIPPED][kind]) for protocol in ("experiment", "study")
        }
    head = "# written by: optimiser evaluate --selected --out FILE\n"
    return head + yaml.safe_dump(record, sort_keys=False, default_flow_style=None, width=100)


def _pool(name: str) -> str:
    """E.g. ``80 % confidence, the cheapest fifth``."""
    rule = POOLS[name][0]
    how = "one cheapest" if rule.one else "cheapest fifth"
    return f"{100 * (rule.confidence or 0.0):g} % confidence, the {how}"


def _percents(shares: Sequence[float]) -> str:
    """E.g. ``70, 80 and 90 %``."""
    *first, last = (f"{100 * share:g}" for share in shares)
    return f"{', '.join(first)} and {last} %"


def _within(protocol: str, pooled: Mapping[str, Mapping[str, Any]]) -> str:
    points = f"{100 * MOST_OVERPROMISED:g} points"
    failed = [
        f"at {_pool(name)} ({100 * pooled[name]['difference']:+.1f} points, 95 % interval "
        f"{' to '.join(f'{100 * end:+.0f}' for end in pooled[name]['difference_interval'] or ())})"
        for name in off(pooled)
    ]
    if failed:
        return f"{protocol}: kept differs by more than {points} from promised {'; '.join(failed)}."
    return f"{protocol}: kept is within {points} of promised at {_percents(CONFIDENCES)} joint confidence."


def _conclusion(protocol: str, found: Mapping[str, Mapping[str, Any]]) -> str:
    rules, names = broken(found), [name for name, figure in found.items() if figure["n"] >= LEAST_ROWS]
    few = f"rules that pick fewer than {LEAST_ROWS} rows left out"
    if not names:
        return f"{protocol}: no rule picks {LEAST_ROWS} rows, too few to say whether promises hold."
    if rules:
        failed = ", ".join(
            f"{name} ({100 * found[name]['promised']:.0f} % promised, "
            f"{100 * found[name]['kept']:.0f} % kept, intervals hold {100 * found[name]['coverage']:.0f} %)"
            for name in rules
        )
        return (
            f"{protocol}: promises hold for {len(names) - len(rules)} of {len(names)} rules. Over "
            f"{100 * MOST_OVERPROMISED:g} points more than kept are promised, or intervals hold less than "
            f"{100 * LEAST_COVERAGE:g} %, for {failed}; {few}."
        )
    kept, promised = (
        sum(found[name][what] * found[name]["n"] for name in names) / sum(found[name]["n"] for name in names)
        for what in ("kept", "promised")
    )
    return (
        f"{protocol}: promises hold. Of rows picked like designs of a search {100 * kept:.0f} % kept all "
        f"targets, where {100 * promised:.0f} % were promised ({few})."
    )


def _with_interval(figure: Mapping[str, Any], name: str) -> str:
    value, ends = figure[name], figure[f"{name}_interval"]
    if value is None:
        return ""
    around = "" if ends is None else f" ({ends[0] + 0.0:.3f} to {ends[1] + 0.0:.3f})"
    return f"{value:.3f}{around}"


def _say(console: Console, text: str) -> None:
    """Print one statement: wrapped at words on a terminal, on one line of its own where it is piped."""
    console.print(Text(text), soft_wrap=not console.is_terminal)


def _print(
    console: Console, heads: Sequence[str], rows: Sequence[tuple[tuple[str, ...], Mapping[str, Any]]]
) -> None:
    shown = [name for name in _FIGURES if any(row.get(name) is not None for _, row in rows)]
    shown_rows = [(names, [_figure(row.get(name)) for name in shown]) for names, row in rows]
    _aligned(console, heads, [_FIGURES[name] for name in shown], shown_rows)


def _aligned(
    console: Console,
    heads: Sequence[str],
    figures: Sequence[str],
    rows: Sequence[tuple[tuple[str, ...], Sequence[str]]],
) -> None:
    """Print names to the left and figures to the right, each row on one line where it is piped."""
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    for head in heads:
        table.add_column(head, no_wrap=True)
    for figure in figures:
        table.add_column(figure, justify="right", no_wrap=True)
    for names, row in rows:
        table.add_row(*(Text(name) for name in names), *row)
    if not console.is_terminal:
        console = Console(file=console.file, width=Console(width=100_000).measure(table).maximum)
    console.print(table)


def _figure(value: Any) -> str:
    if isinstance(value, Mapping):
        value = value[INTERVAL_KEY]
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
        yield "Some experiments or studies have values in several of these groups: p values are a guide only."


def repeat_lines(repeats: Sequence[Repeat], *, listed: bool) -> list[str]:
    """Return lines about rows that repeat each other; they are kept.

    Args:
        repeats: of a training table.
        listed: whether every row is named; else only how many there are.
    """

    def listing(some: Sequence[Repeat], how: str) -> str:
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
            f"({len(against)} groups, kept; largest difference in brackets): {listing(against, ' ({:.2f})')}"
        )
    if alike:
        lines.append(f"Rows that repeat others ({len(alike)} groups, kept): {listing(alike, '')}")
    return lines


def stoichiometry_lines(table: TrainingTable, *, listed: bool) -> list[str]:
    """Return lines about rows that dissolve clearly more charge than their acid offers.

    Args:
        table: training table.
        listed: whether every row is listed, with acid, feed and the charges; else only how many there are.
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
    shown = [("row", "acid", "feed", "offered", "dissolved", "ratio")]
    for row in rows:
        numbers = (f"{x[row]:.2f}" for x in (balance.offered, balance.dissolved, ratio))
        shown.append((str(row + 2), acids[row], feeds[row], *numbers))
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
    aligned = [str.rjust, str.ljust, str.ljust, str.rjust, str.rjust, str.rjust]
    return [
        f"{head} (mol charge per L; most likely solids that are not all cathode):",
        *(
            "  "
            + "  ".join(
                align(str(cell), width) for align, cell, width in zip(aligned, cells, widths, strict=True)
            )
            for cells in shown
        ),
    ]


def skill_records(answers: Answers) -> list[dict[str, Any]]:
    """Return one record per protocol, model and group, for a table on disk."""
    records = []
    for protocol, models in answers.items():
        for model, answer in models.items():
            kinds = [("overall", "", answer["overall"])]
            if "as_published" in answer:
                kinds.append(("as_published", "", answer["as_published"]))
            kinds += [(kind, name, s) for kind, groups in answer["by"].items() for name, s in groups.items()]
            for kind, group, scores in kinds:
                record = {"protocol": protocol, "model": model, "kind": kind, "group": group, **scores}
                held = record.pop("coverage") or {}
                records.append({**record, **{f"coverage_{level}": share for level, share in held.items()}})
    return records
