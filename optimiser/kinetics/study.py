"""The kinetics of one acid: simulated curves, a law fitted to them, Arrhenius lines, and checks of these."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from optimiser.kinetics.fit import ArrheniusLine, LawFit, arrhenius_line, fit_law
from optimiser.kinetics.simulate import Curves, Plan, members, simulate
from optimiser.problem.yields import predicted_metals
from optimiser.surrogate.artefact import Surrogate
from optimiser.surrogate.site import whose_yields
from optimiser.variables import Floats

#: R2, rounded as shown, below which ln k does not lie on a line.
LEAST_R2 = 0.90
#: Root mean square error of the law, rounded as shown, beyond which it does not describe the curves. R2 would
#: reject curves for being flat.
MOST_ERROR = 0.03
#: Yields that all curves pass, at least: what is compared is how long each takes from one to another.
LEAST_SHARED = 0.05
#: Latest over earliest time below which a curve hardly has a shape.
NARROW = 4.0


@dataclass(frozen=True)
class MetalKinetics:
    """What is known of one metal.

    Attributes:
        metal: Li, Ni, Mn or Co.
        fit: the law fitted to its curves.
        line: the Arrhenius line; its interval holds the yield model's members.
        without_law: the energy of the times that curves take to the middle of the yields that all pass,
            whatever the law, kJ/mol; NaN where there are none.
        faults: why the line's slope is no activation energy; empty where it is one.
    """

    metal: str
    fit: LawFit
    line: ArrheniusLine
    without_law: float
    faults: tuple[str, ...]

    @property
    def reliable(self) -> bool:
        """Whether the slope may be called an activation energy."""
        return not self.faults


@dataclass(frozen=True)
class Kinetics:
    """The kinetics of one acid with one feed.

    Attributes:
        surrogate: the yield model.
        curves: what was simulated.
        metals: those of the feed whose yields are predicted.
        members: how many members of the yield model the intervals hold.
        notes: what a user must know of the simulation.
    """

    surrogate: Surrogate
    curves: Curves
    metals: tuple[MetalKinetics, ...]
    members: int
    notes: tuple[str, ...]


def study(surrogate: Surrogate, plan: Plan) -> Kinetics:
    """Simulate a plan's curves, fit the law to them and draw the Arrhenius lines."""
    curves = simulate(surrogate, plan)
    alone = [simulate(member, plan).yields for member in members(surrogate)]
    metals = []
    # a yield that is assumed has no kinetics
    for i, metal in enumerate(predicted_metals(surrogate)):
        if plan.feed.present[i]:
            others = [_line(plan, yields[:, :, i])[1].energy for yields in alone]
            yields = curves.yields[:, :, i]
            fit, line = _line(plan, yields, others)
            low, high = shared(yields)
            free = _without_law(plan, yields, (low + high) / 2.0) if low < high else float("nan")
            found = faults(plan.time, high - low, fit, line)
            metals.append(MetalKinetics(metal, fit, line, free, found))
    return Kinetics(surrogate, curves, tuple(metals), len(alone), (*whose_yields(surrogate), *_notes(curves)))


def shared(yields: Floats) -> tuple[float, float]:
    """Return the lowest and highest yield that all curves pass, lowest above highest where there is none.

    Args:
        yields: shape (temperatures, times).
    """
    return float(yields[:, 0].max()), float(yields[:, -1].min())


def faults(time: Floats, span: float, fit: LawFit, line: ArrheniusLine) -> tuple[str, ...]:
    """Return why a line's slope is no activation energy; nothing where nothing speaks against it.

    Args:
        time: of the curves, min, shape (times,).
        span: width of the yields that all curves pass.
        fit: the law fitted to the curves.
        line: the Arrhenius line.
    """
    found = []
    if time[-1] < NARROW * time[0]:
        found.append(f"samples from {time[0]:g} to {time[-1]:g} min alone hardly give the shape of a curve")
    if span < LEAST_SHARED:
        found.append(
            f"curves do not share {100.0 * LEAST_SHARED:g} points of yield: their rates cannot be compared"
        )
    if round(fit.rmse, 3) > MOST_ERROR:
        most = f"above {100.0 * MOST_ERROR:.1f}"
        found.append(f"the law misses the curves by {100.0 * fit.rmse:.1f} points of yield ({most})")
    if round(line.r2, 3) < LEAST_R2:
        found.append(f"ln k does not lie on a line (R2 {line.r2:.3f}, below {LEAST_R2:.2f})")
    if line.low <= 0.0:
        found.append(
            f"k does not clearly rise with temperature (the {100.0 * line.level:.0f} % interval holds zero)"
        )
    return tuple(found)


def _line(plan: Plan, yields: Floats, others: Sequence[float] = ()) -> tuple[LawFit, ArrheniusLine]:
    fit = fit_law(plan.time, yields)
    return fit, arrhenius_line(plan.temperature, fit.ln_k, others=others)


def _without_law(plan: Plan, yields: Floats, at: float) -> float:
    """Return the energy of the times at which curves reach a yield: 1 over them rises as k does."""
    rising = np.maximum.accumulate(yields, axis=1)
    log_time = np.array([np.interp(at, curve, np.log(plan.time)) for curve in rising])
    return arrhenius_line(plan.temperature, -log_time).energy


def _notes(curves: Curves) -> tuple[str, ...]:
    outside = int((~curves.inside).sum())
    if not outside:
        return ()
    return (
        f"{outside} of {curves.inside.size} simulated designs are outside the applicability domain: no "
        "experiment stands near them.",
    )
