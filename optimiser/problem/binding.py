"""From a question to a Problem: look up feed, acids, surrogate and limits, and refuse what cannot be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from optimiser._io.errors import InputError
from optimiser.chemistry.acids import Acid, load_acids, with_user_acids
from optimiser.chemistry.energy import supplied
from optimiser.chemistry.feeds import Feed
from optimiser.chemistry.impacts import ImpactTable, is_climate
from optimiser.chemistry.metals import METALS
from optimiser.chemistry.mixtures import choose, mass_shares
from optimiser.chemistry.reagents import Reagents, load_reagents
from optimiser.problem.bound import BoundProblem
from optimiser.problem.bounds import Bound
from optimiser.problem.constraints import Yields, complete
from optimiser.problem.impacts import assumed_factors, credit_of
from optimiser.problem.metrics import METRICS
from optimiser.problem.named import refuse_other_system, surrogate_of
from optimiser.problem.objectives import minimise
from optimiser.problem.plant_metrics import AT_PLANT
from optimiser.problem.schema import Problem
from optimiser.problem.system_binding import bind_system
from optimiser.problem.tolerances import Tolerances, default_tolerances, no_tolerances
from optimiser.problem.yields import check_yields
from optimiser.process.impacts import PLACES, AssumedFactor, ImpactNumbers, impact_numbers
from optimiser.process.inputs import ProcessInputs, bought, process_inputs
from optimiser.process.parameters import ProcessParameters, process_parameters
from optimiser.surrogate.artefact import Surrogate
from optimiser.surrogate.domain import Neighbourhood
from optimiser.surrogate.fitted import Fitted
from optimiser.systems.system import System, cathode
from optimiser.variables import VARIABLES, Floats, Variables

if TYPE_CHECKING:
    from optimiser.tables.own import OwnTables

#: Metrics that follow from the feed and the process parameters alone.
_SAME_FOR_ALL = frozenset({"hydrogen", "hydroxides"})


def bind(
    question: Problem, tables: OwnTables | None = None, surrogate: Surrogate | None = None
) -> BoundProblem:
    """Build the Problem that a question describes.

    Args:
        question: as asked.
        tables: acids and reagents to answer it with, as `tables.own` reads them; None for the shipped ones
            with the question's own acids.
        surrogate: the yield model that the question names, where it is read already; what it has compiled
            for other questions is used again.

    Raises:
        InputError: an unknown feed, acid, option or surrogate; a target or objective on a metal that the feed
            does not contain or whose yield is assumed; a metal whose yield nothing tells; a missing price or
            factor; a concentration that no stock can supply; a sum that the system's numbers do not suffice
            for.
    """
    of_cathode = type(question).responses is None
    surrogate = surrogate or surrogate_of(question)
    bound = _bind_cathode if of_cathode else bind_system
    problem = bound(question, tables, surrogate)
    _refuse_metrics_without_numbers(question, problem)
    if isinstance(problem.inputs, ProcessInputs):
        _refuse_missing_factors(question, problem)
    if problem.domain is not None:
        _refuse_unsupported(question, problem)
    asked = _asked_ranges(question, problem.variables)
    ranges = [_acid_range(asked, near, problem.domain, problem.variables) for near in problem.neighbourhoods]
    return replace(
        problem,
        lower=np.array([r[:, 0] for r in ranges]),
        upper=np.array([r[:, 1] for r in ranges]),
        tolerances=tolerances_of(question, problem.system),
    )


def _bind_cathode(question: Problem, tables: OwnTables | None, surrogate: Surrogate) -> BoundProblem:
    feed = question.feed
    acids = _acids(question, known_acids(question) if tables is None else tables.acids)
    _refuse_impossible_targets(question, feed)
    _refuse_idle_objectives(question, feed)
    _refuse_impossible_concentration(question, acids)
    refuse_other_system(question, surrogate, cathode().name)
    try:
        parameters = process_parameters(question.process)
        reagents = supplied(load_reagents(), question.process) if tables is None else tables.reagents
        problem = assemble(question.name, feed, acids, surrogate, parameters, reagents)
    except InputError as error:
        raise _located(error, question) from None
    table = None if tables is None else tables.given
    if table is None and question.impacts is not None:
        raise InputError(
            f"The table of impacts {question.impacts!r} was not read.",
            where=question.where("impacts"),
            remedy="give `bind` the tables that `tables.own.own_tables` reads",
        )
    assumed = assumed_of(question, tables)
    inputs = replace(
        problem.cathode_inputs,
        impacts=None if table is None else factors_of(problem, table, assumed),
        credit=credit_of(question.credit),
    )
    return at_scope(question, replace(problem, inputs=inputs))


def assumed_of(question: Problem, tables: OwnTables | None) -> tuple[AssumedFactor, ...]:
    """Return the impact factors that a question assumes where its table has none.

    Raises:
        InputError: an assumption does not fit the table, or there is no table.
    """
    acids = known_acids(question) if tables is None else tables.acids
    reagents = load_reagents() if tables is None else tables.reagents
    table = None if tables is None else tables.given
    try:
        return assumed_factors(question.assume, table, acids, [*reagents])
    except InputError as error:
        raise InputError(
            error.what, where=question.where(*error.key), allowed=error.allowed, remedy=error.remedy
        ) from None


def factors_of(
    problem: BoundProblem, table: ImpactTable, assumed: Sequence[AssumedFactor] = ()
) -> ImpactNumbers:
    """Return the factors of a table of impacts for what the leach uses, with those that a problem assumes.

    What the plant around the leach buys is in no impact, as it is not in the climate change.
    """
    items = bought(problem.reagents, problem.inputs.parameters)
    substances = {component: item.name for component, item in items.items() if component in PLACES}
    own_climate = any(is_climate(category) for category in table.categories)
    acids = {acid.name: mass_shares(acid) for acid in problem.cathode_acids}
    return impact_numbers(table, acids, substances, own_climate, assumed)


def at_scope(question: Problem, problem: BoundProblem) -> BoundProblem:
    """Return a problem with a question's objectives and limits, which mean the plant's cost at plant scope.

    ``cost`` and ``net_value`` are then ``cost_plant`` and ``net_value_plant``.

    Raises:
        InputError: both of such a pair are asked for.
    """
    objectives, limits = list(question.objectives), list(question.constraints)
    if problem.inputs.plant is not None:
        objectives = [replace(o, metric=problem.counted(o.metric)) for o in objectives]
        limits = [
            Bound(AT_PLANT[c.metric], min=c.min, max=c.max)
            if isinstance(c, Bound) and c.metric in AT_PLANT
            else c
            for c in limits
        ]
        for part, names in (
            ("objectives", [o.metric for o in objectives]),
            ("constraints", [c.key for c in limits]),
        ):
            twice = [i for i, name in enumerate(names) if name in names[:i]]
            if twice:
                raise InputError(
                    "At plant scope cost is cost_plant and net_value is net_value_plant: "
                    f"{names[twice[0]]!r} is asked for twice.",
                    where=question.where(part, twice[0]),
                    remedy="leave one of the two out",
                )
    return replace(problem, objectives=tuple(objectives), constraints=complete(limits))


def tolerances_of(question: Problem, system: System | None = None) -> Tolerances:
    """Return the tolerances that a question asks for, or the usual ones; a setpoint that it fixes has none.

    Raises:
        InputError: a half-width as large as the largest setpoint that is searched: most likely per cent.
    """
    asked, system = question.tolerances, system or cathode()
    if asked is None:
        return no_tolerances(system)
    found = asked.tolerances(default_tolerances(system))
    ranges = _asked_ranges(question, system.variables)
    for variable, width, high in zip(system.variables, found.absolute, ranges[:, 1], strict=True):
        if 0.0 < high <= width:
            raise InputError(
                f"A tolerance of {width:g} {variable.unit} is as large as the largest setpoint, {high:g} "
                f"{variable.unit}.",
                where=question.where("tolerances", variable.name),
                allowed=f"a half-width below {high:g} {variable.unit}, or a share below 100 %",
                remedy=f"write e.g. `{variable.name}: 5 %` if a share was meant",
            )
    free = ranges[:, 1] > ranges[:, 0]
    absolute, relative = (tuple(np.where(free, w, 0.0).tolist()) for w in (found.absolute, found.relative))
    return replace(found, absolute=absolute, relative=relative)


def refuse_slow_surrogate(question: Problem, surrogate: Surrogate) -> None:
    """Refuse to search on a rival of the default: only the default's trees are compiled.

    Raises:
        InputError: the problem's surrogate is a rival.
    """
    if not isinstance(surrogate.fitted, Fitted):
        raise InputError(
            f"The surrogate {surrogate.name} is too slow to search on: only the default's trees are "
            "compiled, and a rival of it predicts hundreds of times slower.",
            where=question.where("surrogate"),
            allowed="pd-gbr, or the folder of what `optimiser train` fits without --model",
            remedy="remove `surrogate:` from the problem; `optimiser predict --problem` takes a rival, too",
        )


def _refuse_unsupported(question: Problem, problem: BoundProblem) -> None:
    """Where every acid is outside the domain no design can be feasible, and a search would be wasted."""
    if any(near.supported for near in problem.neighbourhoods):
        return
    every = load_acids().values() if problem.system.is_cathode else problem.system.options
    near = {acid.name: problem.surrogate.domain.neighbourhood(problem.feed, acid) for acid in every}
    known = sorted((n for n in near if near[n].supported), key=lambda n: -near[n].experiments)
    least = problem.surrogate.domain.settings.min_experiments
    such = "such an acid" if problem.system.is_cathode else "such a combination"
    raise InputError(
        f"None of {', '.join(problem.acid_names)} has the {least} experiments near {problem.feed.name} that "
        "the applicability domain asks for: no design can be feasible.",
        where=question.where("variables", *problem.system.choices[:1]),
        allowed=", ".join(f"{name} ({near[name].experiments} experiments)" for name in known)
        or f"no acid: the data do not know such a feed as {problem.feed.name}",
        remedy=f"choose {such}, or add `- applicability_domain: off` under constraints at your own risk",
    )


def assemble(
    name: str,
    feed: Feed,
    acids: Sequence[Acid],
    surrogate: Surrogate,
    parameters: ProcessParameters,
    reagents: Reagents | None = None,
) -> BoundProblem:
    """Build a Problem over all that is physically possible, without targets.

    Cost and climate change are its objectives; the limits of chemistry and the domain have their defaults.
    ``reagents`` are the shipped ones unless given.

    Raises:
        InputError: an acid has no price or impact factor; the feed holds a metal whose yield is neither
            predicted nor assumed.
    """
    check_yields(surrogate, feed)
    known = reagents or load_reagents()
    everything = np.tile([[v.low, v.high] for v in VARIABLES], (len(acids), 1, 1))
    return BoundProblem(
        name=name,
        feed=feed,
        acids=tuple(acids),
        surrogate=surrogate,
        reagents=known,
        inputs=process_inputs(feed, acids, parameters, known),
        neighbourhoods=tuple(surrogate.domain.neighbourhood(feed, acid) for acid in acids),
        lower=everything[:, :, 0],
        upper=everything[:, :, 1],
        objectives=(minimise("cost"), minimise("climate_change")),
        constraints=complete(()),
    )


def _located(error: InputError, question: Problem) -> InputError:
    """Give an error that names a key like ``acids.citric.price`` its file and line.

    A number that the problem does not give is missed where the acid is chosen.
    """
    key: tuple[str | int, ...] = tuple(error.where.split("."))
    if key[:1] == ("acids",) and key[1:2] and key[1] not in question.acids:
        chosen = [str(name) for name in question.variables.acid]
        key = ("variables", "acid", *([chosen.index(key[1])] if key[1] in chosen else []))
    return InputError(error.what, where=question.where(*key), allowed=error.allowed, remedy=error.remedy)


def known_acids(question: Problem) -> dict[str, Acid]:
    """Return the shipped acids with what a question adds to them or changes of them, by name."""
    try:
        return with_user_acids(load_acids(), question.acids)
    except InputError as error:
        raise _located(error, question) from None


def _acids(question: Problem, known: Mapping[str, Acid]) -> tuple[Acid, ...]:
    chosen: dict[str, Acid] = {}
    for index, asked in enumerate(question.variables.acid):
        where = question.where("variables", "acid", index)
        acid = choose(asked, known, where=where)
        if acid.name in chosen:
            raise InputError(
                f"Acid {acid.name!r} is listed twice.", where=where, remedy="list each acid once"
            )
        chosen[acid.name] = acid
    return tuple(chosen.values())


def _refuse_impossible_targets(question: Problem, feed: Feed) -> None:
    free = _free_metals(feed)
    for index, constraint in enumerate(question.constraints):
        if not isinstance(constraint, Yields):
            continue
        for metal, target in constraint.targets.items():
            if metal not in free:
                raise InputError(
                    f"A yield target of {target:g} on {metal}, {_why_not(feed, metal)}.",
                    where=question.where("constraints", index, "yield", metal),
                    allowed="targets on " + ", ".join(free),
                    remedy=f"remove {metal} from the targets",
                )


def _free_metals(feed: Feed) -> list[str]:
    """Return the metals that the feed contains and whose yield depends on the design."""
    holds = [metal for metal, there in zip(METALS, feed.present, strict=True) if there]
    return [metal for metal in holds if metal not in feed.assumed_yields]


def _why_not(feed: Feed, metal: str) -> str:
    if metal in feed.assumed_yields:
        return "whose yield is assumed and so the same for every design"
    return f"which {feed.name} does not contain"


def _refuse_idle_objectives(question: Problem, feed: Feed) -> None:
    free = _free_metals(feed)
    for index, objective in enumerate(question.objectives):
        if objective.metric in _SAME_FOR_ALL:
            raise InputError(
                f"Objective {objective.metric!r} is the same for every design: which share of the feed's "
                "metals dissolves is an input.",
                where=question.where("objectives", index),
                allowed="a metric that depends on the design; leachate_Cu, leachate_Al and leachate_Fe do",
                remedy=f"choose another metric; {objective.metric} is reported anyway",
            )
        metal = objective.metric.removeprefix("yield_")
        if metal in METALS and metal not in free:
            raise InputError(
                f"Objective {objective.metric!r}: the yield of {metal}, {_why_not(feed, metal)}.",
                where=question.where("objectives", index),
                allowed="yields of " + ", ".join(free),
                remedy="choose one of these metals",
            )


def _metrics_asked(question: Problem) -> list[tuple[tuple[str | int, ...], str]]:
    """Return where each objective and bound stands, and its metric."""
    asked: list[tuple[tuple[str | int, ...], str]] = [
        (("objectives", i), o.metric) for i, o in enumerate(question.objectives)
    ]
    return asked + [
        (("constraints", i), c.metric) for i, c in enumerate(question.constraints) if isinstance(c, Bound)
    ]


def _refuse_metrics_without_numbers(question: Problem, problem: BoundProblem) -> None:
    """Refuse objectives and bounds on a metric that the problem's numbers do not suffice for."""
    for key, name in _metrics_asked(question):
        if name not in problem.metrics:
            raise InputError(
                f"{name!r} cannot be computed for this problem.",
                where=question.where(*key),
                allowed=", ".join(problem.metrics),
                remedy=METRICS[name].lacks(problem.inputs),
            )


def _refuse_missing_factors(question: Problem, problem: BoundProblem) -> None:
    """Refuse objectives and bounds on a category for which something in use has no factor."""
    numbers = problem.inputs.impacts
    if numbers is None:
        return
    no_peroxide = question.variables.h2o2 is not None and question.variables.h2o2[1] == 0.0
    for key, name in _metrics_asked(question):
        counted = [c.name for c in numbers.categories if c.score > 0.0] if name == "single_score" else [name]
        lacking = {
            category: [s for s in numbers.missing(category) if not (s == "h2o2" and no_peroxide)]
            for category in counted
            if category in numbers.names
        }
        told = {category: substances for category, substances in lacking.items() if substances}
        if told:
            first, substances = next(iter(told.items()))
            said = "; ".join(f"{category}: {', '.join(missing)}" for category, missing in told.items())
            raise InputError(
                f"{name!r} cannot be computed: the table of impacts lacks factors of {said}.",
                where=question.where(*key),
                allowed=f"a factor of everything in use, in {numbers.source}",
                remedy=f"add them, or assume them: `assume: {{{first}: {{{substances[0]}: ...}}}}`",
            )


def _refuse_impossible_concentration(question: Problem, acids: tuple[Acid, ...]) -> None:
    strongest = max(acids, key=lambda acid: acid.max_molarity)
    asked = question.variables.acid_concentration
    if asked is not None and (high := asked[1]) > strongest.max_molarity:
        raise InputError(
            f"An acid concentration of {high:g} mol/L is beyond the stock itself: "
            f"{strongest.label} is sold at {strongest.max_molarity:.1f} mol/L ({strongest.purity:.0%}).",
            where=question.where("variables", "acid_concentration"),
            allowed=f"up to {strongest.max_molarity:.1f} mol/L with the acids listed",
            remedy="lower the upper end of the range",
        )


def _asked_ranges(question: Problem, variables: Variables) -> Floats:
    """Return the ranges that are asked for, in the order of the setpoints, shape (v, 2)."""
    return np.array([question.variables.range_of(variable) for variable in variables])


def _acid_range(asked: Floats, near: Neighbourhood, domain: float | None, variables: Variables) -> Floats:
    """Cut the asked ranges, shape (5, 2), to where the acid has data, and to setpoints a plant can set.

    Where the two do not meet the asked range stays: every design there is outside the domain, and the
    search reports by how much.
    """
    low, high = asked[:, 0], asked[:, 1]
    if domain is not None and near.experiments:
        held = near.bounded(domain)
        least, most = np.where(held, near.low, -np.inf), np.where(held, near.high, np.inf)
        low, high = _where_ordered(np.maximum(low, least), np.minimum(high, most), low, high)
    step = np.array([variable.step for variable in variables])
    # + 0.0 turns -0.0 into 0.0
    on_grid = np.ceil(low / step - 1e-9) * step + 0.0, np.floor(high / step + 1e-9) * step
    return np.column_stack(_where_ordered(*on_grid, low, high))


def _where_ordered(low: Floats, high: Floats, else_low: Floats, else_high: Floats) -> tuple[Floats, Floats]:
    ordered = low <= high
    return np.where(ordered, low, else_low), np.where(ordered, high, else_high)
