"""What the trees see: a design's features, what chemistry makes of them, and the metal asked about.

One row of columns belongs to one design and one metal, so that one model can speak for all metals.
"""

from __future__ import annotations

import numpy as np

from optimiser.chemistry.acids import USABLE_PKA
from optimiser.chemistry.descriptors import molar_mass
from optimiser.chemistry.feeds import OXYGEN_MOLAR_MASS, SPINEL_ABOVE
from optimiser.chemistry.metals import molar_masses
from optimiser.surrogate.features import FEATURES
from optimiser.surrogate.features import PREDICTED_METALS as METALS
from optimiser.variables import Floats

_NAMES = tuple(feature.name for feature in FEATURES)
#: ln(1 + min); ln of usable protons offered per proton that dissolving everything takes; pH of the leachant
#: from the first dissociation; electrons that the peroxide offers per electron that reducing all of the
#: cathode takes, at most 1.
PHYSICS = ("log_time", "log_proton_ratio", "pH0", "peroxide_share")
#: Which metal, how much of it there is (mol/mol Li, share of the metals), solubility of its salt (g/100 mL).
METAL = (*(f"is_{metal}" for metal in METALS), "own_content", "own_share", "own_solubility")
COLUMNS = (*_NAMES, *PHYSICS, *METAL)
_LEAST_RATIO = 1e-3  # protons offered over consumed; below it nothing dissolves
_STRONGEST, _WEAKEST = -3.0, 15.0  # pKa beyond which an acid is as good as fully or not at all dissociated


def columns(features: Floats) -> Floats:
    """Return the columns of each design and metal, in the order of ``COLUMNS``.

    Args:
        features: as :func:`~optimiser.surrogate.features.feature_matrix` gives them, shape (n, 32).

    Returns:
        NaN where a pKa or a solubility is missing, shape (n, 4, 43).
    """
    n, metals = len(features), len(METALS)
    out = np.empty((n, metals, len(COLUMNS)))
    shared = np.hstack([features, physics(features)])
    out[:, :, : shared.shape[1]] = shared[:, None, :]
    out[:, :, shared.shape[1] :] = _metal(features)
    return out


def physics(features: Floats) -> Floats:
    """Return the columns of ``PHYSICS`` from the features alone, shape (n, 4)."""

    def column(name: str) -> Floats:
        return features[:, _NAMES.index(name)]

    transition = features[:, [_NAMES.index(metal) for metal in METALS[1:]]]
    total = transition.sum(axis=1)
    masses = molar_masses()[: len(METALS)]
    oxygen = np.where(total > SPINEL_ABOVE, 4.0, 2.0)
    formula = masses[0] + transition @ masses[1:] + OXYGEN_MOLAR_MASS * oxygen  # g per mol Li
    cathode = np.maximum(column("solid_liquid_ratio") / formula, 1e-9)  # mol/L
    pka = features[:, [_NAMES.index(name) for name in ("pKa1", "pKa2", "pKa3")]]
    strength = column("acid_concentration")
    usable = (np.nan_to_num(pka, nan=np.inf) < USABLE_PKA).sum(axis=1)
    ratio = usable * strength / (cathode * (1.0 + 2.0 * total))
    dissociation = 10.0 ** -np.clip(pka[:, 0], _STRONGEST, _WEAKEST)
    # [H+]^2 + Ka [H+] - Ka C = 0
    free = (-dissociation + np.sqrt(dissociation**2 + 4.0 * dissociation * strength)) / 2.0
    peroxide = column("h2o2") * 10.0 / molar_mass("OO")  # mol/L, the solution taken as 1 kg/L
    # LiM(x)O(n) + 2 n H+ + (2 n - 1 - 2 x) e- -> Li+ + x M2+ + n H2O; H2O2 -> O2 + 2 H+ + 2 e-
    reduction = np.maximum(2.0 * oxygen - 1.0 - 2.0 * total, 1e-9)
    return np.column_stack(
        [
            np.log1p(column("time")),
            np.log(np.maximum(ratio, _LEAST_RATIO)),
            -np.log10(np.maximum(free, 1e-9)),
            np.minimum(2.0 * peroxide / (cathode * reduction), 1.0),
        ]
    )


def _metal(features: Floats) -> Floats:
    """Return the columns of ``METAL``, shape (n, 4, 7)."""
    n, metals = len(features), len(METALS)
    content = np.column_stack([np.ones(n), features[:, [_NAMES.index(metal) for metal in METALS[1:]]]])
    solubility = features[:, [_NAMES.index(f"solubility_{metal}") for metal in METALS]]
    own = np.stack([content, content / content.sum(axis=1, keepdims=True), solubility], axis=2)
    which = np.broadcast_to(np.eye(metals), (n, metals, metals))
    return np.concatenate([which, own], axis=2)
