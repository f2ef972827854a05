"""The kinetics of an acid as tables: activation energies, rate constants, curves and the literature."""

from __future__ import annotations

import numpy as np
import pandas as pd

from optimiser.chemistry.metals import METALS
from optimiser.chemistry.quantity import flags
from optimiser.kinetics.literature import Literature
from optimiser.kinetics.study import Kinetics


def energies_frame(of: Kinetics, literature: Literature) -> pd.DataFrame:
    """Return one row per metal, energies in kJ/mol.

    ``activation_energy`` and its interval are empty where the slope is none, and ``why_not`` says why; the
    slope itself stands under ``slope`` in any case.
    """
    rows = []
    for one in of.metals:
        ends = {"": one.line.energy, "_low": one.line.low, "_high": one.line.high}
        low, high = literature.range_of(one.metal)
        rows.append(
            {
                "metal": one.metal,
                **{f"activation_energy{end}": e if one.reliable else np.nan for end, e in ends.items()},
                **{f"slope{end}": energy for end, energy in ends.items()},
                "slope_without_law": one.without_law,
                "line_r2": one.line.r2,
                "model_r2": one.fit.r2,
                "model_rmse": one.fit.rmse,
                "exponent": one.fit.exponent,
                "why_not": "; ".join(one.faults),
                "literature_low": low.value,
                "literature_high": high.value,
                "literature_marks": ", ".join(dict.fromkeys((*flags(low), *flags(high)))),
            }
        )
    return pd.DataFrame(rows)


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
    curves, plan = of.curves, of.curves.plan
    hot, time = np.meshgrid(plan.temperature, plan.time, indexing="ij")
    columns = {"temperature": hot.ravel(), "time": time.ravel()}
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "metal": one.metal,
                    **columns,
                    "yield": curves.yields[:, :, METALS.index(one.metal)].ravel(),
                    "yield_fitted": one.fit.fitted.ravel(),
                    "inside_domain": curves.inside.ravel(),
                }
            )
            for one in of.metals
        ],
        ignore_index=True,
    )


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
        for study in literature.activation_energies
        if (q := study.of(metal)) is not None
    )
