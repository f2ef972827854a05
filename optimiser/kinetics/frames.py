"""The kinetics of an acid as tables: activation energies, rate constants, curves and the literature."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from optimiser.chemistry.metals import METALS
from optimiser.chemistry.quantity import Quantity, flags
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
    line = one.line
    ends = {"": line.energy, "_low": line.low, "_high": line.high}
    return {
        "metal": one.metal,
        **{f"activation_energy{end}": value if one.reliable else np.nan for end, value in ends.items()},
        **{f"slope{end}": value for end, value in ends.items()},
        "slope_without_law": one.without_law,
        "line_r2": line.r2,
        "model_r2": one.fit.r2,
        "model_rmse": one.fit.rmse,
        "exponent": one.fit.exponent,
        "why_not": "; ".join(one.faults),
    }


def constants_frame(of: Kinetics) -> pd.DataFrame:
    """Return one row per metal and temperature: the rate constant in 1/min."""
    temperature = of.curves.plan.temperature
    return pd.concat(
        [
            pd.DataFrame({"metal": one.metal, "temperature": temperature, "k": np.exp(one.fit.ln_k)})
            for one in of.metals
        ],
        ignore_index=True,
    )


def curves_frame(of: Kinetics) -> pd.DataFrame:
    """Return one row per metal, temperature and time: simulated yield, the law's, domain flag."""
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
                    "yield_fitted": one.fit.fitted.ravel(),
                    "inside_domain": curves.inside.ravel(),
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


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
