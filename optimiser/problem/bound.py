"""A problem bound to its models: designs in, one Evaluation out, vectorised."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np

from optimiser.chemistry.acids import Acid
from optimiser.chemistry.feeds import Feed
from optimiser.chemistry.metals import METALS
from optimiser.chemistry.reagents import Reagents
from optimiser.problem.constraints import Yields, complete
from optimiser.problem.limits import ApplicabilityDomain, ProtonBalance
from optimiser.problem.margins import Constraint, State
from optimiser.problem.metric import Metric
from optimiser.problem.metrics import METRICS, metrics_of, reported_of
from optimiser.problem.objectives import Objective
from optimiser.problem.outcome import Outcome, outcome_at
from optimiser.problem.plant_metrics import AT_PLANT
from optimiser.problem.tolerances import DEFAULT, Tolerances
from optimiser.problem.yields import (
    drawn_yields,
    joint_probability,
    predict_yields,
    slacks,
    yield_interval,
    yield_quantile,
)
from optimiser.process.byproducts import ByProducts
from optimiser.process.inputs import ProcessInputs, process_inputs
from optimiser.process.ratios import proton_ratio, reductant_ratio
from optimiser.process.system_inputs import AnyInputs, SystemInputs
from optimiser.surrogate.artefact import POINTS, Fidelity, Surrogate, YieldPrediction
from optimiser.surrogate.calibration import INTERVAL_LEVEL, reached
from optimiser.surrogate.domain import Neighbourhood
from optimiser.systems.system import Option, System, SystemFeed
from optimiser.variables import Bools, Designs, Floats, Ints, Parted, Variables, settable

#: Logarithmic variables are searched on log(x + 1): time may start at 0.
_SHIFT = 1.0
#: Held-out rows whose errors stand for all in a quantile of a metric.
_TYPICAL = 64
_TENTH = 0.1  # quantile over the tolerances that is told beside the mean


@dataclass(frozen=True)
class Evaluation:
    """Everything known of n designs.

    Attributes:
        designs: the designs.
        prediction: the yields that count, a column per metal.
        yields_low, yields_high: ends of the 90 % interval, likewise.
        yields_nominal: expected yields at the setpoints themselves, likewise.
        yields_p10: tenth percentile of the expected yields over the tolerances, likewise.
        outcome: balance, cost and impact at the mean yields.
        metrics: every metric that the problem's numbers suffice for, shape (n,) each.
        metrics_low, metrics_high: the same at the ends of the yields' intervals, all metals together.
        objectives: what the search minimises, shape (n, m).
        margins: by constraint, >= 0 where it holds, shape (n,) each.
        domain_distance: distance to the data, or the members' disagreement, as a share of the domain's limit,
            whichever is greater (inside <= 1); infinite where no experiment with the acid is near the feed.
        support: number of experiments near the design.
        proton_ratio, reductant_ratio: offered / needed; NaN where no stoichiometry tells.
        p_feasible: calibrated probability that every yield target holds at once.
    """

    designs: Designs
    prediction: YieldPrediction
    yields_low: Floats
    yields_high: Floats
    yields_nominal: Floats
    yields_p10: Floats
    outcome: Outcome
    metrics: Mapping[str, Floats]
    metrics_low: Mapping[str, Floats]
    metrics_high: Mapping[str, Floats]
    objectives: Floats
    margins: Mapping[str, Floats]
    domain_distance: Floats
    support: Ints
    proton_ratio: Floats
    reductant_ratio: Floats
    p_feasible: Floats

    def __len__(self) -> int:
        return len(self.designs)

    @property
    def yields(self) -> Floats:
        """Expected yields over the tolerances, a column per metal of METALS; NaN for an absent metal."""
        return self.prediction.mean

    @property
    def by_products(self) -> ByProducts:
        """Gases, salt, water and what may precipitate, at the mean yields."""
        return self.outcome.by_products

    @property
    def violation(self) -> Floats:
        """Sum of what the constraints lack, 0 where all hold, shape (n,)."""
        lacking = [np.maximum(-margin, 0.0) for margin in self.margins.values()]
        total: Floats = np.sum(lacking, axis=0) if lacking else np.zeros(len(self))
        return total


@dataclass(frozen=True)
class SearchPoint:
    """What the search needs of n designs.

    Attributes:
        objectives: to minimise, shape (n, m).
        margins: to keep >= 0, shape (n, c).
        prediction: of the yields.
    """

    objectives: Floats
    margins: Floats
    prediction: YieldPrediction


@dataclass(frozen=True)
class BoundProblem(Parted):
    """A problem bound to a surrogate, a process model and the domain of each acid.

    ``reagents`` are what is bought beside the acids, with its sources; ``inputs`` holds their numbers.
    ``lower`` and ``upper`` are the ranges each acid is searched in, shape (k, 5): what the user allows, cut
    to where the acid has data when the domain is held. ``constraints`` holds every one of them, in the order
    of margins. Yields are those over the ``tolerances`` of the setpoints.
    """

    name: str
    feed: Feed | SystemFeed
    acids: tuple[Acid | Option, ...]
    surrogate: Surrogate
    reagents: Reagents
    inputs: AnyInputs
    neighbourhoods: tuple[Neighbourhood, ...]
    lower: Floats
    upper: Floats
    objectives: tuple[Objective, ...]
    constraints: tuple[Constraint, ...]
    tolerances: Tolerances = DEFAULT

    @property
    def system(self) -> System:
        """What its designs and yields have columns for."""
        return self.surrogate.system

    @property
    def cathode_feed(self) -> Feed:
        """The feed of a problem on cathodes, for what only those have."""
        assert isinstance(self.feed, Feed)
        return self.feed

    @property
    def cathode_acids(self) -> tuple[Acid, ...]:
        """The acids of a problem on cathodes, for what only those have."""
        return tuple(acid for acid in self.acids if isinstance(acid, Acid))

    @property
    def cathode_inputs(self) -> ProcessInputs:
        """The numbers of a problem on cathodes, for what only those have."""
        assert isinstance(self.inputs, ProcessInputs)
        return self.inputs

    @property
    def variables(self) -> Variables:
        """The setpoints of its designs."""
        return self.surrogate.system.variables

    @property
    def responses(self) -> tuple[str, ...]:
        """What every array of yields has a column for; of cathodes METALS, whose last ones are assumed."""
        return METALS if self.system.is_cathode else self.system.responses

    @property
    def design_columns(self) -> tuple[str, ...]:
        """What a table of its designs says of each."""
        return self.system.design_columns

    @property
    def acid_names(self) -> tuple[str, ...]:
        """Names of the acids in the order that ``Designs.acid`` indexes."""
        return tuple(acid.name for acid in self.acids)

    @property
    def present(self) -> tuple[str, ...]:
        """The metals, or responses, that the feed has."""
        return tuple(m for m, there in zip(self.responses, self.feed.present, strict=True) if there)

    @property
    def recovery_weights(self) -> Floats:
        """Share of each response in the recovery, shape (m,): by mass, or alike where no assay tells it."""
        mass = self.feed.metal_mass
        mass = mass if mass.sum() > 0.0 else np.asarray(self.feed.present, dtype=np.float64)
        return np.asarray(mass / mass.sum(), dtype=np.float64)

    @property
    def metrics(self) -> dict[str, Metric]:
        """The metrics that its numbers suffice for, by name."""
        return metrics_of(self.inputs)

    @property
    def reported(self) -> tuple[str, ...]:
        """The metrics that its reports show, asked for or not."""
        return reported_of(self.inputs)

    def counted(self, metric: str) -> str:
        """Return the metric that counts at the problem's scope: for cost, at plant scope the plant's."""
        return metric if self.inputs.plant is None else AT_PLANT.get(metric, metric)

    def without_data(self, acid: int) -> bool:
        """Return whether the data do not contain an acid, so that its yields are a guess."""
        return not len(self.neighbourhoods[acid].of_acid)

    @property
    def supported_acids(self) -> tuple[str, ...]:
        """The acids with enough experiments near the feed to be inside the domain; all where it is off."""
        enough = [self.domain is None or near.supported for near in self.neighbourhoods]
        return tuple(name for name, yes in zip(self.acid_names, enough, strict=True) if yes)

    @property
    def yields(self) -> Yields:
        """The constraint on the yields; without targets where none is asked."""
        return next(c for c in self.constraints if isinstance(c, Yields))

    @property
    def targets(self) -> Mapping[str, float]:
        """The yield asked for, by metal or response, in their order."""
        asked = self.yields.targets
        return {response: asked[response] for response in self.responses if response in asked}

    @property
    def targets_array(self) -> Floats:
        """The yield asked for, a number per response, NaN where none is, shape (m,)."""
        return self.yields.array_of(self.responses)

    @property
    def confidence(self) -> float | None:
        """The probability that each target holds with; None where expected yields count."""
        return self.yields.confidence

    @property
    def joint(self) -> bool:
        """Whether all targets have to hold at once with the confidence."""
        return self.yields.joint

    @property
    def needs_errors(self) -> bool:
        """Whether constraints or objectives look at the errors of the yields, not the expected ones alone."""
        return self.confidence is not None or any(o.quantile is not None for o in self.objectives)

    @property
    def each_confidence(self) -> float | None:
        """The probability that each target alone has to hold with; None also where all hold at once."""
        return None if self.joint else self.confidence

    @property
    def domain(self) -> float | None:
        """How far from the data a design may be, as a share of the domain's limit (1 is inside), or None."""
        return next(c for c in self.constraints if isinstance(c, ApplicabilityDomain)).limit

    @property
    def constraint_names(self) -> tuple[str, ...]:
        """Names of the margins, in the order of ``SearchPoint.margins``."""
        return tuple(name for constraint in self.constraints for name in constraint.names)

    def with_constraints(self, *constraints: Constraint) -> BoundProblem:
        """Return the same problem with some of its constraints replaced, or further bounds."""
        return replace(self, constraints=complete([*self.constraints, *constraints], self.inputs))

    def decode(self, acid: Ints, unit: Floats) -> Designs:
        """Turn search coordinates into designs.

        Args:
            acid: acid indices, shape (n,).
            unit: coordinates in [0, 1], shape (n, 5); the same coordinate means the same relative place in
                each acid's own range. Time is logarithmic. Values are rounded to the steps a plant can set.
        """
        low, high = self.lower[acid], self.upper[acid]
        linear = low + unit * (high - low)
        ratio = self._log_ratio(low, high)
        logarithmic = (low + _SHIFT) * np.exp(unit * ratio) - _SHIFT
        value = np.where(self._log, logarithmic, linear)
        return self.settable(self.designs(acid, value))

    def designs(self, acid: Ints, continuous: Floats) -> Designs:
        """Return designs of its system, as they are."""
        return Designs(acid, continuous, self.variables)

    def named(self, designs: Designs, row: int) -> dict[str, float | str]:
        """Return a design by name: its acid, or the value of each choice of a system, and its setpoints."""
        chosen = self.acids[int(designs.acid[row])]
        option = (
            dict(zip(self.system.choices, chosen.values, strict=True))
            if isinstance(chosen, Option)
            else {"acid": chosen.name}
        )
        return {**option, **dict(zip(self.system.names, designs.continuous[row].tolist(), strict=True))}

    @cached_property
    def _log(self) -> Bools:
        return np.array([variable.log for variable in self.variables])

    def _log_ratio(self, low: Floats, high: Floats) -> Floats:
        """Return the logarithm of the range of each logarithmic variable, 0 of the others."""
        with np.errstate(invalid="ignore", divide="ignore"):  # of those that may be negative
            ratio = np.log((high + _SHIFT) / (low + _SHIFT))
        return np.where(self._log, ratio, 0.0)

    def encode(self, designs: Designs) -> Floats:
        """Return the coordinates that :meth:`decode` takes, 0 where an acid's variable is fixed, (n, 5)."""
        low, high = self.lower[designs.acid], self.upper[designs.acid]
        free = high > low
        linear = (designs.continuous - low) / np.where(free, high - low, 1.0)
        ratio = np.where(free & self._log, self._log_ratio(low, high), 1.0)
        logarithmic = self._log_ratio(low, np.maximum(designs.continuous, low)) / ratio
        return np.clip(np.where(self._log, logarithmic, linear), 0.0, 1.0)

    def settable(self, designs: Designs) -> Designs:
        """Return designs rounded to the steps a plant can set, within their acid's ranges."""
        low, high = self.lower[designs.acid], self.upper[designs.acid]
        value = settable(self.variables, designs.continuous)
        return designs.at(designs.acid, np.clip(value, low, high))

    def with_acids(self, names: Sequence[str]) -> BoundProblem:
        """Return the same problem with some of its acids only, in the order given."""
        rows = [self.acid_names.index(name) for name in names]
        acids = tuple(self.acids[k] for k in rows)
        return replace(
            self,
            acids=acids,
            inputs=self.inputs_for(acids),
            neighbourhoods=tuple(self.neighbourhoods[k] for k in rows),
            lower=self.lower[rows],
            upper=self.upper[rows],
        )

    def inputs_for(self, acids: tuple[Acid | Option, ...]) -> AnyInputs:
        """Return the numbers of the process anew for some acids."""
        if isinstance(self.inputs, SystemInputs):
            return self.inputs.of_options([one for one in acids if isinstance(one, Option)])
        chosen = [one for one in acids if isinstance(one, Acid)]
        found = process_inputs(self.cathode_feed, chosen, self.inputs.parameters, self.reagents)
        impacts = self.inputs.impacts
        return replace(
            found,
            impacts=None if impacts is None else impacts.of_acids([acid.name for acid in acids]),
            credit=self.inputs.credit,
        )

    def predict(self, designs: Designs, fidelity: Fidelity = "high") -> YieldPrediction:
        """Predict the yields that count: over the tolerances, if there are any."""
        moved = self.moved(designs, fidelity)
        return predict_yields(
            self.surrogate,
            self.feed,
            self.acids,
            designs,
            fidelity=fidelity,
            moved=moved,
            quantile=self.tolerances.quantile,
        )

    def moved(self, designs: Designs, fidelity: Fidelity = "high") -> Floats | None:
        """Return where designs may end up within the tolerances, shape (n, p, 5).

        What the problem or the data of the acid fix does not move. None without tolerances, and at search
        fidelity, which sees the setpoint alone.
        """
        if not self.tolerances or fidelity == "low":
            return None
        varied = np.array([near.varied for near in self.neighbourhoods]) & (self.upper > self.lower)
        return self.tolerances.moved(designs.continuous, POINTS[fidelity], varied[designs.acid])

    def search_point(self, designs: Designs, fidelity: Fidelity = "low") -> SearchPoint:
        """Compute what the search needs, and no more; at high fidelity as `evaluate` would."""
        return self.point_at(designs, self.predict(designs, fidelity))

    def point_at(self, designs: Designs, prediction: YieldPrediction) -> SearchPoint:
        """Compute what the search needs of designs whose yields are predicted, or guessed, already.

        What a price, a factor, a target or a limit changes is seen so at once: yields depend on none of them.

        Args:
            designs: n designs.
            prediction: of their yields, as `predict` returns it.
        """
        result = self.outcome_of(designs, prediction.mean)
        margins = self._margins(result, prediction)
        columns = [margins[name] for name in self.constraint_names]
        return SearchPoint(
            self._objectives(result, prediction),
            np.column_stack(columns) if columns else np.empty((len(designs), 0)),
            prediction,
        )

    def distance_ratio(self, designs: Designs) -> Floats:
        """Return the distance to the data as a share of the domain's limit, shape (n,)."""
        limit = self.surrogate.domain.distance_limit
        return self._per_acid(designs, lambda near, x: near.distance(x)) / limit

    def evaluate(self, designs: Designs) -> Evaluation:
        """Compute everything that is reported of the designs, at high fidelity."""
        prediction = self.predict(designs)
        nominal, tenth = self._over_tolerances(designs, prediction)
        low, high = yield_interval(self.surrogate, self.feed, prediction, INTERVAL_LEVEL)
        result = self.outcome_of(designs, prediction.mean)
        given = self.metrics
        metrics = {name: metric.compute(result) for name, metric in given.items()}
        ends = [self.outcome_of(designs, y) for y in (low, high)]
        at_ends = {n: np.stack([m.compute(end) for end in ends]) for n, m in given.items()}
        known = np.array([bool(near.experiments) for near in self.neighbourhoods])
        nothing = np.full(len(designs), np.nan)
        balanced = not ProtonBalance.lacks(self.inputs)
        proton = proton_ratio(result.balance) if balanced else nothing
        reductant = reductant_ratio(result.balance) if self.system.is_cathode else nothing
        return Evaluation(
            designs=designs,
            prediction=prediction,
            yields_low=low,
            yields_high=high,
            yields_nominal=nominal,
            yields_p10=tenth,
            outcome=result,
            metrics=metrics,
            metrics_low={n: np.minimum(metrics[n], v.min(axis=0)) for n, v in at_ends.items()},
            metrics_high={n: np.maximum(metrics[n], v.max(axis=0)) for n, v in at_ends.items()},
            objectives=self._objectives(result, prediction),
            margins=self._margins(result, prediction),
            domain_distance=np.where(known[designs.acid], prediction.domain_ratio, np.inf),
            support=self._support(designs),
            proton_ratio=proton,
            reductant_ratio=reductant,
            p_feasible=self._p_feasible(prediction),
        )

    def _over_tolerances(self, designs: Designs, prediction: YieldPrediction) -> tuple[Floats, Floats]:
        """Return the yields at the setpoints themselves, and their tenth percentile over the tolerances."""
        if prediction.over is None:
            return prediction.mean, prediction.mean
        nominal = predict_yields(self.surrogate, self.feed, self.acids, designs).mean
        return nominal, np.quantile(prediction.over, _TENTH, axis=1)

    def outcome_of(self, designs: Designs, yields: Floats) -> Outcome:
        """Return balance, cost and impact of designs with their yields, a column per metal of METALS."""
        return outcome_at(designs, yields, self.inputs)

    def _objectives(self, result: Outcome, prediction: YieldPrediction) -> Floats:
        columns = [
            o.sign
            * (
                METRICS[o.metric].compute(result)
                if o.quantile is None
                else self.metric_quantile(result.designs, prediction, o.metric, o.quantile)
            )
            for o in self.objectives
        ]
        # nothing dissolved makes a cost per kg infinite, which a crowding distance cannot digest
        return np.nan_to_num(np.column_stack(columns), nan=1e12, posinf=1e12, neginf=-1e12)

    def metric_quantile(
        self, designs: Designs, prediction: YieldPrediction, metric: str, quantile: float
    ) -> Floats:
        """Return a quantile of a metric over the errors of the yields, all metals together, shape (n,).

        Args:
            designs: n designs.
            prediction: of their yields.
            metric: of METRICS.
            quantile: between 0 and 1.
        """
        present = np.flatnonzero(self.feed.present[: self.surrogate.calibration.scores.shape[1]])
        scores = self.surrogate.calibration.typical_scores(present, _TYPICAL)
        yields = drawn_yields(self.surrogate, self.feed, prediction, scores)
        values = np.empty((len(designs), _TYPICAL))
        for rows in np.array_split(np.arange(len(designs)), len(designs) // 500 + 1):
            every = np.repeat(rows, _TYPICAL)
            told = self.outcome_of(designs.take(every), yields[rows].reshape(len(every), yields.shape[2]))
            values[rows] = METRICS[metric].compute(told).reshape(len(rows), _TYPICAL)
        return np.asarray(np.quantile(values, quantile, axis=1, method="inverted_cdf"))

    def _counted(self, prediction: YieldPrediction) -> Floats:
        """Return the yields that targets are held against."""
        if self.each_confidence is None:
            return prediction.mean
        return yield_quantile(self.surrogate, self.feed, prediction, 1.0 - self.each_confidence)

    def _state(self, result: Outcome, prediction: YieldPrediction) -> State:
        return State(
            outcome=result,
            counted=self._counted(prediction),
            domain_ratio=prediction.domain_ratio,
            beyond=lambda limit: self._per_acid(result.designs, lambda near, x: near.beyond(x, limit)),
            slack=lambda targets, sure: reached(slacks(self.surrogate, prediction, targets), sure),
            chance=partial(joint_probability, self.surrogate, prediction),
            responses=self.responses,
        )

    def state(self, evaluation: Evaluation) -> State:
        """Return what constraints look at, for designs that were evaluated."""
        return self._state(evaluation.outcome, evaluation.prediction)

    def _margins(self, result: Outcome, prediction: YieldPrediction) -> dict[str, Floats]:
        state = self._state(result, prediction)
        margins: dict[str, Floats] = {}
        for constraint in self.constraints:
            margins |= constraint.margins(state)
        return margins

    def _support(self, designs: Designs) -> Ints:
        return self._per_acid(designs, lambda near, x: near.support(x)).astype(np.intp)

    def _per_acid(
        self, designs: Designs, function: Callable[[Neighbourhood, Floats], Floats | Ints]
    ) -> Floats:
        result = np.zeros(len(designs))
        for k, near in enumerate(self.neighbourhoods):
            rows = designs.acid == k
            if rows.any():
                result[rows] = function(near, designs.continuous[rows])
        return result

    def _p_feasible(self, prediction: YieldPrediction) -> Floats:
        return joint_probability(self.surrogate, prediction, self.targets_array)
