"""Accuracy of a system's models on held-out data: what is stored beside its artefact and printed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from optimiser._io.errors import InputError, closest
from optimiser.surrogate.artefact import Surrogate
from optimiser.surrogate.calibration import INTERVAL_KEY
from optimiser.surrogate.packing import SHIPPED, read_pinned
from optimiser.systems.table import SystemTable
from optimiser.training.calibrate import Evidence, nested
from optimiser.training.held_out import HeldOut
from optimiser.training.scores import LEVELS, r2, rounded, score
from optimiser.variables import Floats

#: The file beside an artefact, and its key in the card.
SKILL_FILE, SKILL_KEY = "skill.json", "evaluation"
#: Figures of every model by protocol: ``overall``, and ``by`` response.
Answers = dict[str, dict[str, dict[str, Any]]]
CONSTANT = "constant"


def answers_of(
    evidence: Evidence, held: Mapping[str, HeldOut], rivals: Mapping[str, Mapping[str, Floats]]
) -> Answers:
    """Score the default and its rivals on the same held-out values.

    Args:
        evidence: of the table.
        held: the default's predictions by protocol.
        rivals: yields by protocol and model, NaN where a fold cannot predict a response, shape (n, m).

    Returns:
        ``{protocol: {model: {"overall": {...}, "by": {response: {"r2": ..., "mae": ...}}}}}``; yields are
        fractions. The default's ``overall`` tells the coverage of its intervals, too.
    """
    table: SystemTable = evidence.table
    found: Answers = {}
    for protocol, measured in held.items():
        yields, counted = nested(evidence, held, protocol), table.present & measured.predicted
        predicted = {SHIPPED: yields.expected, **rivals[protocol]}
        found[protocol] = {
            model: {
                "overall": score(
                    mean, table.yields, counted, yields.intervals(LEVELS) if model == SHIPPED else None
                ),
                "by": _by_response(table, mean, counted),
            }
            for model, mean in predicted.items()
        }
    told: Answers = rounded(found)
    return told


def _by_response(table: SystemTable, mean: Floats, counted: Any) -> dict[str, Any]:
    found = {}
    for k, response in enumerate(table.system.responses):
        mine = counted[:, k]
        error = np.abs(mean[mine, k] - table.yields[mine, k])
        found[response] = {
            "r2": r2(mean[:, [k]], table.yields[:, [k]], counted[:, [k]]),
            "mae": float(error.mean()) if mine.any() else None,
            "values": int(mine.sum()),
        }
    return found


def beats_constant(answers: Answers) -> bool | None:
    """Return whether whole studies held out are predicted better than by a constant; None for one study."""
    if "study" not in answers:
        return None
    ours, theirs = (answers["study"][model]["overall"]["mae"] for model in (SHIPPED, CONSTANT))
    return bool(ours < theirs)


def transfer_line(answers: Answers, study: str) -> str:
    """Return the sentence that says how yields transfer to what is not in the table.

    Args:
        answers: as :func:`answers_of` gives them.
        study: what a study is, such as "material".
    """
    better = beats_constant(answers)
    if better is None:
        return (
            "All rows are one study: nothing can be held out that is as new as another laboratory's work or "
            "another feed, so how yields transfer to such is not known."
        )
    ours, theirs = (100.0 * answers["study"][model]["overall"]["mae"] for model in (SHIPPED, CONSTANT))
    figures = f"mean error {ours:.1f} points against {theirs:.1f}"
    if better:
        return f"Whole studies ({study}) held out, yields are predicted better than by a constant: {figures}."
    return (
        f"NO TRANSFER: whole studies ({study}) held out, yields are predicted no better than by a constant: "
        f"{figures}. Trust predictions for the table's own feeds and options only."
    )


def skill_lines(answers: Answers) -> list[str]:
    """Return one line for each protocol and model, for a terminal."""
    lines = []
    for protocol, by_model in answers.items():
        for model, told in by_model.items():
            overall = told["overall"]
            share = "" if overall["r2"] is None else f", R2 {overall['r2']:.3f}"
            held = (
                f", 90 % intervals hold {100.0 * overall['coverage'][INTERVAL_KEY]:.1f} %"
                if overall["coverage"]
                else ""
            )
            lines.append(f"held out by {protocol}: {model}: MAE {overall['mae']:.4f}{share}{held}")
    return lines + rival_lines(answers)


def rival_lines(answers: Answers) -> list[str]:
    """Say which rivals err less than the default on whole experiments held out; nothing where none does."""
    errors = {model: told["overall"]["mae"] for model, told in answers["experiment"].items()}
    better = sorted((e, model) for model, e in errors.items() if e < errors[SHIPPED])
    if not better:
        return []
    said = ", ".join(f"{model} {100.0 * e:.2f}" for e, model in better)
    return [
        f"note: on this table {said} err less than the default's {100.0 * errors[SHIPPED]:.2f} points with "
        "whole experiments held out; searches take the default, which alone is compiled"
    ]


def pack_answers(answers: Answers) -> bytes:
    """Return the content of ``skill.json``."""
    return (json.dumps(answers, indent=1, ensure_ascii=False) + "\n").encode()


def read_answers(surrogate: Surrogate) -> Answers:
    """Return what was measured when a system's artefact was trained.

    Raises:
        InputError: the file is missing, or not the one that was written.
    """
    path: Path = surrogate.path / SKILL_FILE
    if SKILL_KEY not in surrogate.card:
        raise InputError(
            f"The artefact {surrogate.name!r} has no stored accuracy.",
            allowed="an artefact that `optimiser train --system` wrote",
            remedy="train it again",
        )
    found: Answers = json.loads(read_pinned(path, surrogate.card, SKILL_KEY))
    return found


def select_answers(answers: Answers, models: str, protocol: str) -> Answers:
    """Return the answers of some models, a comma list, and one protocol; ``all`` of either.

    ``pd-gbr`` alone, which the command has as its default, means all models.

    Raises:
        InputError: a model or a protocol that was not measured.
    """
    known = list(next(iter(answers.values())))
    named = known if models in ("all", SHIPPED) else [name.strip() for name in models.split(",")]
    protocols = list(answers) if protocol == "all" else [protocol]
    for kind, chosen, there in (("model", named, known), ("protocol", protocols, list(answers))):
        for name in chosen:
            if name not in there:
                raise InputError(
                    f"No {kind} {name!r} was measured for this system.",
                    allowed=", ".join(there),
                    remedy=closest(name, there) or "name one of these",
                )
    return {p: {m: answers[p][m] for m in named} for p in protocols}
