"""What may change in a problem without a new prediction: prices, factors, targets, limits, parameters.

A lever is a name such as ``price.citric``, ``climate_change.h2o2``, ``yield``, ``yield.Co``, ``confidence``,
``process.heat_recovery``, or the key of a limit such as ``proton_balance``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from optimiser._io.errors import InputError, closest
from optimiser.chemistry.acids import Acid
from optimiser.chemistry.mixtures import changed, single_acids
from optimiser.chemistry.prices import MOST_PRICE, Basis, Price
from optimiser.chemistry.quantity import Quantity
from optimiser.chemistry.reagents import ENERGIES
from optimiser.problem.bound import BoundProblem
from optimiser.problem.constraints import Yields
from optimiser.problem.limits import LIMITS
from optimiser.problem.metrics import METRICS
from optimiser.problem.plant_metrics import NEEDS_PLANT
from optimiser.problem.system_binding import CONSUMPTION, idle_numbers
from optimiser.process.inputs import bought, idle_parameters
from optimiser.process.parameters import choices, parameter_quantities, process_parameters
from optimiser.process.plant_parameters import PLANT_NAMES, check_number, unit_of
from optimiser.process.system_inputs import SystemInputs
from optimiser.process.system_needs import PEROXIDE
from optimiser.systems.reagents import Solute

_NAMES = (
    "price.NAME, climate_change.NAME, yield, yield.METAL, confidence, process.NAME, or the key of a limit"
)
_OF_SYSTEM = (
    "yield, yield.RESPONSE, confidence; as far as the system's numbers suffice price.NAME, "
    "climate_change.NAME, process.NAME, or the key of a limit"
)


@dataclass(frozen=True)
class Lever:
    """Something of a problem that can be set to a number.

    Attributes:
        name: as it is typed.
        label: as a person reads it.
        unit: of the number; empty for a plain one.
        value: what the problem has now; NaN where it has none.
        least, most: between which numbers it can be set.
        apply: returns the problem with the number set.
    """

    name: str
    label: str
    unit: str
    value: float
    least: float
    most: float
    apply: Callable[[float], BoundProblem]

    def at(self, value: float) -> BoundProblem:
        """Return the problem with the lever set.

        Raises:
            InputError: the number is out of bounds.
        """
        if not self.least <= value <= self.most:
            raise InputError(
                f"{self.name} = {value:g} is not possible.",
                allowed=f"{self.least:g} to {self.most:g} {self.unit}".rstrip(),
                remedy="choose a number within these bounds",
            )
        return self.apply(value)


def lever(problem: BoundProblem, name: str) -> Lever:
    """Return a lever of a problem by its name.

    Raises:
        InputError: there is no such lever, or it does not fit the problem.
    """
    kind, _, of = name.partition(".")
    if kind == "price" and of:
        return _price(problem, name, of)
    if kind == "climate_change" and of:
        return _factor(problem, name, of)
    if kind == "process" and of:
        return _parameter(problem, name, of)
    if kind in ("yield", "confidence"):
        return _targets(problem, name, kind, of)
    cathode = problem.system.is_cathode
    limits = [limit.key for limit in LIMITS if not limit.lacks(problem.inputs)]
    if name in limits:
        return _limit(problem, name)
    raise InputError(
        f"There is nothing called {name!r} to vary.",
        allowed=_NAMES if cathode else _OF_SYSTEM,
        remedy=closest(name, ["price.", "yield", "confidence", *limits])
        or ("write e.g. price.citric or yield" if cathode else "write e.g. yield"),
    )


def with_price(problem: BoundProblem, name: str, price: float) -> BoundProblem:
    """Return a problem with another price.

    Args:
        problem: the bound question.
        name: of an acid, a reagent, heat or power.
        price: EUR per kg of an acid's stock, kg of a pure reagent, or kWh.

    Raises:
        InputError: the problem does not buy such a thing, or the price is not possible.

    Examples:
        >>> import optimiser as opt
        >>> from optimiser.problem.binding import bind
        >>> cheap = with_price(bind(opt.load_problem("nmc111")), "sulfuric", 0.01)
        >>> float(cheap.inputs.acids.price[cheap.acid_names.index("sulfuric")])
        0.01
    """
    return lever(problem, f"price.{name}").at(price)


def _rebuilt(problem: BoundProblem) -> BoundProblem:
    if isinstance(problem.inputs, SystemInputs):
        problem = replace(problem, inputs=replace(problem.inputs, table=problem.reagents))
    return replace(problem, inputs=problem.inputs_for(problem.acids))


def priced_by(problem: BoundProblem) -> tuple[str, ...]:
    """Return what a problem buys, by the names that its prices have; nothing where no metric counts money."""
    if not any(metric in problem.metrics for metric in ("cost", "cost_feed")):
        return ()
    return (*reagents_of(problem), *_beside(problem))


def _bought(problem: BoundProblem, name: str, of: str) -> None:
    """Refuse what the problem does not buy."""
    known = [*reagents_of(problem), *_beside(problem)]
    if of in problem.acid_names and of not in known:
        raise InputError(
            f"{of} is a mixture, whose price and climate change follow from those of its acids.",
            where=name,
            allowed=", ".join(known),
            remedy="name one of its acids",
        )
    if of not in known:
        raise InputError(
            f"The problem does not buy {of!r}.",
            where=name,
            allowed=", ".join(known),
            remedy=closest(of, known),
        )


def reagents_of(problem: BoundProblem) -> dict[str, Acid | Solute]:
    """Return what is dissolved in the leachant, by name: acids, or what options of a system are."""
    if isinstance(problem.inputs, SystemInputs):
        return {solute.name: solute for solute in problem.inputs.solutes if solute is not None}
    return dict(single_acids(problem.cathode_acids))


def holding(problem: BoundProblem, name: str) -> list[str]:
    """Return the acids or options that hold a reagent, by their names."""
    if isinstance(problem.inputs, SystemInputs):
        each = zip(problem.acid_names, problem.inputs.solutes, strict=True)
        return [option for option, solute in each if solute is not None and solute.name == name]
    return [acid.name for acid in problem.cathode_acids if name in single_acids([acid])]


def _beside(problem: BoundProblem) -> list[str]:
    """Return what is bought beside these: of a system what its sums count."""
    inputs = problem.inputs
    if not isinstance(inputs, SystemInputs):
        return [*problem.reagents]
    counted = {c: item.name for c, item in bought(problem.reagents, inputs.parameters).items()}
    if PEROXIDE not in problem.system.names:
        counted.pop("peroxide", None)
    if not inputs.has("consumption"):
        counted.pop("neutralisation", None)
    return [name for name in problem.reagents if name in counted.values()]


def _counts(problem: BoundProblem, name: str, metrics: tuple[str, ...]) -> None:
    """Refuse a number that no metric of a system looks at."""
    if not any(metric in problem.metrics for metric in metrics):
        raise InputError(
            f"{name} changes nothing: {METRICS[metrics[-1]].lacks(problem.inputs)}.",
            where=name,
            allowed="yield, yield.RESPONSE, confidence",
            remedy="give what is missing, or vary e.g. yield",
        )


def _price(problem: BoundProblem, name: str, of: str) -> Lever:
    _counts(problem, name, ("cost", "cost_feed"))
    _bought(problem, name, of)
    per: Basis = "kWh" if of in ENERGIES else "kg pure"
    one = reagents_of(problem).get(of)
    if isinstance(one, Solute):
        per, now = "kg stock", one.price * one.purity
    elif one is not None:
        per, now = "kg stock", one.price_eur("kg stock")
    else:
        now = problem.reagents[of].price_eur(per)

    def apply(value: float) -> BoundProblem:
        if isinstance(one, Solute):
            return _solute_changed(problem, one, price=value / one.purity)
        price = Price(value=value, currency="EUR", per=per)
        return _changed(problem, of, price=price)

    return Lever(name, f"price of {_label(problem, of)}", f"EUR/{per}", now, 0.0, MOST_PRICE, apply)


def _factor(problem: BoundProblem, name: str, of: str) -> Lever:
    _counts(problem, name, ("climate_change",))
    _bought(problem, name, of)
    one = reagents_of(problem).get(of)
    now = one.climate_change if isinstance(one, Solute) else (one or problem.reagents[of]).climate_factor
    unit = "kg CO2-eq/kWh" if of in ENERGIES else "kg CO2-eq/kg pure"

    def apply(value: float) -> BoundProblem:
        if isinstance(one, Solute):
            return _solute_changed(problem, one, climate_change=value)
        return _changed(problem, of, climate_change=Quantity(value=value, unit=unit))

    label = f"climate change of {_label(problem, of)}"
    return Lever(name, label, unit, now, -1000.0, 1000.0, apply)


def _solute_changed(problem: BoundProblem, solute: Solute, **update: float) -> BoundProblem:
    assert isinstance(problem.inputs, SystemInputs)
    own = problem.inputs.changed
    changed = {**own, solute.name: {**own.get(solute.name, {}), **update}}
    return _rebuilt(replace(problem, inputs=replace(problem.inputs, changed=changed)))


def _changed(problem: BoundProblem, of: str, **update: Price | Quantity) -> BoundProblem:
    if of in reagents_of(problem):
        acids = tuple(
            changed(acid, lambda a: update if a.name == of else {}) for acid in problem.cathode_acids
        )
        return _rebuilt(replace(problem, acids=acids))
    return _rebuilt(replace(problem, reagents=problem.reagents.changed(of, **update)))


def _label(problem: BoundProblem, of: str) -> str:
    one = reagents_of(problem).get(of)
    if isinstance(one, Solute):
        return one.name if one.acid is None else one.acid.label
    return (one or problem.reagents[of]).label


def _parameter(problem: BoundProblem, name: str, of: str) -> Lever:
    parameters = problem.inputs.parameters
    if of == "scope":
        raise InputError(
            "The scope is no number.",
            where=name,
            remedy="compare both with --scope reagents and --scope plant",
        )
    if isinstance(problem.inputs, SystemInputs):
        if of == CONSUMPTION:
            return _consumption(problem, problem.inputs, name)
        _counts(problem, name, ("reactor_volume",))
        if of in (idle := idle_numbers(problem.system)):
            raise InputError(f"{of} changes nothing: {idle[of]}.", where=name, remedy="vary another number")
    if of in PLANT_NAMES:
        return _of_plant(problem, name, of)
    process_parameters({of: getattr(parameters, of, 0.0)})  # refuses an unknown name
    if of == "neutraliser":
        raise InputError(
            "The neutraliser is a base, not a number.", where=name, remedy="vary the price of a base"
        )
    if of in choices():
        raise InputError(f"{of} is a name, not a number.", where=name, allowed=", ".join(choices()[of]))
    if problem.system.is_cathode and of in idle_parameters(problem.cathode_feed):
        raise InputError(
            f"{problem.feed.name} holds no {of.removesuffix('_dissolved')}, so {of} changes nothing.",
            where=name,
            remedy="give the feed by its assay: feed: {assay: {Li: ..., Cu: ..., Al: ...}}",
        )
    quantity = parameter_quantities()[of]

    def apply(value: float) -> BoundProblem:
        process_parameters({of: value})
        changed: dict[str, Any] = {of: value}
        inputs = replace(problem.inputs, parameters=replace(parameters, **changed))
        return _rebuilt(replace(problem, inputs=inputs))

    return Lever(name, of.replace("_", " "), quantity.unit, getattr(parameters, of), 0.0, math.inf, apply)


def _consumption(problem: BoundProblem, inputs: SystemInputs, name: str) -> Lever:
    _counts(problem, name, ("cost", "cost_feed"))
    now = math.nan if inputs.acid_consumption is None else inputs.acid_consumption

    def apply(value: float) -> BoundProblem:
        return _rebuilt(replace(problem, inputs=replace(inputs, acid_consumption=value)))

    return Lever(name, "acid that the feed takes", "kg/t", now, 0.0, math.inf, apply)


def _of_plant(problem: BoundProblem, name: str, of: str) -> Lever:
    parameters, plant = problem.inputs.parameters, problem.inputs.parameters.plant
    if plant is None:
        raise InputError(
            f"{of} counts at plant scope only.",
            where=name,
            allowed=_NAMES,
            remedy=NEEDS_PLANT,
        )

    def apply(value: float) -> BoundProblem:
        check_number(of, value)
        changed: dict[str, Any] = {of: value}
        section = replace(plant, **changed)
        inputs = replace(problem.inputs, parameters=replace(parameters, plant=section))
        return _rebuilt(replace(problem, inputs=inputs))

    return Lever(name, of.replace("_", " "), unit_of(of), getattr(plant, of), 0.0, math.inf, apply)


def _targets(problem: BoundProblem, name: str, kind: str, of: str) -> Lever:
    targets, confidence, joint = dict(problem.targets), problem.confidence, problem.joint
    if not targets:
        raise InputError(
            "The problem has no yield targets.",
            where=name,
            remedy=f"add e.g. --yield {problem.responses[0]}=0.9",
        )
    if of and of not in targets:
        raise InputError(f"The problem has no target on {of}.", where=name, allowed=", ".join(targets))
    if kind == "confidence":
        now = math.nan if confidence is None else confidence
        sure = lambda c: problem.with_constraints(Yields(confidence=c, joint=joint, **targets))  # noqa: E731
        return Lever(name, "confidence", "", now, 0.01, 0.99, sure)
    chosen = [of] if of else list(targets)

    def apply(value: float) -> BoundProblem:
        asked = targets | dict.fromkeys(chosen, value)
        return problem.with_constraints(Yields(confidence=confidence, joint=joint, **asked))

    now = targets[chosen[0]] if len({targets[m] for m in chosen}) == 1 else math.nan
    return Lever(name, f"{of} target" if of else "yield targets", "", now, 0.01, 1.0, apply)


def _limit(problem: BoundProblem, name: str) -> Lever:
    held = next(c for c in problem.constraints if c.key == name)
    now = getattr(held, "limit", None)
    kind = type(held)
    return Lever(
        name,
        kind.label,
        "",
        math.nan if now is None else now,
        -math.inf,
        math.inf,
        lambda value: problem.with_constraints(kind(value)),  # type: ignore[call-arg]
    )
