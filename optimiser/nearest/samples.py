"""The measured samples that a design is compared with: all rows of a table, else what the artefact holds."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from optimiser._io.errors import InputError
from optimiser.chemistry.descriptors import structure_key
from optimiser.surrogate.anchors import anchor_rows
from optimiser.surrogate.artefact import Surrogate
from optimiser.surrogate.data import SHA256, installed
from optimiser.surrogate.domain import Domain
from optimiser.surrogate.features import PREDICTED_METALS as METALS
from optimiser.surrogate.site import OwnData
from optimiser.surrogate.stoichiometry import breaks
from optimiser.surrogate.training_table import TrainingTable, feed_names, read_table
from optimiser.variables import CONTINUOUS

#: The conditions that samples of one experiment share.
FIXED = [name for name in CONTINUOUS if name != "time"]
_FEED = list(METALS[1:])
#: What a site model's own results are called.
OWN = "own result"
YIELDS = [f"yield_{metal}" for metal in METALS]


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
    own = "" if surrogate.site is None else f" Your {len(surrogate.site.data)} own results count, too."
    if table is None:
        published = int((~surrogate.domain.own).sum())
        return (
            f"The training table is not available. So {published} experiments count, those "
            f"that {surrogate.name} knows: the conditions of all, and the measured yields of "
            f"{len(anchor_rows(surrogate))} rows (its anchors). `optimiser data install` fetches the table."
            f"{own}"
        )
    if table.sha256 != _fitted_on(surrogate):
        other = f"which {surrogate.name} was not fitted on"
        return f"All {len(table)} rows of {table.path.name} count, {other}.{own}"
    return f"All {len(table)} rows of the training table count.{own}"


def samples(surrogate: Surrogate, table: TrainingTable | None) -> pd.DataFrame:
    """Return all rows of a table, or without one the samples and experiments that an artefact holds.

    A site model's own results follow, numbered as they are stored.

    Returns:
        A row per sample: ``key`` of its acid's structure; ``Ni``, ``Mn``, ``Co`` in mol per mol Li and the
        name of this ``feed``; the conditions; ``first``, the first time in min that the sample stands for,
        less than ``time`` only for an experiment whose samples are not known; ``yield_X`` as fractions, NaN
        where absent or not known; number of its ``experiment``; ``study`` from 1, ``row`` in the sheet and
        ``breaks_stoichiometry``, missing where not known; ``source``.
    """
    if table is not None:
        known = _frame(table, "row of the table").assign(
            study=pd.array(table.studies + 1, "Int64"), row=pd.array(np.arange(len(table)) + 2, "Int64")
        )
    else:
        known = _artefact_samples(surrogate)
    if surrogate.site is None:
        return known
    own = _own_frame(surrogate.site.data, int(known["experiment"].max()) + 1)
    return pd.concat([known, own.reindex(columns=known.columns).astype(known.dtypes)], ignore_index=True)


def _artefact_samples(surrogate: Surrogate) -> pd.DataFrame:
    """Return the samples and published experiments that an artefact holds."""
    domain, anchors = surrogate.domain, _frame(anchor_rows(surrogate), "anchor of the model")
    whole = pd.DataFrame(np.column_stack([domain.feed, domain.fixed, domain.time]))
    whole.columns = pd.Index([*_FEED, *FIXED, "first", "time"])
    whole.insert(0, "key", np.array(domain.acids, dtype=object)[domain.acid])
    whole["experiment"], whole["source"] = np.arange(len(whole)), "experiment, yields not known"
    whole["feed"] = feed_names(domain.feed)
    whole = whole[~domain.own]
    # an anchor whose experiment the domain does not have counts as one more experiment
    close = np.isclose(
        anchors[[*_FEED, *FIXED]].to_numpy()[:, None],
        whole[[*_FEED, *FIXED]].to_numpy(),
        rtol=1e-6,
        atol=1e-6,
    )
    same = (anchors["key"].to_numpy()[:, None] == whole["key"].to_numpy()) & close.all(axis=2)
    more = len(whole) + np.arange(len(anchors))
    anchors["experiment"] = np.where(same.any(axis=1), same.argmax(axis=1), more)
    rest = whole[~whole["experiment"].isin(anchors["experiment"])]
    return pd.concat(
        [anchors, rest.reindex(columns=anchors.columns).astype(anchors.dtypes)], ignore_index=True
    )


def _frame(table: TrainingTable, source: str) -> pd.DataFrame:
    frame = pd.DataFrame(
        np.column_stack([table.feed, table.continuous, table.yields]), columns=[*_FEED, *CONTINUOUS, *YIELDS]
    )
    return frame.assign(
        first=frame["time"],
        key=pd.Series([structure_key(smiles) for smiles in table.smiles], dtype=object),
        feed=pd.Series(feed_names(table.feed), dtype=object),
        experiment=table.experiments,
        study=pd.array([pd.NA] * len(table), "Int64"),
        row=pd.array([pd.NA] * len(table), "Int64"),
        breaks_stoichiometry=pd.array(breaks(table), "boolean"),
        source=source,
    )


def _own_frame(data: OwnData, first: int) -> pd.DataFrame:
    """Return own results as samples, their experiments numbered from ``first``."""
    frame = pd.DataFrame(
        np.column_stack([data.feed, data.continuous, data.yields]), columns=[*_FEED, *CONTINUOUS, *YIELDS]
    )
    return frame.assign(
        first=frame["time"],
        key=data.acid.astype(object),
        feed=pd.Series(feed_names(data.feed), dtype=object),
        experiment=first + data.experiment,
        study=pd.array([pd.NA] * len(data), "Int64"),
        row=pd.array(np.arange(len(data)) + 1, "Int64"),
        breaks_stoichiometry=pd.array([pd.NA] * len(data), "boolean"),
        source=OWN,
    )


def domain_of(known: pd.DataFrame, like: Domain) -> Domain:
    """Return a domain that holds each sample as an experiment, with the scale and settings of another."""
    acids, acid = np.unique(known["key"].to_numpy(dtype=str), return_inverse=True)
    return replace(
        like,
        acids=tuple(acids.tolist()),
        acid=acid.astype(np.intp),
        feed=known[_FEED].to_numpy(),
        fixed=known[FIXED].to_numpy(),
        # those that break stoichiometry count too, marked
        sound=np.ones(len(known), dtype=np.bool_),
        time=known[["first", "time"]].to_numpy(),
        own=(known["source"] == OWN).to_numpy(dtype=np.bool_),
    )
