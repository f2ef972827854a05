"""Predictions on held-out data, by which the model is calibrated and its accuracy is measured."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimiser.problem.tolerances import default_tolerances
from optimiser.surrogate.domain import fit_domain
from optimiser.surrogate.encoding import encoding_of
from optimiser.surrogate.training_table import TrainingTable
from optimiser.systems.table import SystemTable
from optimiser.training.fit import Recipe, Step
from optimiser.training.protocols import UNTESTED, Fold, fold_numbers, make_folds, predictable
from optimiser.variables import Bools, Floats, Ints

#: Points of the tolerances that held-out rows are predicted over.
POINTS = 64


@dataclass(frozen=True)
class HeldOut:
    """Predictions of a table's n rows, each by the model of the fold that holds it out.

    Attributes:
        fold: number of each row's fold from 0, -1 where none tests it, shape (n,).
        mean: members' mean, neither stretched nor clipped, NaN where untested, or where the fold has no
            training rows of a response, shape (n, 4).
        spread: over the anchors, shape (n, 4).
        disagreement: of the members, shape (n, 4).
        distance: to the fold's training experiments, shape (n,).
    """

    fold: Ints
    mean: Floats
    spread: Floats
    disagreement: Floats
    distance: Floats

    @property
    def tested(self) -> Bools:
        """Which rows are tested, shape (n,)."""
        return np.asarray(self.fold != UNTESTED, dtype=np.bool_)

    @property
    def predicted(self) -> Bools:
        """Which yields are predicted, shape (n, m)."""
        return ~np.isnan(self.mean)


def hold_out(
    table: TrainingTable | SystemTable,
    protocol: str,
    recipe: Recipe,
    progress: Step = lambda _: None,
    *,
    only: int | None = None,
) -> HeldOut:
    """Fit the model on each fold's training rows and predict its test rows.

    Numbers are kept in single precision, as they are stored.

    Args:
        table: training table.
        protocol: of :data:`~optimiser.training.protocols.PROTOCOLS`.
        recipe: how the model is fitted.
        progress: called with what comes next, as often in each fold as the recipe says.
        only: number of the one fold to do, from 0; the others stay NaN.

    Raises:
        InputError: too few groups for the folds.
    """
    folds = make_folds(table, protocol)
    n = len(table)
    numbers = fold_numbers(folds, n)
    mean, spread, disagreement = np.full((3, n, table.yields.shape[1]), np.nan)
    distance = np.full(n, np.nan)
    features = encoding_of(table.system).table_matrix(table)
    for number, fold in enumerate(folds):
        if only is not None and number != only:
            continue
        said = f"{protocol} {number + 1}"
        fitted = recipe.fit(table, fold.train, lambda what, said=said: progress(f"{said}, {what}"))  # type: ignore[misc]
        distance[fold.test], moved = _around(table, fold)
        raw = fitted.predict(features[fold.test], moved=moved)
        mean[fold.test], spread[fold.test], disagreement[fold.test] = (
            np.where(predictable(table, fold), part, np.nan) for part in raw[:3]
        )
    return HeldOut(numbers, *map(single, (mean, spread, disagreement, distance)))


def single(numbers: Floats) -> Floats:
    """Return numbers rounded to single precision, as predictions are stored."""
    return numbers.astype(np.float32).astype(np.float64)


def _around(table: TrainingTable | SystemTable, fold: Fold) -> tuple[Floats, Floats]:
    """Return the domain's distance of a fold's test rows, and where the default tolerances move them.

    Both as the fold's training experiments see them: shapes (m,) and (m, points, 5).
    """
    # what a fold leaves of a small table may support nothing; it still tells how far its test rows are
    domain = fit_domain(table, fold.train, refuse=table.system.is_cathode)
    keys = table.keys
    test = table.continuous[fold.test]
    distance, varied = np.empty(len(test)), np.empty(test.shape, dtype=np.bool_)
    for i, row in enumerate(fold.test):
        near = domain.near(table.feed[row], keys[row])
        distance[i], varied[i] = near.distance(test[[i]])[0], near.varied
    return distance, default_tolerances(table.system).moved(test, POINTS, varied)
