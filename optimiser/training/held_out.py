"""What the model says of rows it has not seen: the ground on which it is calibrated and judged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from optimiser.chemistry.descriptors import structure_key
from optimiser.problem.tolerances import DEFAULT
from optimiser.surrogate.domain import fit_domain
from optimiser.surrogate.features import METALS, table_features
from optimiser.surrogate.training_table import TrainingTable
from optimiser.training.protocols import Fold, make_folds
from optimiser.training.recipe import Recipe
from optimiser.variables import Bools, Floats, Ints

#: Points of the tolerances that held-out rows are predicted over.
POINTS = 64
#: Number of rows that no fold tests.
UNTESTED = -1


@dataclass(frozen=True)
class HeldOut:
    """Predictions of a table's n rows, each by the model of the fold that holds it out.

    Attributes:
        fold: number of each row's fold from 0, -1 where none tests it, shape (n,).
        mean: members' mean, neither stretched nor clipped, NaN where untested, shape (n, 4).
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

    def arrays(self) -> dict[str, npt.NDArray[np.float32] | npt.NDArray[np.int8]]:
        """Return what is stored, in single precision, by name."""
        kept = {name: getattr(self, name).astype(np.float32) for name in _STORED}
        return {"fold": self.fold.astype(np.int8), **kept}

    @classmethod
    def from_arrays(cls, arrays: dict[str, npt.NDArray[np.float32]]) -> HeldOut:
        """Return what :meth:`arrays` gave."""
        floats = [arrays[name].astype(np.float64) for name in _STORED]
        return cls(arrays["fold"].astype(np.intp), *floats)


_STORED = ("mean", "spread", "disagreement", "distance")


def hold_out(
    table: TrainingTable,
    protocol: str,
    recipe: Recipe,
    progress: Callable[[str], None] = lambda _: None,
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
    mean, spread, disagreement = np.full((3, n, len(METALS)), np.nan)
    distance = np.full(n, np.nan)
    features = table_features(table)
    for number, fold in enumerate(folds):
        if only is not None and number != only:
            continue
        said = f"{protocol} {number + 1}"
        fitted = recipe.fit(table, fold.train, lambda what, said=said: progress(f"{said}, {what}"))  # type: ignore[misc]
        distance[fold.test], moved = _around(table, fold)
        told = fitted.predict(features[fold.test], moved=moved)
        mean[fold.test], spread[fold.test], disagreement[fold.test] = told[:3]
    found = HeldOut(numbers, mean, spread, disagreement, distance)
    return HeldOut.from_arrays(found.arrays())  # type: ignore[arg-type]


def _around(table: TrainingTable, fold: Fold) -> tuple[Floats, Floats]:
    """Return the domain's distance of a fold's test rows, and where the default tolerances move them.

    Both as the fold's training experiments see them: shapes (m,) and (m, points, 5).
    """
    domain = fit_domain(table, fold.train)
    test = table.continuous[fold.test]
    distance, varied = np.empty(len(test)), np.empty(test.shape, dtype=np.bool_)
    for i, row in enumerate(fold.test):
        near = domain.near(table.feed[row], structure_key(table.smiles[row]))
        distance[i], varied[i] = near.distance(test[[i]])[0], near.varied
    return distance, DEFAULT.moved(test, POINTS, varied)


def fold_numbers(folds: tuple[Fold, ...], rows: int) -> Ints:
    """Return the number of the fold that tests each row, -1 where none does, shape (rows,)."""
    numbers = np.full(rows, UNTESTED, dtype=np.intp)
    for number, fold in enumerate(folds):
        numbers[fold.test] = number
    return numbers
