"""Designs under drawn numbers: the process model's own sums, over rows of (draw, design)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any

import numpy as np

from optimiser.chemistry.acids import Acid
from optimiser.chemistry.impurities import IMPURITIES
from optimiser.chemistry.metals import load_metals
from optimiser.chemistry.mixtures import Mixture, blend
from optimiser.chemistry.prices import Price
from optimiser.chemistry.substances import in_basis
from optimiser.problem.bound import BoundProblem, Evaluation
from optimiser.problem.limits import ApplicabilityDomain
from optimiser.problem.margins import State
from optimiser.problem.outcome import Outcome, outcome_at
from optimiser.process.inputs import AcidNumbers, bought
from optimiser.process.plant_parameters import PLANT_NAMES
from optimiser.process.system_inputs import AnyInputs, SystemInputs
from optimiser.systems.reagents import Solute
from optimiser.uncertainty.inputs import YIELDS, Input, Key, residuals
from optimiser.variables import Bools, Floats, Ints

#: Rows that are computed at once: their arrays stay in the processor's cache.
CHUNK = 16_384
#: Drawn numbers by key, shape (d,) each.
Values = Mapping[Key, Floats]


@dataclass(frozen=True)
class Drawn:
    """The designs of an evaluation, ready to be computed with drawn numbers."""

    problem: BoundProblem
    evaluation: Evaluation

    @cached_property
    def _errors(self) -> tuple[Ints, Floats, Floats, Floats]:
        """Columns whose yields are drawn, and locations (n, c), scales (n, c) and scores (r, c) of these."""
        problem, prediction = self.problem, self.evaluation.prediction
        columns, scores = residuals(problem)
        mean, scale = prediction.mean[:, columns], prediction.scale[:, columns]
        return columns, problem.surrogate.calibration.location(mean, scale), scale, scores

    @property
    def residual_rows(self) -> int:
        """How many rows of residuals there are."""
        return len(self._errors[-1])

    def yields(self, rows: Ints) -> Floats:
        """Return the yields under some rows of residuals, shape (d, n, responses)."""
        columns, location, scale, scores = self._errors
        found = np.repeat(self.evaluation.prediction.mean[None], len(rows), axis=0)
        found[:, :, columns] = np.clip(location + scale * scores[rows][:, None], 0.0, 1.0)
        return found

    def values(self, inputs: tuple[Input, ...], u: Floats) -> dict[Key, Floats]:
        """Return the values of the inputs that vary at uniform draws, shape (inputs, d).

        That of the yields is the number of a row of residuals.
        """
        found = {i.key: i.at(p) for i, p in zip(inputs, u, strict=True) if i.varies}
        if YIELDS in found:
            n, p = self.residual_rows, u[[i.key for i in inputs].index(YIELDS)]
            found[YIELDS] = np.minimum(np.floor(p * n), n - 1)
        return found

    def chunks(self, values: Values, draws: int) -> Iterator[tuple[slice, Outcome]]:
        """Compute all draws in chunks: yield which draws, and their outcomes, a draw's designs together.

        Args:
            values: drawn numbers, shape (draws,) each; all others are as evaluated.
            draws: how many.
        """
        step = max(1, CHUNK // len(self.evaluation))
        for start in range(0, draws, step):
            chunk = slice(start, min(start + step, draws))
            part = {key: value[chunk] for key, value in values.items()}
            yield chunk, self._outcome(part, chunk.stop - start)

    def _outcome(self, values: Values, d: int) -> Outcome:
        designs, n, k = self.evaluation.designs, len(self.evaluation), len(self.problem.acids)
        if YIELDS in values:
            yields = self.yields(values[YIELDS].astype(np.intp)).reshape(d * n, -1)
        else:
            yields = np.tile(self.evaluation.prediction.mean, (d, 1))
        setpoints = np.tile(designs.continuous, (d, 1))
        numbers = drawn_inputs(self.problem, values, d, n)
        rows = designs.at(np.add.outer(np.arange(d) * k, designs.acid).ravel(), setpoints)
        return outcome_at(rows, yields, numbers)

    def holds(self, result: Outcome) -> Bools:
        """Tell which constraints hold, shape (constraints, d, n); the domain is as evaluated."""
        d = len(result.designs) // len(self.evaluation)
        shape = (d, len(self.evaluation))
        state = State(
            result,
            result.yields,
            domain_ratio=np.empty(0),
            beyond=lambda limit: np.empty(0),
            # what is drawn either reaches the targets or does not, whatever the confidence
            slack=lambda targets, confidence: np.nanmin(result.yields - targets, axis=1),
            chance=lambda targets: np.empty(0),
            responses=self.problem.responses,
        )
        margins: dict[str, Floats] = {}
        for constraint in self.problem.constraints:
            if isinstance(constraint, ApplicabilityDomain):
                margins |= {name: np.tile(self.evaluation.margins[name], d) for name in constraint.names}
            else:
                margins |= constraint.margins(state)
        names = self.problem.constraint_names
        return np.array([margins[name].reshape(shape) >= 0.0 for name in names]).reshape(-1, *shape)


def drawn_inputs(problem: BoundProblem, values: Values, d: int, n: int) -> AnyInputs:
    """Return the numbers of the process with some of them drawn.

    Args:
        problem: whose numbers the others are.
        values: drawn numbers, shape (d,) each.
        d: number of draws.
        n: rows per draw.

    Returns:
        Numbers of acids at index draw x acids + acid; drawn ones of reagents, metals and plant with a number
        per row, the others as they are.
    """
    inputs = problem.inputs
    plant = {name: np.repeat(value, n) for (whose, _, name), value in values.items() if whose == "plant"}
    parameters: dict[str, Any] = {name: value for name, value in plant.items() if name not in PLANT_NAMES}
    section: dict[str, Any] = {name: value for name, value in plant.items() if name in PLANT_NAMES}
    if isinstance(inputs, SystemInputs):
        return replace(
            inputs,
            acids=_acids(problem, values, d),
            reagents=replace(inputs.reagents, **_reagents(problem, values, n)),
            metal_value=_metal_value(problem, values, d, n),
            parameters=replace(inputs.parameters, **parameters),
        )
    around = inputs.plant
    if around is not None:
        around = replace(around, parameters=replace(around.parameters, **section))
    return replace(
        inputs,
        plant=around,
        acids=_acids(problem, values, d),
        reagents=replace(inputs.reagents, **_reagents(problem, values, n)),
        metal_value=_metal_value(problem, values, d, n),
        impurities=_impurities(problem, values, d, n),
        parameters=replace(inputs.parameters, **parameters),
    )


def _acids(problem: BoundProblem, values: Values, d: int) -> AcidNumbers:
    k = len(problem.acids)
    as_is = {field.name: getattr(problem.inputs.acids, field.name) for field in fields(AcidNumbers)}
    arrays = {name: np.tile(a, (d, *[1] * (a.ndim - 1))) for name, a in as_is.items()}
    inputs = problem.inputs
    each = (
        [{} if solute is None else _of_solute(solute, values) for solute in inputs.solutes]
        if isinstance(inputs, SystemInputs)
        else [_of_acid(acid, values) for acid in problem.cathode_acids]
    )
    for i, mine in enumerate(each):
        for name, value in mine.items():
            arrays[name][i::k] = value
    return AcidNumbers(**arrays)


def _of_acid(acid: Acid, values: Values) -> dict[str, Any]:
    """Return the numbers of an acid as far as they are drawn; those of a mixture follow from its acids."""
    if isinstance(acid, Mixture):
        parts = [(part, share, _of_acid(part, values)) for part, share in acid.components]
        return blend(
            [share for _, share, _ in parts],
            [part.molar_mass for part, *_ in parts],
            [mine.get("purity", part.purity) for part, _, mine in parts],
            [mine.get("density", part.density) for part, _, mine in parts],
            [mine["price"] for *_, mine in parts],
            [mine.get("climate_change", part.climate_factor) for part, _, mine in parts],
        )._asdict()
    mine = _of(values, "acid", acid.name)
    return {**mine, "price": _price(acid.price, mine, acid.purity, "kg stock")}


def _of_solute(solute: Solute, values: Values) -> dict[str, Any]:
    """Return the numbers of what an option dissolves, as far as they are drawn."""
    mine = _of(values, "acid", solute.name)
    if "price" in mine and solute.acid is not None:
        return {**mine, "price": _price(solute.acid.price, mine, solute.purity, "kg stock")}
    if "purity" in mine:  # paid per kg pure
        return {**mine, "price": solute.price * mine["purity"]}
    return mine


def _reagents(problem: BoundProblem, values: Values, n: int) -> dict[str, Any]:
    numbers = problem.inputs.reagents
    price: dict[str, Any] = dict(numbers.price)
    climate: dict[str, Any] = dict(numbers.climate_change)
    found: dict[str, Any] = {}
    for component, item in bought(problem.reagents, problem.inputs.parameters).items():
        mine = {name: np.repeat(value, n) for name, value in _of(values, "reagent", component).items()}
        if not mine:
            continue
        basis = "kWh" if item.price is not None and item.price.per == "kWh" else "kg pure"
        price[component] = _price(item.price, mine, item.purity, basis)
        if component in climate:
            climate[component] = mine.get("climate_change", climate[component])
        for part in ("purity", "density"):
            if part in mine and hasattr(numbers, f"{component}_{part}"):
                found[f"{component}_{part}"] = mine[part]
    return {**found, "price": price, "climate_change": climate}


def _of(values: Values, whose: str, which: str) -> dict[str, Any]:
    """Return the drawn numbers of one acid, reagent or metal, by name."""
    return {name: value for (a, b, name), value in values.items() if (a, b) == (whose, which)}


def _price(price: Price | None, drawn: Mapping[str, Floats], purity: float, basis: Any) -> Any:
    """Return a price in a basis, drawn as far as it and the purity are."""
    assert price is not None, "a problem is not bound without prices"
    amount: Any = drawn.get("price", price.euro())
    return in_basis(amount, price.per, basis, drawn.get("purity", purity))


def _impurities(problem: BoundProblem, values: Values, d: int, n: int) -> Floats:
    """Return the mass shares of copper, aluminium and iron, a row per row where one is drawn."""
    as_is, drawn = problem.cathode_inputs.impurities, _of(values, "feed", "")
    if not drawn:
        return as_is
    found = np.tile(as_is, (d, 1))
    for metal, value in drawn.items():
        found[:, IMPURITIES.index(metal)] = value
    return np.repeat(found, n, axis=0)


def _metal_value(problem: BoundProblem, values: Values, d: int, n: int) -> Floats:
    as_is = problem.inputs.metal_value
    if not any(whose == "metal" for whose, _, _ in values):
        return as_is
    found = np.tile(as_is, (d, 1))
    for metal in problem.present:
        row = load_metals().get(metal)
        if row is not None and row.price is not None:
            price: Any = values.get(("metal", metal, "price"), row.price.euro())
            payable: Any = values.get(("metal", metal, "payable"), row.payable.value)
            found[:, problem.responses.index(metal)] = price * payable
    return np.repeat(found, n, axis=0)
