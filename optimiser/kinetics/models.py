"""The kinetic models of leaching: the law of each, and the yield it gives at a time.

Every law says how long a yield x takes: ``law(x) = k t``, with rate constants k in 1/min. A curve may start
at a yield x0 that is there at once, because those of the training data do (samples taken at time zero hold
dissolved metal): ``law(x) = law(x0) + k t``. Particles are spheres of one size; the leachant stays the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import lambertw

from optimiser.designs import Floats

#: Yields are kept this far below 1, where the law of interface transfer has no value.
_FULL = 1.0 - 1e-12
#: Of the law of interface transfer: below it a series is more exact, beyond it all but 1e-8 has dissolved.
_EARLY, _LATE = 1e-6, 460.0


@dataclass(frozen=True)
class KineticModel:
    """One kinetic model.

    Attributes:
        name: the key, as in ``models/kinetics.yaml``, which holds its source.
        label: what to call it.
        formula: its law as a person reads it.
        constants: names of its rate constants, 1/min.
        law: time that a yield takes, times ``k`` for a model with one constant; of yields and constants
            (shape (constants,)), in min for a model with two.
        inverse: yields at times, of times in min, the initial yield and the constants.
    """

    name: str
    label: str
    formula: str
    constants: tuple[str, ...]
    law: Callable[[Floats, Floats], Floats]
    inverse: Callable[[Floats, float, Floats], Floats]

    def overall(self, constants: Floats) -> float:
        """Return the one constant that stands for the model, 1/min.

        That of a model with one constant; with steps in series the reciprocal of the time to complete
        dissolution, 1 / (1 / k_f + 1 / k_r).
        """
        return float(1.0 / np.sum(1.0 / constants))


def _linear(x: Floats) -> Floats:
    return np.asarray(np.clip(x, 0.0, 1.0), dtype=np.float64)


def _linear_inverse(g: Floats) -> Floats:
    return np.asarray(np.clip(g, 0.0, 1.0), dtype=np.float64)


def _reaction(x: Floats) -> Floats:
    return np.asarray(1.0 - np.cbrt(1.0 - np.clip(x, 0.0, 1.0)), dtype=np.float64)


def _reaction_inverse(g: Floats) -> Floats:
    return np.asarray(1.0 - (1.0 - np.clip(g, 0.0, 1.0)) ** 3, dtype=np.float64)


def _product_layer(x: Floats) -> Floats:
    left = 1.0 - np.clip(x, 0.0, 1.0)
    return np.asarray(1.0 - 3.0 * np.cbrt(left) ** 2 + 2.0 * left, dtype=np.float64)


def _product_layer_inverse(g: Floats) -> Floats:
    # 2 y^3 - 3 y^2 + 1 = g for the core's radius y; with y = 1/2 + cos a that is cos 3a = 2 g - 1
    angle = 2.0 * np.pi - np.arccos(2.0 * np.clip(g, 0.0, 1.0) - 1.0)
    return np.asarray(1.0 - (0.5 + np.cos(angle / 3.0)) ** 3, dtype=np.float64)


def _interface(x: Floats) -> Floats:
    # with d = (1 - x)^(-1/3) - 1: no difference of nearly equal numbers at small yields
    d = np.expm1(-np.log1p(-np.clip(x, 0.0, _FULL)) / 3.0)
    return np.asarray(d - np.log1p(d), dtype=np.float64)


def _interface_inverse(g: Floats) -> Floats:
    # u - ln u = 1 + g for u = 1 / core: the branch of Lambert's W above 1
    late = -lambertw(-np.exp(-(1.0 + np.clip(g, _EARLY, _LATE))), k=-1).real
    s = np.sqrt(2.0 * np.clip(g, 0.0, _EARLY))
    u = np.where(g < _EARLY, 1.0 + s + s**2 / 3.0, late)
    return np.asarray(1.0 - 1.0 / u**3, dtype=np.float64)


def _series_inverse(time: Floats, k_film: float, k_reaction: float) -> Floats:
    # (1 - y^3) / k_f + (1 - y) / k_r = t: y^3 + p y = q with p > 0 has one real root, by hyperbolic functions
    p = k_film / k_reaction
    q = 1.0 + p - k_film * time
    root = 2.0 * np.sqrt(p / 3.0) * np.sinh(np.arcsinh(1.5 * q / p * np.sqrt(3.0 / p)) / 3.0)
    return np.asarray(1.0 - np.clip(root, 0.0, 1.0) ** 3, dtype=np.float64)


def _series(x: Floats, constants: Floats) -> Floats:
    return np.asarray(_linear(x) / constants[0] + _reaction(x) / constants[1], dtype=np.float64)


def _series_at(time: Floats, start: float, constants: Floats) -> Floats:
    before = _series(np.array(start), constants)
    return _series_inverse(time + before, float(constants[0]), float(constants[1]))


def _single(
    name: str, label: str, formula: str, law: Callable[[Floats], Floats], inverse: Callable[[Floats], Floats]
) -> KineticModel:
    return KineticModel(
        name,
        label,
        formula,
        ("k",),
        lambda x, constants: law(x),
        lambda time, start, constants: inverse(law(np.array(start)) + constants[0] * time),
    )


MODELS: tuple[KineticModel, ...] = (
    _single("linear", "linear", "x = k t", _linear, _linear_inverse),
    _single(
        "reaction",
        "shrinking core, surface reaction",
        "1 - (1 - x)^(1/3) = k t",
        _reaction,
        _reaction_inverse,
    ),
    _single(
        "product_layer",
        "shrinking core, diffusion through the product layer",
        "1 - 3 (1 - x)^(2/3) + 2 (1 - x) = k t",
        _product_layer,
        _product_layer_inverse,
    ),
    KineticModel(
        "film_reaction",
        "film diffusion and surface reaction in series",
        "t = x / k_f + (1 - (1 - x)^(1/3)) / k_r",
        ("k_f", "k_r"),
        _series,
        _series_at,
    ),
    _single(
        "interface_layer",
        "interface transfer and diffusion through the product layer",
        "(1/3) ln(1 - x) + (1 - x)^(-1/3) - 1 = k t",
        _interface,
        _interface_inverse,
    ),
)


def model_named(name: str) -> KineticModel:
    """Return a model of `MODELS` by its name."""
    return next(model for model in MODELS if model.name == name)
