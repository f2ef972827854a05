"""The anchors of an artefact, measured rows that ship with it, in the form of a training table."""

from __future__ import annotations

import numpy as np

from optimiser.surrogate.artefact import Surrogate
from optimiser.surrogate.features import ACID_COLUMNS, CONTINUOUS_COLUMNS, FEED_COLUMNS
from optimiser.surrogate.training_table import TrainingTable


def anchor_rows(surrogate: Surrogate) -> TrainingTable:
    """Return the anchors of an artefact as rows of a table; those whose acid it does not know are left out.

    SMILES are the keys of `Surrogate.acids`. Experiments and studies are not known: each row is one.
    """
    x, y = surrogate.fitted.features, surrogate.fitted.yields
    keys = list(surrogate.acids)
    known = np.array([surrogate.acids[key] for key in keys]).reshape(len(keys), len(ACID_COLUMNS))
    same = np.isclose(x[:, None, ACID_COLUMNS], known, rtol=1e-6, atol=1e-9, equal_nan=True).all(axis=2)
    kept = np.flatnonzero(same.any(axis=1))
    features, number = x[kept], np.arange(len(kept), dtype=np.intp)
    acid, feed = features[:, ACID_COLUMNS], features[:, FEED_COLUMNS]
    absent = np.column_stack([np.zeros(len(kept), dtype=bool), feed <= 0.0])
    return TrainingTable(
        path=surrogate.path,
        sha256=surrogate.sha256,
        smiles=tuple(keys[k] for k in same[kept].argmax(axis=1)),
        feed=feed,
        pka=acid[:, :3],
        n_protons=acid[:, 3],
        continuous=features[:, CONTINUOUS_COLUMNS],
        solubility=acid[:, 4:8],
        yields=np.where(absent, np.nan, y[kept]),
        yields_as_written=y[kept],
        experiments=number,
        studies=number,
    )
