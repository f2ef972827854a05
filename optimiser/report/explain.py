"""What `explain` writes and prints: its files, its lines and its JSON."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np

from optimiser._io.errors import InputError
from optimiser._io.output import check_folder
from optimiser.explain.drivers import DRIVERS
from optimiser.explain.explanation import (
    RANKED,
    DesignExplanation,
    Explanation,
    Progress,
    explain,
    values_frame,
)
from optimiser.explain.setpoints import Change, best_change, limiting_metal, thrifty_changes
from optimiser.problem.binding import bind
from optimiser.problem.schema import Problem
from optimiser.report.cards.explain import explanation_cards
from optimiser.report.deliver import Delivery, deliver
from optimiser.report.explain_words import (
    Explained,
    cautions,
    change_sentences,
    driver_label,
    limiting_sentence,
    mismatch,
    ranking_sentence,
    yield_sentences,
)
from optimiser.report.manifest import given, made_with, plain_json
from optimiser.report.write import default_out
from optimiser.surrogate.artefact import load_surrogate
from optimiser.tables.one_design import one_design
from optimiser.tables.own import tables_of
from optimiser.variables import DESIGN_COLUMNS

#: Of the orders in which the drivers of the anchors are moved.
SEED = 1
#: Anchors that a ranking is over, at least.
LEAST_ANCHORS = 2


def write_explanation(
    question: Problem | None,
    *,
    design: str | None = None,
    front: Path | None = None,
    row: int | None = None,
    anchors: int = RANKED,
    out: Path | None = None,
    force: bool = False,
    progress: Progress = lambda done, steps, what: None,
) -> tuple[Explained, Delivery]:
    """Explain the model of a problem, and one design of it, and write page, table and manifest.

    Args:
        question: the problem; None explains the model that ships.
        design, front, row: the design, as `tables.one_design.one_design` reads it.
        anchors: that the ranking is over, at most.
        out: folder to write; ``reports/explain_NAME/TIME/`` if left out.
        force: replace an existing ``out``.
        progress: called as the work goes on.

    Raises:
        InputError: anything wrong with options, problem, design or folder, before any explaining.
    """
    if anchors < LEAST_ANCHORS:
        raise InputError(
            f"A ranking needs at least {LEAST_ANCHORS} of the model's anchors.",
            where=f"--anchors {anchors}",
            remedy=f"leave --anchors out for {RANKED}",
        )
    options = {"design": design, "front": front, "row": row}
    asks = any(value is not None for value in options.values())
    if question is None and asks:
        raise InputError(
            "A design alone does not say which cathode is leached.",
            where="--design" if design is not None else "--front",
            allowed="a problem or config before the options",
            remedy="for example: optimiser explain nmc111 --design ...",
        )
    name = question.name if question else "model"
    out = out or default_out(f"explain_{name}")
    check_folder(out, force)
    problem, asked = (bind(question, tables_of(question)) if question else None), None
    if problem is not None and question is not None and asks:
        asked = one_design(question, problem, design, front, row)
    of = explain(
        problem.surrogate if problem else load_surrogate("pd-gbr"),
        np.random.default_rng(SEED),
        problem=problem,
        design=asked.designs if asked else None,
        ranked=anchors,
        progress=progress,
    )
    pinned = {
        **made_with(of.surrogate),
        "options": given({**options, "anchors": anchors, "problem": question.name if question else None}),
        "sha256": {"front": hashlib.sha256(front.read_bytes()).hexdigest()} if front else {},
        "seed": SEED,
    }
    found = Explained(of, asked)
    delivery = deliver(
        out,
        manifest=pinned,
        cards=explanation_cards(found, pinned),
        tables={"shap_values.csv": values_frame(of)},
        title=f"What drives {asked.name if asked else 'the predicted yields'}",
        name=f"explain {name}",
        force=force,
    )
    return found, delivery


def lines(found: Explained) -> list[str]:
    """Return the explanation for a terminal, before the table of `ranking_records`."""
    of, said = found.of, [f"Note: {line}" for line in mismatch(found)]
    if of.design is not None:
        said += [limiting_sentence(of.design), *yield_sentences(of), *change_sentences(of.design)]
        said += [f"Note: {line}" for line in cautions(of)]
    return [*said, ranking_sentence(of)]


def ranking_records(of: Explanation) -> list[dict[str, Any]]:
    """Return the ranking as records: points of yield that each driver changes each metal by, on average."""
    shown = (100.0 * of.ranking()).round(1).add_suffix(" points").rename(driver_label)
    records: list[Any] = shown.reset_index().to_dict("records")
    return records


def as_json(found: Explained, out: Path) -> dict[str, Any]:
    """Return an explanation as plain JSON: yields and SHAP values are fractions."""
    of = found.of
    plain: dict[str, Any] = plain_json(
        {
            "out": out,
            "surrogate": {"name": of.surrogate.name, "sha256": of.surrogate.sha256},
            "background": {"rows": len(of.background), "of": "the surrogate's anchors"},
            "anchors": len(of.cases),
            "mean_absolute_shap": of.ranking().to_dict("index"),
            "design": None if of.design is None else _design_json(found, of.design),
        }
    )
    return plain


def _design_json(found: Explained, d: DesignExplanation) -> dict[str, Any]:
    of, evaluation = found.of, d.evaluation
    acid, best = d.problem.acid_names[int(evaluation.designs.acid[0])], best_change(d.sweeps)
    metals = dict(zip(of.metals, of.columns, strict=True))
    return {
        "setpoints": dict(zip(DESIGN_COLUMNS, [acid, *evaluation.designs.continuous[0]], strict=True)),
        "domain_distance": evaluation.domain_distance[0],
        "yields": {m: evaluation.yields[0, k] for m, k in metals.items()},
        "limiting": limiting_metal(evaluation.yields[0]),
        "base": {m: d.values.base[k] for m, k in metals.items()},
        "shap": {m: dict(zip(DRIVERS, d.values.values[0, :, k], strict=True)) for m, k in metals.items()},
        "change": None if best is None else _change_json(best),
        "thrifty_changes": [_change_json(change) for change in thrifty_changes(d.sweeps)],
        "sentences": [limiting_sentence(d), *yield_sentences(of), *change_sentences(d)],
        "warnings": [*mismatch(found), *cautions(of)],
    }


def _change_json(change: Change) -> dict[str, Any]:
    return {
        "variable": change.variable.name,
        "unit": change.variable.unit,
        "from": change.now,
        "to": change.to,
        "lowest_yield": change.lowest_yield,
        "limiting": change.limiting,
        "cost": change.metric("cost"),
        "gain": change.gain,
        "gain_per_cost": change.per_cost,
        "domain_distance": change.after.domain_distance[change.row],
    }
