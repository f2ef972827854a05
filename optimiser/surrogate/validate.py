"""Measure the skill of PD-GBR: a refit on the Toolkit paper's split, counted in two ways."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from optimiser.designs import Bools, Floats
from optimiser.surrogate.features import METALS, table_features
from optimiser.surrogate.fit import Progress, TrainSettings, choose_anchors, fit
from optimiser.surrogate.fitted import Fitted
from optimiser.surrogate.table import TrainingTable

TEST_FRACTION = 0.15
SPLIT_SEED = 820


@dataclass(frozen=True)
class Skill:
    """Skill on held-out rows with a number of anchors.

    Attributes:
        anchors: how many.
        r2_as_published: R2 averaged over metals, absent metals predicted as 1.0 and compared with the table's
            numbers, as the Toolkit's paper counts.
        r2_present: R2 per metal over the rows that have it, averaged over metals.
        mae_present: mean absolute error over the same values, all metals together.
        r2_by_metal: what ``r2_present`` averages.
        held_by_spread: share of the present values within +-1.96 spreads of the prediction.
    """

    anchors: int
    r2_as_published: float
    r2_present: float
    mae_present: float
    r2_by_metal: dict[str, float]
    held_by_spread: float

    def card(self) -> dict[str, Any]:
        """Return the figures for the model card, rounded to 4 decimals."""
        return {
            "anchors": self.anchors,
            "r2_as_published": round(self.r2_as_published, 4),
            "r2_present_metals": round(self.r2_present, 4),
            "mae_present_metals": round(self.mae_present, 4),
            "r2_by_metal": {metal: round(value, 4) for metal, value in self.r2_by_metal.items()},
            "share_within_1.96_spreads": round(self.held_by_spread, 4),
        }


@dataclass(frozen=True)
class Validation:
    """Skill of the refit with every training row as anchor, and with the shipped number of anchors."""

    train_rows: int
    test_rows: int
    every_anchor: Skill
    few_anchors: Skill

    def card(self) -> dict[str, Any]:
        """Return the figures for the model card."""
        return {
            "split": f"train_test_split(test_size={TEST_FRACTION}, random_state={SPLIT_SEED})",
            "train_rows": self.train_rows,
            "test_rows": self.test_rows,
            "every_anchor": self.every_anchor.card(),
            "shipped_anchors": self.few_anchors.card(),
        }


def as_published(mean: Floats, present: Bools) -> Floats:
    """Return predictions as the Toolkit's paper scores them: absent metals are predicted as 1.0, (n, 4)."""
    return np.where(present, mean, 1.0)


def measure(mean: Floats, spread: Floats, written: Floats, present: Bools, anchors: int) -> Skill:
    """Compare predictions with a table's yields.

    Args:
        mean: predictions, clipped to 0-1 here, shape (n, 4).
        spread: their spread, shape (n, 4).
        written: the table's numbers, those of absent metals included, shape (n, 4).
        present: which of them are measurements, shape (n, 4).
        anchors: how many anchors predicted.
    """
    from sklearn.metrics import r2_score

    mean = mean.clip(0.0, 1.0)
    by_metal = {
        metal: float(r2_score(written[present[:, k], k], mean[present[:, k], k]))
        for k, metal in enumerate(METALS)
    }
    error = np.abs(mean - written)
    return Skill(
        anchors=anchors,
        r2_as_published=float(r2_score(written, as_published(mean, present))),
        r2_present=float(np.mean(list(by_metal.values()))),
        mae_present=float(error[present].mean()),
        r2_by_metal=by_metal,
        held_by_spread=float((error <= 1.96 * spread)[present].mean()),
    )


def validate(
    table: TrainingTable, settings: TrainSettings | None = None, progress: Progress = lambda *_: None
) -> Validation:
    """Refit on the Toolkit paper's training rows and measure on its test rows (15 %, seed 820).

    Takes as long as a fit. The artefact itself is fitted on all rows and cannot be judged on them.

    Args:
        table: training table.
        settings: hyperparameters; those of the shipped artefact if left out.
        progress: called with steps done, steps in all, what comes next.
    """
    from sklearn.model_selection import train_test_split

    settings = settings or TrainSettings()
    steps = len(METALS) + 1
    train, test = train_test_split(np.arange(len(table)), test_size=TEST_FRACTION, random_state=SPLIT_SEED)
    done = iter(range(steps))
    fitted = fit(
        table, train, settings, lambda metal: progress(next(done), steps, f"validation fit, {metal}")
    )
    progress(next(done), steps, "validation, anchors")
    few = fitted.take(choose_anchors(fitted, settings.n_anchors))
    x = table_features(table)[test]

    def skill(model: Fitted) -> Skill:
        mean, spread = model.predict(x)
        return measure(mean, spread, table.yields_as_written[test], table.present[test], len(model.yields))

    result = Validation(len(train), len(test), skill(fitted), skill(few))
    progress(steps, steps, "validation done")
    return result
