"""What `explain` writes and prints: its files, its lines and its JSON."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np

from optimiser._io.errors import InputError
from optimiser._io.output import check_folder
from optimiser.explain.explanation import (
    RANKED,
    DesignExplanation,
    Explanation,
    Progress,
    explain,
    values_frame,
)
from optimiser.explain.setpoints import Change, Raise, best_change, limiting, thrifty_changes
from optimiser.explain.thresholds import Threshold
from optimiser.problem.binding import bind
from optimiser.problem.schema import Problem
from optimiser.report.cards.explain import explanation_cards
from optimiser.report.caveats import told_limits
from optimiser.report.columns import told_of
from optimiser.report.deliver import Delivery, deliver
from optimiser.report.effect_words import (
    interaction_sentences,
    raise_sentences,
    raised,
    threshold_sentences,
)
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
from optimiser.surrogate.calibration import INTERVAL_LEVEL
from optimiser.tables.one_design import one_design
from optimiser.tables.own import tables_of

#: Of the orders in which the drivers of the anchors are moved.
SEED = 1
#: Anchors that a ranking is over, at least.
LEAST_ANCHORS = 2


def write_explanation(
    question: Problem | None,
    *,
    surrogate: str | None = None,
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
        question: the problem; None explains a model as a whole.
        surrogate: the model instead of the problem's, or without a problem; the one that ships if left out.
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
            "A design alone does not say which cathode is leached."
            if surrogate is None
            else "A design alone does not say what is leached.",
            where="--design" if design is not None else "--front",
            allowed="a problem or config before the options",
            remedy="for example: optimiser explain nmc111 --design ...",
        )
    question = None if question is None else question.on(surrogate)
    name = question.name if question else Path(surrogate).name if surrogate else "model"
    out = out or default_out(f"explain_{name}")
    check_folder(out, force)
    problem, asked = (bind(question, tables_of(question)) if question else None), None
    if problem is not None and question is not None and asks:
        asked = one_design(question, problem, design, front, row)
    of = explain(
        problem.surrogate if problem else load_surrogate(surrogate or "pd-gbr", where="--surrogate"),
        np.random.default_rng(SEED),
        problem=problem,
        design=asked.designs if asked else None,
        ranked=anchors,
        progress=progress,
    )
    pinned = {
        **made_with(of.surrogate),
        "options": given(
            {
                **options,
                "surrogate": surrogate,
                "anchors": anchors,
                "problem": question.name if question else None,
            }
        ),
        "sha256": {"front": hashlib.sha256(front.read_bytes()).hexdigest()} if front else {},
        "seed": SEED,
    }
    found = Explained(of, asked)
    with told_of(of.surrogate.system):
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
    system = of.surrogate.system
    if of.design is None:
        said += [f"Note: {line}" for line in told_limits(of.surrogate)]
    with told_of(system):
        if of.design is not None:
            said += [limiting_sentence(of.design), *yield_sentences(of), *change_sentences(of.design)]
            said += raise_sentences(of)
            said += [f"Note: {line}" for line in cautions(of)]
        return [*said, ranking_sentence(of), *interaction_sentences(of), *threshold_sentences(of)]


def ranking_records(of: Explanation) -> list[dict[str, Any]]:
    """Return the ranking as records: points of yield that each driver changes each metal by, on average."""
    shown = (100.0 * of.ranking()).round(1).add_suffix(" points")
    named = shown.rename(lambda driver: driver_label(driver, of.surrogate.system))
    records: list[Any] = named.reset_index().to_dict("records")
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
            "interactions": _interactions_json(of),
            "thresholds": [_threshold_json(one) for one in of.thresholds],
            "sentences": [ranking_sentence(of), *interaction_sentences(of), *threshold_sentences(of)],
            "design": None if of.design is None else _design_json(found, of.design),
        }
    )
    return plain


def _interactions_json(of: Explanation) -> list[dict[str, Any]]:
    found = of.interactions
    return [
        {
            "drivers": list(names),
            "size": dict(zip(of.responses, found.size[p], strict=True)),
            "error": dict(zip(of.responses, found.error[p], strict=True)),
            "pairs_of_rows": int(found.rows[p]),
        }
        for p, names in enumerate(found.names)
    ]


def _threshold_json(one: Threshold) -> dict[str, Any]:
    where = {"driver": one.driver, "response": one.response, "kind": one.kind}
    if one.kind is None:
        return where | {"why": one.why}
    ends = {"at": one.at, "low": one.low, "high": one.high, "level": INTERVAL_LEVEL}
    return where | ends | {"before": one.before, "after": one.after}


def _design_json(found: Explained, d: DesignExplanation) -> dict[str, Any]:
    of, evaluation, problem = found.of, d.evaluation, d.problem
    option, best = problem.acid_names[int(evaluation.designs.acid[0])], best_change(d.sweeps)
    columns = dict(zip(of.responses, of.columns, strict=True))
    setpoints = (option, *evaluation.designs.continuous[0])
    with told_of(problem.system):
        said = [limiting_sentence(d), *yield_sentences(of), *change_sentences(d), *raise_sentences(of)]
        warned = [*mismatch(found), *cautions(of)]
    return {
        "setpoints": dict(zip(problem.design_columns, setpoints, strict=True)),
        "domain_distance": evaluation.domain_distance[0],
        "yields": {m: evaluation.yields[0, k] for m, k in columns.items()},
        "limiting": limiting(problem, evaluation.yields[0]),
        "base": {m: d.values.base[k] for m, k in columns.items()},
        "shap": {m: dict(zip(of.drivers, d.values.values[0, :, k], strict=True)) for m, k in columns.items()},
        "change": None if best is None else _change_json(best),
        "thrifty_changes": [_change_json(change) for change in thrifty_changes(d.sweeps)],
        "raises": {
            r: None if change is None else _raise_json(of, change)
            for r, change in zip(of.responses, raised(of, d), strict=True)
        },
        "sentences": said,
        "warnings": warned,
    }


def _change_json(change: Change) -> dict[str, Any]:
    return {
        "variable": change.variable.name,
        "unit": change.variable.unit,
        "from": change.now,
        "to": change.to,
        "lowest_yield": change.lowest_yield,
        "limiting": change.limiting,
        **{name: change.metric(name) for name in ("cost",) if name in change.after.metrics},
        "gain": change.gain,
        "gain_per_cost": change.per_cost,
        "domain_distance": change.after.domain_distance[change.row],
    }


def _raise_json(of: Explanation, change: Raise) -> dict[str, Any]:
    return {
        "variable": change.variable.name,
        "unit": change.variable.unit,
        "from": change.now,
        "to": change.to,
        "gain": {m: change.gain[k] for m, k in zip(of.responses, of.columns, strict=True)},
        "domain_distance": change.after.domain_distance[change.row],
    }
