"""The measured samples that a design is compared with: all rows of a table, else what the artefact holds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from optimiser._io.errors import InputError
from optimiser.chemistry.descriptors import structure_key
from optimiser.surrogate.artefact import Surrogate
from optimiser.surrogate.data import SHA256, installed
from optimiser.surrogate.domain import Domain
from optimiser.surrogate.features import (
    ACID_COLUMNS,
    CONTINUOUS_COLUMNS,
    FEED_COLUMNS,
)
from optimiser.surrogate.features import (
    PREDICTED_METALS as METALS,
)
from optimiser.surrogate.stoichiometry import breaks
from optimiser.surrogate.training_table import TrainingTable, read_table
from optimiser.variables import CONTINUOUS, Floats, Ints

TIME = CONTINUOUS.index("time")
UNKNOWN = -1  # number of a row or study that the artefact does not tell


@dataclass(frozen=True)
class Samples:
    """n samples with their conditions, and their yields where those are known.

    Attributes:
        keys: structure of each sample's acid, as `chemistry.descriptors.structure_key` gives it.
        feed: mol Ni, Mn, Co per mol Li, shape (n, 3).
        continuous: conditions in the order of ``CONTINUOUS``, shape (n, 5).
        first: first time that the sample stands for in min, shape (n,); the last is in ``continuous``. The
            same for a measured row; of an experiment whose samples are not known, where its curve begins.
        yields: fractions, NaN where the metal is absent or the yield is not known, shape (n, 4).
        experiment: number of each sample's experiment, shape (n,).
        study: number of its study from 1, `UNKNOWN` where that is not told, shape (n,).
        row: its row in the sheet, likewise.
        breaks: 1 where it breaks stoichiometry, 0 where not, NaN where that is not known, shape (n,).
        source: what each sample is taken from, shape (n,).
        said: the same of all of them, as a sentence.
    """

    keys: tuple[str, ...]
    feed: Floats
    continuous: Floats
    first: Floats
    yields: Floats
    experiment: Ints
    study: Ints
    row: Ints
    breaks: Floats
    source: npt.NDArray[np.str_]
    said: str

    def domain(self, like: Domain) -> Domain:
        """Return a domain that holds each sample as an experiment, with the scale and settings of another."""
        acids = tuple(sorted(set(self.keys)))
        return replace(
            like,
            acids=acids,
            acid=np.array([acids.index(key) for key in self.keys], dtype=np.intp),
            feed=self.feed,
            fixed=self.continuous[:, :TIME],
            # those that break stoichiometry are shown too, marked
            sound=np.ones(len(self.keys), dtype=np.bool_),
            time=np.column_stack([self.first, self.continuous[:, TIME]]),
        )


def installed_table(surrogate: Surrogate) -> TrainingTable | None:
    """Return the installed training table, or None where it is not installed, or not what was fitted on."""
    try:
        path = installed()
    except InputError:
        return None
    return _read(path, SHA256) if _fitted_on(surrogate) == SHA256 else None


@lru_cache(1)
def _read(path: Path, _sha256: str) -> TrainingTable:
    return read_table(path)


def _fitted_on(surrogate: Surrogate) -> str:
    return str(surrogate.card.get("training", {}).get("sha256", ""))


def what_counts(surrogate: Surrogate, table: TrainingTable | None) -> str:
    """Say in a sentence or two which experiments are compared with."""
    return samples(surrogate, table).said


def samples(surrogate: Surrogate, table: TrainingTable | None) -> Samples:
    """Return all rows of a table, or without one the samples and experiments that an artefact holds."""
    return _of_artefact(surrogate) if table is None else _of_table(table, surrogate)


def _of_table(table: TrainingTable, surrogate: Surrogate) -> Samples:
    said = f"All {len(table)} rows of the training table count."
    if table.sha256 != _fitted_on(surrogate):
        said = f"All {len(table)} rows of {table.path.name} count, which {surrogate.name} was not fitted on."
    return Samples(
        keys=tuple(map(structure_key, table.smiles)),
        feed=table.feed,
        continuous=table.continuous,
        first=table.continuous[:, TIME],
        yields=table.yields,
        experiment=table.experiments,
        study=table.studies + 1,
        row=np.arange(len(table)) + 2,
        breaks=breaks(table).astype(np.float64),
        source=np.full(len(table), "row of the table"),
        said=said,
    )


def _of_artefact(surrogate: Surrogate) -> Samples:
    """Take the domain's experiments, those with an anchor at the time and with the yields of the anchor."""
    domain = surrogate.domain
    anchors = anchor_rows(surrogate)
    fixed = np.column_stack([domain.feed, domain.fixed])
    mine = np.column_stack([anchors.feed, anchors.continuous[:, :TIME]])
    acid = np.array([domain.acids.index(key) if key in domain.acids else UNKNOWN for key in anchors.smiles])
    same = (acid[:, None] == domain.acid) & np.isclose(mine[:, None], fixed, rtol=1e-6, atol=1e-6).all(axis=2)
    # an anchor whose experiment the domain does not hold is an experiment of its own
    experiment = np.where(same.any(axis=1), same.argmax(axis=1), len(fixed) + np.arange(len(mine)))
    rest = np.setdiff1d(np.arange(len(fixed)), experiment)
    n, m = len(anchors), len(rest)
    unknown = np.full(n + m, UNKNOWN)
    return Samples(
        keys=(*anchors.smiles, *(domain.acids[k] for k in domain.acid[rest])),
        feed=np.vstack([anchors.feed, domain.feed[rest]]),
        continuous=np.vstack(
            [anchors.continuous, np.column_stack([domain.fixed[rest], domain.time[rest, 1]])]
        ),
        first=np.concatenate([anchors.continuous[:, TIME], domain.time[rest, 0]]),
        yields=np.vstack([anchors.yields, np.full((m, len(METALS)), np.nan)]),
        experiment=np.concatenate([experiment, rest]).astype(np.intp),
        study=unknown,
        row=unknown,
        breaks=np.concatenate([breaks(anchors).astype(np.float64), np.full(m, np.nan)]),
        source=np.array(["anchor of the model"] * n + ["experiment, yields not known"] * m),
        said=(
            f"The training table is not at hand, so the {len(fixed)} experiments that {surrogate.name} knows "
            f"count: their conditions, and measured yields only of {n} rows (its anchors). "
            "`optimiser data install` fetches the table."
        ),
    )


def anchor_rows(surrogate: Surrogate) -> TrainingTable:
    """Return the anchors of an artefact as rows of a table; those whose acid it does not know are left out.

    SMILES are the keys of `Surrogate.acids`; experiments and studies are not told, every row is one.
    """
    x, y = surrogate.fitted.features, surrogate.fitted.yields
    keys = list(surrogate.acids)
    known = np.array([surrogate.acids[key] for key in keys]).reshape(len(keys), len(ACID_COLUMNS))
    same = np.isclose(x[:, None, ACID_COLUMNS], known, rtol=1e-6, atol=1e-9, equal_nan=True).all(axis=2)
    kept = np.flatnonzero(same.any(axis=1))
    features, number = x[kept], np.arange(len(kept), dtype=np.intp)
    acid = features[:, ACID_COLUMNS]
    feed = features[:, FEED_COLUMNS]
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
