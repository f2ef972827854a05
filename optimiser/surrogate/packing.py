"""The arrays of an artefact: what a fitted yield model is on disk, and back, without a pickle."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np
import numpy.typing as npt

from optimiser.surrogate.calibration import Calibration
from optimiser.surrogate.columns import COLUMNS
from optimiser.surrogate.domain import Domain, DomainSettings
from optimiser.surrogate.features import ACID_COLUMNS, FEATURES, METALS
from optimiser.surrogate.fitted import Fitted, Predictor
from optimiser.surrogate.mixture import Mixture
from optimiser.surrogate.trees import Forest
from optimiser.training.compare.rival import Rival, load_regressors
from optimiser.variables import Bools, Floats


def pack(fitted: Predictor, acids: Mapping[str, Floats], domain: Domain, calibration: Calibration) -> bytes:
    """Return the content of ``arrays.npz``; the same arrays give the same bytes."""
    arrays: dict[str, npt.NDArray[Any]] = {}
    if isinstance(fitted, Fitted):
        arrays |= {
            f"{kind}{number}_{name}": array
            for kind, forests in (("paired", fitted.paired), ("plain", fitted.plain))
            for number, forest in enumerate(forests)
            for name, array in forest._asdict().items()
        }
        arrays |= {f"mixture_{f.name}": np.asarray(getattr(fitted.mixture, f.name)) for f in fields(Mixture)}
    elif isinstance(fitted, Rival):
        arrays |= {"blank": fitted.blank, "feature_set": np.array(fitted.feature_set)}
    arrays |= {"anchor_features": fitted.features, "anchor_yields": fitted.yields}
    arrays |= {"acid_keys": np.array(list(acids)), "acid_features": np.array(list(acids.values()))}
    arrays |= domain.arrays() | calibration.arrays()
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)  # type: ignore[arg-type,unused-ignore]
    return buffer.getvalue()


def unpack_fitted(arrays: Mapping[str, npt.NDArray[Any]], regressors: bytes | None) -> Predictor:
    """Return trees and anchors, or a rival.

    Args:
        arrays: content of ``arrays.npz``.
        regressors: content of a rival's file, None of trees.

    Raises:
        ValueError: what does not fit together, or would build what no model needs; KeyError where an array is
            missing.
    """
    x, y = arrays["anchor_features"], arrays["anchor_yields"]
    if x.shape != (len(y), len(FEATURES)) or y.shape[1:] != (len(METALS),):
        raise ValueError("the anchors' shapes do not fit")
    if np.isnan(y).all(axis=0).any():
        raise ValueError("a metal has no anchor")
    if arrays["acid_features"].shape != (len(arrays["acid_keys"]), len(ACID_COLUMNS)):
        raise ValueError("the acids' features do not fit")
    if regressors is not None:
        blank = arrays["blank"].astype(np.bool_)
        return Rival(load_regressors(regressors), blank, str(arrays["feature_set"]), x, y)
    paired, plain = _forests(arrays, "paired"), _forests(arrays, "plain")
    if not paired:
        raise ValueError("no member compares designs with anchors")
    return Fitted(paired, plain, x, y, _mixture(arrays, len(paired) + len(plain)))


def _mixture(arrays: Mapping[str, npt.NDArray[Any]], members: int) -> Mixture:
    weight, constrained = arrays["mixture_weight"], arrays["mixture_constrained"].astype(np.bool_)
    slack = float(arrays["mixture_slack"])
    if not weight.shape == constrained.shape == (members,) or not (weight > 0.0).all():
        raise ValueError("the weights of the members do not fit")
    if not 0.0 <= slack <= 1.0:
        raise ValueError("the members' slack is no fraction")
    return Mixture(weight, constrained, slack)


def _forests(arrays: Mapping[str, npt.NDArray[Any]], kind: str) -> tuple[Forest, ...]:
    forests: list[Forest] = []
    while f"{kind}{len(forests)}_leaf" in arrays:
        forest = Forest(**{name: arrays[f"{kind}{len(forests)}_{name}"] for name in Forest._fields})
        forest.check(len(COLUMNS))
        if forest.n_metals != len(METALS):
            raise ValueError("a member's metals do not fit")
        forests.append(forest)
    return tuple(forests)


def unpack_domain(arrays: Mapping[str, npt.NDArray[Any]], said: dict[str, Any]) -> Domain:
    """Return the domain; ``said`` is its part of the card. Raises as :func:`unpack_fitted`."""
    acids, acid = tuple(arrays["domain_acids"].tolist()), arrays["domain_acid"].astype(np.intp)
    shapes = {"domain_feed": 3, "domain_fixed": 4, "domain_time": 2}
    if any(arrays[name].shape != (len(acid), width) for name, width in shapes.items()):
        raise ValueError("the domain's shapes do not fit")
    if len(acid) and not 0 <= acid.min() <= acid.max() < len(acids):
        raise ValueError("the domain names an unknown acid")
    scale, limits = arrays["domain_scale"], (float(said["distance_limit"]), float(said["disagreement_limit"]))
    if scale.shape != (5,) or not (scale > 0.0).all() or not min(limits) > 0.0:
        raise ValueError("the domain's scale or limits are not positive")
    return Domain(
        acids=acids,
        acid=acid,
        feed=arrays["domain_feed"],
        fixed=arrays["domain_fixed"],
        sound=_flags(arrays["domain_sound"], len(acid)),
        time=arrays["domain_time"],
        scale=scale,
        settings=DomainSettings(**{f.name: said[f.name] for f in fields(DomainSettings)}),
        distance_limit=limits[0],
        disagreement_limit=limits[1],
    )


def _flags(values: npt.NDArray[Any], number: int) -> Bools:
    if values.shape != (number,):
        raise ValueError("the domain's shapes do not fit")
    return values.astype(np.bool_)


def unpack_calibration(arrays: Mapping[str, npt.NDArray[Any]]) -> Calibration:
    """Return the calibration. Raises as :func:`unpack_fitted`."""
    names = ("errors", "acid_errors", "coefficients", "level", "scores", "numbers")
    errors, acid_errors, coefficients, level, scores, numbers = (
        arrays[f"calibration_{name}"] for name in names
    )
    if (len(errors), len(acid_errors)) != (len(arrays["domain_acid"]), len(arrays["domain_acids"])):
        raise ValueError("the calibration's errors do not fit the domain")
    if (
        (coefficients.shape, level.shape) != ((11,), (6,))
        or scores.shape[1:] != (len(METALS),)
        or numbers.shape != (2,)
    ):
        raise ValueError("the calibration's shapes do not fit")
    if np.isnan(scores).all() or np.isinf(scores).any():
        raise ValueError("the calibration has no scores, or infinite ones")
    if not (all(np.isfinite(part).all() for part in (coefficients, level, numbers, acid_errors))):
        raise ValueError("the calibration holds what is no number")
    mean_error, growth = map(float, numbers)
    return Calibration(errors, acid_errors, mean_error, coefficients, level, scores, growth)
