"""The kinetics of one acid: simulated curves, fitted models and Arrhenius lines, and what they are worth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from optimiser.chemistry.feeds import METALS
from optimiser.designs import Floats
from optimiser.kinetics.arrhenius import LEAST_POINTS, ArrheniusLine, arrhenius_line
from optimiser.kinetics.fit import LEAST_RISING, MetalFit, fit_metal, plateaus
from optimiser.kinetics.simulate import NARROW, Curves, Plan, simulate
from optimiser.surrogate.artefact import Surrogate
from optimiser.yields import predicted_metals

#: R2 below which a line does not describe ln k, or a model does not describe the curves.
LEAST_R2 = 0.90


@dataclass(frozen=True)
class MetalKinetics:
    """What is known of one metal.

    Attributes:
        metal: Li, Ni, Mn or Co.
        fits: every model, the best by AICc first.
        k: rate constants of the best, 1/min, shape (temperatures,); NaN where a curve tells none.
        line: the Arrhenius line through them; None where there are fewer than 3.
        faults: why the line's slope is no activation energy; empty where it is one.
    """

    metal: str
    fits: tuple[MetalFit, ...]
    k: Floats
    line: ArrheniusLine | None
    faults: tuple[str, ...]

    @property
    def best(self) -> MetalFit:
        """The model that fits best."""
        return self.fits[0]

    @property
    def reliable(self) -> bool:
        """Whether the slope may be called an activation energy."""
        return not self.faults


@dataclass(frozen=True)
class Kinetics:
    """The kinetics of one acid with one feed.

    Attributes:
        curves: what was simulated.
        metals: those of the feed whose yields are predicted.
        notes: what must be told of the simulation.
        short: that the acid's samples span too little time for the shape of a curve; empty where they do not.
    """

    curves: Curves
    metals: tuple[MetalKinetics, ...]
    notes: tuple[str, ...]
    short: str = ""


def study(
    surrogate: Surrogate,
    plan: Plan,
    *,
    level: float = 0.95,
    progress: Callable[[int, int, str], None] = lambda done, steps, what: None,
) -> Kinetics:
    """Simulate a plan's curves, fit every model to them and draw the Arrhenius lines.

    Args:
        surrogate: the yield model.
        plan: what to simulate.
        level: of the intervals of the activation energies.
        progress: told the metals done, the metals in all, and which comes next.
    """
    curves = simulate(surrogate, plan)
    # a yield that is assumed has no kinetics
    present = [i for i, _ in enumerate(predicted_metals(surrogate)) if plan.feed.present[i]]
    metals = []
    for done, i in enumerate(present):
        progress(done, len(present), METALS[i])
        metals.append(_metal(METALS[i], plan, curves.yields[:, :, i], level))
    return Kinetics(curves, tuple(metals), _notes(curves), _short(plan))


def _metal(metal: str, plan: Plan, yields: Floats, level: float) -> MetalKinetics:
    fits = fit_metal(plan.time, yields)
    k = np.array([curve.overall for curve in fits[0].curves])
    line = arrhenius_line(plan.temperature, k, level)
    return MetalKinetics(metal, fits, k, line, faults(line, fits[0], plateaus(yields)))


def faults(line: ArrheniusLine | None, fit: MetalFit, plateau: tuple[bool, ...]) -> tuple[str, ...]:
    """Return why a line's slope is no activation energy; nothing where nothing speaks against it.

    Args:
        line: the line, None where there are too few rate constants.
        fit: the kinetic model behind the rate constants.
        plateau: which of the curves hardly rise, shape (temperatures,).
    """
    found = []
    n = len(fit.curves)
    fast = sum(not curve.resolved and not flat for curve, flat in zip(fit.curves, plateau, strict=True))
    lost = sum(
        curve.resolved and not flat and not any(curve.identified)
        for curve, flat in zip(fit.curves, plateau, strict=True)
    )
    if not fit.r2 >= LEAST_R2:
        found.append(
            f"the best model does not describe the curves (R2 {shown_r2(fit.r2):g}, below {LEAST_R2:.2f})"
        )
    if any(plateau):
        found.append(f"{sum(plateau)} of {n} curves are plateaus")
    if fast:
        found.append(f"{fast} of {n} curves are over before {LEAST_RISING} samples: too fast to be timed")
    if lost:
        found.append(f"{lost} of {n} curves tell no rate constant")
    if line is None:
        return (*found, f"fewer than {LEAST_POINTS} rate constants are known")
    if line.energy <= 0.0:
        found.append("k falls as temperature rises")
    elif line.low <= 0.0:
        found.append(
            f"k does not clearly rise with temperature (the {100.0 * line.level:.0f} % interval holds zero)"
        )
    if line.energy > 0.0 and line.r2 < LEAST_R2:
        steps = f"; k falls at {line.falls} of {line.points - 1} steps" if line.falls else ""
        found.append(f"ln k does not lie on a line (R2 {shown_r2(line.r2):g}, below {LEAST_R2:.2f}{steps})")
    return tuple(found)


def shown_r2(r2: float) -> float:
    """Return an R2 as it is told everywhere: three figures, but never rounded up to the bar it misses."""
    rounded = float(f"{r2:.3g}")
    if r2 < LEAST_R2 <= rounded:
        return float(np.floor(1000.0 * r2) / 1000.0)
    return rounded


def _notes(curves: Curves) -> tuple[str, ...]:
    outside = int((~curves.inside).sum())
    if not outside:
        return ()
    return (
        f"{outside} of {curves.inside.size} simulated designs are outside the applicability domain: no "
        "experiment stands near them.",
    )


def _short(plan: Plan) -> str:
    early, late = plan.time[0], plan.time[-1]
    if late >= NARROW * max(early, 1.0):
        return ""
    return (
        f"The curves reach only from {early:g} to {late:g} min, hardly enough for the shape of a curve: what "
        "happens before is not in the data."
    )
