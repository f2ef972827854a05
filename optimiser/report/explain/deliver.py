"""From what `explain` was asked to what it writes and says."""

from __future__ import annotations

import hashlib
import json
import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from optimiser import __version__
from optimiser._io import builtin
from optimiser._io.errors import InputError
from optimiser._io.output import check_folder, placed
from optimiser.chemistry.feeds import METALS
from optimiser.explain.ask import Asked, design_of_front, design_of_text
from optimiser.explain.cases import DRIVERS, ranking
from optimiser.explain.explanation import (
    RANKED,
    DesignExplanation,
    Explanation,
    Progress,
    explain,
    values_frame,
)
from optimiser.explain.setpoints import (
    Sweep,
    best_sweep,
    gain_per_cost,
    limiting_metal,
    lowest_yield,
    thrifty_sweeps,
)
from optimiser.problem.binding import bind
from optimiser.problem.load import Question
from optimiser.problem.problem import Problem
from optimiser.report.explain.cards import explanation_cards
from optimiser.report.explain.sentences import (
    cautions,
    change_sentences,
    driver_label,
    limiting_sentence,
    mismatch,
    ranking_sentence,
    yield_sentences,
)
from optimiser.report.manifest import DISTRIBUTION, FORMAT, git_state, package_versions, table_hashes
from optimiser.report.page import page_of
from optimiser.report.write import default_out
from optimiser.surrogate.artefact import load_surrogate
from optimiser.variables import DESIGN_COLUMNS, VARIABLES

#: Of the orders in which the drivers of the anchors are moved.
SEED = 1
#: Anchors that a ranking is over, at least.
LEAST_ANCHORS = 2


@dataclass(frozen=True)
class Request:
    """The options of `explain`, as on the command line, the problem read."""

    question: Question | None
    design: str | None = None
    front: Path | None = None
    row: int | None = None
    anchors: int = RANKED
    out: Path | None = None
    force: bool = False


@dataclass(frozen=True)
class Delivered:
    """What was explained, and the folder that holds it."""

    explanation: Explanation
    out: Path


def deliver(request: Request, progress: Progress) -> Delivered:
    """Explain what is asked for and write page, table and manifest.

    Raises:
        InputError: anything wrong with options, problem, design or folder, before any work.
    """
    _check(request)
    name = request.question.name if request.question else "model"
    out = request.out or default_out(f"explain_{name}")
    check_folder(out, request.force)
    problem = bind(request.question) if request.question else None
    asked = _asked(request, problem)
    surrogate = problem.surrogate if problem else load_surrogate("pd-gbr")
    of = explain(
        surrogate,
        np.random.default_rng(SEED),
        problem=problem,
        asked=asked,
        ranked=request.anchors,
        progress=progress,
    )
    pinned = _pinned(request, of)
    with placed(out) as folder:
        folder.mkdir()
        text = json.dumps(pinned, indent=2, ensure_ascii=False, allow_nan=False)
        (folder / "manifest.json").write_text(text + "\n", encoding="utf-8")
        values_frame(of).to_csv(folder / "shap_values.csv", index=False)
        title = f"What drives {asked.name if asked else 'the predicted yields'}"
        page = page_of(explanation_cards(of, pinned), pinned, title=title, name=f"explain {name}")
        (folder / "report.html").write_text(page, encoding="utf-8")
    return Delivered(of, out)


def _check(request: Request) -> None:
    if request.anchors < LEAST_ANCHORS:
        raise InputError(
            f"A ranking over {request.anchors} of the model's anchors says nothing.",
            where=f"--anchors {request.anchors}",
            allowed=f"{LEAST_ANCHORS} or more",
            remedy=f"leave --anchors out for {RANKED}",
        )
    if request.design is not None and request.front is not None:
        raise InputError("Two designs are given.", where="--design and --front", remedy="leave one out")
    if request.row is not None and request.front is None:
        raise InputError("A row of which front?", where="--row", remedy="add --front FRONT.csv")
    if request.question is None and (request.design is not None or request.front is not None):
        raise InputError(
            "A design alone does not say which cathode is leached.",
            where="--front" if request.design is None else "--design",
            allowed="a problem or config before the options",
            remedy="for example: optimiser explain nmc111 --design ...",
        )


def _asked(request: Request, problem: Problem | None) -> Asked | None:
    if problem is None or request.question is None:
        return None
    if request.design is not None:
        return design_of_text(request.design, request.question, problem)
    if request.front is not None:
        return design_of_front(request.front, request.row, request.question, problem)
    return None


def _pinned(request: Request, of: Explanation) -> dict[str, Any]:
    options = {n: getattr(request, n) for n in ("design", "front", "row", "anchors")}
    options["problem"] = request.question.name if request.question else None
    front = request.front
    return {
        "format": FORMAT,
        "product": DISTRIBUTION,
        "version": __version__,
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        "options": {k: str(v) if isinstance(v, Path) else v for k, v in options.items() if v is not None},
        "sha256": {"front": hashlib.sha256(front.read_bytes()).hexdigest()} if front else {},
        "seed": SEED,
        "artefact": {"name": of.surrogate.name, "sha256": of.surrogate.sha256},
        "tables": table_hashes(),
        "python": platform.python_version(),
        "packages": package_versions(),
        "git": git_state(builtin.root()),
    }


def lines(of: Explanation) -> list[str]:
    """Say an explanation on the terminal, before the table of `ranking_records`."""
    said = []
    if of.design is not None:
        said = [f"Note: {line}" for line in mismatch(of)]
        said += [limiting_sentence(of.design), *yield_sentences(of), *change_sentences(of.design)]
        said += [f"Note: {line}" for line in cautions(of)]
    indices = [METALS.index(metal) for metal in of.metals]
    return [*said, ranking_sentence(of, list(ranking(of.values.values[:, :, indices])))]


def ranking_records(of: Explanation) -> list[dict[str, Any]]:
    """Return the ranking as records: points of yield that each driver moves each metal by, on average."""
    indices = [METALS.index(metal) for metal in of.metals]
    return [
        {"driver": driver_label(driver)}
        | {f"{m} points": round(100.0 * v, 1) for m, v in zip(of.metals, values.tolist(), strict=True)}
        for driver, values in ranking(of.values.values[:, :, indices]).items()
    ]


def as_json(done: Delivered) -> dict[str, Any]:
    """Return an explanation as plain JSON: yields and SHAP values are fractions."""
    of = done.explanation
    indices = [METALS.index(metal) for metal in of.metals]
    ranked = ranking(of.values.values[:, :, indices])
    found: dict[str, Any] = {
        "out": str(done.out),
        "surrogate": {"name": of.surrogate.name, "sha256": of.surrogate.sha256},
        "background": {"rows": len(of.background), "of": "the surrogate's anchors"},
        "anchors": len(of.cases),
        "mean_absolute_shap": {
            d: dict(zip(of.metals, values.tolist(), strict=True)) for d, values in ranked.items()
        },
        "design": None,
    }
    if of.design is not None:
        found["design"] = _design_json(of, of.design)
    plain: dict[str, Any] = _without_nan(found)
    return plain


def _design_json(of: Explanation, d: DesignExplanation) -> dict[str, Any]:
    acid, continuous = (
        d.problem.acid_names[int(d.asked.designs.acid[0])],
        d.asked.designs.continuous[0].tolist(),
    )
    yields = d.evaluation.yields[0]
    best = best_sweep(d.sweeps)
    return {
        "setpoints": dict(zip(DESIGN_COLUMNS, [acid, *continuous], strict=True)),
        "domain_distance": float(d.evaluation.domain_distance[0]),
        "yields": {m: float(yields[METALS.index(m)]) for m in of.metals},
        "limiting": limiting_metal(yields),
        "base": {m: float(d.values.base[METALS.index(m)]) for m in of.metals},
        "shap": {
            m: dict(zip(DRIVERS, d.values.values[0, :, METALS.index(m)].tolist(), strict=True))
            for m in of.metals
        },
        "change": _change_json(d, best, best.best) if best else None,
        "thrifty_changes": [
            _change_json(d, sweep, sweep.thrifty) for sweep in thrifty_sweeps(d.evaluation, d.sweeps)
        ],
        "sentences": [limiting_sentence(d), *yield_sentences(of), *change_sentences(d)],
        "warnings": [*mismatch(of), *cautions(of)],
    }


def _change_json(d: DesignExplanation, sweep: Sweep, row: int | None) -> dict[str, Any]:
    assert row is not None
    how, after = VARIABLES[sweep.variable], sweep.tried
    per_cost, gain = gain_per_cost(d.evaluation, after)
    return {
        "variable": how.name,
        "unit": how.unit,
        "from": float(d.asked.designs.continuous[0, sweep.variable]),
        "to": float(sweep.values[row]),
        "lowest_yield": float(lowest_yield(after.yields)[row]),
        "limiting": limiting_metal(after.yields[row]),
        "cost": float(after.metrics["cost"][row]),
        "gain": float(gain[row]),
        "gain_per_cost": float(per_cost[row]),
        "domain_distance": float(after.domain_distance[row]),
    }


def _without_nan(value: Any) -> Any:
    """Turn NaN and infinities, which JSON cannot hold, into null."""
    if isinstance(value, dict):
        return {k: _without_nan(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_without_nan(v) for v in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value
