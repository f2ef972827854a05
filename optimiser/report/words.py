"""Designs and verdicts as a plant engineer would say them."""

from __future__ import annotations

import numpy as np

from optimiser.chemistry.acids import Acid
from optimiser.problem.bound import BoundProblem, Evaluation
from optimiser.problem.constraints import switched_off
from optimiser.problem.feed_words import electrons_sentence, impurity_warnings, reading_lines
from optimiser.problem.limits import ApplicabilityDomain
from optimiser.problem.metrics import APART, METRICS, is_yield
from optimiser.problem.robustness import over_tolerances
from optimiser.problem.yields import assumption
from optimiser.report.caveats import told_limits
from optimiser.report.columns import column
from optimiser.report.numbers import counted, number, percent
from optimiser.search.front import Front
from optimiser.surrogate.site import whose_yields
from optimiser.systems.words import vocabulary
from optimiser.variables import Variable

#: Said wherever peroxide is recommended.
PEROXIDE_CAVEAT = (
    "The training table's peroxide column mixes conventions, so a nominal wt% may be up to about 4 times the "
    "true one: confirm the dose by experiment."
)


def setpoints(problem: BoundProblem, evaluation: Evaluation, row: int) -> str:
    """Say what to do: acid, strength, temperature, time, solids, peroxide; else the option and setpoints."""
    if not problem.system.is_cathode:
        return _system_setpoints(problem, evaluation, row)
    acid = problem.acids[int(evaluation.designs.acid[row])]
    at = evaluation.designs.take(np.array([row]))
    t, c, h, s, m = (
        float(value[0])
        for value in (at.temperature, at.acid_concentration, at.h2o2, at.solid_liquid_ratio, at.time)
    )
    strength = problem.inputs.parameters.peroxide_strength
    nominal = "" if strength == 1.0 else f" (nominal; {strength * h:.3g} wt% true)"
    peroxide = f"{h:g} wt% hydrogen peroxide{nominal}" if h > 0 else "no peroxide"
    return f"{c:g} mol/L {acid.label} at {t:g} °C for {m:g} min, {s:g} g/L solids, {peroxide}"


def _system_setpoints(problem: BoundProblem, evaluation: Evaluation, row: int) -> str:
    """Say the option of a design and its setpoints, in the system's own names and units."""
    values = evaluation.designs.continuous[row]
    told = [setpoint_text(v, value) for v, value in zip(problem.variables, values, strict=True)]
    listed = f"{', '.join(told[:-1])} and {told[-1]}" if len(told) > 1 else told[0]
    if not problem.system.choices:
        return listed
    return f"{problem.acids[int(evaluation.designs.acid[row])].label} at {listed}"


def setpoint_text(variable: Variable, value: float) -> str:
    """Say a setpoint with its name and unit: ``temperature 80 °C``."""
    return f"{variable.label} {number(value)} {variable.shown_unit}".strip()


def without_data(problem: BoundProblem, evaluation: Evaluation, row: int) -> bool:
    """Return whether the data do not contain a design's acid, so that its yields are a guess."""
    return problem.without_data(int(evaluation.designs.acid[row]))


def yields_text(problem: BoundProblem, evaluation: Evaluation, row: int) -> str:
    """Say the yields of the metals that are there, each with its 90 % interval; a guess has none."""
    parts = []
    guess = without_data(problem, evaluation, row)
    for metal in problem.present:
        i = problem.responses.index(metal)
        mean, low, high = (
            100.0 * v[row, i] for v in (evaluation.yields, evaluation.yields_low, evaluation.yields_high)
        )
        between = "assumed" if metal in problem.feed.assumed_yields else f"{low:.0f}–{high:.0f}"
        parts.append(f"{metal} {mean:.0f} %" + ("" if guess and between != "assumed" else f" ({between})"))
    return ", ".join(parts)


def sentence(problem: BoundProblem, evaluation: Evaluation, row: int) -> str:
    """Say one design aloud: setpoints, cost and climate change per kg metal, yields with intervals.

    Of a system of one's own, what is asked for in the place of costs that it does not have. Where the data do
    not contain the acid the yields are called a guess, and have no intervals.
    """
    called, end = "yields", f"{counted(int(evaluation.support[row]), 'experiment')} nearby"
    if without_data(problem, evaluation, row):
        which = vocabulary(problem.system).option
        called, end = "yields (a guess)", f"no experiment with this {which} is in the data"
    told = "; ".join(_figures(problem, evaluation, row))
    return (
        f"Leach {problem.feed.name} with {setpoints(problem, evaluation, row)}: "
        f"{f'{told}; ' if told else ''}{called} {yields_text(problem, evaluation, row)}; {end}."
    )


def _figures(problem: BoundProblem, evaluation: Evaluation, row: int) -> list[str]:
    """Say cost and climate change of a design; of a system of one's own what is asked for as well."""
    if problem.system.is_cathode:
        climate = column("climate_change").said(evaluation.metrics["climate_change"][row])
        return [f"{cost_text(problem, evaluation, row)}, {climate}"]
    asked = [o.metric for o in problem.objectives if not is_yield(o.metric) and o.metric not in APART]
    names = dict.fromkeys([*asked, *(n for n in ("cost", "climate_change") if n in evaluation.metrics)])
    return [f"{column(n).label} {column(n).said(evaluation.metrics[n][row])}" for n in names]


def cost_text(problem: BoundProblem, evaluation: Evaluation, row: int) -> str:
    """Say what a design costs: ``1.07 EUR/kg metal``; at plant scope with the plant, and without."""
    alone = column("cost").said(evaluation.metrics["cost"][row])
    plant = problem.inputs.parameters.plant
    if plant is None:
        return alone
    whole = column("cost_plant").said(evaluation.metrics["cost_plant"][row])
    return f"{whole} with the plant at {plant.throughput:g} t/d (reagents and energy alone {alone})"


def targets_sentence(problem: BoundProblem, evaluation: Evaluation, row: int) -> str:
    """Say how likely a design reaches its yield targets, and what was asked for; empty without targets."""
    if not problem.targets:
        return ""
    sure, together = "", "together" if problem.joint else "each"
    if problem.confidence is not None:
        sure = f", asked for with {100.0 * problem.confidence:g} % {together},"
    if without_data(problem, evaluation, row):
        what = vocabulary(problem.system).an_option
        return f"The probability that the yield targets{sure} hold is unknown for {what} without data."
    asked = ", ".join(f"{metal} {100.0 * target:g} %" for metal, target in problem.targets.items())
    hold = "All yield targets hold at once" if len(problem.targets) > 1 else "The yield target holds"
    reached = f"{hold} ({asked}) with probability {chance(float(evaluation.p_feasible[row]))}"
    if problem.confidence is None:
        return f"{reached}; the targets apply to the expected yields (no confidence was asked for)."
    each = ", each asked for with" if len(problem.targets) > 1 and not problem.joint else ", asked for with"
    return f"{reached}{each} {100.0 * problem.confidence:g} %."


def answer(problem: BoundProblem, evaluation: Evaluation, row: int) -> tuple[str, ...]:
    """Say the recommended design, and how sure its targets are."""
    said = (
        sentence(problem, evaluation, row),
        electrons_sentence(problem, evaluation, row) if problem.system.is_cathode else "",
        targets_sentence(problem, evaluation, row),
        quantiles_sentence(problem, evaluation, row),
    )
    return tuple(line for line in said if line)


def quantiles_sentence(problem: BoundProblem, evaluation: Evaluation, row: int) -> str:
    """Say the objectives of a design that are quantiles, which tables and figures do not show."""
    told = [
        f"{o.label} {column(o.metric).said(o.sign * evaluation.objectives[row, j])}"
        for j, o in enumerate(problem.objectives)
        if o.quantile is not None
    ]
    if not told:
        return ""
    return f"Chosen by {', '.join(told)}; tables and figures show what the expected yields give."


def value_sentence(problem: BoundProblem, front: Front) -> str:
    """Say which design of a front has the highest net value; empty where the answer has it, or alone is."""
    e, names = front.evaluation, [o.metric for o in problem.objectives]
    worth = problem.counted("net_value")
    if worth not in e.metrics:
        return ""
    row, how = int(np.argmax(e.metrics[worth])), column(worth)
    if row == front.answer or len(names) == 1:
        return ""
    told = ", ".join(f"{column(name).label} {column(name).said(e.metrics[name][row])}" for name in names)
    return (
        f"The highest {how.label}, {how.said(e.metrics[worth][row])} against "
        f"{how.said(e.metrics[worth][front.answer])}, has design no. {row + 1}: {told}."
    )


def chance(probability: float) -> str:
    """Write a probability as per cent: ``72 %``, ``> 99 %``."""
    return column("p_feasible").said(probability)


def objectives_text(problem: BoundProblem) -> str:
    """Say what is asked for: ``minimise cost, maximise recovery``."""
    return ", ".join(f"{o.verb} {o.label}" for o in problem.objectives)


def front_finding(problem: BoundProblem, front: Front) -> str:
    """Say what the front is: a trade-off, or one design that is best in everything."""
    n = len(front.evaluation)
    names = " and ".join(METRICS[o.metric].label for o in problem.objectives)
    if n == 1:
        many = len(problem.objectives) > 1
        return (
            f"The front is a single design: {names} do not conflict here, one design is best in all of them."
            if many
            else f"One design has the best {names}."
        )
    spans = []
    for objective in problem.objectives:
        how, values = column(objective.metric), front.evaluation.metrics[objective.metric]
        spans.append(f"{how.label} {how.said(values.min())} to {how.said(values.max())}")
    ends = "; ".join(spans)
    used = np.unique(front.evaluation.designs.acid)
    acids = sorted({problem.acids[k].label for k in used})
    unknown = sorted(problem.acids[k].label for k in used if not len(problem.neighbourhoods[k].of_acid))
    guessed = f" Yields with {', '.join(unknown)} are guesses: no experiment has it." if unknown else ""
    return f"A trade-off of {n} designs over {ends}, with {', '.join(acids)}.{guessed}"


def warnings_of(problem: BoundProblem, evaluation: Evaluation, row: int) -> list[str]:
    """Say what an engineer must know before running a design."""
    said: list[str] = list(whose_yields(problem.surrogate))
    said += told_limits(problem.surrogate)
    if problem.system.is_cathode:
        said += _chemistry_warnings(problem, evaluation, row)
    support = int(evaluation.support[row])
    if support == 0:
        said.append("No experiment lies near this design.")
    elif support < 5:
        said.append(f"Only {counted(support, 'experiment')} near this design.")
    if problem.system.is_cathode:
        if assumed := assumption(problem.cathode_feed):
            said.append(assumed)
        said += reading_lines(problem.cathode_feed)
    off, tolerances = (
        switched_off(problem.constraints, problem.state(evaluation), row),
        tolerance_warning(problem, evaluation, row),
    )
    return [*off, *said, *edge_warning(problem, evaluation, row), *tolerances]


def _chemistry_warnings(problem: BoundProblem, evaluation: Evaluation, row: int) -> list[str]:
    """Say what peroxide, electrons, gases and salts of a cathode's leach ask for."""
    acid = problem.acids[int(evaluation.designs.acid[row])]
    assert isinstance(acid, Acid)
    peroxide = float(evaluation.designs.h2o2[row])
    temperature = float(evaluation.designs.temperature[row])
    plant = problem.inputs.parameters
    said: list[str] = []
    if peroxide > 0:
        said.append(PEROXIDE_CAVEAT)
        if temperature > plant.peroxide_limit:
            said.append(
                f"At {temperature:g} °C peroxide decomposes quickly (limit about "
                f"{plant.peroxide_limit:g} °C): "
                f"{percent(plant.peroxide_loss)} of it is counted as lost in the reductant balance."
            )
    by_products = evaluation.by_products
    chlorine = float(evaluation.metrics["chlorine"][row])
    ratio = float(evaluation.reductant_ratio[row])
    if ratio < 1.0:
        other = {
            "chloride": "chloride has to reduce the rest, which forms chlorine gas "
            f"({chlorine:.0f} kg per t feed)",
            "organic": "the organic acid itself has to reduce the rest",
            "none": "something in the feed (carbon, aluminium, copper) has to reduce the rest"
            if not problem.feed.impurities
            else "something else in the feed (carbon) has to reduce the rest, or the yields are not reached",
        }[acid.reductant or "none"]
        who = "Peroxide supplies"
        if problem.feed.impurities:
            who = "Peroxide and the feed's metals supply" if peroxide > 0 else "The feed's metals supply"
        said.append(f"{who} {percent(ratio)} of the electrons that the dissolved metals need; {other}.")
    if by_products.nox[row]:
        said.append(
            f"Nitric acid above about {plant.nox_limit:g} °C: expect nitrogen oxides, which need scrubbing."
        )
    said += impurity_warnings(problem, evaluation, row)
    metals = by_products.precipitating(row)
    if metals:
        said.append(
            f"{', '.join(metals)}: more than the salts' solubility in water, so part may precipitate again; "
            "yields are those of dissolution."
        )
    if acid.caveat:
        said.append(acid.caveat)
    return said


def tolerance_warning(problem: BoundProblem, evaluation: Evaluation, row: int) -> list[str]:
    """Say what the yields of a design are within its tolerances, and whether it may leave the data."""
    spans = over_tolerances(problem, evaluation.designs.take(np.array([row])))
    if spans is None:
        return []
    between = []
    for metal in problem.present:
        i = problem.responses.index(metal)
        low, high = (100.0 * float(v[0, i]) for v in (spans.yields_low, spans.yields_high))
        between.append(f"{metal} {low:.1f}–{high:.1f} %")
    low, high = 100.0 * float(spans.recovery_low[0]), 100.0 * float(spans.recovery_high[0])
    recovery = (
        f", and recovery is between {low:.1f} and {high:.1f} %" if "recovery" in problem.metrics else ""
    )
    said = [f"Within your tolerances the yields are between {', '.join(between)}{recovery}."]
    if spans.leaving[0] > 0.0:
        variable, upwards = spans.outwards[0]
        said.append(
            f"The design is at the edge of the data: {percent(float(spans.leaving[0]))} of the "
            "setpoints within your tolerances are farther from the experiments than the domain allows, above "
            f"all where {problem.variables[variable].label} is "
            f"{'above' if upwards else 'below'} its setpoint."
        )
    return said


def edge_warning(problem: BoundProblem, evaluation: Evaluation, row: int) -> list[str]:
    """Say which setpoints of a design are the lowest or highest that the experiments near the feed had."""
    near = problem.neighbourhoods[int(evaluation.designs.acid[row])]
    at = []
    for j, variable in enumerate(problem.variables):
        setpoint = evaluation.designs.continuous[row, j]
        for end, word in ((near.low[j], "lowest"), (near.high[j], "highest")):
            # no peroxide is a choice, not an edge
            if near.varied[j] and abs(setpoint - end) < variable.step and setpoint > 0.0:
                at.append(f"{variable.label} ({word}, {end:.4g} {variable.shown_unit})")
    if not at:
        return []
    which = vocabulary(problem.system).option
    if near.own.any():  # around own experiments a search may go beyond what was measured
        return [
            f"At the limit of what experiments with this {which} near this feed support: {', '.join(at)}."
        ]
    return [f"At the limit of the measured range for this {which} near this feed: {', '.join(at)}."]


def domain_setting(domain: float | None) -> str | float:
    """Return a problem's limit of the domain as it is written in YAML."""
    setting: str | float = ApplicabilityDomain(domain).setting()[ApplicabilityDomain.key]
    return setting
