"""From a model, and perhaps a design, to all that explains it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from optimiser._io.extras import needs
from optimiser.chemistry.acids import load_acids
from optimiser.chemistry.metals import METALS
from optimiser.explain.drivers import DRIVERS, Cases, anchor_cases
from optimiser.explain.setpoints import Sweep, sweeps
from optimiser.explain.shapley import Values, shapley_values
from optimiser.problem.bound import BoundProblem, Evaluation
from optimiser.problem.tolerances import DEFAULT
from optimiser.problem.yields import predicted_metals
from optimiser.surrogate.artefact import Surrogate
from optimiser.variables import CONTINUOUS, Designs, Ints

#: Anchors in the background, and the default number of anchors in the ranking.
BACKGROUND, RANKED = 32, 48
#: Called with the steps done, the steps in all, and what is being done.
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class DesignExplanation:
    """One design explained.

    Attributes:
        problem: the bound question.
        evaluation: of the design alone.
        case: the design.
        values: exact Shapley values of its yields, n = 1.
        sweeps: each setpoint moved alone.
    """

    problem: BoundProblem
    evaluation: Evaluation
    case: Cases
    values: Values
    sweeps: tuple[Sweep, ...]


@dataclass(frozen=True)
class Explanation:
    """A surrogate explained.

    Attributes:
        surrogate: the model.
        metals: which of `METALS` it is about: all, or those that the problem's feed contains.
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

    @property
    def columns(self) -> list[int]:
        """The columns of ``metals`` in arrays with a column per metal of METALS."""
        return [METALS.index(metal) for metal in self.metals]

    def ranking(self) -> pd.DataFrame:
        """Return the mean absolute Shapley value of each driver, the largest first, a column per metal.

        A metal that a case does not have is left out there; NaN where no case has it.
        """
        size = np.abs(self.values.values[:, :, self.columns])
        total, there = np.nansum(size, axis=0), (~np.isnan(size)).sum(axis=0)
        mean = np.divide(total, there, out=np.full(total.shape, np.nan), where=there > 0)
        frame = pd.DataFrame(mean, index=pd.Index(DRIVERS, name="driver"), columns=list(self.metals))
        return frame.loc[frame.mean(axis=1).sort_values(ascending=False, kind="stable").index]


def explain(
    surrogate: Surrogate,
    rng: np.random.Generator,
    *,
    problem: BoundProblem | None = None,
    design: Designs | None = None,
    ranked: int = RANKED,
    progress: Progress = lambda done, steps, what: None,
) -> Explanation:
    """Explain a surrogate over its own anchors, and one design of a problem.

    Args:
        surrogate: the model.
        rng: draws the orders in which the drivers of the ranked anchors are moved.
        problem: whose feed and tolerances count.
        design: one design of that problem.
        ranked: anchors that the ranking is over, at most.
        progress: called as the work goes on.

    Raises:
        InputError: the extra ``explain`` is not installed; none of the artefact's acids is known.
    """
    needs("explain")
    acids = load_acids() | ({acid.name: acid for acid in problem.acids} if problem else {})
    anchors = anchor_cases(surrogate, acids)
    background = anchors.take(spread(len(anchors), BACKGROUND))
    cases = anchors.take(spread(len(anchors), ranked))
    explained = None
    if problem is not None and design is not None:
        progress(0, 1, "the design")
        explained = _design(surrogate, problem, design, background)
    tolerances = DEFAULT if problem is None else problem.tolerances
    values = shapley_values(
        anchors.predictor(surrogate, tolerances, np.ones(len(CONTINUOUS), dtype=np.bool_)),
        cases.drivers,
        background.drivers,
        rng,
        lambda done, rows: progress(done, rows, "the model's anchors"),
    )
    predicted = predicted_metals(surrogate)
    metals = tuple(m for m in problem.present if m in predicted) if problem else predicted
    return Explanation(surrogate, metals, background, cases, values, explained)


def _design(
    surrogate: Surrogate, problem: BoundProblem, design: Designs, background: Cases
) -> DesignExplanation:
    acid = int(design.acid[0])
    case = background.design(problem.acids[acid], problem.feed, design.continuous[0])
    # setpoints that the problem fixes are not moved by tolerances
    predict = case.predictor(surrogate, problem.tolerances, problem.upper[acid] > problem.lower[acid])
    values, evaluation = shapley_values(predict, case.drivers, background.drivers), problem.evaluate(design)
    return DesignExplanation(problem, evaluation, case, values, sweeps(problem, evaluation))


def spread(n: int, most: int) -> Ints:
    """Return at most ``most`` of n rows, spread evenly over them: the same ones every time."""
    return np.unique(np.linspace(0, n - 1, min(n, most)).round()).astype(np.intp)


def values_frame(of: Explanation) -> pd.DataFrame:
    """Return all Shapley values as a table, one row per case and metal, the design first.

    Columns: ``case`` (``design`` or ``anchor``), feed with mol Ni, Mn and Co per mol Li, the variables of a
    design, ``metal``, ``yield``, ``base`` and ``shap_DRIVER`` for each driver. Yields and Shapley values are
    fractions, and ``base`` plus the Shapley values is the yield. Metals that a feed lacks have no row.
    """
    parts = [_frame(of, "anchor", of.cases, of.values)]
    if of.design is not None:
        parts.insert(0, _frame(of, "design", of.design.case, of.design.values))
    return pd.concat(parts, ignore_index=True)


def _frame(of: Explanation, kind: str, cases: Cases, values: Values) -> pd.DataFrame:
    feeds = [cases.feeds[int(k)] for k in cases["feed"]]
    frame = pd.DataFrame({"case": kind, "feed": cases.feed_names()})
    for metal in METALS[1:]:
        frame[metal] = [float(getattr(feed, metal)) for feed in feeds]
    frame["acid"] = cases.acid_names()
    for name in CONTINUOUS:
        frame[name] = cases[name]
    parts = []
    for metal, k in zip(of.metals, of.columns, strict=True):
        part = frame.assign(metal=metal, **{"yield": values.prediction[:, k], "base": values.base[k]})
        part[[f"shap_{driver}" for driver in DRIVERS]] = values.values[:, :, k]
        parts.append(part[part["yield"].notna()])
    return pd.concat(parts).sort_index(kind="stable")
