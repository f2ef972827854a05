"""Why nothing is feasible, in words whose advice works when it is followed."""

from __future__ import annotations

from optimiser.problem.bound import BoundProblem, Evaluation
from optimiser.problem.bounds import Bound
from optimiser.problem.constraints import JOINT
from optimiser.problem.constraints import label as label_of
from optimiser.problem.yields import yield_quantile
from optimiser.report.numbers import ceil_points, floor_percent, percent
from optimiser.report.words import chance
from optimiser.search.front import Binding, Infeasibility
from optimiser.variables import Floats


def binding_text(binding: Binding) -> str:
    """Say one broken constraint: what was reached, what was asked, how many designs break it."""
    if binding.constraint.startswith("yield_"):
        reached, needed = f"{floor_percent(binding.reached)} %", f"{100.0 * binding.needed:g} %"
    elif binding.constraint == JOINT:
        reached, needed = chance(binding.reached), f"{100.0 * binding.needed:g} %"
    else:
        # as many figures as it takes to tell the two apart
        digits = next((d for d in (3, 4, 5) if _differ(binding.reached, binding.needed, d)), 6)
        reached, needed = (f"{value:.{digits}g}" for value in (binding.reached, binding.needed))
    return (
        f"{label_of(binding.constraint)}: {reached} where {needed} is asked; "
        f"broken by {percent(binding.broken_share)} of the designs tried"
    )


def _differ(one: float, other: float, digits: int) -> bool:
    return f"{one:.{digits}g}" != f"{other:.{digits}g}"


def infeasibility_lines(infeasibility: Infeasibility, problem: BoundProblem) -> list[str]:
    """Say why nothing is feasible and how far each target would have to give."""
    lines = ["Binding: " + binding_text(b) + "." for b in infeasibility.binding]
    sure = ""
    if problem.each_confidence is not None:
        sure = f" with probability {100 * problem.each_confidence:g} %"
        lines.append(
            f"Each target is asked to hold{sure}, so yields here are those reached{sure}; the expected ones "
            "are higher."
        )
    bounded = any(isinstance(c, Bound) for c in problem.constraints)
    usual = "the chemistry and the domain" if problem.system.is_cathode else "the domain"
    kept = "every other limit" if bounded else usual
    for metal, best in infeasibility.reachable.items():
        target = problem.targets[metal]
        # rounding down must not make what is reachable look as if it was not
        shown = floor_percent(best) if best < target else f"{max(float(floor_percent(best)), 100 * target):g}"
        verdict = "reachable on its own" if best >= target else f"would have to fall to {shown} %"
        lines.append(f"{metal}: target {100 * target:g} %, best seen with {kept} kept {shown} %: {verdict}.")
    if infeasibility.give > 0:
        points = ceil_points(infeasibility.give)
        points += " point" if points == "1" else " points"
        lines.append(f"Together the targets would have to fall by {points} each.")
        lines.append(
            "The design that comes nearest reaches all targets at once with probability "
            f"{chance(infeasibility.probability)}."
        )
    if problem.confidence is not None:
        lines.append(
            "What would help: lower targets, a lower `confidence`, or experiments near the designs below; "
            "without `confidence` the expected yields count."
        )
    return lines


def reached_yields(problem: BoundProblem, evaluation: Evaluation) -> Floats:
    """Return the yields that targets are held against, (n, 4): with the confidence asked for, or expected."""
    if problem.each_confidence is None:
        return evaluation.yields
    return yield_quantile(
        problem.surrogate, problem.feed, evaluation.prediction, 1.0 - problem.each_confidence
    )
