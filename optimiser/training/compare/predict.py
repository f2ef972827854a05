"""Predictions of rows by models that have not seen their fold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimiser._io.errors import InputError
from optimiser.surrogate.features import METALS, table_features
from optimiser.surrogate.training_table import TrainingTable
from optimiser.training.compare.candidates import SHIPPED, Candidate
from optimiser.training.compare.rival import fit_rival
from optimiser.training.fit import Progress
from optimiser.training.held_out import UNTESTED, fold_numbers
from optimiser.training.protocols import make_folds
from optimiser.variables import Bools, Floats, Ints


@dataclass(frozen=True)
class OutOfFold:
    """Predictions of n rows, each by the model of the fold that holds it out.

    Attributes:
        fold: number of each row's fold from 0, -1 where none tests it, shape (n,).
        mean: yields, clipped to 0-1, NaN where untested, shape (n, 4).
        spread: their spread, not calibrated, NaN where there is none, shape (n, 4).
        intervals: low and high yields at each of ``scores.LEVELS``, shape (n, 4, 3, 2); None where the model
            is not calibrated.
    """

    fold: Ints
    mean: Floats
    spread: Floats
    intervals: Floats | None = None

    @property
    def tested(self) -> Bools:
        """Which rows are tested, shape (n,)."""
        return np.asarray(self.fold != UNTESTED, dtype=np.bool_)


@dataclass(frozen=True)
class Job:
    """One model with one feature set under one protocol."""

    model: Candidate
    protocol: str
    features: str

    @property
    def name(self) -> str:
        """Name of the model, with the feature set unless it is ``full``."""
        return self.model.name if self.features == "full" else f"{self.model.name}:{self.features}"

    def check(self) -> None:
        """Refuse a feature set that the model does not take.

        Raises:
            InputError: the shipped default sees what it ships with.
        """
        if self.model.name == SHIPPED and self.features != "full":
            raise InputError(
                f"{SHIPPED} is the shipped default and sees its own features, not {self.features!r}.",
                allowed="--features full",
                remedy="compare feature sets with another model, e.g. --models gbr",
            )


def predict_job(
    job: Job, table: TrainingTable, progress: Progress = lambda *_: None, *, only: int | None = None
) -> OutOfFold:
    """Fit a model on each fold's training rows and predict its test rows.

    Predictions are kept in single precision, as they are stored.

    Args:
        job: what to fit.
        table: training table.
        progress: called with the steps done, the steps in all, and what comes next.
        only: number of the one fold to do, from 0; the others stay NaN.

    Raises:
        InputError: too few groups for the folds, or the feature set does not fit the model.
    """
    job.check()
    folds = make_folds(table, job.protocol)
    numbers = fold_numbers(folds, len(table))
    features = table_features(table)
    mean, spread = np.full((2, len(table), len(METALS)), np.nan)
    chosen = range(len(folds)) if only is None else (only,)
    steps, done = len(chosen) * len(METALS), iter(range(len(chosen) * len(METALS)))
    for number in chosen:
        what = f"{job.name}, {job.protocol} {number + 1}"
        rows = folds[number].test
        fitted = fit_rival(
            job.model,
            table,
            folds[number].train,
            job.features,
            lambda _, what=what: progress(next(done), steps, what),  # type: ignore[misc]
        )
        mean[rows], spread[rows] = fitted.scatter(features[rows])
    return OutOfFold(numbers, *(np.asarray(a, dtype=np.float32).astype(np.float64) for a in (mean, spread)))
