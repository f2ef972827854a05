"""What `suggest` hands over: a table, JSON, and the laboratory sheet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from optimiser._io.output import check_file_target
from optimiser.learning.drawing import distances
from optimiser.learning.suggest import Suggested
from optimiser.problem.bound import Evaluation
from optimiser.report import suggest_words
from optimiser.report.columns import told_of
from optimiser.report.lab_amounts import VOLUME, assumptions, check_volume
from optimiser.report.lab_sheet import lab_frame, write_lab_sheet
from optimiser.report.lab_system import system_assumptions, system_frame
from optimiser.report.manifest import plain_json
from optimiser.report.named import named_design
from optimiser.tables.front_csv import design_table
from optimiser.tables.own_results_layout import layout_of
from optimiser.variables import Designs


def suggested_frame(found: Suggested) -> pd.DataFrame:
    """Return one row per experiment: why it is suggested, and the columns of ``front.csv``."""
    with told_of(found.problem.system):
        return _suggested_frame(found)


def _suggested_frame(found: Suggested) -> pd.DataFrame:
    frame = design_table(found.problem, found.evaluation).drop(columns="knee", errors="ignore")
    frame.insert(0, "experiment", np.arange(1, len(found) + 1))
    system = found.problem.system
    position = 1 + (1 if system.is_cathode else len(system.choices)) + len(system.names)
    frame.insert(position, "why", [suggest_words.why(found, row) for row in range(len(found))])
    frame.insert(position + 1, "chance", [reason.chance for reason in found.reasons])
    frame.insert(position + 2, "value_then", [reason.value for reason in found.reasons])
    return frame


def as_json(found: Suggested) -> dict[str, Any]:
    """Return the suggestions as plain JSON: yields and chances are fractions, null where nothing is known."""
    with told_of(found.problem.system):
        return _as_json(found)


def _as_json(found: Suggested) -> dict[str, Any]:
    problem, doubt = found.problem, found.doubt
    apart = distances(problem, found.evaluation.designs, np.inf)
    between = apart[~np.eye(len(apart), dtype=bool) & np.isfinite(apart)]
    told: dict[str, Any] = {
        "problem": problem.name,
        "feed": problem.feed.name,
        "model": problem.surrogate.name,
        "asked": {
            "n": found.wanted.n,
            "for": found.wanted.aim,
            "batch": found.wanted.batch,
            "explore": found.wanted.explore,
            "samples": found.wanted.samples,
            "seed": found.wanted.seed,
            "objectives": [objective.setting for objective in problem.objectives],
            "targets": dict(problem.targets),
        },
        "own_results": found.own,
        "measured_best": found.measured,
        "candidates": found.candidates,
        "least_distance": float(between.min()) if len(between) else None,
        "experiments": [_experiment(found, row) for row in range(len(found))],
        "design": _experiment_design(found),
        "doubt": {
            "metrics": {
                name: {**vars(ends), "share_after": ends.share} for name, ends in doubt.metrics.items()
            },
            "yield_errors_after": dict(zip(problem.responses, doubt.scale.tolist(), strict=False)),
            "chance": doubt.chance,
            "wrong": doubt.wrong,
            "wrong_after": doubt.wrong_after,
        },
        "seconds": found.seconds,
    }
    plain: dict[str, Any] = plain_json(told)
    return plain


def check_sheet(out: Path, volume_ml: float, force: bool) -> None:
    """Refuse a sheet that could not be written, before any work is done.

    Raises:
        InputError: an impossible volume, another suffix than .xlsx, or a file that may not be replaced.
    """
    check_volume(volume_ml)
    check_file_target(out, force, (".xlsx",))


def write_sheet(found: Suggested, out: Path, volume_ml: float = VOLUME, force: bool = False) -> Path:
    """Write the suggested experiments as a laboratory sheet, which `learn` takes back filled in.

    Args:
        found: the suggestions.
        out: an .xlsx file.
        volume_ml: leachant of one experiment, mL.
        force: whether an existing file may be replaced.

    Raises:
        InputError: as `check_sheet`.
    """
    check_sheet(out, volume_ml, force)
    problem = found.problem
    designs, number = found.samples
    e = found.evaluation if len(designs) == len(found) else problem.evaluate(designs)
    if problem.system.is_cathode:
        frame, about = _cathode_sheet(found, designs, e, volume_ml)
    else:
        frame = system_frame(problem, designs, volume_ml, e.yields, e.yields_low, e.yields_high)
        about = system_assumptions(problem, volume_ml)
    frame["experiment"] = number + 1
    with told_of(problem.system):
        about["Why these"] = f"{suggest_words.headline(found)} {suggest_words.basis(found)}"
        about["Chosen by"] = f"optimiser suggest, with the yield model {problem.surrogate.name}."
        about |= {f"Experiment {row + 1}": suggest_words.why(found, row) for row in range(len(found))}
    return write_lab_sheet(out, frame, about, force, feed=problem.feed, layout=layout_of(problem.system))


def _cathode_sheet(
    found: Suggested, designs: Designs, e: Evaluation, volume_ml: float
) -> tuple[pd.DataFrame, dict[str, str]]:
    problem = found.problem
    used = {"reagents": problem.reagents, "parameters": problem.inputs.parameters}
    frame = lab_frame(
        problem.cathode_feed,
        problem.cathode_acids,
        designs,
        volume_ml=volume_ml,
        predicted=e.yields,
        low=e.yields_low,
        high=e.yields_high,
        **used,  # type: ignore[arg-type]
    )
    acids = [problem.cathode_acids[k] for k in np.unique(designs.acid)]
    about = assumptions(problem.cathode_feed, acids, volume_ml, **used)  # type: ignore[arg-type]
    return frame, about


def _experiment(found: Suggested, row: int) -> dict[str, Any]:
    e, problem, reason = found.evaluation, found.problem, found.reasons[row]
    return {
        "design": named_design(problem, e.designs, row),
        "yields": {
            metal: {
                "mean": e.yields[row, problem.responses.index(metal)],
                "low": e.yields_low[row, problem.responses.index(metal)],
                "high": e.yields_high[row, problem.responses.index(metal)],
            }
            for metal in problem.present
        },
        "objectives": {o.metric: e.metrics[o.metric][row] for o in problem.objectives},
        "p_feasible": e.p_feasible[row] if problem.targets else None,
        "domain_distance": e.domain_distance[row],
        "guess": bool(e.domain_distance[row] > 1.0),
        "reason": {"kind": reason.kind, "chance": reason.chance, "value": reason.value},
        "why": suggest_words.why(found, row),
    }


def _experiment_design(found: Suggested) -> dict[str, Any]:
    return named_design(found.problem, found.design.designs, 0)
