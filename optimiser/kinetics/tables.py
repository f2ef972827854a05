"""The kinetics of an acid as tables: activation energies, rate constants, curves and the literature."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from optimiser.chemistry.feeds import METALS
from optimiser.chemistry.quantity import Quantity, flags
from optimiser.kinetics.fit import CurveFit, MetalFit
from optimiser.kinetics.literature import Literature
from optimiser.kinetics.study import Kinetics, MetalKinetics


def energies_frame(of: Kinetics, literature: Literature) -> pd.DataFrame:
    """Return one row per metal.

    ``activation_energy`` and its interval are empty where the slope is none, and ``why_not`` says why; the
    slope itself stands under ``slope`` whatever it is worth. kJ/mol.
    """
    rows = []
    for one in of.metals:
        low, high = literature.range_of(one.metal)
        rows.append({**_slope(one), **_ends(low, high)})
    return pd.DataFrame(rows)


def _ends(low: Quantity, high: Quantity) -> dict[str, Any]:
    marks = dict.fromkeys(mark for end in (low, high) for mark in flags(end))
    return {
        "literature_low": low.value,
        "literature_high": high.value,
        "literature_marks": ", ".join(marks),
    }


def _slope(one: MetalKinetics) -> dict[str, Any]:
    line, nan = one.line, float("nan")
    slope, low, high = (line.energy, line.low, line.high) if line else (nan, nan, nan)
    return {
        "metal": one.metal,
        "activation_energy": slope if one.reliable else nan,
        "activation_energy_low": low if one.reliable else nan,
        "activation_energy_high": high if one.reliable else nan,
        "slope": slope,
        "slope_low": low,
        "slope_high": high,
        "line_r2": line.r2 if line else nan,
        "rate_constants": line.points if line else int(np.isfinite(one.k).sum()),
        "model": one.best.model.name,
        "model_r2": one.best.r2,
        "why_not": "; ".join(one.faults),
    }


def models_frame(of: Kinetics) -> pd.DataFrame:
    """Return one row per metal and model: AICc (the lowest is best), its distance from the best, and R2."""
    return pd.DataFrame(
        {
            "metal": one.metal,
            "model": fit.model.name,
            "aicc": fit.aicc,
            "behind": fit.aicc - one.best.aicc,
            "r2": fit.r2,
        }
        for one in of.metals
        for fit in one.fits
    )


def constants_frame(of: Kinetics) -> pd.DataFrame:
    """Return one row per metal, model and temperature: the fitted constants in 1/min and the fit's R2.

    ``k`` is the one that goes into the Arrhenius plot; ``k_film`` and ``k_reaction`` are its parts where
    steps are in series. One that the curve does not tell is empty.
    """
    temperature = of.curves.plan.temperature.tolist()
    return pd.DataFrame(
        {
            "metal": one.metal,
            "model": fit.model.name,
            "best": fit is one.best,
            "temperature": degrees,
            **_constants(curve),
        }
        for one in of.metals
        for fit in one.fits
        for degrees, curve in zip(temperature, fit.curves, strict=True)
    )


def _constants(curve: CurveFit) -> dict[str, float]:
    told = {
        name: float(value) if seen else float("nan")
        for name, value, seen in zip(curve.model.constants, curve.constants, curve.identified, strict=True)
    }
    return {
        "k": curve.overall,
        "k_film": told.get("k_f", float("nan")),
        "k_reaction": told.get("k_r", float("nan")),
        "start": curve.start,
        "r2": curve.r2,
        "rss": curve.rss,
    }


def curves_frame(of: Kinetics) -> pd.DataFrame:
    """Return one row per metal, temperature and time: simulated yield, the best model's, domain flag."""
    curves, frames = of.curves, []
    for one in of.metals:
        i = METALS.index(one.metal)
        frames.append(
            pd.DataFrame(
                {
                    "metal": one.metal,
                    "temperature": np.repeat(curves.plan.temperature, len(curves.plan.time)),
                    "time": np.tile(curves.plan.time, len(curves.plan.temperature)),
                    "yield": curves.yields[:, :, i].ravel(),
                    "yield_fitted": _fitted(one.best).ravel(),
                    "inside_domain": curves.inside.ravel(),
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def _fitted(fit: MetalFit) -> Any:
    return np.array([curve.fitted for curve in fit.curves])


def literature_frame(literature: Literature) -> pd.DataFrame:
    """Return one row per measured activation energy, kJ/mol, with its source, confidence and marks."""
    return pd.DataFrame(
        {
            "metal": metal,
            "feed": study.feed,
            "acid": study.acid,
            "activation_energy": q.value,
            "conditions": study.conditions,
            "year": q.year,
            "confidence": q.confidence or "",
            "flags": ", ".join(flags(q)),
            "source": q.source_text,
            "note": q.note,
        }
        for metal in METALS
        for study in literature.measured
        if (q := study.of(metal)) is not None
    )
