"""From a model, and perhaps a design, to all that explains it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from optimiser._io.extras import needs
from optimiser.chemistry.acids import load_acids
from optimiser.chemistry.metals import METALS
from optimiser.explain.ask import Asked
from optimiser.explain.cases import DRIVERS, Cases, anchor_cases, spread
from optimiser.explain.setpoints import Sweep, sweeps
from optimiser.explain.values import Values, exact_values, sampled_values
from optimiser.problem.problem import Evaluation, Problem
from optimiser.problem.tolerances import DEFAULT, Tolerances
from optimiser.problem.yields import predicted_metals
from optimiser.surrogate.artefact import Surrogate
from optimiser.variables import CONTINUOUS, Bools, Floats

#: Anchors that make up the background, and those that the ranking is over unless told otherwise.
BACKGROUND, RANKED = 32, 48
#: Called with the steps done, the steps in all, and what is being done.
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class DesignExplanation:
    """One design explained.

    Attributes:
        problem: the bound question.
        asked: the design.
        evaluation: of the design alone.
        values: exact Shapley values of its yields, n = 1.
        sweeps: each setpoint moved alone.
    """

    problem: Problem
    asked: Asked
    evaluation: Evaluation
    values: Values
    sweeps: tuple[Sweep, ...]


@dataclass(frozen=True)
class Explanation:
    """A surrogate explained.

    Attributes:
        surrogate: the model.
        metals: which of `METALS` are told of: all, or those that the problem's feed contains.
        background: the cases that everything is compared with.
        cases: the cases that the ranking is over.
        values: their Shapley values.
        design: one design explained, or None.
    """

    surrogate: Surrogate
    metals: tuple[str, ...]
    background: Cases
    cases: Cases
    values: Values
    design: DesignExplanation | None = None


def explain(
    surrogate: Surrogate,
    rng: np.random.Generator,
    *,
    problem: Problem | None = None,
    asked: Asked | None = None,
    ranked: int = RANKED,
    progress: Progress = lambda done, steps, what: None,
) -> Explanation:
    """Explain a surrogate over its own anchors, and one design of a problem.

    Args:
        surrogate: the model.
        rng: draws the orders in which the drivers of the ranked anchors are moved.
        problem: whose metals are told of.
        asked: a design of that problem.
        ranked: anchors that the ranking is over, at most.
        progress: told as the work goes on.

    Raises:
        InputError: the extra ``explain`` is not installed; none of the artefact's acids is known.
    """
    needs("explain")
    acids = load_acids() | ({acid.name: acid for acid in problem.acids} if problem else {})
    anchors = anchor_cases(surrogate, acids)
    background = anchors.take(spread(len(anchors), BACKGROUND))
    cases = anchors.take(spread(len(anchors), ranked))
    design = None
    if problem is not None and asked is not None:
        progress(0, 1, "the design")
        design = _design(surrogate, problem, asked, background)
    values = sampled_values(
        anchors.predictor(surrogate, *_held(problem, None)),
        cases.drivers,
        background.drivers,
        rng,
        lambda done, rows: progress(done, rows, "the model's anchors"),
    )
    predicted = predicted_metals(surrogate)
    metals = tuple(m for m in problem.present if m in predicted) if problem else predicted
    return Explanation(surrogate, metals, background, cases, values, design)


def _design(surrogate: Surrogate, problem: Problem, asked: Asked, background: Cases) -> DesignExplanation:
    acid = problem.acids[int(asked.designs.acid[0])]
    known, row = background.with_design(acid, problem.feed, asked.designs.continuous[0])
    held = _held(problem, int(asked.designs.acid[0]))
    values = exact_values(known.predictor(surrogate, *held), row, background.drivers)
    evaluation = problem.evaluate(asked.designs)
    return DesignExplanation(problem, asked, evaluation, values, sweeps(problem, evaluation))


def _held(problem: Problem | None, acid: int | None) -> tuple[Tolerances, Bools]:
    """Return the tolerances that count, and which setpoints the problem leaves free for an acid."""
    if problem is None or acid is None:
        free = np.ones(len(CONTINUOUS), dtype=np.bool_)
        return (DEFAULT if problem is None else problem.tolerances), free
    return problem.tolerances, problem.upper[acid] > problem.lower[acid]


def values_frame(of: Explanation) -> pd.DataFrame:
    """Return all Shapley values as a table, one row per case and metal, the design first.

    Columns: ``case`` (``design`` or ``anchor``), feed with mol Ni, Mn and Co per mol Li, the variables of a
    design, ``metal``, ``yield``, ``base`` and ``shap_DRIVER`` for each driver. Yields and Shapley values are
    fractions, and ``base`` plus the Shapley values is the yield. Metals that a feed lacks have no row.
    """
    parts = [_frame(of, "anchor", of.cases, of.values)]
    if of.design is not None:
        d = of.design
        acid, continuous = d.problem.acids[int(d.asked.designs.acid[0])], d.asked.designs.continuous[0]
        known, row = of.background.with_design(acid, d.problem.feed, continuous)
        parts.insert(0, _frame(of, "design", Cases(known.acids, known.feeds, row), d.values))
    return pd.concat(parts, ignore_index=True)


def _frame(of: Explanation, kind: str, cases: Cases, values: Values) -> pd.DataFrame:
    feeds = [cases.feeds[int(k)] for k in cases.drivers[:, DRIVERS.index("feed")]]
    told: dict[str, list[str] | list[float] | Floats] = {"feed": [feed.name for feed in feeds]}
    told |= {m: [float(getattr(feed, m)) for feed in feeds] for m in METALS[1:]}
    told["acid"] = cases.acid_names()
    told |= {name: cases.drivers[:, DRIVERS.index(name)] for name in CONTINUOUS}
    parts = []
    for metal in of.metals:
        k = METALS.index(metal)
        part = pd.DataFrame(told)
        part.insert(0, "case", kind)
        part["metal"], part["yield"], part["base"] = metal, values.prediction[:, k], values.base[k]
        for j, driver in enumerate(DRIVERS):
            part[f"shap_{driver}"] = values.values[:, j, k]
        parts.append(part[part["yield"].notna()])
    return pd.concat(parts).sort_index(kind="stable")
