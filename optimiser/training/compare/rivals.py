"""The yield models by name: the one that ships, and its rivals, any scikit-learn regressor, one per metal.

A new rival is one `Candidate` in :func:`candidates`, and its name in `surrogate.packing.MODELS`.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any
from zipfile import ZIP_DEFLATED

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor, kernels
from sklearn.impute import SimpleImputer
from sklearn.model_selection import GridSearchCV, GroupKFold
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR

from optimiser._io.errors import InputError, closest
from optimiser.surrogate.calibration import squeezed
from optimiser.surrogate.compiled import Raw
from optimiser.surrogate.encoding import CATHODES, Encoding, encoding_of
from optimiser.surrogate.packing import MODELS, SHIPPED
from optimiser.surrogate.training_table import TrainingTable
from optimiser.systems.system import System, cathode
from optimiser.systems.table import SystemTable
from optimiser.training.compare.feature_sets import COLUMNS, choose_features
from optimiser.training.compare.pdgbr import PairwiseDifferenceRegressor
from optimiser.training.fit import Recipe, Step, TrainSettings, shipped_recipe
from optimiser.variables import Bools, Floats, Ints

_SEED = 0
_INNER_FOLDS = 4  # that tune
_BACKGROUND = 64  # rows kept to explain the model against
#: Where earlier versions kept a class that their files of regressors name.
_MOVED = "optimiser.surrogate.pdgbr."
#: What may be built when estimators are read back, beside what skops trusts by itself.
_TRUSTED = [
    "numpy.dtype",
    "optimiser.training.compare.pdgbr.PairwiseDifferenceRegressor",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    *(
        f"sklearn.gaussian_process.kernels.{name}"
        for name in ("ConstantKernel", "Matern", "Product", "Sum", "WhiteKernel")
    ),
    "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
    "sklearn.tree._tree.Tree",
]


@dataclass(frozen=True)
class Candidate:
    """A model to compare.

    Attributes:
        name: by which it is chosen.
        label: what it is.
        settings: what is fixed; a list holds the values that are tuned inside the folds.
        build: makes an unfitted regressor of one metal from the settings; None is the model that ships.
        version: of what is fixed elsewhere and changes predictions, too: kernel and its bounds, inner folds,
            seed, imputation, what :func:`fit_rival` does before a fit. To be raised by hand when that
            changes; predictions stored with another version are not the model's own any more.
    """

    name: str
    label: str
    settings: Mapping[str, Any]
    build: Callable[..., Any] | None
    version: int = 1


def _scaled(regressor: Any) -> Any:
    """Put imputation (median, and a column that says so) and scaling before a regressor."""
    imputer = SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True)
    return make_pipeline(imputer, StandardScaler(), regressor)


def _tuned(regressor: Callable[..., Any], prefix: str, **settings: Any) -> Any:
    """Return a scaled regressor; lists of settings are chosen from on experiments held out in training."""
    lists = {f"{prefix}__{name}": value for name, value in settings.items() if isinstance(value, list)}
    scaled = _scaled(regressor(**{k: value for k, value in settings.items() if not isinstance(value, list)}))
    if not lists:
        return scaled
    return GridSearchCV(scaled, lists, scoring="neg_mean_squared_error", cv=GroupKFold(_INNER_FOLDS))


def _gp(nu: float) -> Any:
    smooth = kernels.Matern(length_scale=5.0, length_scale_bounds=(0.1, 100.0), nu=nu)
    kernel = kernels.ConstantKernel(1.0, (0.01, 100.0)) * smooth + kernels.WhiteKernel(0.1, (1e-4, 1.0))
    return _scaled(GaussianProcessRegressor(kernel, normalize_y=True, random_state=_SEED))


def _pairs(base: Callable[..., Any], max_pairs: int, n_anchors: int, **settings: Any) -> Any:
    """Return a pairwise-difference regressor around another one."""
    return PairwiseDifferenceRegressor(max_pairs, n_anchors, base=base(**settings), random_state=_SEED)


_rf = partial(RandomForestRegressor, random_state=_SEED)
_ann = partial(_tuned, MLPRegressor, "mlpregressor", random_state=_SEED)
_BOUND = {"max_pairs": 30_000, "n_anchors": 96}
_NETWORK = {"hidden_layer_sizes": (64, 32), "alpha": [0.1, 1.0, 10.0], "max_iter": 300}


def candidates() -> dict[str, Candidate]:
    """Return the models by name, the one that ships first."""
    models = (
        Candidate(SHIPPED, "the shipped default", asdict(TrainSettings()), None),
        Candidate(
            "pd-gbr-published",
            "PD-GBR as the Toolkit's paper fits it, on sampled pairs",
            {**_BOUND, "max_iter": 492, "learning_rate": 0.1, "max_leaf_nodes": 31, "max_depth": 10},
            partial(PairwiseDifferenceRegressor, random_state=_SEED),
        ),
        Candidate(
            "gbr",
            "histogram gradient boosting",
            {
                "max_iter": 300,
                "learning_rate": 0.06,
                "max_leaf_nodes": 15,
                "min_samples_leaf": 5,
                "max_features": 0.3,
            },
            partial(HistGradientBoostingRegressor, early_stopping=False, random_state=_SEED),
        ),
        Candidate(
            "rf", "random forest", {"n_estimators": 300, "max_features": 0.33, "min_samples_leaf": 2}, _rf
        ),
        Candidate("ann", "multilayer perceptron; alpha tuned inside the folds", _NETWORK, _ann),
        Candidate(
            "pd-rf",
            "random forest on sampled pairs",
            {**_BOUND, "n_estimators": 40, "max_features": 0.2, "min_samples_leaf": 5},
            partial(_pairs, _rf),
        ),
        Candidate(
            "pd-ann",
            "multilayer perceptron on sampled pairs",
            {**_BOUND, **_NETWORK, "alpha": 0.01, "max_iter": 30, "early_stopping": True},
            partial(_pairs, _ann),
        ),
        Candidate(
            "svm",
            "support vector regression; C and gamma tuned inside the folds",
            {"epsilon": 0.05, "C": [0.1, 1.0, 10.0], "gamma": [0.003, 0.01, 0.03, 0.1]},
            partial(_tuned, SVR, "svr"),
        ),
        Candidate("gp", "Gaussian process; kernel by marginal likelihood inside the folds", {"nu": 1.5}, _gp),
    )
    return {model.name: model for model in models}


def recipe(model: str = SHIPPED) -> Recipe:
    """Return how to fit a model by name, on all features.

    Raises:
        InputError: no such model.
    """
    if model not in MODELS:
        raise InputError(
            f"There is no model {model!r}.", allowed=", ".join(MODELS), remedy=closest(model, MODELS)
        )
    return shipped_recipe() if model == SHIPPED else rival_recipe(candidates()[model])


def rival_recipe(candidate: Candidate, system: System | None = None) -> Recipe:
    """Return how to fit a rival, on all features."""
    return Recipe(
        candidate.label,
        dict(candidate.settings),
        len((system or cathode()).responses),
        lambda table, rows, step: fit_rival(candidate, table, rows, step=step),
    )


@dataclass(frozen=True)
class Rival:
    """One fitted regressor per metal; it predicts as :class:`~optimiser.surrogate.fitted.Fitted` does.

    Attributes:
        regressors: by metal.
        blank: columns without a number among a metal's training rows, which it takes as 0, shape (4, d).
        feature_set: which of the features it sees.
        features: of the rows it is explained against, shape (m, 32).
        yields: of those rows, NaN where the metal is absent, shape (m, 4).
        encoding: what it sees.
    """

    regressors: tuple[Any, ...]
    blank: Bools
    feature_set: str
    features: Floats
    yields: Floats
    encoding: Encoding = CATHODES

    @property
    def anchors(self) -> int:
        """Rows that designs are compared with: a rival has none of its own, or none to choose from."""
        return 0

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return what an artefact stores beside the regressors, by name."""
        return {"blank": self.blank, "feature_set": np.array(self.feature_set)}

    def regressors_file(self) -> bytes:
        """Return the fitted regressors as a file of `skops`, which holds no code."""
        import skops.io

        return bytes(skops.io.dumps(list(self.regressors), compression=ZIP_DEFLATED))

    @classmethod
    def from_arrays(
        cls,
        arrays: Mapping[str, npt.NDArray[Any]],
        regressors: bytes,
        features: Floats,
        yields: Floats,
        encoding: Encoding = CATHODES,
    ) -> Rival:
        """Return what :meth:`arrays` and :meth:`regressors_file` stored.

        Raises:
            KeyError: an array is missing.
            ValueError: the regressors cannot be read, are those of an earlier version, or would build what a
                rival has no use for.
        """
        import skops.io

        try:
            unknown = skops.io.get_untrusted_types(data=regressors)
            found = (
                None
                if any(name.startswith(_MOVED) for name in unknown)
                else skops.io.loads(regressors, trusted=_TRUSTED)
            )
        except Exception as error:
            # zipfile, json and skops each raise their own kinds
            raise ValueError(f"its regressors cannot be read: {error}") from None
        if found is None:
            raise ValueError(
                "its regressors were written by an earlier version, which this one does not read"
            )
        if not isinstance(found, list) or len(found) != yields.shape[1]:
            raise ValueError(f"it does not hold {yields.shape[1]} regressors")
        feature_set = str(arrays["feature_set"])
        if feature_set not in COLUMNS:
            raise ValueError(f"there is no feature set {feature_set!r}")
        return cls(tuple(found), arrays["blank"].astype(np.bool_), feature_set, features, yields, encoding)

    def predict(self, x: Floats, anchors: int | None = None, moved: Floats | None = None) -> Raw:
        """Predict designs; one model does not disagree with itself.

        Args:
            x: features, shape (n, 32).
            anchors: not looked at.
            moved: where each design may end up, shape (n, p, 5); the mean over them is returned.
        """
        if moved is not None:
            n, points = moved.shape[:2]
            each = np.repeat(x, points, axis=0)
            each[:, self.encoding.continuous] = moved.reshape(n * points, -1)
            over, spread, _, _ = self.predict(each)
            over, spread = (part.reshape(n, points, -1) for part in (over, spread))
            return Raw(over.mean(axis=1), spread.mean(axis=1), np.zeros((n, self.yields.shape[1])), over)
        mean, spread = self.scatter(x)
        return Raw(squeezed(mean), np.nan_to_num(spread), np.zeros_like(mean))

    def scatter(self, x: Floats) -> tuple[Floats, Floats]:
        """Return yields clipped to 0-1 and their spread, NaN where the model has none, shape (n, 4) each."""
        seen = _chosen(x, self.feature_set, self.encoding)
        mean, spread = np.full((2, len(x), self.yields.shape[1]), np.nan)
        for k, regressor in enumerate(self.regressors):
            mine = np.where(self.blank[k], 0.0, seen)
            if isinstance(regressor, PairwiseDifferenceRegressor):
                mean[:, k], spread[:, k] = regressor.predict(mine, return_std=True)
            else:
                mean[:, k] = regressor.predict(mine)
        return mean.clip(0.0, 1.0), spread


def _chosen(features: Floats, feature_set: str, encoding: Encoding) -> Floats:
    """Return the columns of a feature set; of any system but cathodes there is the full one alone."""
    return choose_features(features, feature_set) if encoding.system.is_cathode else features


def fit_rival(
    candidate: Candidate,
    table: TrainingTable | SystemTable,
    rows: Ints,
    feature_set: str = "full",
    step: Step = lambda _: None,
) -> Rival:
    """Fit a rival; each metal on the given rows that have it.

    Args:
        candidate: which.
        table: training table.
        rows: to fit on.
        feature_set: name of the feature set.
        step: called with a metal that is about to be fitted.
    """
    encoding = encoding_of(table.system)
    every = encoding.table_matrix(table)
    x = _chosen(every, feature_set, encoding)
    regressors, blanks = [], []
    for k, metal in enumerate(table.system.responses):
        step(metal)
        mine = rows[table.present[rows, k]]
        # a column without one number in training says nothing, and most models cannot take it
        blank = np.isnan(x[mine]).all(axis=0)
        assert candidate.build is not None
        regressor = candidate.build(**candidate.settings)
        tuned = {"groups": table.experiments[mine]} if isinstance(regressor, GridSearchCV) else {}
        with warnings.catch_warnings():
            # iterations are bounded on purpose; accuracy on held-out rows decides
            warnings.simplefilter("ignore", ConvergenceWarning)
            regressor.fit(np.where(blank, 0.0, x[mine]), table.yields[mine, k], **tuned)
        regressors.append(getattr(regressor, "best_estimator_", regressor))
        blanks.append(blank)
    kept = rows[np.linspace(0, len(rows) - 1, min(_BACKGROUND, len(rows))).round().astype(np.intp)]
    return Rival(tuple(regressors), np.array(blanks), feature_set, every[kept], table.yields[kept], encoding)
