"""What `compare-acids` and `breakeven` write and print: their files, their lines and their JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from optimiser.answers.acids import AcidComparison
from optimiser.answers.crossing import Breakeven
from optimiser.report.acid_words import breakeven_lines, comparison_lines, labelled, verdict
from optimiser.report.cards.acids import breakeven_cards, comparison_cards
from optimiser.report.columns import column, told_of
from optimiser.report.deliver import Delivery, Tables, deliver
from optimiser.report.figures.acids import Scale
from optimiser.report.manifest import given, made_with, plain_json
from optimiser.report.numbers import percent
from optimiser.report.plant_numbers import scope_record
from optimiser.report.scope_words import scopes_json
from optimiser.systems.words import vocabulary
from optimiser.tables.front_csv import with_choices


def deliver_comparison(
    of: AcidComparison, options: dict[str, Any], out: Path, force: bool = False, scale: Scale = "linear"
) -> Delivery:
    """Write page, tables and manifest of a comparison into a folder."""
    pinned = _pin(of, options, comparison_lines(of))
    pinned |= {"seed": ", ".join(map(str, of.seeds)), "search": vars(of.settings)}
    pinned |= scope_record(of.problem)
    system = of.problem.system
    tables: dict[str, Any] = {"acids.csv": with_choices(of.frame(), system), "fronts.csv": of.fronts()}
    if of.impacts is not None:
        tables |= {"impacts.csv": of.impacts.frame, "ranks.csv": of.impacts.ranks}
    if of.crossing is not None:
        tables |= {"map.csv": of.crossing.frame(), "boundary.csv": of.crossing.crossings()}
    if (both := of.scopes()) is not None:
        tables["scopes.csv"] = both.frame()
    with told_of(system):
        cards = comparison_cards(of, pinned, scale)
        title = f"Which {vocabulary(system).option} leaches {of.problem.feed.name} best?"
        return _deliver(title, of.name, pinned, cards, tables, out, force)


def deliver_breakeven(of: Breakeven, options: dict[str, Any], out: Path, force: bool = False) -> Delivery:
    """Write page, tables and manifest of a break-even into a folder."""
    pinned = _pin(of, options, breakeven_lines(of)) | {"seed": of.seed}
    system = of.field.problem.system
    title = f"Which {vocabulary(system).option} is best as the {of.lever.label} changes?"
    tables = {"breakeven.csv": of.frame(), "crossings.csv": of.crossings()}
    name = of.field.problem.name
    with told_of(system):
        return _deliver(title, name, pinned, breakeven_cards(of, pinned), tables, out, force)


def _pin(of: AcidComparison | Breakeven, options: dict[str, Any], said: list[str]) -> dict[str, Any]:
    return {
        **made_with(of.field.problem.surrogate),
        "options": given(options),
        "problem": of.field.problem.name,
        "question": of.field.question.to_yaml(),
        "own_tables": [vars(file) for file in of.tables.files] if of.tables else [],
        "seconds": of.seconds,
        "answer": " ".join(said),
    }


def _deliver(
    title: str, name: str, pinned: dict[str, Any], cards: Any, tables: Tables, out: Path, force: bool
) -> Delivery:
    return deliver(out, manifest=pinned, cards=cards, tables=tables, title=title, name=name, force=force)


def acid_records(of: AcidComparison) -> list[dict[str, Any]]:
    """Return one row per acid for a terminal."""
    rows, p_best, both = [], of.p_best(), of.scopes()
    what = vocabulary(of.problem.system).option
    for one in of.acids:
        row: dict[str, Any] = {what: one.acid + (" (guess)" if one.guess else "")}
        for name, place in [(o.metric, 0) for o in of.problem.objectives]:
            how = column(name)
            row[how.label] = "–" if one.picked is None else how.text(one.picked.metrics[name][place])
        if both is not None and one.picked is not None:
            at = both.acids.index(one.acid)
            row["by reagents"] = f"{both.order(0).index(at) + 1}: {column('cost').text(both.values(0)[at])}"
        elif both is not None:
            row["by reagents"] = "–"
        row["best with"] = percent(p_best[one.acid]) if one.acid in p_best and not one.guess else "–"
        row["experiments"] = str(one.experiments)
        row["verdict"] = verdict(of, one)
        rows.append(row)
    return rows


def comparison_json(of: AcidComparison, out: Path | None = None) -> dict[str, Any]:
    """Return a comparison as plain JSON; yields and probabilities are fractions."""
    told: dict[str, Any] = {
        "out": out,
        "problem": of.name,
        "objectives": [o.setting for o in of.problem.objectives],
        "acids": of.frame().to_dict("records"),
        "outside": [{"acid": acid, "experiments": n} for acid, n in of.field.outside],
        "impacts": [] if of.impacts is None else of.impacts.frame.to_dict("records"),
        "map": [] if of.crossing is None else of.crossing.frame().to_dict("records"),
        "boundary": [] if of.crossing is None else of.crossing.crossings().to_dict("records"),
        "sentences": comparison_lines(of),
        **scope_record(of.problem),
    }
    if (both := of.scopes()) is not None:
        told["scopes"] = scopes_json(both)
    plain: dict[str, Any] = plain_json(told)
    return plain


def breakeven_json(of: Breakeven, out: Path | None = None) -> dict[str, Any]:
    """Return a break-even as plain JSON."""
    told = {
        "out": out,
        "problem": of.field.problem.name,
        "lever": of.lever.name,
        "unit": of.lever.unit,
        "now": of.lever.value,
        "objective": of.objective.setting,
        "acids": {acid: labelled(of.field, acid) for acid in of.acids},
        "guesses": sorted(of.field.guessed & set(of.acids)),
        "subject": of.subject,
        "crossings": of.crossings().to_dict("records"),
        "values": of.frame().to_dict("records"),
        "sentences": breakeven_lines(of),
    }
    plain: dict[str, Any] = plain_json(told)
    return plain
