"""The yield models by name, with the settings they are fitted with: PD-GBR as it ships, and its rivals."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from optimiser._io.errors import InputError, closest
from optimiser.training.fit import TrainSettings

#: The model that ships.
SHIPPED = "pd-gbr"
_SEED = 0
_INNER_FOLDS = 4  # that tune


@dataclass(frozen=True)
class Candidate:
    """A model to compare.

    Attributes:
        name: by which it is chosen.
        label: what it is.
        settings: what is fixed; what is tuned inside the folds says between which values.
        build: makes an unfitted regressor of one metal; None is the shipped default.
        version: of what is fixed elsewhere and changes predictions, too: kernel and its bounds, inner folds,
            seed, imputation, what `rival` does before a fit. To be raised by hand when that changes;
            predictions stored with another version are not the model's own any more.
    """

    name: str
    label: str
    settings: Mapping[str, Any]
    build: Callable[[Mapping[str, Any]], Any] | None
    version: int = 1


def _new(path: str) -> Any:
    """Return a class of scikit-learn, which is loaded only when a model is fitted."""
    module, name = path.rsplit(".", 1)
    return getattr(importlib.import_module(f"sklearn.{module}"), name)


def _scaled(regressor: Any) -> Any:
    """Put imputation (median, and a column that says so) and scaling before a regressor."""
    return _new("pipeline.make_pipeline")(
        _new("impute.SimpleImputer")(strategy="median", add_indicator=True, keep_empty_features=True),
        _new("preprocessing.StandardScaler")(),
        regressor,
    )


def _seeded(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {**settings, "random_state": _SEED}


def _rf(settings: Mapping[str, Any]) -> Any:
    return _new("ensemble.RandomForestRegressor")(**_seeded(settings))


def _gbr(settings: Mapping[str, Any]) -> Any:
    return _new("ensemble.HistGradientBoostingRegressor")(early_stopping=False, **_seeded(settings))


def _ann(settings: Mapping[str, Any]) -> Any:
    return _tuned(_new("neural_network.MLPRegressor"), _seeded(settings))


def _svm(settings: Mapping[str, Any]) -> Any:
    return _tuned(_new("svm.SVR"), settings)


def _tuned(regressor: Any, settings: Mapping[str, Any]) -> Any:
    """Return a scaled regressor; lists of settings are chosen from on experiments held out in training."""
    fixed = {name: value for name, value in settings.items() if not isinstance(value, list)}
    lists = {
        f"{regressor.__name__.lower()}__{name}": value
        for name, value in settings.items()
        if isinstance(value, list)
    }
    scaled = _scaled(regressor(**fixed))
    if not lists:
        return scaled
    return _new("model_selection.GridSearchCV")(
        scaled, lists, scoring="neg_mean_squared_error", cv=_new("model_selection.GroupKFold")(_INNER_FOLDS)
    )


def _gp(settings: Mapping[str, Any]) -> Any:
    kernels = importlib.import_module("sklearn.gaussian_process.kernels")
    smooth = kernels.Matern(length_scale=5.0, length_scale_bounds=(0.1, 100.0), nu=settings["nu"])
    kernel = kernels.ConstantKernel(1.0, (0.01, 100.0)) * smooth + kernels.WhiteKernel(0.1, (1e-4, 1.0))
    return _scaled(
        _new("gaussian_process.GaussianProcessRegressor")(kernel, normalize_y=True, random_state=_SEED)
    )


def _pairs(base: Callable[[Mapping[str, Any]], Any] | None) -> Callable[[Mapping[str, Any]], Any]:
    """Return what builds a pairwise-difference regressor around another one, or around boosted trees."""

    def build(settings: Mapping[str, Any]) -> Any:
        from optimiser.training.compare.pdgbr import PairwiseDifferenceRegressor

        rest = dict(settings)
        bound = {name: rest.pop(name) for name in ("max_pairs", "n_anchors")}
        if base is None:
            return PairwiseDifferenceRegressor(**bound, **rest, random_state=_SEED)
        return PairwiseDifferenceRegressor(**bound, base=base(rest), random_state=_SEED)

    return build


_BOUND = {"max_pairs": 30_000, "n_anchors": 96}
_FOREST = {"n_estimators": 300, "max_features": 0.33, "min_samples_leaf": 2}
_NETWORK = {"hidden_layer_sizes": (64, 32), "alpha": [0.1, 1.0, 10.0], "max_iter": 300}
_BOOSTING = {"max_iter": 300, "learning_rate": 0.06, "max_leaf_nodes": 15, "min_samples_leaf": 5}


def candidates() -> dict[str, Candidate]:
    """Return the models by name, the shipped default first."""
    models = (
        Candidate(SHIPPED, "the shipped default", asdict(TrainSettings()), None),
        Candidate(
            "pd-gbr-published",
            "PD-GBR as the Toolkit's paper fits it, on sampled pairs",
            {**_BOUND, "max_iter": 492, "learning_rate": 0.1, "max_leaf_nodes": 31, "max_depth": 10},
            _pairs(None),
        ),
        Candidate("gbr", "histogram gradient boosting", {**_BOOSTING, "max_features": 0.3}, _gbr),
        Candidate("rf", "random forest", _FOREST, _rf),
        Candidate("ann", "multilayer perceptron; alpha tuned inside the folds", _NETWORK, _ann),
        Candidate(
            "pd-rf",
            "random forest on sampled pairs",
            {**_BOUND, "n_estimators": 40, "max_features": 0.2, "min_samples_leaf": 5},
            _pairs(_rf),
        ),
        Candidate(
            "pd-ann",
            "multilayer perceptron on sampled pairs",
            {**_BOUND, **_NETWORK, "alpha": 0.01, "max_iter": 30, "early_stopping": True},
            _pairs(_ann),
        ),
        Candidate(
            "svm",
            "support vector regression; C and gamma tuned inside the folds",
            {"epsilon": 0.05, "C": [0.1, 1.0, 10.0], "gamma": [0.003, 0.01, 0.03, 0.1]},
            _svm,
        ),
        Candidate("gp", "Gaussian process; kernel by marginal likelihood inside the folds", {"nu": 1.5}, _gp),
    )
    return {model.name: model for model in models}


def choose_candidates(names: str) -> tuple[Candidate, ...]:
    """Return the models of a comma list, or of ``all``.

    Raises:
        InputError: no such model.
    """
    known = candidates()
    if names == "all":
        return tuple(known.values())
    chosen = []
    for name in dict.fromkeys(part.strip() for part in names.split(",") if part.strip()):
        if name not in known:
            raise InputError(
                f"There is no model {name!r}.",
                allowed=", ".join((*known, "all")),
                remedy=closest(name, known),
            )
        chosen.append(known[name])
    if not chosen:
        raise InputError("No model is named.", allowed=", ".join((*known, "all")))
    return tuple(chosen)
