"""What drives a yield, and which setpoint would raise it, in plain sentences."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from optimiser.chemistry.metals import METALS
from optimiser.explain.ask import differs
from optimiser.explain.cases import DRIVERS
from optimiser.explain.explanation import DesignExplanation, Explanation
from optimiser.explain.setpoints import (
    Sweep,
    best_sweep,
    gain_per_cost,
    limiting_metal,
    lowest_yield,
    thrifty_sweeps,
)
from optimiser.problem.constraints import label as label_of
from optimiser.report import words
from optimiser.report.columns import column
from optimiser.variables import CONTINUOUS, VARIABLES

#: Points of yield that a driver must add or take to be named, and drivers named each way at most.
NAMED_FROM, MOST_NAMED = 1.0, 2


def driver_label(driver: str) -> str:
    """Return a driver's name as a person reads it."""
    return column(driver).label if driver in CONTINUOUS else driver


def points(value: float) -> str:
    """Say a difference of yields, a fraction, in points with its sign: ``+9.2``."""
    shown = f"{100.0 * value:+.1f}"
    return "0.0" if float(shown) == 0.0 else shown.replace("-", "−")


def driver_phrases(of: DesignExplanation) -> tuple[str, ...]:
    """Return what each driver is in this design, in the order of ``DRIVERS``."""
    acid = of.problem.acids[int(of.asked.designs.acid[0])]
    temperature, strength, peroxide, solids, time = of.asked.designs.continuous[0]
    said = {
        "acid": acid.label,
        "temperature": f"the temperature of {temperature:g} °C",
        "acid_concentration": f"the acid concentration of {strength:g} mol/L",
        "h2o2": f"{peroxide:g} wt% hydrogen peroxide" if peroxide > 0 else "the lack of peroxide",
        "solid_liquid_ratio": f"{solids:g} g/L solids",
        "time": f"the time of {time:g} min",
        "feed": f"the feed {of.problem.feed.name}",
    }
    return tuple(said[driver] for driver in DRIVERS)


def yield_sentence(metal: str, prediction: float, base: float, drivers: Sequence[tuple[str, float]]) -> str:
    """Say what drives one yield.

    Args:
        metal: whose yield.
        prediction: the yield, a fraction.
        base: the mean over the background, a fraction.
        drivers: what each driver is, with its Shapley value as a fraction.
    """
    difference = 100.0 * (prediction - base)
    beside = "about as much as" if abs(difference) < 0.5 else f"{abs(difference):.0f} points "
    if abs(difference) >= 0.5:
        beside += "above" if difference > 0 else "below"
    said = f"{metal}: {100.0 * prediction:.0f} %, {beside} the background's mean of {100.0 * base:.0f} %."
    named = [(text, value) for text, value in drivers if abs(100.0 * value) >= NAMED_FROM]
    for verb, sign in (("Raised", 1.0), ("Lowered", -1.0)):
        these = sorted((d for d in named if sign * d[1] > 0), key=lambda d: -abs(d[1]))[:MOST_NAMED]
        if these:
            listed = " and ".join(f"{text} ({points(value)})" for text, value in these)
            said += f" {verb} most by {listed}."
    return said if named else said + " No driver moves it by as much as a point."


def yield_sentences(of: Explanation) -> list[str]:
    """Say what drives each yield of the design, one sentence per metal; nothing without a design."""
    if of.design is None:
        return []
    values, phrases = of.design.values, driver_phrases(of.design)
    said = []
    for metal in of.metals:
        k = METALS.index(metal)
        if np.isnan(values.base[k]):
            said.append(
                f"{metal}: no experiment of the background has it, so there is nothing to compare with."
            )
            continue
        drivers = list(zip(phrases, values.values[0, :, k].tolist(), strict=True))
        said.append(yield_sentence(metal, float(values.prediction[0, k]), float(values.base[k]), drivers))
    return said


def limiting_sentence(of: DesignExplanation) -> str:
    """Say which yield is the lowest."""
    yields = of.evaluation.yields[0]
    return f"{limiting_metal(yields)} limits: its yield of {100.0 * np.nanmin(yields):.0f} % is the lowest."


def change_sentences(of: DesignExplanation) -> list[str]:
    """Say which setpoint change most raises the lowest yield, which is best for its money, and how sure."""
    best = best_sweep(of.sweeps)
    if best is None or best.best is None:
        return ["No change of a single setpoint inside the applicability domain raises the lowest yield."]
    after, row = best.tried, best.best
    now, then = float(lowest_yield(of.evaluation.yields)[0]), float(lowest_yield(after.yields)[row])
    before = limiting_metal(of.evaluation.yields[0])
    how = VARIABLES[best.variable]
    said = [
        f"Of all single setpoint changes inside the applicability domain, the {how.label} "
        f"{move_text(of, best, row)} raises it most: by the model, the lowest yield goes from "
        f"{100.0 * now:.1f} to {100.0 * then:.1f} %{_then_limits(of, best, row)}.",
        f"With it, {_price(of, best, row)}.",
    ]
    k = METALS.index(before)
    half = float(of.evaluation.yields_high[0, k] - of.evaluation.yields_low[0, k]) / 2.0
    if then - now < half:
        said.append(
            f"That gain of {100.0 * (then - now):.1f} points is less than the uncertainty of {before}'s "
            f"yield (half its 90 % interval is {100.0 * half:.1f} points): a hint what to test, no promise."
        )
    return [*said, *_thrifty_sentences(of, best)]


def _thrifty_sentences(of: DesignExplanation, best: Sweep) -> list[str]:
    """Say which change gains most for its money; of one that is free, also the next, of another setpoint."""
    said: list[str] = []
    for sweep in thrifty_sweeps(of.evaluation, of.sweeps):
        assert sweep.thrifty is not None
        row = sweep.thrifty
        per_cost, gain = (float(values[row]) for values in gain_per_cost(of.evaluation, sweep.tried))
        free = bool(np.isinf(per_cost))
        rate = "at no extra cost" if free else f"{100.0 * per_cost:.3g} points per EUR/kg metal"
        lead = "Next best" if said else "Best for its money"
        then = float(lowest_yield(sweep.tried.yields)[row])
        said.append(
            f"It is also the best for its money: {rate}."
            if sweep is best and row == best.best and not said
            else f"{lead} ({rate}) is the {VARIABLES[sweep.variable].label} {move_text(of, sweep, row)}: "
            f"the lowest yield goes to {100.0 * then:.1f} %, {100.0 * gain:.1f} points more"
            f"{_then_limits(of, sweep, row)}; {_price(of, sweep, row)}."
        )
        if not free or len(said) == 2:
            break
    return said


def _then_limits(of: DesignExplanation, sweep: Sweep, row: int) -> str:
    metal = limiting_metal(sweep.tried.yields[row])
    return "" if metal == limiting_metal(of.evaluation.yields[0]) else f" ({metal} then limits)"


def _price(of: DesignExplanation, sweep: Sweep, row: int) -> str:
    """Say what a change does to cost and climate change."""
    return " and ".join(
        f"{name} from {column(metric).said(of.evaluation.metrics[metric][0])} to "
        f"{column(metric).said(sweep.tried.metrics[metric][row])}"
        for name, metric in (("cost goes", "cost"), ("climate change", "climate_change"))
    )


def move_text(of: DesignExplanation, sweep: Sweep, row: int) -> str:
    """Say one change of one setpoint: ``from 43 to 50.5 °C``."""
    now, unit = of.asked.designs.continuous[0, sweep.variable], column(VARIABLES[sweep.variable].name).unit
    return f"from {now:g} to {sweep.values[row]:g} {unit}"


def ranking_sentence(of: Explanation, order: Sequence[str]) -> str:
    """Say which drivers move the yields most over the ranked anchors."""
    first, second, last = driver_label(order[0]), driver_label(order[1]), driver_label(order[-1])
    return (
        f"Over {len(of.cases)} rows of the model's training data, {first} moves the predicted yields most, "
        f"then {second}; {last} moves them least."
    )


def meaning(of: Explanation) -> tuple[str, ...]:
    """Say what a SHAP value is, and what it is not."""
    return (
        "A SHAP value says by how many points of yield one driver moves this model's prediction away from "
        f"the mean prediction over the background: {len(of.background)} of {len(of.surrogate.fitted.yields)} "
        f"anchors of {of.surrogate.name!r}, rows of its training data, spread evenly over them. The values "
        "of all seven drivers add up to the difference exactly.",
        "The acid is one driver, with everything that the model sees of it, and so is the feed: nobody can "
        "move a pKa alone.",
        "It describes the model, not the chemistry. Where drivers went together in the experiments (an acid "
        "and its usual strength), the data cannot tell them apart, and neither can this.",
        "It is not what a change of the setpoint would do: for that, the design is predicted again at every "
        "setpoint, and only that may be acted on.",
        "Mixed rows, one experiment's acid at another's temperature, are part of the reckoning, and some of "
        "them lie outside the applicability domain.",
        "Only rows whose feed contains a metal count in that metal's background.",
        "Values of the one design are exact, over all 128 sets of drivers. Those of the anchors follow one "
        "random order of the drivers each, forwards and backwards: they add up exactly too, and their means "
        "are what is read.",
    )


def mismatch(of: Explanation) -> list[str]:
    """Say that the front tells other yields than this model, if so: nothing else can be read before that."""
    if of.design is None:
        return []
    changed = differs(of.design.asked, of.design.evaluation.yields[0].tolist())
    if not changed:
        return []
    if of.design.asked.bare and of.design.problem.tolerances:
        return [
            f"The front tells other yields of {', '.join(changed)}: it was made before yields were taken "
            "over tolerances. Run its config again."
        ]
    return [
        f"The front tells other yields of {', '.join(changed)} than this model: it was made with another "
        "model or for another feed."
    ]


def cautions(of: Explanation) -> list[str]:
    """Say what must be known of the design before acting on it, beside `mismatch`."""
    if of.design is None:
        return []
    d, said = of.design, []
    problem, continuous = d.problem, d.asked.designs.continuous[0]
    acid = int(d.asked.designs.acid[0])
    if float(d.evaluation.domain_distance[0]) > 1.0:
        said.append(
            "The design is outside the applicability domain: its yields, and what drives them, are guesses."
        )
    for name, margin in d.evaluation.margins.items():
        if margin[0] < 0.0 and name != "applicability_domain" and not name.startswith("yield_"):
            said.append(f"The design breaks a limit of chemistry: {label_of(name)}.")
    for i, variable in enumerate(VARIABLES):
        low, high = problem.lower[acid, i], problem.upper[acid, i]
        if not low - 1e-9 <= continuous[i] <= high + 1e-9:
            unit = column(variable.name).unit
            span = f"{low:g} to {high:g}" if high > low else f"{low:g}"
            said.append(
                f"Its {variable.label} of {continuous[i]:g} {unit} is outside the {span} {unit} that the "
                "problem and the acid's data leave."
            )
    return [*said, *words.warnings_of(problem, d.evaluation, 0)]
