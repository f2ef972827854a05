"""What `ask` writes and prints: the answer as a page, as JSON, as tables."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from optimiser._io.output import check_folder
from optimiser.answers.answer import Answer, Priced
from optimiser.nearest import installed_table
from optimiser.problem.bound import BoundProblem
from optimiser.problem.metrics import METRICS
from optimiser.report import ask_words
from optimiser.report.cards.ask import answer_cards, prices_frame
from optimiser.report.caveats import selection_caveat
from optimiser.report.columns import told_of
from optimiser.report.deliver import Delivery, deliver
from optimiser.report.impact_words import record as impact_record
from optimiser.report.manifest import made_with, plain_json
from optimiser.report.nearest import Nearest, find_nearest
from optimiser.report.plant_numbers import scope_record
from optimiser.report.scope_words import scopes_json
from optimiser.tables.front_csv import design_table, with_choices

_EXPERIMENTS = 5


def evidence_of(answer: Answer) -> Nearest:
    """Return the five experiments nearest to the design of an answer."""
    problem = answer.problem
    table = installed_table(problem.surrogate)
    return find_nearest(problem, answer.evaluation.designs, table, _EXPERIMENTS)


def as_json(answer: Answer, evidence: Nearest) -> dict[str, Any]:
    """Return the answer as plain JSON: yields and chances are fractions, null where nothing is known."""
    problem, e = answer.problem, answer.evaluation
    names = dict.fromkeys([answer.objective.metric, problem.counted("cost"), "cost", "climate_change"])
    other = answer.runner_up
    with told_of(problem.system):
        headline = " ".join(ask_words.headline(answer))
    told: dict[str, Any] = {
        "feasible": answer.feasible,
        "problem": problem.name,
        "feed": problem.feed.name,
        "asked": {
            "objective": answer.objective.setting,
            "targets": dict(problem.targets),
            "confidence": problem.confidence,
            "joint": problem.joint,
        },
        "design": problem.named(e.designs, 0),
        "yields": {
            metal: {
                "mean": e.yields[0, problem.responses.index(metal)],
                "low": e.yields_low[0, problem.responses.index(metal)],
                "high": e.yields_high[0, problem.responses.index(metal)],
            }
            for metal in problem.present
        },
        "objectives": {name: _interval(answer, name) for name in names if name in answer.spread},
        "value": answer.value if answer.feasible else None,
        "components": {
            name: _interval(answer, name)
            for name in answer.spread
            if name.startswith(("cost_", "climate_")) and name not in METRICS
        },
        "p_feasible": e.p_feasible[0] if problem.targets else None,
        "highest_confidence": answer.highest_confidence,
        **({"proton_ratio": e.proton_ratio[0]} if problem.system.is_cathode else {}),
        "domain_distance": e.domain_distance[0],
        "support": int(e.support[0]),
        "binding": [vars(one) for one in answer.binding],
        "runner_up": None
        if other is None
        else {"acid": other.acid, "value": other.value, "premium": other.premium},
        "acids": [
            {
                "acid": a.acid,
                "value": a.value,
                "premium": a.premium,
                "experiments": a.experiments,
                "reason": a.reason,
            }
            for a in answer.acids
        ],
        "drift": [vars(one) for one in answer.drift],
        "price_of_yield": [_priced(problem, one) for one in answer.price_of_yield],
        "price_of_certainty": [_priced(problem, one) for one in answer.price_of_certainty],
        "reachable": [_priced(problem, one) for one in answer.reachable],
        **({} if (impacts := _impacts(answer)) is None else {"impacts": impacts}),
        "evidence": evidence.frame.astype(object).where(evidence.frame.notna(), None).to_dict("records"),
        "answer": headline,
        "replayed": " ".join(selection_caveat(problem, answer.evaluation, 0)) or None,
        "seconds": answer.seconds,
    }
    told |= scope_record(problem)
    if answer.scopes is not None:
        told["scopes"] = scopes_json(answer.scopes)
    if answer.refusal is not None:
        told["give"] = {
            "together": answer.refusal.give,
            "reachable": dict(answer.refusal.reachable),
            "binding": [vars(one) for one in answer.refusal.binding],
        }
    plain: dict[str, Any] = plain_json(told)
    return plain


def write_ask(
    answer: Answer, evidence: Nearest, out: Path, asked: Mapping[str, Any], force: bool = False
) -> Delivery:
    """Write the answer's page, tables and manifest into a folder, whole or not at all.

    Args:
        answer: the answer.
        evidence: as `evidence_of` gives it.
        out: the folder.
        asked: the options of the question, for the manifest.
        force: replace an existing ``out``.

    Raises:
        InputError: ``out`` cannot be written or replaced.
    """
    check_folder(out, force)
    problem = answer.problem
    pinned = {
        **made_with(problem.surrogate),
        "options": dict(asked),
        "question": answer.question.to_yaml(),
        "seed": answer.seed,
        **as_json(answer, evidence),
    }
    tables: dict[str, pd.DataFrame | Mapping[str, pd.DataFrame]] = {
        "answer.csv": design_table(problem, answer.evaluation),
        "nearest.csv": evidence.frame,
    }
    if problem.targets:
        tables["prices.csv"] = with_choices(prices_frame(answer), problem.system)
    with told_of(problem.system):
        return deliver(
            out,
            manifest=pinned,
            cards=answer_cards(answer, evidence, pinned),
            tables=tables,
            title=f"{problem.feed.name}: {answer.objective.verb} {answer.objective.label}",
            name=f"ask {problem.name}",
            description=f"Targets: {ask_words.asked_text(answer)}." if problem.targets else "",
            force=force,
        )


def priced_frame(answer: Answer) -> pd.DataFrame:
    """Return the map of targets and confidences and both prices, a row per question, numbers as they are."""
    told = [
        ("yield", answer.price_of_yield),
        ("certainty", answer.price_of_certainty),
        ("map", answer.reachable),
    ]
    rows = [{"price_of": what, **_priced(answer.problem, one)} for what, ones in told for one in ones]
    return pd.json_normalize(rows, max_level=1)


def _impacts(answer: Answer) -> dict[str, Any] | None:
    """Return the impacts of a cathode's design; None without a table of them."""
    problem = answer.problem
    return impact_record(problem, answer.evaluation, 0) if problem.system.is_cathode else None


def _interval(answer: Answer, name: str) -> dict[str, float]:
    told = answer.spread[name]
    return {"mean": told.value, "low": told.low, "high": told.high}


def _priced(problem: BoundProblem, one: Priced) -> dict[str, Any]:
    return {
        "target": None if math.isnan(one.target) else one.target,
        "confidence": one.confidence,
        "feasible": one.feasible,
        "value": one.value,
        "acid": one.acid or None,
        "design": problem.named(one.design, 0) if one.feasible else None,
        "p_feasible": one.p_feasible if one.feasible else None,
    }
