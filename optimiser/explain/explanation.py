"""From a model, and perhaps a design, to all that explains it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from optimiser._io.extras import needs
from optimiser.chemistry.acids import Acid, load_acids
from optimiser.chemistry.metals import METALS
from optimiser.explain.drivers import Cases, anchor_cases, responses_of
from optimiser.explain.interactions import Interactions, Pair, interactions, pair_curves
from optimiser.explain.setpoints import Sweep, asked_for, sweeps
from optimiser.explain.shapley import Values, shapley_values
from optimiser.explain.thresholds import Threshold, thresholds
from optimiser.problem.bound import BoundProblem, Evaluation
from optimiser.problem.tolerances import default_tolerances
from optimiser.problem.yields import predicted_metals
from optimiser.surrogate.artefact import Surrogate
from optimiser.variables import Designs, Ints

#: Anchors in the background, and the default number of anchors in the ranking.
BACKGROUND, RANKED = 32, 48
#: Anchors, at most, that interactions and thresholds are looked for over.
LOOKED_OVER = 160
#: Responses that an explanation is about, at most: more lines than this nobody can read.
MOST_RESPONSES = 6
#: Drivers up to which the values of a design are exact, over every set of them, and the orders that they
#: follow where there are more.
MOST_EXACT, ORDERS = 8, 12
#: Called with the steps done, the steps in all, and what is being done.
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class DesignExplanation:
    """One design explained.

    Attributes:
        problem: the bound question.
        evaluation: of the design alone.
        case: the design.
        values: Shapley values of its yields, exact for up to `MOST_EXACT` drivers, n = 1.
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
        responses: which it is about: all, or those that the problem's feed has, at most `MOST_RESPONSES`.
        background: the cases that everything is compared with.
        cases: the cases that the ranking is over.
        values: their Shapley values.
        interactions: how much pairs of drivers matter together.
        pairs: the strongest of them, drawn.
        thresholds: where effects of numbers turn, bend or jump, or why no such place is told.
        design: one design explained, or None.
    """

    surrogate: Surrogate
    responses: tuple[str, ...]
    background: Cases
    cases: Cases
    values: Values
    interactions: Interactions
    pairs: tuple[Pair, ...]
    thresholds: tuple[Threshold, ...]
    design: DesignExplanation | None = None

    @property
    def drivers(self) -> tuple[str, ...]:
        """What predictions depend on."""
        return self.cases.names

    @property
    def columns(self) -> list[int]:
        """The columns of ``responses`` in arrays with a column per response of the system."""
        every = responses_of(self.surrogate.system)
        return [every.index(response) for response in self.responses]

    def ranking(self) -> pd.DataFrame:
        """Return the mean absolute Shapley value of each driver, the largest first, a column per response.

        A response that a case does not have is left out there; NaN where no case has it.
        """
        size = np.abs(self.values.values[:, :, self.columns])
        total, there = np.nansum(size, axis=0), (~np.isnan(size)).sum(axis=0)
        mean = np.divide(total, there, out=np.full(total.shape, np.nan), where=there > 0)
        index = pd.Index(self.drivers, name="driver")
        frame = pd.DataFrame(mean, index=index, columns=list(self.responses))
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
    own = () if problem is None else (acid for acid in problem.acids if isinstance(acid, Acid))
    acids = load_acids() | {acid.name: acid for acid in own}
    anchors = anchor_cases(surrogate, acids)
    background = anchors.take(spread(len(anchors), BACKGROUND))
    cases = anchors.take(spread(len(anchors), ranked))
    explained = None
    if problem is not None and design is not None:
        progress(0, 1, "the design")
        explained = _design(surrogate, problem, design, background, rng)
    responses = _responses(surrogate, problem)
    columns = [responses_of(surrogate.system).index(response) for response in responses]
    tolerances = default_tolerances(surrogate.system) if problem is None else problem.tolerances
    every = np.ones(len(surrogate.system.variables), dtype=np.bool_)
    predict = anchors.predictor(surrogate, tolerances, every, responses)
    values = shapley_values(
        predict,
        cases.drivers,
        background.drivers,
        rng,
        lambda done, rows: progress(done, rows, "the model's anchors"),
        rows_have=cases.has,
        background_has=background.has,
        group=cases.group,
    )
    looked_over = anchors.take(spread(len(anchors), LOOKED_OVER))
    progress(0, 2, "interactions")
    found = interactions(predict, looked_over, columns, rng)
    pairs = pair_curves(predict, looked_over, background, columns, found)
    progress(1, 2, "thresholds")
    where = thresholds(predict, looked_over, responses, columns, rng)
    progress(2, 2, "thresholds")
    return Explanation(surrogate, responses, background, cases, values, found, pairs, where, explained)


def _responses(surrogate: Surrogate, problem: BoundProblem | None) -> tuple[str, ...]:
    """Return what an explanation is about: of many responses those asked about, then the most measured."""
    predicted = predicted_metals(surrogate)
    there = predicted if problem is None else tuple(r for r in problem.present if r in predicted)
    if len(there) <= MOST_RESPONSES:
        return there
    measured = (~np.isnan(surrogate.fitted.yields)).sum(axis=0)
    count = dict(zip(surrogate.system.responses, measured.tolist(), strict=True))
    asked = {r for r in there if problem is not None and r in asked_for(problem)}
    first = sorted(there, key=lambda r: (r not in asked, -count[r]))[:MOST_RESPONSES]
    return tuple(r for r in there if r in first)


def _design(
    surrogate: Surrogate,
    problem: BoundProblem,
    design: Designs,
    background: Cases,
    rng: np.random.Generator,
) -> DesignExplanation:
    acid = int(design.acid[0])
    case = background.design(problem.acids[acid], problem.feed, design.continuous[0])
    # setpoints that the problem fixes are not moved by tolerances
    predict = case.predictor(surrogate, problem.tolerances, problem.upper[acid] > problem.lower[acid])
    values = shapley_values(
        predict,
        case.drivers,
        background.drivers,
        None if len(case.names) <= MOST_EXACT else rng,
        orders=ORDERS,
        rows_have=case.has,
        background_has=background.has,
        group=case.group,
    )
    evaluation = problem.evaluate(design)
    return DesignExplanation(problem, evaluation, case, values, sweeps(problem, evaluation))


def spread(n: int, most: int) -> Ints:
    """Return at most ``most`` of n rows, spread evenly over them: the same ones every time."""
    return np.unique(np.linspace(0, n - 1, min(n, most)).round()).astype(np.intp)


def values_frame(of: Explanation) -> pd.DataFrame:
    """Return all Shapley values as a table, one row per case and metal, the design first.

    Columns: ``case`` (``design`` or ``anchor``), the feed, the variables of a design, ``metal`` (of a system
    of one's own ``response``), ``yield``, ``base`` and ``shap_DRIVER`` for each driver. The feed of a cathode
    is its name with mol Ni, Mn and Co per mol Li, that of another system its numbers. Yields and Shapley
    values are fractions, and ``base`` plus the Shapley values is the yield. Responses that a feed lacks have
    no row.
    """
    parts = [_frame(of, "anchor", of.cases, of.values)]
    if of.design is not None:
        parts.insert(0, _frame(of, "design", of.design.case, of.design.values))
    return pd.concat(parts, ignore_index=True)


def _frame(of: Explanation, kind: str, cases: Cases, values: Values) -> pd.DataFrame:
    frame, system = pd.DataFrame({"case": [kind] * len(cases)}), cases.system
    if system.is_cathode:
        feeds = [cases.feeds[int(k)] for k in cases["feed"]]
        frame["feed"] = cases.labels("feed")
        for metal in METALS[1:]:
            frame[metal] = [float(getattr(feed, metal)) for feed in feeds]
    for name in [*system.feed_columns, *of.drivers]:
        if name not in frame:
            frame[name] = cases.labels(name) if cases.kinds(name) else cases[name]
    what, parts = "metal" if system.is_cathode else "response", []
    for response, k in zip(of.responses, of.columns, strict=True):
        part = frame.assign(**{what: response, "yield": values.prediction[:, k], "base": values.base[k]})
        part[[f"shap_{driver}" for driver in of.drivers]] = values.values[:, :, k]
        parts.append(part[part["yield"].notna()])
    return pd.concat(parts).sort_index(kind="stable")
