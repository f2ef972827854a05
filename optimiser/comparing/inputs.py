"""What two runs were asked differently, part by part."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from optimiser.chemistry.acids import Acid
from optimiser.chemistry.feeds import Feed
from optimiser.chemistry.metals import METALS
from optimiser.chemistry.substances import Bought
from optimiser.problem.bound import BoundProblem
from optimiser.process.system_inputs import SystemInputs
from optimiser.search.known import Known
from optimiser.surrogate.site import base_name
from optimiser.systems.system import Option, SystemFeed
from optimiser.systems.words import vocabulary
from optimiser.variables import Variable

#: Inputs of one thing that is bought.
_OF_ONE = ("price of", "climate change of", "other data of")


#: Largest difference of the cathode's share in two feeds that count as one.
_SAME_SHARE = 1e-9


@dataclass(frozen=True)
class Difference:
    """One thing that two runs were asked differently, as text; empty where one of them lacks it."""

    what: str
    one: str
    other: str


def differences(one: Known, other: Known) -> tuple[Difference, ...]:
    """Return all that differs in what two runs were asked."""
    first, second = _told(one), _told(other)
    every = dict.fromkeys([*first, *second])
    pairs = [(what, first.get(what, ""), second.get(what, "")) for what in every]
    # of an acid that only one of them has, that it has it says all
    return tuple(
        Difference(what, a, b)
        for what, a, b in pairs
        if a != b and ((a and b) or not what.startswith(_OF_ONE))
    )


def _told(run: Known) -> dict[str, str]:
    """Return every input of a run as text, by what it is."""
    problem = run.problem
    sha = problem.surrogate.sha256[:12]
    found = {
        "feed": f"{problem.feed.mass:g} kg {problem.feed.name}{_assayed(problem)}",
        "objectives": ", ".join(f"{o.verb} {o.label}" for o in problem.objectives),
        vocabulary(problem.system).options: ", ".join(problem.acid_names),
        **dict(_limits(problem)),
        **{f"range of {v.label}": _range(run, v) for v in problem.variables},
        **dict(_bought(problem, "price")),
        **dict(_bought(problem, "climate_change")),
        **{f"other data of {acid.name}": _data(acid) for acid in problem.cathode_acids},
        **{f"process: {name}": _text(value) for name, value in _process(problem).items()},
        **dict(_impacts(problem)),
        "tolerances": str(problem.tolerances.record() or "off"),
        "yield model": f"{problem.surrogate.name} ({sha}{_learned(problem)})",
        "version": run.version,
        **{f"search: {name}": str(value) for name, value in run.search.model_dump(mode="json").items()},
    }
    if run.tables is not None:
        found |= {f"table of {file.kind}": f"{file.file} ({file.sha256[:12]})" for file in run.tables.files}
    return found


def _impacts(problem: BoundProblem) -> Iterator[tuple[str, str]]:
    """Yield the impact factors that a problem assumes, and its credit for metals."""
    numbers, credit = problem.inputs.impacts, problem.inputs.credit
    for one in () if numbers is None else numbers.assumed:
        yield f"assumed {one.category} of {one.substance}", f"{one.value:g}"
    if credit is not None:
        factors = zip(METALS, credit.factors.tolist(), strict=True)
        yield "credit for metals", ", ".join(f"{m} {v:g}" for m, v in factors if m in credit.sources)


def _assayed(problem: BoundProblem) -> str:
    """Say what the feed was given by, where that is no formula, or no name of a table's."""
    if isinstance(problem.feed, SystemFeed):
        said = problem.system.feed_setting(problem.feed)
        return "" if isinstance(said, str) else f" ({said})"
    given = problem.feed.model_dump(mode="json", include={"assay", "blend"})
    return f" ({given})" if given else ""


def _process(problem: BoundProblem) -> dict[str, Any]:
    """Return the numbers of the process, and at plant scope those of the plant, by name."""
    found = asdict(problem.inputs.parameters)
    if isinstance(problem.inputs, SystemInputs):
        found["acid_consumption"] = problem.inputs.acid_consumption
    plant = found.pop("plant")
    return found if plant is None else {**found, "scope": "plant", **plant, "given": found["given"]}


def _learned(problem: BoundProblem) -> str:
    """Say what a site model learned from."""
    if problem.surrogate.site is None:
        return ""
    return f", {len(problem.surrogate.site.data)} own results on {base_name(problem.surrogate)}"


def _limits(problem: BoundProblem) -> Iterator[tuple[str, str]]:
    """Yield targets and limits, as they are written in YAML."""
    for constraint in problem.constraints:
        (key, value), *more = constraint.setting().items()
        parts = value if isinstance(value, Mapping) else {"": value}
        said = [f"{name} {_text(part)}".strip() for name, part in (*parts.items(), *more)]
        yield f"limit: {key}", ", ".join(said) or "none"


def _range(run: Known, variable: Variable) -> str:
    asked = getattr(run.question.variables, variable.name)
    return (
        "wherever there are data" if asked is None else f"{asked[0]:g} to {asked[1]:g} {variable.shown_unit}"
    )


def _bought(problem: BoundProblem, field: str) -> Iterator[tuple[str, str]]:
    """Yield the prices, or the climate factors, of all that a problem buys."""
    label = "price" if field == "price" else "climate change"
    items: dict[str, Bought] = {acid.name: acid for acid in problem.cathode_acids}
    items |= dict(problem.reagents)
    if isinstance(problem.inputs, SystemInputs):
        unit = "EUR/kg" if field == "price" else "kg CO2-eq/kg"
        for solute in problem.inputs.solutes:
            if solute is not None and not np.isnan(getattr(solute, field)):
                yield f"{label} of {solute.name}", f"{getattr(solute, field):g} {unit}"
    for name, item in items.items():
        value = getattr(item, field)
        if value is not None:
            yield f"{label} of {name}", _quantity(value)


def _data(acid: Acid) -> str:
    """Return what else is known of an acid, in short."""
    rest = acid.model_dump_json(exclude={"price", "climate_change"})
    return hashlib.sha256(rest.encode()).hexdigest()[:12]


def _quantity(value: Any) -> str:
    unit = getattr(value, "unit", "") or ""
    return f"{_text(value.value)} {unit}".strip()


def _text(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def same_yields(one: BoundProblem, other: BoundProblem) -> bool:
    """Return whether two problems predict the same yields for every design that both allow."""
    if one.surrogate.sha256 != other.surrogate.sha256 or one.tolerances != other.tolerances:
        return False
    for k, acid in enumerate(one.acids):
        if acid.name in other.acid_names:
            j = other.acid_names.index(acid.name)
            free = [p.upper[i] > p.lower[i] for p, i in ((one, k), (other, j))]
            # what is fixed has no tolerance
            moves = not one.tolerances or bool((free[0] == free[1]).all())
            if _seen(acid) != _seen(other.acids[j]) or not moves:
                return False
    return True


def _seen(acid: Acid | Option) -> tuple[Any, ...]:
    """Return what a yield model sees of an acid, or of an option."""
    if isinstance(acid, Option):
        return acid.values
    return acid.smiles, acid.pKa_values, acid.usable_protons, str(acid.salt_solubility_values)


def same_feed(one: BoundProblem, other: BoundProblem) -> bool:
    """Return whether two problems are about the same cathode, or the same feed of one system."""
    if not isinstance(one.feed, Feed) or not isinstance(other.feed, Feed):
        return _same_system_feed(one, other)
    alike = np.allclose(one.feed.composition, other.feed.composition, atol=1e-9)
    alike = alike and abs(one.feed.cathode_share - other.feed.cathode_share) <= _SAME_SHARE
    return bool(alike) and all(
        one.feed.assumed_yields.get(metal) == other.feed.assumed_yields.get(metal) for metal in METALS
    )


def _same_system_feed(one: BoundProblem, other: BoundProblem) -> bool:
    """Return whether two feeds are the same, as far as yields and sums see them."""
    if one.system.name != other.system.name or one.responses != other.responses:
        return False
    a, b = one.feed, other.feed
    if not isinstance(a, SystemFeed) or not isinstance(b, SystemFeed) or a.place != b.place:
        return False
    same = np.array_equal(a.present, b.present) and np.array_equal(a.assay, b.assay, equal_nan=True)
    return bool(same)
