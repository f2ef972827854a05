"""What a model may see: the seed's full set, what it dropped, and quantities that chemistry suggests."""

from __future__ import annotations

import numpy as np

from optimiser.chemistry.acids import USABLE_PKA
from optimiser.chemistry.descriptors import DESCRIPTORS, molar_mass
from optimiser.surrogate.features import FEATURES, PREDICTED_METALS
from optimiser.surrogate.stoichiometry import cathode_molar_mass
from optimiser.variables import CONTINUOUS, Floats

_NAMES = [feature.name for feature in FEATURES]
_ACID = ("pKa1", "pKa2", "pKa3", "n_protons")
_SOLUBILITY = tuple(f"solubility_{metal}" for metal in PREDICTED_METALS)
_LIPINSKI = ("logP", "TPSA", "h_donors", "h_acceptors", "molar_mass")
_CHARGE = ("max_partial_charge", "min_partial_charge", "molar_refractivity")
_STRUCTURE = (
    "n_COOH",
    "n_CO",
    "n_primary_amine",
    "n_tertiary_amine",
    "n_halogen",
    "n_aliphatic_OH",
    "n_sulfur",
)
_BASIC = ("Ni", "Mn", "Co", *CONTINUOUS, *_ACID)


def _without(*dropped: str) -> tuple[str, ...]:
    return tuple(name for name in _NAMES if name not in dropped)


#: Columns of the table's features by feature set. ``basic`` is feed, conditions, pKa and protons; the
#: Toolkit's paper groups the descriptors as here, and drops groups of them.
COLUMNS: dict[str, tuple[str, ...]] = {
    "full": tuple(_NAMES),
    "basic": _BASIC,
    "no-solubility": _without(*_SOLUBILITY),
    "no-lipinski": _without(*_LIPINSKI),
    "no-charge": _without(*_CHARGE),
    "no-structure": _without(*_STRUCTURE),
    "no-descriptors": _without(*DESCRIPTORS),
    "physics": tuple(_NAMES),
    "basic-physics": _BASIC,
}
#: Feature sets that also hold the columns of :func:`physics`.
_WITH_PHYSICS = ("physics", "basic-physics")
PHYSICS = (
    "log_time",
    "inverse_temperature",
    "pH0",
    "proton_ratio",
    "free_protons",
    "peroxide_ratio",
    "metal_concentration",
)
_CELSIUS = 273.15
_MOST = 1000.0
_ITERATIONS = 60  # halves 34 units of pH to 3e-17


def feature_columns(name: str) -> tuple[str, ...]:
    """Return the names of a feature set's columns, in the order of :func:`choose_features`."""
    return (*COLUMNS[name], *(PHYSICS if name in _WITH_PHYSICS else ()))


def choose_features(features: Floats, name: str) -> Floats:
    """Return the columns of a feature set.

    Args:
        features: as ``surrogate.features.table_features`` gives them, shape (n, 32).
        name: of the feature set.
    """
    chosen = features[:, [_NAMES.index(column) for column in COLUMNS[name]]]
    return np.hstack([chosen, physics(features)]) if name in _WITH_PHYSICS else chosen


def physics(features: Floats) -> Floats:
    """Return quantities that chemistry suggests, from the features alone, shape (n, 7).

    Columns as in ``PHYSICS``: ln(1 + minutes); 1000 / K; pH of the leachant before it meets the solid; usable
    protons, those with a pKa below 7, per proton that dissolving everything takes (1 per Li, 2 per Ni, Mn,
    Co); how many of them stay, mol/L; mol peroxide per mol Ni, Mn and Co (leachant 1 kg/L); mol metal per L
    if everything dissolves. Ratios end at 1000, which no leach needs.
    """

    def column(name: str) -> Floats:
        return features[:, _NAMES.index(name)]

    transition = features[:, [_NAMES.index(metal) for metal in PREDICTED_METALS[1:]]]
    total = transition.sum(axis=1)
    lithium = column("solid_liquid_ratio") / cathode_molar_mass(transition)  # mol/L
    pka = features[:, [_NAMES.index(name) for name in _ACID[:3]]]
    concentration = column("acid_concentration")
    offered = (np.nan_to_num(pka, nan=np.inf) < USABLE_PKA).sum(axis=1) * concentration
    consumed = lithium * (1.0 + 2.0 * total)
    peroxide = column("h2o2") * 10.0 / molar_mass("OO")  # wt% of 1000 g/L
    return np.column_stack(
        [
            np.log1p(column("time")),
            1000.0 / (column("temperature") + _CELSIUS),
            initial_ph(pka, concentration),
            _ratio(offered, consumed),
            offered - consumed,
            _ratio(peroxide, lithium * total),
            lithium * (1.0 + total),
        ]
    )


def _ratio(offered: Floats, needed: Floats) -> Floats:
    return np.asarray(np.minimum(offered / np.maximum(needed, 1e-9), _MOST), dtype=np.float64)


def initial_ph(pka: Floats, concentration: Floats) -> Floats:
    """Return the pH of an acid in water at 25 degC, from its charge balance, without activity coefficients.

    [H+] - Kw / [H+] = C sum_i i b_i / sum_i b_i with b_i = Ka_1 ... Ka_i / [H+]^i, solved by bisection.

    Args:
        pka: strongest first, NaN where there is none, shape (n, 3).
        concentration: mol/L, shape (n,).

    Returns:
        Shape (n,); negative above 1 mol/L of a strong acid.
    """
    log_b = -np.cumsum(np.nan_to_num(pka, nan=np.inf), axis=1)  # of Ka_1 ... Ka_i, -inf where there is none
    steps = np.arange(1, pka.shape[1] + 1)
    low, high = np.full(len(pka), -20.0), np.full(len(pka), 14.0)
    for _ in range(_ITERATIONS):
        middle = (low + high) / 2.0
        power = np.column_stack([np.zeros(len(pka)), log_b + steps * middle[:, None]])
        share = 10.0 ** (power - power.max(axis=1, keepdims=True))
        released = concentration * (share[:, 1:] @ steps) / share.sum(axis=1)
        too_acid = 10.0**-middle - 10.0 ** (middle - 14.0) > released
        low, high = np.where(too_acid, middle, low), np.where(too_acid, high, middle)
    return np.asarray((low + high) / 2.0, dtype=np.float64)
