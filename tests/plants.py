"""Plants made by hand: what the literature model says, and a difference from it that is known."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from optimiser.chemistry.acids import load_acids
from optimiser.chemistry.feeds import find_feed
from optimiser.problem.tolerances import DEFAULT
from optimiser.surrogate.artefact import POINTS, load_surrogate
from optimiser.surrogate.features import PREDICTED_METALS
from optimiser.variables import CONTINUOUS, Designs

#: An assay of black mass, wt% of what is charged: that of the shipped problem.
BLACK_MASS: dict[str, Any] = {
    "Li": 4.1,
    "Ni": 21.0,
    "Mn": 6.2,
    "Co": 6.9,
    "Cu": 2.1,
    "Al": 3.4,
    "Fe": 0.4,
    "graphite": 33,
    "binder": 2,
    "moisture": 1,
}


def plant(
    shift: Sequence[float],
    *,
    feed: str = "NMC622",
    acid: str = "sulfuric",
    strengths: Sequence[float] = (1.5, 2.0, 3.0),
    scatter: float = 0.01,
    seed: int = 0,
) -> pd.DataFrame:
    """Return results of a plant that leaches by ``shift`` (Li, Ni, Mn, Co) more than the literature model.

    Three temperatures at each strength, so three experiments for each, sampled once; yields have three
    decimals and scatter.
    """
    rows = [(t, c, 2.0, 50.0, 60.0) for c in strengths for t in (40.0, 60.0, 80.0)]
    conditions = np.array(rows)
    designs = Designs(np.zeros(len(rows), dtype=np.intp), conditions)
    moved = DEFAULT.moved(conditions, POINTS["high"], np.ones_like(conditions, dtype=np.bool_))
    model = load_surrogate("pd-gbr")
    said = model.predict(find_feed(feed), [load_acids()[acid]], designs, moved=moved).mean
    noise = scatter * np.random.default_rng(seed).standard_normal(said.shape)
    frame = pd.DataFrame(conditions, columns=list(CONTINUOUS)).assign(feed=feed, acid=acid)
    for k, metal in enumerate(PREDICTED_METALS):
        frame[f"yield_{metal}"] = np.clip(said[:, k] + shift[k] + noise[:, k], 0.0, 1.0).round(3)
    return frame


def less_manganese() -> pd.DataFrame:
    """Return nine results of a plant that leaches 11 points less manganese, and all else as published."""
    return plant([0.0, 0.0, -0.11, 0.0])


def write(frame: pd.DataFrame, path: Path) -> Path:
    """Write results as CSV."""
    frame.to_csv(path, index=False)
    return path
